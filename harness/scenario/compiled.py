"""The bundled scenarios as cases, kept from one process to the next.

Apart from how cases are called and what they verify, what a scenario's cases are about stays
pickled until one of them is asked: whoever lists cases needs nothing of it.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.kept import files_below, keep, kept, mark_of, place_beside

from .case import Case, CaseContent
from .places import SUFFIX, bundled_folder

if TYPE_CHECKING:
    from .given import Given
    from .model import Then
    from .step import Step

_HEAD = tuple(each.name for each in fields(Case) if each.name != "content")


@cache
def kept_cases() -> Mapping[str, tuple[Case, ...]]:
    """By scenario its cases, in order; none where they are not kept, or of another state."""
    found = kept(_place(), _mark())
    return {} if found is None else {name: _cases(heads, part) for name, heads, part in found}


def _cases(heads: Iterable[tuple[Any, ...]], part: bytes) -> tuple[Case, ...]:
    contents = _Contents(part)
    return tuple(
        Case(**dict(zip(_HEAD, head, strict=True)), content=_KeptContent(contents, number))
        for number, head in enumerate(heads)
    )


def keep_cases(cases: Iterable[Case]) -> None:
    """Keep all cases of the bundled scenarios, where that can be."""
    by_scenario: dict[str, list[Case]] = {}
    for case in cases:
        by_scenario.setdefault(case.scenario, []).append(case)
    parts = [
        (
            name,
            [tuple(getattr(case, field) for field in _HEAD) for case in each],
            pickle.dumps([(case.given, case.steps, case.then) for case in each], protocol=5),
        )
        for name, each in by_scenario.items()
    ]
    keep(_place(), _mark(), parts)


@dataclass(slots=True)
class _Contents:
    """What the cases of one scenario are about."""

    part: bytes
    read: list[CaseContent] = field(default_factory=list)

    def __getitem__(self, number: int) -> CaseContent:
        if not self.read:
            found = pickle.loads(self.part)  # noqa: S301  # see harness/kept.py
            self.read = [CaseContent(*each) for each in found]
        return self.read[number]


@dataclass(frozen=True, slots=True)
class _KeptContent:
    """What one of them is about."""

    contents: _Contents
    number: int

    @property
    def given(self) -> Given:
        return self.contents[self.number].given

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.contents[self.number].steps

    @property
    def then(self) -> Then | None:
        return self.contents[self.number].then


def _place() -> Path:
    return place_beside(__file__, ".cases")


@cache
def _mark() -> bytes:
    """Of the scenarios as they were before the first of them was read in this process."""
    return mark_of(files_below(str(bundled_folder()), SUFFIX))
