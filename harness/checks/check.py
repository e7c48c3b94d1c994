"""A question that a scenario can ask of the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .record import Observation, Record

W = TypeVar("W")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[W]):
    """One key of `then: wire:`.

    `wanted` is the type of what is written behind the key; `ask` puts the question. `words` says
    to a sender's author what is asked.
    """

    key: str
    words: str
    wanted: Any
    ask: Callable[[Record, W], Observation]
