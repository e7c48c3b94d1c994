"""An account at Mandrill, requests to it, and a sound message."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from harness.fakes.http.exchange import Request, Response
from harness.fakes.providers.mandrill import PROVIDER, MandrillAccount
from harness.fakes.providers.rules import Outcome

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
KEY = "abcdefghijklmnopqrstuv"
DOMAINS: list[dict[str, Any]] = [
    {"name": "sender.test"},
    {"name": "half.test", "verified": False},
]


def account(**words: Any) -> MandrillAccount:
    made = MandrillAccount.model_validate({"domains": DOMAINS, **words})
    return PROVIDER.furnished(made, {"api_key": KEY})


def ask(
    owner: MandrillAccount,
    call: str,
    parameters: Any = None,
    *,
    key: Any = KEY,
    base: str = "/api/1.0",
    method: str = "POST",
    now: datetime = NOW,
) -> Outcome[MandrillAccount]:
    body = {"key": key, **(parameters or {})}
    request = Request(
        method=method,
        target=f"{base}/{call}",
        headers=(("Host", "mandrillapp.com"),),
        body=json.dumps(body).encode(),
    )
    return PROVIDER.answer(owner, request, region="", now=now)


def letter(**changes: Any) -> dict[str, Any]:
    message = {
        "from_email": "from@sender.test",
        "to": [{"email": "to@recipient.test"}],
        "subject": "A letter",
        "text": "words",
    }
    return {"message": {**message, **changes}}


def decoded(response: Response) -> Any:
    return json.loads(response.body)
