"""A sender in this process that keeps state where a case needs it, and none where it does not.

Where it has to be ended in the middle, or there have to be several of it, it is a program of its
own, because no thread can be killed.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from copy import copy
from typing import Any, Protocol, Self

from .base import CaseState
from .capture import answer_keys
from .environment import with_state
from .in_process import Handle, InProcessSender
from .long_running import Team
from .outcome import Outcome
from .program import json_line, secrets_told
from .threads import in_thread


class KeepsState(Protocol):
    """Something that answers documents and keeps state in a folder, until it is closed."""

    def handle(self, request: dict[str, Any]) -> object:
        """Answer a document of the sender protocol."""

    def stop(self, *, patience: float) -> None:
        """Begin nothing new, and wait so many seconds for what is on its way."""


# The fakes are there until then, so that what is on its way comes to an end by itself.
_PATIENCE = 0.5


def _stop(standing: KeepsState) -> None:
    standing.stop(patience=_PATIENCE)


class StandingSender(InProcessSender):
    """Calls a function, or for a case that is about state, what `made_for` makes of a folder.

    `words` is the same as a program that answers line by line, and `environment` what it is started
    with.
    """

    @property
    def can_be_several(self) -> bool:
        """A program can be started twice."""
        return True

    def __init__(
        self,
        name: str,
        handle: Handle,
        *,
        made_for: Callable[[str], KeepsState],
        words: tuple[str, ...],
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(name, handle)
        self._made_for = made_for
        self._words = words
        self._environment = environment
        self._team: Team | None = None

    @asynccontextmanager
    async def for_case(self, state: CaseState | None = None) -> AsyncIterator[Self]:
        """This sender, with a state of the case's own where it needs one."""
        if state is None:
            yield self
            return
        bound = copy(self)
        bound.has_own_state = True
        if state.in_a_process:
            environment = with_state(self._environment, state.folder)
            async with Team(self._words, environment).up() as team:
                bound._team = team  # noqa: SLF001  # a copy of ourselves
                yield bound
            return
        standing = await in_thread(self._made_for, state.folder)
        bound._handle = standing.handle  # noqa: SLF001  # as above
        try:
            yield bound
        finally:
            await in_thread(_stop, standing)

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Call it, or ask the program."""
        if self._team is None:
            return await super().exchange(document, limit=limit)
        action = document.get("action")
        return await self._team.ask(
            json_line(document),
            keys=answer_keys(action),
            action=action,
            limit=limit,
            told=secrets_told(document),
        )

    async def restart(self, *, signal_number: signal.Signals = signal.SIGTERM) -> None:
        """End the programs of the case by that signal; the next request starts them."""
        if self._team is not None:
            await self._team.end_by(signal_number)

    async def set_instances(self, number: int) -> None:
        """Have that many programs on the state of the case."""
        if self._team is not None:
            await self._team.set_size(number)
