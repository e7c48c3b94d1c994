"""The cases that a test runner collected: what they are, whom they are put to, how they end.

All that is heavy about scenario files as items stands here and below, so that a test session that
collects none imports none of it. Nothing here knows pytest.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from harness.baseline_file import load_expectations
from harness.embedding import Answering
from harness.errors import HarnessError, UsageError
from harness.execution import RunOrder
from harness.gate import departs, gates, is_about_a_must
from harness.mirroring import NO_MIRROR, MailKept, MailOfCase
from harness.model import CaseResult, Level, Verdict
from harness.reports.case_text import first_unmet, visible_lines, what_was_found, what_was_said
from harness.reports.overview import departure
from harness.requirements import load_catalogue
from harness.runner import Options
from harness.scenario.case import Case
from harness.scenario.library import cases_of
from harness.standing_run import standing_run
from harness.turns import Turns

_MOST_LINES_OF_OUTPUT = 100


class End(StrEnum):
    """How an item ends."""

    PASSED = "passed"
    FAILED = "failed"
    LET_PASS = "let pass"  # it failed, and that fails nothing
    SKIPPED = "skipped"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What comes of an item. `text` is for its end, `sections` are what it rests on, by name.

    `mail` is what was taken in it, and in the cases that were asked for its sake, where kept.
    """

    end: End
    verdict: str
    text: str
    sections: tuple[tuple[str, str], ...] = ()
    mail: tuple[MailOfCase, ...] = ()


class CollectedCases:
    """The cases of one process, and the senders that are asked.

    `jobs` is how many processes ask at a time, `turns` the folder in which those of this machine
    take their turns, where there are several. `keeps_mail`: what is taken comes with each ending.

    Raises:
        UsageError: a document of requirements, the baseline or the time scale makes no sense.
    """

    def __init__(
        self,
        *,
        documents: Sequence[str | Path],
        strict: bool,
        baseline: Path | None,
        time_scale: str,
        jobs: int,
        turns: Path | None,
        keeps_mail: bool = False,
    ) -> None:
        self._catalogue = load_catalogue(documents)
        self._strict = strict
        self._expectations = load_expectations(baseline) if baseline is not None else None
        self._time_scale = _number(time_scale)
        self._jobs = jobs
        self._mail = MailKept() if keeps_mail else None
        self._files: dict[str, str] = {}
        self._cases: dict[str, Case] = {}
        self._asking: dict[str | Answering, Callable[[str], CaseResult] | HarnessError] = {}
        self._open = ExitStack()
        self._turns = self._open.enter_context(Turns(turns)) if turns is not None else None

    def read(self, file: Path, *, below: Path, source: str) -> tuple[Case, ...]:
        """The cases of a file that lies in the folder `below` and is called `source`.

        Raises:
            UsageError: it has a mistake, another file has a scenario of the same id, or the
                baseline expects something of a case that there is not.
        """
        cases = cases_of(file, below=below, source=source, catalogue=self._catalogue)
        for case in cases:
            other = self._files.setdefault(case.scenario, source)
            if other != source:
                raise UsageError(f"two scenarios are called {case.scenario}: {other} and {source}")
            self._cases[case.id] = case
        if self._expectations is not None:
            ids = [case.id for case in cases]
            if stale := self._expectations.naming_nothing(ids, is_everything=False):
                raise UsageError("\n".join(stale))
        return cases

    def ask(self, case: str, sender: str | Answering, *, among: Iterable[str]) -> Ending:
        """Put a case to a sender. `among` are all cases that this session is about.

        Raises:
            HarnessError: the sender cannot be driven.
        """
        with self._turn():
            if sender not in self._asking:
                try:
                    self._asking[sender] = self._opened(sender, {*among})
                except HarnessError as error:
                    self._asking[sender] = error
            asking = self._asking[sender]
            if isinstance(asking, HarnessError):
                raise asking
            ending = self._ending(asking(case))
            return ending if self._mail is None else replace(ending, mail=self._mail.handed_out())

    def close(self) -> None:
        """Close the senders."""
        self._open.close()

    def _turn(self) -> AbstractContextManager[None]:
        return self._turns.among_others() if self._turns is not None else nullcontext()

    def _opened(self, sender: str | Answering, chosen: set[str]) -> Callable[[str], CaseResult]:
        chosen |= {control for each in chosen if (control := self._cases[each].control)}
        order = RunOrder(
            cases=[case for case in self._cases.values() if case.id in chosen],
            catalogue=self._catalogue,
            time_scale=self._time_scale,
            options=Options(
                jobs=self._jobs,
                expectations=self._expectations,
                mirror=self._mail or NO_MIRROR,
            ),
        )
        quiet = self._turns.alone if self._turns is not None else nullcontext
        return self._open.enter_context(
            standing_run(order, sender, environment=os.environ, quiet=quiet)
        )

    def _ending(self, result: CaseResult) -> Ending:
        end = self._end(result)
        words = [_headline(result, end)]
        sections: tuple[tuple[str, str], ...] = ()
        if end in {End.FAILED, End.ERROR, End.LET_PASS}:
            words += what_was_found(result)
            sections = tuple(_sections(result))
        text = visible_lines(words)
        return Ending(end=end, verdict=result.verdict.value, text=text, sections=sections)

    def _end(self, result: CaseResult) -> End:
        """How an item ends: it fails where the case alone would make `harness run` fail."""
        if result.verdict is Verdict.ERROR:
            return End.ERROR
        is_open = result.verdict is Verdict.INCONCLUSIVE
        unsettled = self._strict and is_open and is_about_a_must(result, self._musts)
        if unsettled or gates(result, strict=self._strict):
            return End.FAILED
        if result.verdict is Verdict.FAIL:
            return End.LET_PASS
        return End.PASSED if result.verdict is Verdict.PASS else End.SKIPPED

    @cached_property
    def _musts(self) -> frozenset[str]:
        rows = self._catalogue.requirements
        return frozenset(row.id for row in rows if row.level is Level.MUST)


