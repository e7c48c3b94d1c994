"""Expected failures: which cases fail and how, so that a run is as expected with them.

A baseline pins a case *and* how it fails: the level, what the sender answered, each check that is
not met and what it saw. What differs from run to run (ports, ids, times) is left out of that by
`normal_form`. A pinned case that fails in just that way is an expected failure, which gates nothing
and is no pass of anything. One that passes, fails otherwise, or is not decided any more *departs*
from the baseline; so does an entry for a case that there is not. Each of these turns a run red, so
that the file stays true.

A case in error says nothing of its entry: something broke, and that has a status of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from harness.escaping import visible
from harness.model import CaseResult, Level, Verdict
from harness.nearest import meant_id
from harness.reports.document import CaseDocument

VERSION = 1
_STRICT = ConfigDict(frozen=True, extra="forbid")
_LONGEST = 240

# What differs from run to run, the longest kinds first. Numbers of up to three digits stay: they
# are reply codes and counts, which tell one failure from another.
_PASSING = (
    re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"),
    re.compile(r"\d+(?:\.\d+)?(?= ?(?:s|ms|min|seconds|minutes)\b)"),
    re.compile(r"(?<![\w/])/(?:tmp|private|var)/[^\s'\"]+"),
    re.compile(r"(?<=<)(?=[^<>@\s]*\d)[^<>@\s]+(?=@[^<>@\s]+>)"),
    re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"),
    re.compile(r"\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,}\b"),
    re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{16,}\b"),
    re.compile(r"\d{4,}(?:\.\d+)?|\d+\.\d{3,}"),
)


# A case of a run, or one in its JSON report: they have the same words for what is read here.
Failing = CaseResult | CaseDocument


class ExpectedFailure(BaseModel):
    """One case that fails, and how. What is left out of the last four is not compared."""

    model_config = _STRICT

    case: str = Field(min_length=1)
    """The id of the case."""
    verifies: tuple[str, ...] = ()
    """The requirements and situations that it verifies; for people, and never compared."""
    reason: str | None = None
    """Why that is accepted, in the team's own words; kept when the file is written again."""
    flaky: bool = False
    """The case may pass as well."""
    level: Level | None = None
    """The level at which it fails."""
    says: str | None = None
    """What the sender answers: its status."""
    unmet: Mapping[str, str | None] | None = None
    """Each check that is not met, and what it sees; `null` for whatever it sees."""


