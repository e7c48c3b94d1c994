"""This machine, as far as it may be to blame for what a case looks like.

A sender that says "nobody answered in time" is right where our own event loop did not turn, and a
fake that could accept nobody for want of a file descriptor proves nothing against a sender. So a
run watches itself: when its loop came late, and when this process ran out of open files.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from harness.errors import MachineError

# What a machine says that has no more of something to give.
SHORTAGES = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN))

# In parts of a time-out: how often the loop is looked at, from where on it counts as late, and how
# much of a time-out may be lost in all. A wait that senders have to bear is at most half of one.
_LOOK = 1 / 40
_LATE = 1 / 20
MOST_LOST = 1 / 4
# Long runs on machines that are never idle: what is older than this many lapses is forgotten.
_MOST_LAPSES = 100_000

# A listening socket, two ends of a connection, a name being looked up; a program has pipes too.
_FILES_A_CASE = 6
# What a run opens beside its cases: reports, evidence, the event loop, modules that come late.
_FILES_ASIDE = 14
_FILES_LEFT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """A time in which the event loop did not turn: from when it was due until it came."""

    due: float
    came: float


def most_lost(lapses: Iterable[Lapse], *, began: float, ended: float, window: float) -> float:
    """The most seconds that lapses took out of any `window` seconds between two moments."""
    spans = [(max(each.due, began), min(each.came, ended)) for each in lapses]
    found = [(due, came) for due, came in spans if due < came]
    return max((_lost_before(came, found, window) for _, came in found), default=0.0)


def _lost_before(end: float, spans: Iterable[tuple[float, float]], window: float) -> float:
    return sum(max(0.0, min(came, end) - max(due, end - window)) for due, came in spans)


@dataclass(slots=True, kw_only=True)
class Watch:
    """Watches this process while cases run. `timeout`: seconds of one operation of a sender.

    `clock` is the event loop's. What it saw of any two moments is asked by `doubt`.
    """

    timeout: float
    clock: Callable[[], float]
    _lapses: deque[Lapse] = field(default_factory=lambda: deque(maxlen=_MOST_LAPSES))
    _short: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=_MOST_LAPSES))
    _due: float = 0.0

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch for as long as the body runs."""
        loop = asyncio.get_running_loop()
        before = loop.get_exception_handler()
        loop.set_exception_handler(self._unhandled)
        self._due = self.clock() + self.timeout * _LOOK
        looking = loop.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            loop.set_exception_handler(before)

    def doubt(self, began: float, ended: float) -> str | None:
        """Why this machine may be to blame for what happened between two moments, or None."""
        short = next((what for at, what in self._short if began <= at <= ended), None)
        if short is not None:
            return f"this machine ran out of something: {short}"
        lost = self.lost(began, ended)
        if lost < self.timeout * MOST_LOST:
            return None
        return (
            f"this machine was too busy: {lost:.1f} s were lost within one time-out of "
            f"{self.timeout:g} s"
        )

    def lost(self, began: float, ended: float) -> float:
        """The most seconds for which the loop did not turn, in any time-out between two moments."""
        pending = Lapse(due=self._due, came=max(self.clock(), self._due))
        late = [*self._lapses, *([pending] if self._is_late(pending) else [])]
        return most_lost(late, began=began, ended=ended, window=self.timeout)

    def note_shortage(self, error: BaseException | None) -> bool:
        """Note that something was not to be had, where that is what an error says."""
        if not is_shortage(error):
            return False
        self._short.append((self.clock(), str(getattr(error, "strerror", error))))
        return True

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(max(0.0, self._due - self.clock()))
            seen = Lapse(due=self._due, came=self.clock())
            if self._is_late(seen):
                self._lapses.append(seen)
            if (left := files_left()) is not None and left <= _FILES_LEFT:
                self._short.append((seen.came, os.strerror(errno.EMFILE)))
            self._due = self.clock() + self.timeout * _LOOK

    def _is_late(self, lapse: Lapse) -> bool:
        return lapse.came - lapse.due >= self.timeout * _LATE

    def _unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # asyncio tells of each connection that it could not accept, hundreds at a time.
        if not self.note_shortage(context.get("exception")):
            loop.default_exception_handler(context)


def is_shortage(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, says that this machine has no more of something."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in SHORTAGES:
            return True
        error = error.__cause__
    return False


# Open files.


def jobs_that_fit(wanted: int) -> int:
    """How many of `wanted` cases the limit of open files allows at a time.

    Raises:
        MachineError: not even one.
    """
    left, limit = files_left(), _limit()
    if left is None or limit is None:
        return wanted
    fit = (left - _FILES_ASIDE) // _FILES_A_CASE
    if fit < 1:
        needed = limit - left + _FILES_ASIDE + _FILES_A_CASE
        raise MachineError(
            f"a process may open {limit} files here, and a run needs {needed}: "
            f"raise the limit (ulimit -n {max(256, needed)})"
        )
    return min(wanted, fit)


def files_left() -> int | None:
    """How many more files this process may open; None where that cannot be known."""
    limit = _limit()
    if limit is None:
        return None
    for folder in ("/proc/self/fd", "/dev/fd"):
        with suppress(OSError):
            return limit - len(os.listdir(folder))  # noqa: PTH208  # twenty times a second
    # The folder itself is a file to open: where it cannot be, nothing is left.
    return 0 if os.path.isdir("/proc/self/fd") else None  # noqa: PTH112


def _limit() -> int | None:
    try:
        import resource  # noqa: PLC0415  # not on Windows
    except ImportError:
        return None
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft
