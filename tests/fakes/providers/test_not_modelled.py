"""What the vendor has and the fake has not is answered as the fake's limit, and convicts nobody."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from harness.fakes import FakeError, SendGrid
from harness.fakes.apis import ProviderFake, fake_of
from harness.fakes.http.exchange import Request
from harness.fakes.marks import Mark
from harness.fakes.providers.calls import NOT_MODELLED, VendorCalls, calls_of
from harness.fakes.providers.registry import provider_names
from harness.fakes.providers.ses import PROVIDER
from harness.fakes.providers.ses.calls import ACTIONS
from harness.fakes.transcript import NotModelled

from .ses_requests import NOW, REGION, account, error_of, query, rest

_ACCOUNTS: Mapping[str, dict[str, Any]] = {"mailgun": {"domains": [{"name": "x"}]}}


def ask(fake: ProviderFake, method: str, path: str) -> tuple[int, str | None]:
    """Status and header of the answer to a request with every credential there is."""
    key = next(reversed(fake.credentials.values()))
    basic = b64encode(f"api:{key}".encode()).decode()
    bearer = {"mailgun": f"Basic {basic}"} | dict.fromkeys(["sendgrid", "resend"], f"Bearer {key}")
    headers = {
        "Host": "localhost",
        "User-Agent": "a test",
        "Authorization": bearer.get(fake.vendor.name, key),
        "Accept": "application/json",
        "Content-Type": "application/json",
        "X-Postmark-Server-Token": key,
    }
    body = json.dumps({"key": key}).encode()
    request = Request(method=method, target=path, headers=tuple(headers.items()), body=body)
    response = fake.answer(request).response
    return response.status, response.header("X-Harness-Not-Modelled")


@pytest.mark.parametrize("name", [each for each in provider_names() if each != "ses"])
def test_no_call_is_listed_that_the_fake_serves(name: str) -> None:
    fake = fake_of(name)(account=_ACCOUNTS.get(name, {}))
    for call in calls_of(name).paths:
        methods, _, path = call.partition(" ")
        for method in methods.split(","):
            target = path.replace("**", "x").replace("*", "x")
            assert ask(fake, method, target)[0] == 501, call
    noted = [event.fact for event in fake.transcript.events if isinstance(event.fact, NotModelled)]
    assert len(noted) == sum(call.count(",") + 1 for call in calls_of(name).paths)


@pytest.mark.parametrize(
    ("name", "path"),
    [("sendgrid", "/v3/mail/sned"), ("postmark", "/emial"), ("mandrill", "/api/1.0/messages/sned")],
)
def test_a_call_that_the_vendor_has_not_either_is_refused_as_the_vendor_does(
    name: str, path: str
) -> None:
    status, header = ask(fake_of(name)(), "POST", path)
    assert status != 501
    assert header is None


def test_the_answer_names_the_call_as_the_vendor_writes_it() -> None:
    assert ask(SendGrid(), "GET", "/v3/templates/d-12") == (501, "GET /v3/templates/*")


def test_it_is_nobodys_word_but_the_fakes() -> None:
    fake = SendGrid()
    request = Request(
        method="GET",
        target="/v3/templates",
        headers=(("Authorization", f"Bearer {fake.credentials['api_key']}"),),
    )
    response = fake.answer(request).response
    assert (response.mark, response.case) == (Mark.NOT_MODELLED, NOT_MODELLED)


def test_no_call_of_ses_is_listed_that_its_fake_serves() -> None:
    state = account()
    for call in calls_of("ses").paths:
        methods, _, path = call.partition(" ")
        target = path.replace("*", "x").removeprefix("/v2/email/")
        for method in methods.split(","):
            made = PROVIDER.served(state, rest(method, target), region=REGION, now=NOW)
            assert made.response.status == 501, f"{method} {path}"
    assert not ACTIONS.intersection(calls_of("ses").actions)


def test_an_action_of_the_query_api_is_a_call_too() -> None:
    made = PROVIDER.served(account(), query("CreateTemplate"), region=REGION, now=NOW)
    assert (made.response.status, made.response.source) == (501, "CreateTemplate")
    made = PROVIDER.served(account(), query("CreateTemplat"), region=REGION, now=NOW)
    assert error_of(made.response)[1] == "InvalidAction"


def test_a_call_of_the_rest_api_that_is_not_there_is_told() -> None:
    made = PROVIDER.served(account(), rest("GET", "templates"), region=REGION, now=NOW)
    assert (made.response.status, made.response.source) == (501, "GET /v2/email/templates")


def test_a_list_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValidationError, match="methods and a path are due"):
        VendorCalls.model_validate({"source": "s", "date": "2026-01-01", "paths": ["get /x"]})
    with pytest.raises(FakeError):
        fake_of("nobody")
