"""An account at SparkPost, requests to it, and a sound transmission."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from harness.fakes.http.exchange import Request, Response
from harness.fakes.providers.rules import Outcome
from harness.fakes.providers.sparkpost import PROVIDER, SparkPostAccount

SANDBOX = {"from": "x@sparkpostbox.com"}
NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef01234567"
DOMAINS: list[dict[str, Any]] = [
    {"name": "sender.test"},
    {"name": "half.test", "verified": False},
    {"name": "european.test", "region": "eu"},
]
SEND_PATH = "/api/v1/transmissions"


def account(**words: Any) -> SparkPostAccount:
    made = SparkPostAccount.model_validate({"domains": DOMAINS, **words})
    return PROVIDER.furnished(made, {"api_key": KEY})


def ask(
    owner: SparkPostAccount,
    path: str = SEND_PATH,
    body: Any = None,
    *,
    key: str | None = KEY,
    method: str | None = None,
    region: str = "us",
    raw: bytes | None = None,
    headers: tuple[tuple[str, str], ...] = (),
    content_type: str = "application/json",
    now: datetime = NOW,
) -> Outcome[SparkPostAccount]:
    octets = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
    request = Request(
        method=method or ("GET" if body is None and raw is None else "POST"),
        target=path,
        headers=(
            *((("Authorization", key),) if key is not None else ()),
            ("Content-Type", content_type),
            *headers,
        ),
        body=octets,
    )
    return PROVIDER.answer(owner, request, region=region, now=now)


def letter(**changes: Any) -> dict[str, Any]:
    """A transmission; `content` is changed member by member, None takes a member away."""
    content: dict[str, Any] = {"from": "from@sender.test", "subject": "A letter", "text": "words"}
    content |= changes.pop("content", {})
    kept = {name: value for name, value in content.items() if value is not None}
    return {"recipients": [{"address": "to@recipient.test"}], "content": kept, **changes}


def decoded(response: Response) -> Any:
    return json.loads(response.body)
