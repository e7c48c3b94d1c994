"""Clocks that tests do not replace.

Tests freeze Python's clock and jump with it, in the process in which fakes run: freezegun puts
functions of its own in the place of those of `time` and `datetime`, `time.monotonic` among them, by
which event loops measure; time-machine replaces the wall clock inside them. Pauses and time-outs go
on all the same, and so does the time by which other programs live.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache

if sys.platform == "win32":

    def monotonic() -> float:
        """Seconds since some moment, whatever was made of `time.monotonic`."""
        # Windows has no other clock that Python can read.
        return time.monotonic()

else:

    def monotonic() -> float:
        """Seconds since some moment, whatever was made of `time.monotonic`."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)


def real_now() -> datetime:
    """The time of this machine, whatever Python thinks that it is; some milliseconds late."""
    return _epoch() + timedelta(seconds=monotonic())


@cache
def _epoch() -> datetime:
    """When the monotonic clock stood at zero."""
    # The file system keeps the time that the kernel tells it.
    with tempfile.TemporaryFile() as file:
        seconds = os.fstat(file.fileno()).st_mtime - monotonic()
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def nearest(said: datetime, clocks: Iterable[datetime]) -> datetime:
    """The reading of a clock that a peer who `said` it is that late goes by."""
    return min(clocks, key=lambda reading: abs(reading - said))
