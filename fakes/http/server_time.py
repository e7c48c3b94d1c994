"""What time a server answers in: the sender's, where a test has replaced Python's clock."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ..clock import nearest, real_now
from .exchange import Request

_AMAZON_STAMP = "%Y%m%dT%H%M%SZ"


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
            return datetime.strptime(stamp, _AMAZON_STAMP).replace(tzinfo=UTC)
        return parsedate_to_datetime(request.header("date") or "").astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None
