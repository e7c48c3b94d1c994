"""When a message is tried again, and when no more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random

from harness.reference.courier.options import CourierOptions

# A gap is longer than its length by up to this share of it.
_JITTER = 0.2
# A provider that asks for more patience than that is tried all the same.
_LONGEST_WISH = 86_400.0


def gap(options: CourierOptions, *, attempts: int, key: str) -> float:
    """Seconds from attempt number `attempts`, the first being 1, to the next.

    Each gap is longer than the one before until the longest is reached: jitter only adds, and less
    than the factor does. The same seed, key and number give the same gap.
    """
    # A float has an end, and no message is tried that often.
    doublings = min(attempts - 1, 200)
    length = min(options.first_retry * options.factor**doublings, options.longest_gap)
    most = min(_JITTER, (options.factor - 1) / 2)
    # Not for secrets: it keeps those apart that failed together.
    share = Random(f"{options.seed}:{key}:{attempts}").random()  # noqa: S311
    return length * (1 + most * share)


def seconds_asked(retry_after: str | None, *, now: float) -> float:
    """How long a Retry-After asks to wait (RFC 9110 section 10.2.3); 0 where it says nothing."""
    said = (retry_after or "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said), _LONGEST_WISH)
    moment = _moment(said)
    return 0.0 if moment is None else min(max(moment - now, 0.0), _LONGEST_WISH)


def expiry(options: CourierOptions, headers: Mapping[str, str], *, now: float) -> float:
    """When a message that is queued now is not to be sent any more, in seconds since 1970.

    Its own field Expires (RFC 2156, registered by RFC 4021) counts where it is earlier than what
    the options say.
    """
    said = [value for name, value in headers.items() if name.lower() == "expires"]
    moments = [moment for value in said if (moment := _moment(value)) is not None]
    return min([now + options.expires, *moments])


def iso(moment: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC, to the millisecond."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _moment(said: str) -> float | None:
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    # "-0000" says that it is UTC, and not where.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
