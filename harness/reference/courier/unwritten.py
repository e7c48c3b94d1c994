"""What came of attempts while the database could not be written.

A message that a server took and that the queue does not know to be sent would be sent again. So the
outcome is remembered, in memory and in a file beside the database, until it is written.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from threading import Lock

from harness.reference.courier.decision import Decision
from harness.reference.courier.files import write_whole
from harness.reference.courier.queue import CourierQueue

NAME = "unwritten"


class Unwritten:
    """The outcomes that wait, by the claim that they belong to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / NAME
        self._lock = Lock()
        self._waiting: dict[str, tuple[int, Decision]] = {}

    def keep(self, row: int, token: str, decision: Decision) -> None:
        """Remember an outcome, whatever the disk allows."""
        with self._lock:
            self._waiting[token] = (row, decision)
        document = {"row": row, "decision": decision.document()}
        with suppress(OSError):  # the disk may be full: then memory alone has it
            self._folder.mkdir(mode=0o700, exist_ok=True)
            write_whole(self._folder / f"{token}.json", json.dumps(document))

    def write(self, queue: CourierQueue) -> None:
        """Bring everything into the queue, also what a program before left behind.

        Raises:
            QueueError: the queue still cannot be written. What is left stays remembered.
        """
        for token, (row, decision) in self._known().items():
            queue.finish(row, token, decision)
            with self._lock:
                self._waiting.pop(token, None)
            with suppress(OSError):
                (self._folder / f"{token}.json").unlink(missing_ok=True)

    def _known(self) -> dict[str, tuple[int, Decision]]:
        found: dict[str, tuple[int, Decision]] = {}
        for file in self._folder.glob("*.json"):
            # It may be gone by now, and a name that is no claim's does no harm.
            with suppress(OSError, ValueError, KeyError, TypeError):
                document = json.loads(file.read_text(encoding="utf-8"))
                found[file.stem] = (document["row"], Decision.read(document["decision"]))
        with self._lock:
            return {**found, **self._waiting}
