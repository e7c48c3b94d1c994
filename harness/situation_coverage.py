"""Which scenarios ask which situation, and why nobody asks the rest."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError
from harness.nearest import meant
from harness.requirements import Catalogue, Situation, SituationFamily
from harness.scenario.case import Case

_ELSEWHERE = "not by these scenarios"


@dataclass(frozen=True, slots=True, kw_only=True)
class SituationCoverage:
    """A situation, and how many cases of which scenario ask it, in the order of the library."""

    situation: Situation
    scenarios: tuple[tuple[str, int], ...]

    @property
    def cases(self) -> int:
        """How many cases ask it; it is covered if one does."""
        return sum(number for _, number in self.scenarios)

    @property
    def reason(self) -> str | None:
        """Why nobody asks it, and None where somebody does."""
        if self.scenarios:
            return None
        # Without a reason of its own it is asked by bundled scenarios, which are not at hand.
        return self.situation.waits_for or _ELSEWHERE

    def document(self) -> dict[str, Any]:
        """It as JSON says it."""
        return {
            "id": self.situation.id,
            "title": self.situation.title,
            "severity": self.situation.severity,
            "cases": self.cases,
            "scenarios": dict(self.scenarios),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyCoverage:
    """The situations of a family, in the order of the catalogue."""

    family: SituationFamily
    situations: tuple[SituationCoverage, ...]

    @property
    def covered(self) -> int:
        """How many of them some case asks."""
        return sum(each.reason is None for each in self.situations)

    def document(self) -> dict[str, Any]:
        """It as JSON says it."""
        return {
            "family": self.family.key,
            "title": self.family.title,
            "total": len(self.situations),
            "covered": self.covered,
            "situations": [each.document() for each in self.situations],
        }


def situation_coverage(
    catalogue: Catalogue, cases: Iterable[Case], *, globs: Sequence[str] = ()
) -> tuple[FamilyCoverage, ...]:
    """By family, what `cases` cover of the situations that one of `globs` means; of all, without.

    A glob is matched with whole ids, whatever its case: `DLV-*`.

    Raises:
        UsageError: a glob means no situation.
    """
    asked = _asked(cases)
    meant_ids = _meant(catalogue, globs)
    found = []
    for family in catalogue.families:
        rows = tuple(
            SituationCoverage(situation=row, scenarios=tuple(asked.get(row.id, Counter()).items()))
            for row in catalogue.situations
            if row.family == family.key and row.id in meant_ids
        )
        if rows:
            found.append(FamilyCoverage(family=family, situations=rows))
    return tuple(found)


def _asked(cases: Iterable[Case]) -> dict[str, Counter[str]]:
    """From each row to the scenarios with cases that verify it. Controls verify nothing."""
    found: dict[str, Counter[str]] = {}
    for case in cases:
        for row in () if case.is_control else case.rows:
            found.setdefault(row, Counter())[case.scenario] += 1
    return found


def _meant(catalogue: Catalogue, globs: Sequence[str]) -> set[str]:
    ids = [row.id for row in catalogue.situations]
    found: set[str] = set()
    for glob in globs:
        some = fnmatch.filter(ids, glob.upper())
        if not some:
            families = [f"{family.key}-*" for family in catalogue.families]
            hint = meant(glob, families if "*" in glob else ids)
            hint = hint or f"; there are {', '.join(families)}"
            raise UsageError(f"no situation has the id {glob}{hint}")
        found.update(some)
    return found or set(ids)
