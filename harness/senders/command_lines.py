"""`command+lines:PROGRAM ARG...`: a program that stays up and answers line by line.

It gets each request as one line of JSON on stdin, and answers it with one line of JSON on stdout,
in order; other lines are kept as evidence. It has to flush its output after each answer. After a
crash or a hang it is started anew. Up to `--jobs` copies of it run side by side, and each belongs
to one case until the servers of that case are gone: connections that it keeps, under the name of
their host, lead to no other case. With `--jobs 1` there is exactly one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import Sender, Surroundings
from .capture import answer_keys
from .outcome import Outcome
from .pooled import PooledSender
from .process import find_program
from .program import json_line, secrets_told, split_words

SCHEMES = ("command+lines",)


class LinesSender(PooledSender):
    """Asks programs that stay up."""

    async def start(self) -> None:
        """Find the program; the first request starts it."""
        find_program(self._words[0], self._environment)

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
