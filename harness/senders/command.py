"""`command:PROGRAM ARG...`: a program that is run once for each request.

It gets the request as one JSON document on stdin, then end of file, and answers with one line of
JSON on stdout; the last such line counts. Whatever else it writes is kept as evidence. Exit status
77 means that it cannot do what it was asked, with the reason on stderr. No answer and another
status than 0 is a crash. When it has ended, or its time is up, all that it started is killed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import copy
from typing import Any, Self

from .base import CaseState, Sender, Surroundings
from .capture import AnswerSearch
from .environment import with_state
from .exit_status import outcome_of
from .outcome import Outcome
from .process import find_program, run_to_end
from .program import json_line, secrets_told, split_words
from .program_sender import ProgramSender

SCHEMES = ("command",)


class CommandSender(ProgramSender):
    """Runs a program once for each request."""

    @asynccontextmanager
    async def for_case(self, state: CaseState | None = None) -> AsyncIterator[Self]:
        """This sender, with a folder of the case's own where it needs state."""
        if state is None:
            yield self
            return
        bound = copy(self)
        bound.has_own_state = True
        bound._environment = with_state(self._environment, state.folder)  # noqa: SLF001  # a copy
        yield bound

    async def set_instances(self, number: int) -> None:
        """Each request has a program of its own anyway."""

    async def start(self) -> None:
        """Find the program."""
        find_program(self._words[0], self._environment)

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Run it, with `document` on stdin."""
        action = document.get("action")
        search = AnswerSearch(action)
        run = await run_to_end(
            self._words,
            environment=self._environment,
            stdin=json_line(document) + b"\n",
            limit=limit,
            on_line=search.look,
            told=secrets_told(document),
        )
        return outcome_of(
            run.exit_status,
            found=search.found,
            output=run.output,
            action=action,
            limit=limit,
        )


def open_spec(scheme: str, rest: str, surroundings: Surroundings) -> Sender:
    """Open `command:PROGRAM ARG...`."""
    return CommandSender(f"{scheme}:{rest}", split_words(scheme, rest), surroundings)
