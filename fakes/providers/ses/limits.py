"""Sending quota and sending rate.

Source: SES developer guide, manage-sending-quotas (2022-11-02): the sandbox has 200 recipients in
24 hours and one message a second; the mailbox simulator does not count for the quota. A request to
several recipients goes through as long as anything is left, and is paid for afterwards (the SES
blog, quoted in django-ses/django-ses#59).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import itemgetter

from ..log import Log
from .account import SesAccount, Spent

SIMULATOR = "simulator.amazonses.com"
_DAY = timedelta(hours=24)
_SANDBOX = (200.0, 1.0)
# Every account out of the sandbox has limits of its own; these get in nobody's way.
_PRODUCTION = (50_000.0, 1_000.0)
_NEARLY_ONE = 1 - 1e-6


def limits(account: SesAccount) -> tuple[float, float]:
    """Recipients in 24 hours (-1: unlimited) and messages a second."""
    daily, rate = _SANDBOX if account.sandbox else _PRODUCTION
    given = account.max_24_hour_send, account.max_send_rate
    return given[0] if given[0] is not None else daily, given[1] if given[1] is not None else rate


def sent(account: SesAccount, now: datetime) -> int:
    """The recipients of the last 24 hours."""
    if account.spent is None:
        return account.sent_last_24_hours
    sums = account.spent.sums
    # In order, because time only goes on: what is older than a day stands in front.
    older = bisect_right(sums, now - _DAY, key=itemgetter(0))
    before = sums[older - 1][1] if older else 0
    return account.sent_last_24_hours + sums[-1][1] - before


def quota_is_used_up(account: SesAccount, now: datetime) -> bool:
    """Whether nothing is left of the daily quota."""
    daily, _ = limits(account)
    if account.quota_used_up or daily < 0:
        return account.quota_used_up
    # The day is counted only where it matters.
    ever = account.sent_last_24_hours + _ever(account)
    return ever >= daily and sent(account, now) >= daily


def is_too_fast(account: SesAccount, now: datetime) -> bool:
    """Whether the sending rate leaves no message at this moment."""
    return account.rate_limited or _left(account, now) < _NEARLY_ONE


def spent_after(account: SesAccount, recipients: tuple[str, ...], now: datetime) -> Spent:
    """What is spent after a message to these recipients."""
    sums: Log[tuple[datetime, int]] = account.spent.sums if account.spent is not None else Log()
    return Spent(
        at=now,
        rate_left=_left(account, now) - len(recipients),
        sums=sums.followed_by([(now, _ever(account) + counted(recipients))]),
    )


def _ever(account: SesAccount) -> int:
    return account.spent.sums[-1][1] if account.spent is not None else 0


def counted(recipients: Iterable[str]) -> int:
    """How many of these count for the quota."""
    return sum(not is_simulator(recipient) for recipient in recipients)


def is_simulator(address: str) -> bool:
    """Whether it is an address of the mailbox simulator."""
    return address.lower().endswith(f"@{SIMULATOR}")


def _left(account: SesAccount, now: datetime) -> float:
    _, rate = limits(account)
    # A rate below one a second still lets one message through at once.
    most = max(rate, 1.0)
    if account.spent is None:
        return most
    passed = max((now - account.spent.at).total_seconds(), 0.0)
    return min(most, account.spent.rate_left + passed * rate)