class Baseline(BaseModel):
    """Everything that is expected to fail."""

    model_config = _STRICT

    baseline: Literal[1]
    """The version of this file's form."""
    failures: tuple[ExpectedFailure, ...] = ()
    """The expected failures, by id."""

    def entry(self, case: str) -> ExpectedFailure | None:
        """What is expected of a case."""
        return next((each for each in self.failures if each.case == case), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """A baseline in use. `source` is the file, and `lines` say where in it an entry stands."""

    source: str
    entries: Mapping[str, ExpectedFailure]
    lines: Mapping[str, int]

    def held_against(self, result: CaseResult) -> CaseResult:
        """The result of a case, with what the baseline makes of it."""
        entry = self.entries.get(result.id)
        if entry is None or result.verdict is Verdict.ERROR:
            return result
        if result.verdict is Verdict.FAIL:
            return self._failed(result, entry)
        if result.verdict is Verdict.PASS:
            if entry.flaky:
                return result
            return self._departed(replace(result, expected_failure=True), "it passes now")
        reason = f": {result.reason}" if result.reason else ""
        return self._departed(result, f"it is {result.verdict} now{reason}")

    def _failed(self, result: CaseResult, entry: ExpectedFailure) -> CaseResult:
        changes = list(differences(entry, pinned(result)))
        if changes:
            return self._departed(result, f"it fails otherwise: {'; '.join(changes)}")
        words = f"expected by {self.source}" + (f": {entry.reason}" if entry.reason else "")
        return replace(result, expected_failure=True, reason=words)

    def _departed(self, result: CaseResult, how: str) -> CaseResult:
        return replace(result, departure=how, reason=f"not as {self.source} expects: {how}")

    def naming_nothing(self, ids: Sequence[str], *, is_everything: bool) -> tuple[str, ...]:
        """A line for each entry of a case that there is not.

        `ids` are those of the cases that were read. Unless that `is_everything`, an entry counts
        only where its scenario was read: another run may be about the others.
        """
        known = set(ids)
        scenarios = {each.partition("[")[0] for each in known}
        return tuple(
            f"{self.source}:{self.lines[case]}: there is no case {case}{meant_id(case, ids)}"
            for case in self.entries
            if case not in known and (is_everything or case.partition("[")[0] in scenarios)
        )


def pinned(case: Failing) -> ExpectedFailure:
    """How a case fails, as an entry of a baseline."""
    unmet: dict[str, list[str]] = {}
    for finding in case.findings:
        if not finding.met and finding.level.fails_a_case:
            unmet.setdefault(finding.check, []).append(normal_form(finding.observed))
    return ExpectedFailure(
        case=case.id,
        verifies=(*case.requirements, *case.situations),
        level=case.level,
        says=_said(case.answer),
        unmet={check: " / ".join(dict.fromkeys(seen)) for check, seen in sorted(unmet.items())},
    )


def differences(expected: ExpectedFailure, found: ExpectedFailure) -> Iterator[str]:
    """In what way a failure is not the expected one, in words; nothing where it is."""
    if expected.unmet is not None:
        now = found.unmet or {}
        for check in sorted({*expected.unmet, *now}):
            if check not in now:
                yield f"{check} does not fail it any more"
            elif check not in expected.unmet:
                yield f"{check} fails it as well: {now[check]}"
            elif expected.unmet[check] not in {None, now[check]}:
                yield f"{check} was {expected.unmet[check]!r} and is {now[check]!r}"
    if expected.says not in {None, found.says}:
        yield f"it answered {expected.says!r} and answers {found.says!r}"
    if expected.level not in {None, found.level}:
        yield f"it failed at {expected.level} and fails at {found.level or 'no level'}"


def normal_form(text: str) -> str:
    """What is the same each time: without ports, ids, times and long numbers."""
    for pattern in _PASSING:
        text = pattern.sub("#", text)
    shown = visible(text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def updated(
    baseline: Baseline | None, cases: Iterable[Failing], *, gone: Iterable[str] = ()
) -> Baseline:
    """A baseline that these cases do not depart from.

    Entries of cases that did not run, or were in error, stay, but for those that are `gone`. What
    a team wrote into an entry (`reason`, `flaky`) is kept.
    """
    entries = {each.case: each for each in baseline.failures} if baseline else {}
    for name in gone:
        entries.pop(name, None)
    for case in cases:
        before = entries.get(case.id)
        if case.verdict is Verdict.FAIL:
            entries[case.id] = _renewed(before, pinned(case))
        elif case.verdict is not Verdict.ERROR and not (before and before.flaky):
            entries.pop(case.id, None)
    return Baseline(baseline=VERSION, failures=tuple(entries[case] for case in sorted(entries)))


def _renewed(before: ExpectedFailure | None, now: ExpectedFailure) -> ExpectedFailure:
    """The entry for a failure; one that still holds stays as somebody may have loosened it."""
    if before is None:
        return now
    if not list(differences(before, now)):
        return before.model_copy(update={"verifies": now.verifies})
    return now.model_copy(update={"reason": before.reason, "flaky": before.flaky})


def _said(answer: Mapping[str, Any] | None) -> str:
    """The status alone: an error is pinned by the checks that hold it against the scenario.

    Where several phases are honest, as when a connection is reset, chance decides between them.
    """
    return "nothing" if answer is None else normal_form(str(answer.get("status", "no status")))
