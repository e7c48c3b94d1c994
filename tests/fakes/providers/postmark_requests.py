"""Requests to Postmark and an account that answers them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from harness.fakes.http.exchange import Request, Response
from harness.fakes.providers.postmark import PROVIDER, PostmarkAccount
from harness.fakes.providers.rules import Outcome

NOW = datetime(2026, 5, 4, 12, 30, 1, 250000, tzinfo=UTC)
TOKEN = "11111111-2222-4333-8444-abcdefabcdef"
ACCOUNT_TOKEN = "99999999-2222-4333-8444-abcdefabcdef"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
SERVER = {"X-Postmark-Server-Token": TOKEN}
OWNER = {"X-Postmark-Account-Token": ACCOUNT_TOKEN}
TEST = {"X-Postmark-Server-Token": "postmark_api_test"}
LETTER = {
    "From": "Somebody <from@sender.test>",
    "To": "to@recipient.test",
    "Subject": "A letter",
    "TextBody": "words",
}
BIG = "A" * 10_000_001


def account(**words: Any) -> PostmarkAccount:
    given_words = {
        "domains": [{"name": "sender.test"}, {"name": "half.test", "verified": False}],
        "senders": ["one@elsewhere.test"],
        "unconfirmed_senders": ["two@elsewhere.test"],
        "account_tokens": [ACCOUNT_TOKEN],
        **words,
    }
    made = PostmarkAccount.model_validate(given_words)
    return PROVIDER.furnished(made, {"server_token": TOKEN})


def ask(
    owner: PostmarkAccount,
    target: str = "/email",
    body: Any = None,
    *,
    method: str = "POST",
    tokens: Mapping[str, str] = SERVER,
    content_type: str = "application/json",
    raw: bytes | None = None,
) -> Outcome[PostmarkAccount]:
    headers = {"Accept": "application/json", "Content-Type": content_type, **tokens}
    octets = raw if raw is not None else json.dumps(LETTER if body is None else body).encode()
    request = Request(method=method, target=target, headers=tuple(headers.items()), body=octets)
    return PROVIDER.answer(owner, request, region="", now=NOW)


def read(owner: PostmarkAccount, target: str, **words: Any) -> Any:
    response = ask(owner, target, method="GET", raw=b"", **words).response
    assert response.status == 200
    return json.loads(response.body)


def letter(**changes: Any) -> dict[str, Any]:
    return {**LETTER, **changes}


def by_template(**changes: Any) -> dict[str, Any]:
    """A message with a template; `...` takes a member away."""
    whole = {
        "From": "from@sender.test",
        "To": "to@recipient.test",
        "TemplateAlias": "welcome",
        "TemplateModel": {},
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not ...}


def message_of(response: Response) -> str:
    return str(json.loads(response.body)["Message"])
