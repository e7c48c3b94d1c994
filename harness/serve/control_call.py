"""What a call of the control API is, and how one fails."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

from pydantic import BaseModel

from .control_documents import NoQuery


class ControlError(Exception):
    """A call that cannot be carried out: its status, a word for a program, a line for a person."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A call as it came: what stands in its path, its query, and its body."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any


Answered = BaseModel | bytes | str
Handler = Callable[[Any, Asked], Awaitable[Answered]]


@dataclass(frozen=True, slots=True)
class ControlCall:
    """One call: `query` and `body` are what it takes, `answer` is what it gives.

    `answer` is a model, or the media type of what is no JSON.
    """

    method: str
    path: str
    handler: Handler
    query: type[BaseModel] = NoQuery
    body: type[BaseModel] | None = None
    _: KW_ONLY
    answer: type[BaseModel] | str

    @property
    def does(self) -> str:
        """What it does, as its handler says."""
        return " ".join((inspect.getdoc(self.handler) or "").split())
