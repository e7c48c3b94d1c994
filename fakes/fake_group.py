"""Further fakes in an event loop in which one runs already."""

from __future__ import annotations

import asyncio
from typing import Any

from .fake import Fake
from .loop_thread import surely


class FakeGroup:
    """Fakes that are opened one by one, from any thread, and close together.

    Made inside the event loop that they are to run in.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._fakes: list[Fake[Any]] = []

    def __contains__(self, fake: object) -> bool:
        return fake in self._fakes

    def open(self, fake: Fake[Any]) -> None:
        """Open a fake: whoever connects from now on is served.

        Raises:
            FakeError: the port is taken, or the certificate cannot be issued.
        """
        fake.reserve()
        self._fakes.append(fake)
        self._loop.call_soon_threadsafe(self._begin, fake)

    def _begin(self, fake: Fake[Any]) -> None:
        self._tasks.append(self._loop.create_task(self._host(fake)))

    async def _host(self, fake: Fake[Any]) -> None:
        async with fake.serve():
            await self._closing.wait()

    async def close(self) -> None:
        """Close them all."""
        # A caller that is being cancelled must leave nothing behind.
        await surely(self._close())

    async def _close(self) -> None:
        await asyncio.sleep(0)  # what was opened last has to begin before it can end
        self._closing.set()
        await asyncio.gather(*self._tasks)
