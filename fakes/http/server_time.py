"""What time a server answers in: the sender's, where a test has replaced Python's clock."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache

from ..clock import nearest, real_now
from .exchange import Request, Response

_SIGNED_STAMP = "%Y%m%dT%H%M%SZ"


def dated(response: Response, now: datetime) -> Response:
    """The response with the Date that every server with a clock sends (RFC 9110 section 6.6.1)."""
    if response.header("date") is not None:
        return response
    date = http_date(now.replace(microsecond=0))
    return response.with_headers((*response.headers, ("Date", date)))


@lru_cache(maxsize=16)
def http_date(now: datetime) -> str:
    """A time as the header has it: whole seconds, GMT."""
    return format_datetime(now.astimezone(UTC), usegmt=True)


def server_time(request: Request) -> datetime:
    """The time of this machine as the sender of the request can know it, aware.

    A test may have frozen Python's clock. A sender in the same process goes by that, one in
    another process by the machine's: the date that the request bears tells which it is.
    Without one it is Python's.
    """
    python = datetime.now(UTC)
    said = _said(request)
    return python if said is None else nearest(said, (python, real_now()))


def _said(request: Request) -> datetime | None:
    try:
        if (stamp := request.header("x-amz-date")) is not None:
            return _signed_at(stamp)
        return parsedate_to_datetime(request.header("date") or "").astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None


# Requests of the same second bear the same stamp.
@lru_cache(maxsize=16)
def _signed_at(stamp: str) -> datetime:
    return datetime.strptime(stamp, _SIGNED_STAMP).replace(tzinfo=UTC)
