"""The exit status of a run, from its result alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from harness.gate import (
    MEANING,
    PRECEDENCE,
    exit_status,
    meaning,
    unsettled_musts,
    worst_status,
)
from harness.model import CaseResult, Finding, Level, RequirementResult, RunResult, Verdict


def case(verdict: Verdict, level: Level | None = None, **changes: Any) -> CaseResult:
    values: dict[str, Any] = {
        "id": f"{verdict}-{level}",
        "scenario": "x",
        "title": "",
        "axes": {},
        "tags": (),
        "requirements": (),
        "situations": (),
        "verdict": verdict,
        "level": level,
        "reason": None,
        "control": None,
    }
    return CaseResult(**{**values, **changes})


def run(*cases: CaseResult, **changes: Any) -> RunResult:
    values: dict[str, Any] = {
        "harness": "0",
        "seed": 0,
        "sender": "reference",
        "started": datetime(2025, 1, 1, tzinfo=UTC),
        "duration": 1.0,
        "cases": cases,
        "requirements": (),
    }
    return RunResult(**{**values, **changes})


PASS = case(Verdict.PASS)
FAIL_MUST = case(Verdict.FAIL, Level.MUST)
FAIL_SHOULD = case(Verdict.FAIL, Level.SHOULD)
INCONCLUSIVE = case(Verdict.INCONCLUSIVE)
INCONCLUSIVE_MUST = case(Verdict.INCONCLUSIVE, Level.MUST)
UNSUPPORTED = case(Verdict.UNSUPPORTED)
ERROR = case(Verdict.ERROR)
PINNED = case(Verdict.FAIL, Level.MUST, expected_failure=True)
CHANGED = case(Verdict.PASS, expected_failure=True)


@pytest.mark.parametrize(
    ("cases", "status"),
    [
        ((PASS,), 0),
        ((PASS, INCONCLUSIVE_MUST, UNSUPPORTED), 0),
        ((PASS, FAIL_SHOULD), 0),
        ((FAIL_SHOULD,), 0),
        ((PASS, FAIL_MUST), 1),
        ((PASS, case(Verdict.FAIL, None)), 1),
        ((PINNED,), 0),
        ((PASS, PINNED), 0),
        ((PASS, CHANGED), 1),
        ((PASS, ERROR), 3),
        ((ERROR,), 3),
        ((ERROR, UNSUPPORTED), 3),
        ((ERROR, FAIL_MUST), 1),
        ((ERROR, FAIL_SHOULD), 3),
        ((), 4),
        ((UNSUPPORTED,), 4),
        ((INCONCLUSIVE, UNSUPPORTED), 4),
    ],
)
def test_the_status_of_a_run(cases: tuple[CaseResult, ...], status: int) -> None:
    assert exit_status(run(*cases)) == status
    assert exit_status(run(*cases, interrupted=True)) == 130


@pytest.mark.parametrize(
    ("cases", "status"),
    [
        ((PASS,), 0),
        ((PASS, FAIL_SHOULD), 1),
        ((PASS, case(Verdict.FAIL, Level.SHOULD, expected_failure=True)), 0),
        ((PASS, INCONCLUSIVE), 0),
        ((PASS, INCONCLUSIVE_MUST), 1),
        ((INCONCLUSIVE_MUST,), 1),
        ((PASS, UNSUPPORTED), 0),
        ((UNSUPPORTED,), 4),
        ((ERROR, INCONCLUSIVE_MUST), 1),
    ],
)
def test_the_status_of_a_strict_run(cases: tuple[CaseResult, ...], status: int) -> None:
    assert exit_status(run(*cases, strict=True)) == status


def test_an_inconclusive_case_is_about_a_must_by_its_findings_or_its_requirements() -> None:
    finding = Finding(check="c", met=True, level=Level.MUST, expected="", observed="")
    by_finding = case(Verdict.INCONCLUSIVE, findings=(finding,))
    by_row = case(Verdict.INCONCLUSIVE, requirements=("ORY-035",))
    by_other_row = case(Verdict.INCONCLUSIVE, requirements=("ORY-001",))
    rows = (
        RequirementResult(id="ORY-035", level=Level.MUST, verdict="inconclusive"),
        RequirementResult(id="ORY-001", level=Level.SHOULD, verdict="inconclusive"),
    )
    result = run(by_finding, by_row, by_other_row, INCONCLUSIVE, requirements=rows)
    assert unsettled_musts(result) == (by_finding, by_row)


def test_the_worst_status_follows_the_documented_order() -> None:
    assert PRECEDENCE == (130, 2, 1, 3, 4, 0)
    assert worst_status([]) == 0
    assert worst_status([0, 4, 3]) == 3
    assert worst_status([3, 1, 0]) == 1
    assert worst_status([1, 2]) == 2
    assert worst_status([2, 130]) == 130


def test_every_status_has_a_meaning() -> None:
    assert set(MEANING) == set(PRECEDENCE)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (run(PASS), "all as expected"),
        (
            run(PASS, FAIL_SHOULD),
            "nothing failed at MUST; 1 case failed at SHOULD, which gates under --strict",
        ),
        (run(PASS, PINNED), "all as expected"),
        (run(FAIL_MUST, FAIL_SHOULD), "1 case failed at MUST"),
        (run(FAIL_MUST, FAIL_SHOULD, strict=True), "2 cases failed at MUST or SHOULD (--strict)"),
        (run(INCONCLUSIVE_MUST, PASS, strict=True), "1 inconclusive at MUST (--strict)"),
        (run(CHANGED), "1 baseline entry changed"),
        (run(ERROR, PASS), "1 case in error"),
        (run(PASS, interrupted=True, trouble="no space left on device"), "no space left on device"),
        (run(), "no case was selected"),
        (run(UNSUPPORTED), "neither a pass nor a fail"),
        (run(PASS, interrupted=True), "interrupted"),
        (run(PASS, interrupted=True, total=216), "interrupted after 1 of 216 cases"),
    ],
)
def test_the_words_of_a_status_are_what_happened(result: RunResult, words: str) -> None:
    assert meaning(result, exit_status(result)) == words


def test_nothing_speaks_of_a_baseline_that_no_run_has() -> None:
    results = [run(PASS), run(FAIL_MUST), run(ERROR), run(), run(PASS, interrupted=True)]
    assert not [r for r in results if "baseline" in meaning(r, exit_status(r))]
