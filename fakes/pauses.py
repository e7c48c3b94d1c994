"""Pauses that keep to their time together, on a machine that wakes whoever sleeps too late."""

from __future__ import annotations

import asyncio


class Pauses:
    """Pauses one after another. By what one was too long, those that follow are shorter.

    A reply of three hundred octets with a millisecond before each of them is to take a third of a
    second. On a machine that is so busy that each millisecond takes fifty it would take longer than
    any sender waits, and nobody but the machine would be to blame.
    """

    def __init__(self) -> None:
        self._behind = 0.0

    async def wait(self, seconds: float) -> None:
        """Wait so long, less what is to be made up for; others have their turn in any case."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(max(0.0, seconds - self._behind))
        self._behind = max(0.0, self._behind + loop.time() - began - seconds)
