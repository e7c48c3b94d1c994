"""What ends a command: Ctrl-C, SIGTERM (CI stops a job), SIGHUP (a terminal is closed)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


class Stop:
    """Called by the first of these signals; those that follow change nothing.

    It raises `KeyboardInterrupt`, or does what `instead` says, once something is going on that
    has to be ended in order.
    """

    def __init__(self) -> None:
        self.instead: Callable[[], object] | None = None
        self.was_called = False

    def __call__(self, *_: object) -> None:
        """Take a signal."""
        if self.was_called:
            return
        self.was_called = True
        if self.instead is None:
            raise KeyboardInterrupt
        self.instead()


@contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """Handle the signals while the body runs, and to the end of the process after one came.

    One that is ignored stays so: that is how `nohup` and a shell's `&` start us.
    """
    stop = Stop()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
            if signal.getsignal(number) not in {signal.SIG_IGN, None}:
                before[number] = signal.signal(number, stop)
    try:
        yield stop
    finally:
        if not stop.was_called:
            for number, handler in before.items():
                signal.signal(number, handler)
