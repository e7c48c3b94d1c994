"""Paths into somebody else's JSON: a small part of JSONPath (RFC 9535), which is all that is due.

    $                  the whole document
    .name ["a name"]   a member of an object
    [0] [-1]           an item of a list; -1 is the last one
    [*]                each item of a list, or each value of an object

A path finds any number of values. What is not there is not found, and is no error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

_STEP = re.compile(
    r"""\.(?P<name>[^\s.\[\]"'*$]+)"""
    r"""|\[(?P<index>-?\d{1,9})\]"""
    r"""|\[(?P<each>\*)\]"""
    r"""|\[(?P<quoted>"[^"]*"|'[^']*')\]"""
)


@dataclass(frozen=True, slots=True)
class Each:
    """Every item of a list, or every value of an object."""


Step: TypeAlias = str | int | Each


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path that is ready for use."""

    text: str
    steps: tuple[Step, ...]

    def find(self, document: Any) -> tuple[Any, ...]:
        """Every value that it leads to, in the order of the document."""
        found: Iterable[Any] = (document,)
        for step in self.steps:
            found = [value for each in found for value in _step(each, step)]
        return tuple(found)

    def first(self, document: Any) -> Any:
        """The first value that it leads to, or None."""
        return next(iter(self.find(document)), None)


@cache
def parse_path(text: str) -> JsonPath:
    """Read a path; `ValueError` says from where on it makes no sense."""
    if not text.startswith("$"):
        raise ValueError(f"no path: {text!r}; one begins with $, as in $.messages[*].id")
    steps: list[Step] = []
    at = 1
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None:
            raise ValueError(
                f"no path: {text[at:]!r} in {text!r} is none of .name, [0], [*] and ['a name']"
            )
        steps.append(_read(match))
        at = match.end()
    return JsonPath(text, tuple(steps))


def _read(match: re.Match[str]) -> Step:
    if match["index"] is not None:
        return int(match["index"])
    if match["each"] is not None:
        return Each()
    return match["name"] or match["quoted"][1:-1]


def _step(value: Any, step: Step) -> Iterator[Any]:
    match step, value:
        case str(), dict() if step in value:
            yield value[step]
        case int(), list() if -len(value) <= step < len(value):
            yield value[step]
        case Each(), list():
            yield from value
        case Each(), dict():
            yield from value.values()
