"""A rate that is used up comes back when its time is over, at every vendor that has one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from harness.fakes import SendGrid
from harness.fakes.apis import fake_of
from harness.fakes.http.exchange import Request

from .test_message_notes import BODIES

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOTHING = {"requests": 0, "per": "1x"}
# Mandrill has no rate for requests: its mail waits in a queue.
RATED = [name for name in BODIES if name != "mandrill"]


class Clock:
    """A time that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.mark.parametrize("name", RATED)
def test_a_window_that_is_full_opens_again(name: str) -> None:
    clock = Clock()
    words = {"domains": [{"name": "sender.test"}], "rate": {"requests": 2, "per": "3x"}}
    fake = fake_of(name)(account=words, clock=clock, timeout=2.0)
    path, headers, body = BODIES[name](next(iter(fake.credentials.values())))
    request = Request(method="POST", target=path, headers=headers, body=body)

    def status() -> int:
        return fake.answer(request).response.status

    assert [status() // 100 for _ in range(2)] == [2, 2]
    assert status() == 429
    clock.now = START + timedelta(seconds=5.9)
    assert status() == 429
    clock.now = START + timedelta(seconds=6.1)
    assert [status() // 100, status() // 100, status()] == [2, 2, 429]


def test_an_account_that_was_limited_before_stays_so() -> None:
    fake = SendGrid(account={"rate_limited": True, "rate": {"requests": 5, "per": "1s"}})
    path, headers, body = BODIES["sendgrid"](fake.credentials["api_key"])
    fake.answer(Request(method="POST", target=path, headers=headers, body=body))
    assert fake.account.rate_limited


def test_nothing_at_all_can_be_what_is_allowed() -> None:
    fake = SendGrid(account={"domains": [{"name": "sender.test"}], "rate": NOTHING})
    path, headers, body = BODIES["sendgrid"](fake.credentials["api_key"])
    request = Request(method="POST", target=path, headers=headers, body=body)
    assert fake.answer(request).response.status == 429
    assert fake.messages == []
