"""The sending quota's cost: it is asked for with every message, and a run may have many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from harness.fakes.providers.accepted_mail import AcceptedMail
from harness.fakes.providers.log import Log
from harness.fakes.providers.ses import SesAccount
from harness.fakes.providers.ses.limits import sent, spent_after

from .ses_requests import NOW, account, answer, send_email

MANY = 10_000
# Ten thousand need fourteen steps of a search that halves.
A_SEARCH = 20


def with_mail(state: SesAccount, *, messages: int, until: datetime) -> SesAccount:
    """An account that has sent a message each millisecond, the last one at `until`."""
    for number in reversed(range(messages)):
        at = until - timedelta(milliseconds=number)
        to = ("b@example.net",)
        mail = AcceptedMail(provider_id=str(number), mail_from="a@x.test", recipients=to, at=at)
        state = state.keep(mail, spent=spent_after(state, to, at))
    return state


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every element of a log that somebody has looked at."""
    seen: list[object] = []
    getting, iterating = Log.__getitem__, Log.__iter__

    def get(log: Log[Any], index: Any) -> Any:
        found = getting(log, index)
        seen.extend(found if isinstance(index, slice) else [found])
        return found

    def iterate(log: Log[Any]) -> Iterator[Any]:
        for each in iterating(log):
            seen.append(each)
            yield each

    monkeypatch.setattr(Log, "__getitem__", get)
    monkeypatch.setattr(Log, "__iter__", iterate)
    return seen


@pytest.mark.parametrize(
    ("daily", "ago", "case"),
    [
        (-1, timedelta(0), "accepted"),
        (2 * MANY, timedelta(0), "accepted"),
        (MANY, timedelta(0), "quota-used-up"),
        (MANY, timedelta(days=1), "accepted"),
    ],
    ids=["unlimited", "enough", "used up", "used up yesterday"],
)
def test_a_request_looks_at_few_of_ten_thousand_messages(
    looked_at: list[object], daily: int, ago: timedelta, case: str
) -> None:
    state = with_mail(account(max_24_hour_send=daily), messages=MANY, until=NOW - ago)
    looked_at.clear()
    response = answer(state, send_email(), now=NOW + timedelta(seconds=5)).response
    assert response.case == case
    assert len(looked_at) <= A_SEARCH


def test_what_a_message_costs_does_not_grow(looked_at: list[object]) -> None:
    state = account()
    costs = []
    for number in range(40):
        now = NOW + timedelta(seconds=number)
        state = with_mail(state, messages=250, until=now)
        looked_at.clear()
        state = answer(state, send_email(), now=now).account
        costs.append(len(looked_at))
    assert len(state.accepted) == 40 * 251
    # Twice as many messages are one step more of the search.
    assert max(after - before for before, after in pairwise(costs)) <= 2
    assert max(costs) <= A_SEARCH


@pytest.mark.parametrize("later", [0, 1, 7 * 3600, 24 * 3600 - 1, 24 * 3600, 26 * 3600])
def test_the_figure_is_that_of_counting_each(later: int) -> None:
    state = with_mail(account(sent_last_24_hours=3), messages=500, until=NOW)
    now = NOW + timedelta(seconds=later)
    recent = sum(now - mail.at < timedelta(hours=24) for mail in state.accepted)
    assert sent(state, now) == 3 + recent
