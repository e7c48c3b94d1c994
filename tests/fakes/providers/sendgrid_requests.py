"""Requests to SendGrid and an account that answers them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from harness.fakes.http.exchange import Request, Response
from harness.fakes.providers.rules import Outcome
from harness.fakes.providers.sendgrid import PROVIDER, SendGridAccount

NOW = datetime(2026, 12, 4, 12, 30, tzinfo=UTC)
KEY = "SG." + "k" * 22 + "." + "s" * 43
PAGE = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"
LETTER: dict[str, Any] = {
    "personalizations": [{"to": [{"email": "to@recipient.test"}]}],
    "from": {"email": "from@sender.test", "name": "Somebody"},
    "subject": "A letter",
    "content": [{"type": "text/plain", "value": "words"}],
}


def account(**words: Any) -> SendGridAccount:
    domains = [{"name": "sender.test"}, {"name": "half.test", "verified": False}]
    made = SendGridAccount.model_validate(
        {"domains": domains, "senders": ["one@single.test"], **words}
    )
    return PROVIDER.furnished(made, {"api_key": KEY})


def ask(
    owner: SendGridAccount,
    target: str = "/v3/mail/send",
    body: Any = None,
    *,
    method: str = "POST",
    authorization: str | None = f"Bearer {KEY}",
    content_type: str = "application/json",
    raw: bytes | None = None,
    region: str = "us",
    headers: tuple[tuple[str, str], ...] = (),
) -> Outcome[SendGridAccount]:
    sent = [("Content-Type", content_type), *headers]
    if authorization is not None:
        sent.append(("Authorization", authorization))
    octets = raw if raw is not None else json.dumps(LETTER if body is None else body).encode()
    request = Request(method=method, target=target, headers=tuple(sent), body=octets)
    return PROVIDER.answer(owner, request, region=region, now=NOW)


def read(owner: SendGridAccount, target: str) -> Any:
    response = ask(owner, target, method="GET", raw=b"").response
    assert response.status == 200
    return json.loads(response.body)


def letter(**changes: Any) -> dict[str, Any]:
    return {**LETTER, **changes}


def to(*boxes: Any, **more: Any) -> dict[str, Any]:
    return letter(personalizations=[{"to": list(boxes), **more}])


def errors(response: Response) -> Any:
    return json.loads(response.body)["errors"]
