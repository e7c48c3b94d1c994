"""Sending quota and sending rate.

Source: SES developer guide, manage-sending-quotas (2022-11-02): the sandbox has 200 recipients in
24 hours and one message a second; the mailbox simulator does not count for the quota. A request to
several recipients goes through as long as anything is left, and is paid for afterwards (the SES
blog, quoted in django-ses/django-ses#59).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

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
    recent = (mail for mail in account.accepted if now - mail.at < _DAY)
    return account.sent_last_24_hours + sum(counted(mail.recipients) for mail in recent)


def quota_is_used_up(account: SesAccount, now: datetime) -> bool:
    """Whether nothing is left of the daily quota."""
    daily, _ = limits(account)
    if account.quota_used_up or daily < 0:
        return account.quota_used_up
    # Days are counted only when it matters: a long run has many messages.
    ever = account.sent_last_24_hours + (account.spent.recipients if account.spent else 0)
    return ever >= daily and sent(account, now) >= daily


def is_too_fast(account: SesAccount, now: datetime) -> bool:
    """Whether the sending rate leaves no message at this moment."""
    return account.rate_limited or _left(account, now) < _NEARLY_ONE


def paid(account: SesAccount, recipients: tuple[str, ...], now: datetime) -> SesAccount:
    """The account after a message to these recipients."""
    before = account.spent.recipients if account.spent is not None else 0
    spent = Spent(
        at=now,
        rate_left=_left(account, now) - len(recipients),
        recipients=before + counted(recipients),
    )
    return account.model_copy(update={"spent": spent})


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
