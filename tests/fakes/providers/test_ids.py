"""Ids that a fake gives out: nobody else's, unless a seed makes them so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.fakes import SendGrid
from harness.fakes.http.exchange import Request

from . import sendgrid_requests

WORDS: dict[str, Any] = {
    "domains": [{"name": "sender.test"}],
    "keys": [{"key": sendgrid_requests.KEY}],
}


def ids_of(**words: Any) -> list[str | None]:
    """The ids of two messages that a fresh fake took."""
    fake: SendGrid = SendGrid(account={**WORDS, **words})
    request = Request(
        method="POST",
        target="/v3/mail/send",
        headers=(
            ("Content-Type", "application/json"),
            ("Authorization", f"Bearer {sendgrid_requests.KEY}"),
        ),
        body=json.dumps(sendgrid_requests.LETTER).encode(),
    )
    answers = [fake.answer(request).response for _ in range(2)]
    assert [answer.status for answer in answers] == [202, 202], answers[0].body
    return [answer.header("x-message-id") for answer in answers]


def test_fresh_fakes_give_out_ids_of_their_own() -> None:
    assert len({*ids_of(), *ids_of(), *ids_of()}) == 6


@pytest.mark.parametrize("seed", ["0", "7"])
def test_a_seed_makes_them_repeatable(seed: str) -> None:
    assert ids_of(seed=seed) == ids_of(seed=seed)
