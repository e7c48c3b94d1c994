"""The provider fakes alone: one set of rules behind a real socket and behind respx."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from harness.fakes import FakeError, SendGrid
from harness.fakes.api_fake import ApiFake
from harness.fakes.apis import fake_of
from harness.fakes.http.facts import HttpRequested, HttpResponded
from harness.fakes.providers.registry import provider_names
from harness.fakes.transcript import Broke, FaultActed

pytestmark = pytest.mark.wire

BODY = {
    "personalizations": [{"to": [{"email": "b@example.net"}]}],
    "from": {"email": "a@example.com"},
    "subject": "s",
    "content": [{"type": "text/plain", "value": "t"}],
}
ACCOUNT = {"domains": [{"name": "example.com"}]}
every_provider = pytest.mark.parametrize("kind", [fake_of(name) for name in provider_names()])


def post(client: httpx.Client, origin: str, key: str, **more: Any) -> httpx.Response:
    """Ask SendGrid to send."""
    headers = {"Authorization": f"Bearer {key}"}
    return client.post(f"{origin}/v3/mail/send", json=BODY, headers=headers, **more)


@contextmanager
def client_of(fake: ApiFake[Any]) -> Iterator[httpx.Client]:
    """A client that trusts the fake alone."""
    context = ssl.create_default_context(cafile=str(fake.ca_file))
    with httpx.Client(verify=context, trust_env=False, timeout=10) as client:
        yield client


def test_the_same_request_gets_the_same_answer_over_https_and_in_process() -> None:
    fake = SendGrid(account=ACCOUNT)
    with fake.running(), client_of(fake) as client:
        served = post(client, fake.base_url, "wrong")
    with fake.respx_router(), httpx.Client(trust_env=False) as client:
        routed = post(client, "https://api.sendgrid.com", "wrong")
    assert (served.status_code, served.content) == (routed.status_code, routed.content)
    assert served.status_code == 401


def test_what_is_taken_is_kept_with_its_id_and_its_recipients() -> None:
    with SendGrid(account=ACCOUNT).running() as fake, client_of(fake) as client:
        response = post(client, fake.base_url, fake.credentials["api_key"])
        assert response.status_code == 202
        message = fake.messages[0]
    assert message.provider_id == response.headers["X-Message-Id"]
    assert message.rcpt_tos == ("b@example.net",)
    assert b"Subject: s" in message.content
    assert len(fake.requests) == 1


def test_the_account_can_be_set_between_two_requests() -> None:
    with SendGrid(account=ACCOUNT).running() as fake, client_of(fake) as client:
        fake.account = fake.account.model_copy(update={"quota_used_up": True})
        refused = post(client, fake.base_url, fake.credentials["api_key"])
    assert refused.json()["errors"][0]["message"] == "Maximum credits exceeded"


@every_provider
def test_every_provider_answers_a_stranger_with_a_refusal(kind: type[Any]) -> None:
    with kind().running() as fake, client_of(fake) as client:
        response = client.post(f"{fake.base_url}/no/such/path", content=b"\x00")
        assert response.status_code >= 400
        assert [fact.response.case for _, fact in fake.transcript.of(HttpResponded)]
        assert not list(fake.transcript.of(Broke))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"do": "close"}, httpx.RemoteProtocolError),
        # Over TLS httpx tells a reset from an end no further.
        ({"do": "reset"}, (httpx.ReadError, httpx.RemoteProtocolError)),
        ({"do": "truncate", "octets": 20}, httpx.RemoteProtocolError),
        ({"do": "garble"}, httpx.RemoteProtocolError),
        ({"do": "stall"}, httpx.ReadTimeout),
    ],
    ids=lambda value: value["do"] if isinstance(value, dict) else "",
)
def test_a_fault_is_seen_on_the_wire_and_recorded_before(
    fault: dict[str, Any], error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    faults = [{"at": "request", **fault}]
    with SendGrid(account=ACCOUNT, faults=faults).running() as fake, client_of(fake) as client:
        with pytest.raises(error):
            post(client, fake.base_url, fake.credentials["api_key"], timeout=0.5)
        assert [fact.action.split(" ")[0] for _, fact in fake.transcript.of(FaultActed)] == [
            fault["do"]
        ]


def test_trouble_can_come_twice_and_then_end() -> None:
    faults = [{"at": "request", "do": "respond", "status": 503, "body": "busy", "times": 2}]
    with SendGrid(account=ACCOUNT, faults=faults).running() as fake, client_of(fake) as client:
        key = fake.credentials["api_key"]
        assert [post(client, fake.base_url, key).status_code for _ in range(3)] == [503, 503, 202]
        assert len(fake.messages) == 1


def test_a_bad_certificate_is_refused_by_a_client_that_verifies() -> None:
    with SendGrid(certificate="expired").running() as fake, client_of(fake) as client:
        with pytest.raises(httpx.ConnectError, match="expired"):
            post(client, fake.base_url, "k")
        assert not list(fake.transcript.of(HttpRequested))


def test_a_misspelt_word_is_named() -> None:
    with pytest.raises(FakeError, match="acount"):
        SendGrid(acount={})
    with pytest.raises(FakeError, match="domain_s"):
        SendGrid(account={"domain_s": []})


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"region": "eux"}, "region: there is no region 'eux' (choose from us, eu)"),
        ({"account": {"keys": [{"region": "eux"}]}}, "keys.0.region: there is no region 'eux'"),
    ],
)
def test_a_region_that_the_vendor_has_not_is_refused(words: dict[str, Any], told: str) -> None:
    with pytest.raises(FakeError, match=re.escape(told)):
        SendGrid(**words)
    with SendGrid().running() as api, pytest.raises(FakeError, match=re.escape(told)):
        api.change(**words)


def test_plain_http_is_there_for_who_asks_for_it() -> None:
    with SendGrid(secure=False, account=ACCOUNT).running() as fake:
        assert fake.base_url.startswith("http://")
        response = httpx.get(f"{fake.base_url}/v3/scopes", trust_env=False)
    assert response.status_code == 401


@every_provider
def test_every_answer_has_the_date_of_the_fakes_own_clock(kind: type[Any]) -> None:
    now = datetime(2026, 5, 4, 12, 30, 15, 999_999, tzinfo=UTC)
    with kind(clock=lambda: now).running() as fake, client_of(fake) as client:
        response = client.get(f"{fake.base_url}/nothing")
    assert response.headers.get_list("date") == ["Mon, 04 May 2026 12:30:15 GMT"]
