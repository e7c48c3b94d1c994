"""Run cases against a callable of this process, and look at what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from harness.events import Event
from harness.model import CaseResult, Finding, Verdict
from harness.run_context import RunContext
from harness.runner import Options, Run
from harness.scenario.case import Case
from harness.senders.in_process import InProcessSender

Handle = Callable[[Mapping[str, Any]], Mapping[str, Any]]

# Stalls are seldom, and waiting for several at a time costs nothing.
_JOBS = 8


class InProcess(InProcessSender):
    """Calls a function in threads. A hang is cut soon: nobody here is slow to start."""

    def limit_for(self, timeout: float) -> float:
        return 4 * timeout + 1


def with_controls(cases: Iterable[Case], library: Sequence[Case]) -> tuple[Case, ...]:
    """The cases and their controls, in the order of the library."""
    wanted = {name for case in cases for name in (case.id, case.control)}
    return tuple(case for case in library if case.id in wanted)


def judged(
    name: str, handle: Handle, cases: Sequence[Case], context: RunContext, *, jobs: int = _JOBS
) -> dict[str, CaseResult]:
    """The result of each case, by its id."""

    async def run() -> dict[str, CaseResult]:
        async with InProcess(name, handle) as sender:
            job = Run(
                cases=cases,
                sender=sender,
                context=context,
                listener=_unheard,
                options=Options(jobs=jobs),
            )
            return {case.id: case for case in (await job.carry_out()).cases}

    return asyncio.run(run())


def _unheard(event: Event) -> None:
    """Nobody listens."""


def failing(result: CaseResult) -> tuple[Finding, ...]:
    """The findings for which the case fails."""
    return tuple(finding for finding in result.unmet if finding.level.fails_a_case)


def story(results: Iterable[CaseResult]) -> str:
    """For a failed test: what was not met where, and the conversation."""
    return "\n\n".join(
        "\n".join(
            [
                f"{result.id}: {result.verdict} {result.reason or ''}",
                *(f"  {f.check}: expected {f.expected}; {f.observed}" for f in failing(result)),
                *(f"    {number:3} {line}" for number, line in result.conversation),
                f"  answer {result.answer}",
            ]
        )
        for result in results
    )


def not_passed(results: Mapping[str, CaseResult]) -> list[CaseResult]:
    """Every case, control or not, that did not pass."""
    return [result for result in results.values() if result.verdict is not Verdict.PASS]
