"""Annotations of GitHub's jobs: a line each, which marks the scenario's file and line.

A step may have ten errors and ten warnings, and what is more is dropped without a word (GitHub,
actions/toolkit, docs/problem-matchers.md, 2026-11). So there is one for each cause, the gravest
first, and the last says how many more there are. The form, and what has to be written as `%0A` and
the like in it, are those of "Workflow commands for GitHub Actions" (docs.github.com, 2026-11).

This is the one report that means to command the runner: whatever it shows is escaped for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.escaping import shortened, visible
from harness.events import Event, RunFinished
from harness.gate import departs, gates
from harness.model import CaseResult, RunResult, Verdict
from harness.reports.causes import Cause
from harness.reports.overview import (
    cases_with,
    changed,
    departure,
    grouped_failures,
    place,
    plural,
    reasons,
)
from harness.reports.targets import Target

_MOST = 10
_LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One of them. `kind` is `error` or `warning`; `path` is None where no file is to blame."""

    kind: str
    title: str
    message: str
    path: str | None = None
    line: str | None = None

    def __str__(self) -> str:
        places = {"file": self.path, "line": self.line, "title": self.title}
        said = [f"{key}={_property(value)}" for key, value in places.items() if value]
        return f"::{self.kind} {','.join(said)}::{_data(self.message)}"


class Annotations:
    """Listens to a run, and writes its annotations when it has ended."""

    name = "annotations of GitHub"

    def __init__(self, target: Target) -> None:
        self._target = target

    def __call__(self, event: Event) -> None:
        """Take in `event`."""
        if isinstance(event, RunFinished):
            lines = "".join(f"{each}\n" for each in annotations_of(event.result))
            self._target.write(lines)
            self._target.finish()

    def close(self) -> None:
        """Nothing is left open."""


def annotations_of(result: RunResult) -> tuple[Annotation, ...]:
    """What is to be marked, at most ten of each kind."""
    found = list(_all(result))
    return tuple(
        each
        for kind in ("error", "warning")
        for each in _at_most([a for a in found if a.kind == kind], kind)
    )


def _all(result: RunResult) -> Iterator[Annotation]:
    for line in result.stale:
        path, number, rest = (*line.split(":", 2), "", "")[:3]
        yield Annotation(
            kind="error", title="The baseline changed", message=rest, path=path, line=number
        )
    for case in changed(result):
        yield _at(case, "error", "Not as the baseline expects", f"{case.id}: {departure(case)}")
    for cause in grouped_failures(result):
        if not departs(cause.first):
            yield _of_cause(cause, result)
    for reason in reasons(cases_with(result, Verdict.ERROR)):
        what = f"{plural(len(reason.cases), 'case')}: {reason.text}"
        yield _at(reason.cases[0], "error", "In error, nothing judged", what)


def _of_cause(cause: Cause, result: RunResult) -> Annotation:
    case = cause.first
    gating = any(gates(each, strict=result.strict) for each in cause.cases)
    said = [case.id]
    if cause.finding is not None:
        finding = cause.finding
        said.append(f"{finding.check}: expected {finding.expected}; observed {finding.observed}")
    if len(cause.cases) > 1:
        said.append(f"{plural(len(cause.cases), 'case')}, {cause.where}")
    level = cause.level or case.level
    title = f"{level}: {case.title}" if level else case.title
    message = "\n".join(shortened(visible(each), _LONGEST) for each in said)
    return _at(case, "error" if gating else "warning", title, message)


def _at(case: CaseResult, kind: str, title: str, message: str) -> Annotation:
    path, line = place(case.source) if case.source else (None, None)
    return Annotation(kind=kind, title=title, message=message, path=path, line=line)


def _at_most(found: list[Annotation], kind: str) -> list[Annotation]:
    if len(found) <= _MOST:
        return found
    rest = len(found) - _MOST + 1
    more = Annotation(
        kind=kind, title=f"{rest} more", message=f"{rest} more are in the summary and the log"
    )
    return [*found[: _MOST - 1], more]


def _data(text: str) -> str:
    shown = visible(text, keep="\n")
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    shown = shortened(visible(text), _LONGEST)
    return _data(shown).replace(":", "%3A").replace(",", "%2C")
