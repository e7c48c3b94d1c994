"""Printing that never holds up the fakes.

Whoever starts `harness serve` may read its first line and nothing more; a pipe that is full then
blocks the one who writes into it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

_MOST = 10_000
_PATIENCE = 2.0


class LineWriter:
    """Writes texts in a thread of its own, in order.

    Where more wait than a reader takes, the oldest that wait are left out, and `lost` counts them.
    `write` raises an OSError where nobody reads any more; `when_unread` is called then, once, from
    that thread.
    """

    def __init__(self, write: Callable[[str], object], when_unread: Callable[[], object]) -> None:
        self._write = write
        self._when_unread = when_unread
        self._waiting: deque[str] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self.lost = 0
        # It has to end with the process, though it hang in a write: no event loop's thread does.
        self._thread = threading.Thread(target=self._work, name="lines", daemon=True)
        self._thread.start()

    def __call__(self, text: str) -> None:
        """Let this be written."""
        with self._changed:
            if len(self._waiting) >= _MOST:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(text)
            self._changed.notify()

    def end(self) -> None:
        """Write what still waits, as far as somebody reads it."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._thread.join(_PATIENCE)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if not self._waiting:
                    return
                text = self._waiting.popleft()
            try:
                self._write(text)
            except OSError:
                self._when_unread()
                return
