"""An account at Mailgun, requests to it, and a sound message as a form."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from harness.fakes.http.exchange import Request, Response
from harness.fakes.providers.mailgun import PROVIDER, MailgunAccount
from harness.fakes.providers.rules import Outcome

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef-01234567-89abcdef"
DOMAINS: list[dict[str, Any]] = [
    {"name": "sender.test"},
    {"name": "half.test", "verified": False},
    {"name": "european.test", "region": "eu"},
    {"name": "box.test", "sandbox": True},
]
SEND_PATH = "/v3/sender.test/messages"
BOUNDARY = "a-boundary"

Pairs = list[tuple[str, str]]


def account(**words: Any) -> MailgunAccount:
    made = MailgunAccount.model_validate({"domains": DOMAINS, **words})
    return PROVIDER.furnished(made, {"api_key": KEY})


def basic(key: str, username: str = "api") -> str:
    return "Basic " + b64encode(f"{username}:{key}".encode()).decode()


def ask(
    owner: MailgunAccount,
    path: str = SEND_PATH,
    form: dict[str, Any] | None = None,
    *,
    raw: bytes | None = None,
    content_type: str = "application/x-www-form-urlencoded",
    authorization: str | None = basic(KEY),
    method: str | None = None,
    region: str = "us",
    headers: tuple[tuple[str, str], ...] = (),
) -> Outcome[MailgunAccount]:
    body = raw if raw is not None else urlencode(form or {}, doseq=True).encode()
    request = Request(
        method=method or ("GET" if form is None and raw is None else "POST"),
        target=path,
        headers=(
            *((("Authorization", authorization),) if authorization is not None else ()),
            ("Content-Type", content_type),
            *headers,
        ),
        body=body,
    )
    return PROVIDER.answer(owner, request, region=region, now=NOW)


def letter(**changes: Any) -> dict[str, Any]:
    """A message in fields; None takes one away."""
    fields = {
        "from": "Somebody <from@sender.test>",
        "to": "to@recipient.test",
        "subject": "A letter",
        "text": "words",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def multipart(*parts: tuple[str, bytes]) -> dict[str, Any]:
    """Keywords of `ask`: parts, each its Content-Disposition's parameters and its value."""
    body = b"".join(
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {name}\r\n\r\n".encode() + value + b"\r\n"
        for name, value in parts
    )
    return {
        "raw": body + f"--{BOUNDARY}--\r\n".encode(),
        "content_type": f"multipart/form-data; boundary={BOUNDARY}",
    }


def finished(mime: bytes, *to: str) -> dict[str, Any]:
    """Keywords of `ask`: a finished message."""
    boxes = [('name="to"', address.encode()) for address in to or ("to@recipient.test",)]
    return {
        "path": f"{SEND_PATH}.mime",
        **multipart(*boxes, ('name="message"; filename="m"', mime)),
    }


def decoded(response: Response) -> Any:
    return json.loads(response.body)
