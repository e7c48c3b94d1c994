"""From what the cases say of each row to the verdict of each requirement."""

from __future__ import annotations

from collections.abc import Iterable

from harness.judge import requirement_verdict
from harness.model import CaseResult, RequirementResult
from harness.requirements import Catalogue, State


def requirement_results(
    catalogue: Catalogue, cases: Iterable[CaseResult]
) -> tuple[RequirementResult, ...]:
    """The verdict of every requirement of both documents, in their order."""
    verifying: dict[str, list[CaseResult]] = {}
    for case in cases:
        for row in case.rows:
            verifying.setdefault(row, []).append(case)
    found = []
    for requirement in catalogue.requirements:
        its = verifying.get(requirement.id, [])
        reason = None
        if its:
            said = (case.rows[requirement.id] for case in its)
            verdict = requirement_verdict(said).value
        elif requirement.state is State.UNTESTABLE:
            verdict, reason = "untestable", requirement.reason
        else:
            verdict = "not run"
            if requirement.state is State.NOT_YET:
                reason = requirement.reason or "nothing checks it yet"
        found.append(
            RequirementResult(
                id=requirement.id,
                level=requirement.level,
                verdict=verdict,
                cases=tuple(case.id for case in its),
                reason=reason,
            )
        )
    return tuple(found)
