"""A question that a scenario can ask of the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .record import Observation, Record

W = TypeVar("W")


def _always(wanted: object) -> bool:
    del wanted
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[W]):
    """One key of `then: wire:`.

    `wanted` is the type of what is written behind the key; `ask` puts the question. `words` says
    to a sender's author what is asked. Where `applies` does not hold for what is wanted, once the
    world's names are filled in, nothing is asked.
    """

    key: str
    words: str
    wanted: Any
    ask: Callable[[Record, W], Observation]
    applies: Callable[[W], bool] = _always
