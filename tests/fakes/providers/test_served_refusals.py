"""Every listed refusal of every vendor, through a socket, as its table has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import anyio
import botocore.session
import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from botocore.parsers import create_parser

from harness.fakes import FakeError
from harness.fakes.api_fake import ApiFake
from harness.fakes.http.facts import HttpResponded
from harness.fakes.providers.refusal import VendorRefusal
from harness.fakes.providers.registry import provider, provider_names
from harness.fakes.transcript import Acknowledged, MessageCaptured

from .vendor_caller import client_in_clear

pytestmark = pytest.mark.wire

REFUSALS = [(name, case) for name in provider_names() for case in provider(name).refusals]
# Exceptions and codes that are in no service model: those of every AWS service (SES API reference,
# common errors), and those of its JSON services.
COMMON = {
    "AccessDenied", "AccessDeniedException", "ExpiredTokenException", "IncompleteSignature",
    "IncompleteSignatureException", "InternalFailure", "InvalidAction", "InvalidClientTokenId",
    "InvalidParameterValue", "InvalidSignatureException", "MalformedInput", "MissingAction",
    "MissingAuthenticationToken", "MissingAuthenticationTokenException", "OptInRequired",
    "SerializationException", "ServiceUnavailable", "SignatureDoesNotMatch", "Throttling",
    "UnknownOperationException", "UnrecognizedClientException", "ValidationError",
}  # fmt: skip


class AskedFakes:
    """A running fake of each vendor, in clear, asked over and over."""

    def __init__(self, portal: BlockingPortal) -> None:
        self.portal = portal
        self.fakes: dict[str, ApiFake[Any]] = {
            name: ApiFake(name, secure=False) for name in provider_names()
        }

    def ask(self, name: str, path: str = "/", **fault: Any) -> httpx.Response:
        """The answer to a request that would be refused for another reason."""
        fake = self.fakes[name]
        fake.change(faults=[{"at": "request", "do": "refuse", **fault}])
        with client_in_clear() as client:
            response = client.post(f"{fake.base_url}{path}", content=b"?")
        self.portal.call(self._settle, fake)
        return response

    async def _settle(self, fake: ApiFake[Any]) -> None:
        """Wait until every connection has ended, and is recorded to its end."""
        with anyio.fail_after(10):
            for connection in list(fake._connections):
                await connection.gone()


@pytest.fixture(scope="module")
def asked() -> Iterator[AskedFakes]:
    """Every vendor's fake, all in one event loop."""
    with start_blocking_portal() as portal, ExitStack() as stack:
        found = AskedFakes(portal)
        for fake in found.fakes.values():
            stack.enter_context(portal.wrap_async_context_manager(fake.serve()))
        yield found


def expected_body(refusal: VendorRefusal) -> str:
    body = refusal.body
    for name, value in refusal.example.items():
        body = body.replace(f"<{name}>", value)
    return body


def path_for(case: str) -> str:
    return "/v2/email/outbound-emails" if case.startswith("v2-") else "/"


@pytest.mark.parametrize(("name", "case"), REFUSALS)
def test_a_listed_refusal_is_served_as_its_table_has_it(
    asked: AskedFakes, name: str, case: str
) -> None:
    refusal = provider(name).refusals[case]
    response = asked.ask(name, path_for(case), case=case)
    assert response.status_code == refusal.status
    assert response.text == expected_body(refusal)
    for header, value in refusal.headers:
        assert response.headers[header] == value
    assert "date" in response.headers
    fake = asked.fakes[name]
    assert fake.messages == []
    served = [event.fact for event in fake.transcript if isinstance(event.fact, HttpResponded)][-1]
    told = served.response
    assert (told.case, told.mark, told.source) == (case, refusal.mark, refusal.known_from)
    assert served.shaped_by == "refuse"
    assert not [e for e in fake.transcript if isinstance(e.fact, Acknowledged | MessageCaptured)]


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    """The service models of both APIs, by the protocol that they speak."""
    session = botocore.session.get_session()
    return {
        "query": session.get_service_model("ses"),
        "rest-json": session.get_service_model("sesv2"),
    }


