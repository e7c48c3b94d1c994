"""What senders have in common that are programs which stay up: a pool of them, or a case's own."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from typing import Self

from .base import CaseState, Surroundings
from .environment import with_state
from .long_running import Lease, Pool, Team
from .program_sender import ProgramSender


class PooledSender(ProgramSender):
    """Asks programs that stay up; `_asked` is the pool, or what a case has of it."""

    def __init__(self, name: str, words: tuple[str, ...], surroundings: Surroundings) -> None:
        super().__init__(name, words, surroundings)
        jobs = surroundings.jobs or self.default_jobs
        self._pool = Pool(words, environment=self._environment, jobs=jobs)
        self._asked: Pool | Lease | Team = self._pool

    @asynccontextmanager
    async def for_case(self, state: CaseState | None = None) -> AsyncIterator[Self]:
        """This sender with one program for all of a case, or with some of its own on one state."""
        async with self._pool.lease() as lease:
            bound = copy(self)
            if state is None:
                bound._asked = lease  # noqa: SLF001  # a copy of ourselves
                yield bound
                return
            bound.has_own_state = True
            environment = with_state(self._environment, state.folder)
            async with Team(self._words, environment).up() as team:
                bound._asked = team  # noqa: SLF001  # as above
                yield bound

    async def set_instances(self, number: int) -> None:
        """Have that many programs on the state of the case."""
        if isinstance(self._asked, Team):
            await self._asked.set_size(number)

    async def close(self) -> None:
        """End the programs."""
        await self._pool.close()

    async def restart(self, *, signal_number: signal.Signals = signal.SIGTERM) -> None:
        """End the programs by that signal; the next request starts one."""
        await self._asked.end_by(signal_number)