def keywords(case: Case) -> set[str]:
    """By what a case can be selected beside its id: no expression takes an equals sign."""
    axes = (f"{name}:{value}" for name, value in case.axes.items())
    return {*axes, *case.rows, *case.providers}


def properties(case: Case) -> list[tuple[str, object]]:
    """What a report of the test runner tells of a case."""
    return [
        ("case", case.id),
        ("title", case.title),
        *(("requirement", row) for row in case.requirements),
        *(("situation", row) for row in case.situations),
        *(("tag", tag) for tag in case.tags),
    ]


def _headline(result: CaseResult, end: End) -> str:
    if departs(result):
        return f"not as the baseline expects: {departure(result)}"
    if result.verdict is Verdict.FAIL:
        why = "expected: " if result.expected_failure else f"{result.level}, does not gate: "
        return f"{why if end is End.LET_PASS else ''}{first_unmet(result)}"
    return f"{result.verdict}: {result.reason or 'no reason was given'}"


def _sections(result: CaseResult) -> Iterable[tuple[str, str]]:
    answer = json.dumps(result.answer, indent=2, ensure_ascii=False) if result.answer else ""
    output = result.output.splitlines()[-_MOST_LINES_OF_OUTPUT:]
    for name, lines in (
        ("conversation", what_was_said(result)),
        ("answer", answer.splitlines()),
        ("output of the sender", output),
    ):
        if text := visible_lines(lines):
            yield name, text


def _number(text: str) -> float:
    try:
        scale = float(text or 1.0)
    except ValueError:
        scale = 0.0
    if not 0.05 <= scale < float("inf"):
        raise UsageError(f"harness_time_scale: {text} is no number from 0.05 upwards")
    return scale
