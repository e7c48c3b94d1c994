"""What a run means for whoever waits for its exit status.

====== ==============================================================================
0      all as expected
1      a requirement failed at a gating level, or a baseline entry changed
2      usage or scenario error
3      harness or environment trouble, or a case in error
4      nothing selected, or neither a pass nor a fail
130    interrupted
====== ==============================================================================

When several hold, the first of 130, 2, 1, 3, 4, 0 is the status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def gates(case: CaseResult, *, strict: bool) -> bool:
    """Whether this case alone makes the run fail.

    MUST gates, and SHOULD too when `strict`. A failed case that names no level gates: in doubt a
    run is not green. So does an expected failure that passes, because its baseline entry changed.
    """
    if case.expected_failure:
        return case.verdict is Verdict.PASS
    if case.verdict is not Verdict.FAIL:
        return False
    return case.level in {None, Level.MUST} or (strict and case.level is Level.SHOULD)


def unsettled_musts(result: RunResult) -> tuple[CaseResult, ...]:
    """Return the inconclusive cases that are about a MUST; under `strict` they fail the run."""
    musts = {row.id for row in result.requirements if row.level is Level.MUST}
    return tuple(
        case
        for case in result.cases
        if case.verdict is Verdict.INCONCLUSIVE and _is_about_a_must(case, musts)
    )


def _is_about_a_must(case: CaseResult, musts: set[str]) -> bool:
    levels = {case.level, *(finding.level for finding in case.findings)}
    return Level.MUST in levels or not musts.isdisjoint(case.requirements)


def _statuses(result: RunResult) -> Iterable[int]:
    if result.trouble is not None:
        yield TROUBLE
    elif result.interrupted:
        yield INTERRUPTED
    if any(gates(case, strict=result.strict) for case in result.cases):
        yield FAILED
    if result.strict and unsettled_musts(result):
        yield FAILED
    verdicts = {case.verdict for case in result.cases}
    if Verdict.ERROR in verdicts:
        yield TROUBLE
    if verdicts.isdisjoint({Verdict.PASS, Verdict.FAIL}):
        yield NOTHING
