"""When a certificate is valid: fixed dates, far from any clock on both sides.

Who judges them is the sender's TLS library, by the machine's clock. Python's may say something
else: tests freeze it, and jump with it (freezegun, time-machine). So no date here comes from a
clock. A good certificate is good from 2000 to 3000, as its anchor is; one with wrong dates is wrong
by decades, and would be at any time that a test can make up.

The good period began before 2019-07-01, so the limits that some platforms set to the life of
younger certificates (825 days, 398 days) do not concern it. OpenSSL on Windows reads no date
after the year 3000.
"""

from __future__ import annotations

from datetime import UTC, datetime

from .certificate_builder import Period
from .facts import Validity
from .kinds import CertificateKind

GOOD = Period(start=datetime(2000, 1, 1, tzinfo=UTC), end=datetime(3000, 1, 1, tzinfo=UTC))
EXPIRED = Period(start=GOOD.start, end=datetime(2001, 1, 1, tzinfo=UTC))
NOT_YET_VALID = Period(start=datetime(2999, 1, 1, tzinfo=UTC), end=GOOD.end)


def period_of(kind: CertificateKind) -> Period:
    """When a certificate of this kind is valid."""
    return _PERIODS[kind.facts.validity]


_PERIODS = {Validity.PAST: EXPIRED, Validity.FUTURE: NOT_YET_VALID, Validity.CURRENT: GOOD}
