"""Who may ask a sender something: every process of a run side by side, or one of them alone.

A case that this machine may have spoilt is asked again while nothing else is asked, and where the
cases of a run are spread over processes, all of them have to stand back for it. They meet at two
files of a folder that they share; the kernel lets go of what a killed process held.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows: nobody waits for anybody
    fcntl = None  # type: ignore[assignment]


class Turns(AbstractContextManager["Turns"]):
    """The turns of one process. `folder` is the same for all processes of a run."""

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        # Whoever wants to be alone holds the door, so that nobody new comes into the room.
        self._door = self._stack.enter_context((folder / "door").open("ab"))
        self._room = self._stack.enter_context((folder / "room").open("ab"))

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @contextmanager
    def among_others(self) -> Iterator[None]:
        """Wait until nobody is alone; within the body nobody will be."""
        _lock(self._door, alone=True)
        _lock(self._room, alone=False)
        _unlock(self._door)
        try:
            yield
        finally:
            _unlock(self._room)

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Within a turn of one's own: wait until the others have ended theirs, and keep them out.

        Of two who want that, one has to leave the room before it waits for the other.
        """
        _unlock(self._room)
        await asyncio.to_thread(_lock, self._door, alone=True)
        await asyncio.to_thread(_lock, self._room, alone=True)
        try:
            yield
        finally:
            _lock(self._room, alone=False)
            _unlock(self._door)


def _lock(file: BinaryIO, *, alone: bool) -> None:
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)


def _unlock(file: BinaryIO) -> None:
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_UN)
