"""Requests to Resend's rules, and what they are asked about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from harness.fakes.http.exchange import Request, Response
from harness.fakes.providers.resend import PROVIDER, ResendAccount
from harness.fakes.providers.rules import Outcome

NOW = datetime(2026, 11, 20, 20, 56, 50, tzinfo=UTC)
KEY = "re_c1tpEyD8_NKFusih9vKVQknRAQfmFcWCv"
LETTER: dict[str, Any] = {
    "from": "From <from@sender.test>",
    "to": ["to@recipient.test"],
    "subject": "A letter",
    "text": "words",
}


def account(**words: Any) -> ResendAccount:
    given = {"domains": [{"name": "sender.test"}, {"name": "half.test", "verified": False}]}
    made = ResendAccount.model_validate({**given, **words})
    return PROVIDER.furnished(made, {"api_key": KEY})


def ask(
    owner: ResendAccount,
    target: str = "/emails",
    body: Any = None,
    *,
    method: str = "POST",
    key: str = KEY,
    headers: Mapping[str, str] | None = None,
    raw: bytes | None = None,
    now: datetime = NOW,
) -> Outcome[ResendAccount]:
    """`headers` are laid over the usual ones; "" takes one away."""
    usual = {
        "Authorization": f"Bearer {key}",
        "User-Agent": "a-client/1",
        "Content-Type": "application/json",
    }
    sent = {name: value for name, value in {**usual, **(headers or {})}.items() if value}
    octets = raw if raw is not None else json.dumps(LETTER if body is None else body).encode()
    request = Request(method=method, target=target, headers=tuple(sent.items()), body=octets)
    return PROVIDER.answer(owner, request, region="", now=now)


def read(owner: ResendAccount, target: str, **words: Any) -> Any:
    response = ask(owner, target, method="GET", raw=b"", **words).response
    assert response.status == 200, response.body
    return json.loads(response.body)


def letter(**changes: Any) -> dict[str, Any]:
    """A message; `...` takes a member away."""
    whole = {**LETTER, **changes}
    return {name: value for name, value in whole.items() if value is not ...}


def said(response: Response) -> tuple[str, str]:
    """The name and the message of a refusal."""
    document = json.loads(response.body)
    return str(document["name"]), str(document["message"])
