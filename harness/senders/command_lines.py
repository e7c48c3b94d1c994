"""`command+lines:PROGRAM ARG...`: a program that stays up and answers line by line.

It gets each request as one line of JSON on stdin, and answers it with one line of JSON on stdout,
in order; other lines are kept as evidence. It has to flush its output after each answer. After a
crash or a hang it is started anew. Up to `--jobs` copies of it run side by side, and each belongs
to one case until the servers of that case are gone: connections that it keeps, under the name of
their host, lead to no other case. With `--jobs 1` there is exactly one.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import copy
from typing import Any, Self

from .base import CaseState, Sender, Surroundings, processors
from .capture import answer_keys
from .environment import with_state
from .long_running import Lease, Pool, Team
from .outcome import Outcome
from .process import find_program
from .program import json_line, secrets_told, split_words

SCHEMES = ("command+lines",)


class LinesSender(Sender):
    """Asks programs that stay up."""

    def __init__(self, name: str, words: tuple[str, ...], surroundings: Surroundings) -> None:
        super().__init__(name)
        self.default_jobs = processors()
        self._words = words
        self._environment = surroundings.for_program()
        self._pool = Pool(
            words, environment=self._environment, jobs=surroundings.jobs or self.default_jobs
        )
        self._asked: Pool | Lease | Team = self._pool

    async def start(self) -> None:
        """Find the program; the first request starts it."""
        find_program(self._words[0], self._environment)

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

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Ask a free program."""
        action = document.get("action")
        return await self._asked.ask(
            json_line(document),
            keys=answer_keys(action),
            action=action,
            limit=limit,
            told=secrets_told(document),
        )


def open_spec(scheme: str, rest: str, surroundings: Surroundings) -> Sender:
    """Open `command+lines:PROGRAM ARG...`."""
    return LinesSender(f"{scheme}:{rest}", split_words(scheme, rest), surroundings)
