"""What a run means for whoever waits for its exit status.

====== ==============================================================================
0      all as expected: nothing failed at a gating level
1      a requirement failed at a gating level, or an entry of the baseline changed
2      usage or scenario error
3      harness or environment trouble, a case in error, or an end before all had been asked
4      nothing selected, or neither a pass nor a fail
130    interrupted
====== ==============================================================================

When several hold, the first of 130, 2, 1, 3, 4, 0 is the status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType
from typing import Final

from harness.model import CaseResult, Level, RunResult, Verdict

AS_EXPECTED: Final = 0
FAILED: Final = 1
USAGE: Final = 2
TROUBLE: Final = 3
NOTHING: Final = 4
INTERRUPTED: Final = 130

PRECEDENCE: Final = (INTERRUPTED, USAGE, FAILED, TROUBLE, NOTHING, AS_EXPECTED)

MEANING: Final[Mapping[int, str]] = MappingProxyType(
    {
        AS_EXPECTED: "all as expected",
        FAILED: "a requirement failed at a gating level, or a baseline entry changed",
        USAGE: "usage or scenario error",
        TROUBLE: "harness or environment trouble, or a case in error",
        NOTHING: "nothing selected, or neither a pass nor a fail",
        INTERRUPTED: "interrupted",
    }
)


def exit_status(result: RunResult) -> int:
    """Return the exit status of a run that was carried out. Never 2: that is for its caller."""
    return worst_status(_statuses(result))


def worst_status(statuses: Iterable[int]) -> int:
    """Return the status that wins when several hold; 0 when there is none."""
    return min(statuses, key=PRECEDENCE.index, default=AS_EXPECTED)


def meaning(result: RunResult, status: int) -> str:
    """Return what `status` means for this run, in the words of what happened in it."""
    match status:
        case 0 if lesser := _failed_below(result):
            cases = "1 case" if lesser == 1 else f"{lesser} cases"
            return f"nothing failed at MUST; {cases} failed at SHOULD, which gates under --strict"
        case 1:
            return "; ".join(_why_failed(result)) or MEANING[FAILED]
        case 3 if result.trouble is not None:
            return result.trouble
        case 3 if result.ended_early is not None and not result.summary["error"]:
            return f"{result.ended_early}: {len(result.cases)} of {result.total} cases were asked"
        case 3 if errors := result.summary["error"]:
            return "1 case in error" if errors == 1 else f"{errors} cases in error"
        case 4 if not result.cases:
            return "no case was selected"
        case 4:
            return "neither a pass nor a fail"
        case 130 if result.total is not None:
            return f"interrupted after {len(result.cases)} of {result.total} cases"
    return MEANING[status]


def _failed_below(result: RunResult) -> int:
    """How many cases failed, as nobody expects, and do not gate."""
    return sum(
        case.verdict is Verdict.FAIL
        and not case.expected_failure
        and not gates(case, strict=result.strict)
        for case in result.cases
    )


def _why_failed(result: RunResult) -> Iterable[str]:
    gating = [case for case in result.cases if gates(case, strict=result.strict)]
    changed = [case for case in result.cases if departs(case)]
    failed = sum(case.verdict is Verdict.FAIL and not departs(case) for case in gating)
    levels = "at MUST or SHOULD (--strict)" if result.strict else "at MUST"
    if failed:
        yield f"1 case failed {levels}" if failed == 1 else f"{failed} cases failed {levels}"
    if count := len(changed) + len(result.stale):
        yield "1 baseline entry changed" if count == 1 else f"{count} baseline entries changed"
    if result.strict and (unsettled := len(unsettled_musts(result))):
        yield f"{unsettled} inconclusive at MUST (--strict)"


def gates(case: CaseResult, *, strict: bool) -> bool:
    """Whether this case alone makes the run fail.

    MUST gates, and SHOULD too when `strict`. A failed case that names no level gates: in doubt a
    run is not green. So does whatever departs from the baseline.
    """
    if departs(case):
        return True
    if case.expected_failure:
        return False
    if case.verdict is not Verdict.FAIL:
        return False
    return case.level in {None, Level.MUST} or (strict and case.level is Level.SHOULD)


def departs(case: CaseResult) -> bool:
    """Whether this is not what the baseline expects of the case; never so without an entry."""
    passes = case.expected_failure and case.verdict is Verdict.PASS
    return case.departure is not None or passes


def unsettled_musts(result: RunResult) -> tuple[CaseResult, ...]:
    """Return the inconclusive cases that are about a MUST; under `strict` they fail the run."""
    musts = {row.id for row in result.requirements if row.level is Level.MUST}
    return tuple(
        case
        for case in result.cases
        if case.verdict is Verdict.INCONCLUSIVE and is_about_a_must(case, musts)
    )


def is_about_a_must(case: CaseResult, musts: AbstractSet[str]) -> bool:
    """Whether a case decides something at MUST. `musts` are the requirements of that level."""
    levels = {case.level, *(finding.level for finding in case.findings)}
    return Level.MUST in levels or not musts.isdisjoint(case.requirements)


def _statuses(result: RunResult) -> Iterable[int]:
    if result.trouble is not None:
        yield TROUBLE
    elif result.interrupted:
        yield INTERRUPTED
    elif result.ended_early is not None:
        yield TROUBLE  # what was not asked is no pass
    if result.stale or any(gates(case, strict=result.strict) for case in result.cases):
        yield FAILED
    if result.strict and unsettled_musts(result):
        yield FAILED
    verdicts = {case.verdict for case in result.cases}
    if Verdict.ERROR in verdicts:
        yield TROUBLE
    if verdicts.isdisjoint({Verdict.PASS, Verdict.FAIL}):
        yield NOTHING
