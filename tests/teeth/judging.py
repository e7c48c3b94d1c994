"""Run cases against a callable of this process, and look at what became of them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.events import Event
from harness.machine import Watch
from harness.mirroring import NO_MIRROR, Mirror
from harness.model import CaseResult, Finding, Verdict
from harness.run_context import RunContext
from harness.runner import Options, Run
from harness.scenario.case import Case
from harness.senders.base import Sender
from harness.senders.in_process import InProcessSender
from harness.senders.standing import StandingSender

from .careful_courier import CarefulCourier

Handle = Callable[[Mapping[str, Any]], Mapping[str, Any]]

_TOP = Path(__file__).parent.parent.parent

# Stalls are seldom, and waiting for several at a time costs nothing.
JOBS = 8


class InProcess(InProcessSender):
    """Calls a function in threads. A hang is cut soon: nobody here is slow to start."""

    def limit_for(self, timeout: float) -> float:
        return 4 * timeout + 1


class InFolders(StandingSender):
    """A courier with a folder for each case: here, or as a program where it has to be killed.

    It states how long its log may take, so that one without rest is convicted of that.
    """

    def __init__(self, courier: type[CarefulCourier]) -> None:
        module = courier.__module__.rpartition(".")[2]
        program = (sys.executable, "-m", "tests.teeth.courier_program", f"tests.teeth.{module}")
        super().__init__(
            courier.__name__,
            _without_state(courier),
            made_for=lambda folder: courier(Path(folder)),
            words=(*program, courier.__name__),
            environment={**os.environ, "PYTHONPATH": str(_TOP)},
        )
        self.stated_delivery_limit = courier.longest_delivery

    def limit_for(self, timeout: float) -> float:
        return 4 * timeout + 1


def _without_state(courier: type[CarefulCourier]) -> Handle:
    """What is asked outside of cases that are about state."""

    def handle(request: Mapping[str, Any]) -> Mapping[str, Any]:
        with TemporaryDirectory() as folder:
            at_work = courier(Path(folder))
            try:
                return at_work.handle(request)
            finally:
                at_work.stop(patience=1.0)

    return handle


def with_controls(cases: Iterable[Case], library: Sequence[Case]) -> tuple[Case, ...]:
    """The cases and their controls, in the order of the library."""
    wanted = {name for case in cases for name in (case.id, case.control)}
    return tuple(case for case in library if case.id in wanted)


def judged(
    name: str, handle: Handle, cases: Sequence[Case], context: RunContext, *, jobs: int = JOBS
) -> dict[str, CaseResult]:
    """The result of each case, by its id."""
    return judged_by(InProcess(name, handle), cases, context, jobs=jobs)


def judged_by(
    opened: Sender, cases: Sequence[Case], context: RunContext, *, jobs: int = JOBS
) -> dict[str, CaseResult]:
    """The result of each case, by its id. What this machine did not decide is asked once more."""
    return asked(opened, cases, context, jobs=jobs).results


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What became of cases. `lost`: the seconds that this machine lost in any one time-out."""

    results: dict[str, CaseResult]
    lost: float


def asked(
    opened: Sender,
    cases: Sequence[Case],
    context: RunContext,
    *,
    jobs: int = JOBS,
    mirror: Mirror = NO_MIRROR,
) -> Asked:
    """As `judged_by`, and how this machine fared meanwhile."""

    async def watched() -> Asked:
        clock = asyncio.get_running_loop().time
        watch, began = Watch(timeout=context.timeout, clock=clock), clock()
        async with watch.watching():
            results = await run()
            return Asked(results=results, lost=watch.lost(began, clock()))

    async def run() -> dict[str, CaseResult]:
        async with opened as sender:

            async def results(cases: Sequence[Case], jobs: int) -> dict[str, CaseResult]:
                job = Run(
                    cases=cases,
                    sender=sender,
                    context=context,
                    listener=_unheard,
                    options=Options(jobs=jobs, mirror=mirror, keeps_passed=False),
                )
                return {case.id: case for case in (await job.carry_out()).cases}

            found = await results(cases, jobs)
            undecided = [case for case in cases if is_the_machines(found[case.id])]
            if undecided:
                found |= await results(with_controls(undecided, cases), 1)
            return found

    return asyncio.run(watched())


def is_the_machines(result: CaseResult) -> bool:
    """Whether this machine was too busy to decide it, which is told and convicts nobody."""
    return result.verdict is Verdict.ERROR and (result.reason or "").startswith("this machine")


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