@pytest.mark.parametrize("case", provider("ses").refusals)
def test_botocore_reads_each_refusal_of_ses(
    asked: AskedFakes, models: dict[str, Any], case: str
) -> None:
    response = asked.ask("ses", path_for(case), case=case)
    protocol = "rest-json" if case.startswith("v2-") else "query"
    model = models[protocol]
    parsed = create_parser(protocol).parse(
        {
            "status_code": response.status_code,
            "headers": response.headers,
            "body": response.content,
        },
        model.operation_model("SendEmail").output_shape,
    )
    modelled = {shape.error_code or shape.name: shape for shape in model.error_shapes}
    code = parsed["Error"]["Code"]
    assert code in modelled.keys() | COMMON
    if code in modelled:
        error = modelled[code].metadata["error"]
        assert response.status_code == error.get("httpStatusCode", 400)
    assert parsed["Error"]["Message"].strip()
    assert parsed["ResponseMetadata"]["RequestId"] == response.headers["x-amzn-requestid"]


def test_ses_answers_in_the_form_of_the_api_that_is_asked(asked: AskedFakes) -> None:
    first = asked.ask("ses", "/", case="rate-limited")
    second = asked.ask("ses", "/v2/email/outbound-emails", case="rate-limited")
    assert (first.status_code, second.status_code) == (400, 429)
    assert "<Code>Throttling</Code>" in first.text
    assert second.headers["x-amzn-errortype"] == "TooManyRequestsException"


@pytest.mark.parametrize(
    ("name", "case", "fill", "read"),
    [
        ("mailgun", "domain-not-found", {"domain": 'a"b\\'}, 'Domain not found: a"b\\'),
        ("mailgun", "domain-not-found", {"domain": "<domain>"}, "Domain not found: <domain>"),
        ("ses", "unknown-template", {"name": "a<b&c"}, "Template a<b&c does not exist."),
        ("ses", "v2-unknown-template", {"name": 'a"b'}, 'Template a"b does not exist.'),
    ],
)
def test_what_fills_a_variable_part_stands_there_as_a_text(
    asked: AskedFakes, name: str, case: str, fill: dict[str, str], read: str
) -> None:
    response = asked.ask(name, path_for(case), case=case, fill=fill)
    if "json" in response.headers["content-type"]:
        assert json.loads(response.text)["message"] == read
    else:
        parsed = create_parser("query").parse(
            {"status_code": 400, "headers": response.headers, "body": response.content}, None
        )
        assert parsed["Error"]["Message"] == read


def test_headers_beside_the_vendors_are_sent(asked: AskedFakes) -> None:
    response = asked.ask("sendgrid", case="rate-limited", headers={"Retry-After": "7"})
    assert response.headers["retry-after"] == "7"
    assert response.headers["x-ratelimit-remaining"] == "0"
    assert response.headers["content-type"] == "application/json"


def test_after_a_refusal_the_vendor_goes_on_as_the_account_says(asked: AskedFakes) -> None:
    fake = asked.fakes["postmark"]
    fake.change(faults=[{"at": "request", "do": "refuse", "case": "maintenance", "times": 1}])
    with client_in_clear() as client:
        answers = [client.post(f"{fake.base_url}/email", json={}) for _ in range(2)]
    assert [each.status_code for each in answers] == [503, 401]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"case": "rate-limitd"}, "faults.0.case: .*'rate-limitd', did you mean rate-limited?"),
        (
            {"case": "bad-key", "times": 1, "then": {"do": "refuse", "case": "x"}},
            "faults.0.then.case: there is no refusal 'x' .choose from bad-key",
        ),
        (
            {"case": "unknown-query-field", "fill": {"feld": "x"}},
            "faults.0.fill.feld: .* did you mean field?",
        ),
        ({"case": "invalid", "fill": {"errors": "x"}}, "faults.0.fill.errors: .* with a text"),
        ({"case": "bad-key", "at": "connect"}, "do: refuse acts at no other moment than auth, "),
    ],
)
def test_what_no_table_has_is_refused_with_the_choices(fault: dict[str, Any], said: str) -> None:
    with pytest.raises(FakeError, match=said):
        ApiFake("sendgrid", faults=[{"at": "request", "do": "refuse", **fault}])
