"""Run cases against a sender, and tell everything that happens to whoever listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from harness import __version__
from harness.baseline import Expectations
from harness.case_results import blamed, is_trouble
from harness.errors import HarnessError
from harness.events import CaseFinished, CaseStarted, Event, Listener, Note, RunFinished, RunStarted
from harness.evidence import EvidenceFolder
from harness.first_request import trials, why_not_drivable
from harness.inquiry import Elsewhere, Inquiry
from harness.machine import Watch, jobs_that_fit
from harness.mirroring import NO_MIRROR, Mirror
from harness.model import CaseResult, RunResult
from harness.refused_kinds import plainest
from harness.requirement_results import requirement_results
from harness.requirements import Catalogue, load_catalogue
from harness.run_context import RunContext
from harness.scenario.case import Case
from harness.senders.base import Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run. `jobs` None means what suits the sender.

    `max_fail`: how many cases may fail or be in error before no more is asked; `time_limit`: after
    how many seconds. `is_unnamed`: the sender is the one that is taken where nobody names one.
    `expectations` are those of a baseline, and `stale` has a line for each entry that is about no
    case. `keeps_passed`: what was said is kept of the cases that passed, too, for a report.
    """

    jobs: int | None = None
    strict: bool = False
    evidence: EvidenceFolder | None = None
    notes: tuple[str, ...] = ()
    max_fail: int | None = None
    time_limit: float | None = None
    is_unnamed: bool = False
    expectations: Expectations | None = None
    stale: tuple[str, ...] = ()
    mirror: Mirror = NO_MIRROR
    keeps_passed: bool = True


class EndedEarly(Exception):  # noqa: N818  # nothing is wrong with the run
    """No more is to be asked; the text says why."""


@dataclass(slots=True)
class Run:
    """One run. `listener` is told of each event, in order and never twice at once."""

    cases: Sequence[Case]
    sender: Sender
    context: RunContext
    listener: Listener
    options: Options = field(default_factory=Options)
    catalogue: Catalogue = field(default_factory=load_catalogue)
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    _results: dict[str, CaseResult] = field(default_factory=dict)
    _doubtful: dict[str, str] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)
    _ended_early: str | None = None
    _complaints: tuple[str, ...] = ()
    _inquiry: Inquiry = field(init=False)

    async def carry_out(self) -> RunResult:
        """Run every case. Cut short, it returns what had run, marked as interrupted.

        Raises:
            HarnessError: it cannot go on; what had run is told first.
        """
        clock = asyncio.get_running_loop().time
        began, started = clock(), datetime.now(UTC)
        if self.options.evidence is not None:
            self.options.evidence.reserve(case.id for case in self.cases)
        self._inquiry = self._new_inquiry(clock)
        self._tell(
            RunStarted(
                harness=__version__,
                sender=self.sender.name,
                seed=self.context.seed,
                total=len(self.cases),
                started=started,
            )
        )
        interrupted, trouble = await self._carried_on()
        duration = clock() - began
        try:
            await self.options.mirror.finish()
        except asyncio.CancelledError:
            interrupted = True  # what had run is told all the same
        result = self._result(started, duration, interrupted=interrupted)
        if trouble is None and self.options.evidence is not None:
            try:
                self.options.evidence.finish(result)
            except HarnessError as error:
                trouble = error
        result = replace(result, trouble=str(trouble) if trouble is not None else None)
        self._tell(RunFinished(result=result))
        if trouble is not None:
            raise trouble
        return result

    def _new_inquiry(self, clock: Callable[[], float]) -> Inquiry:
        return Inquiry(
            sender=self.sender,
            context=self.context,
            catalogue=self.catalogue,
            watch=Watch(timeout=self.context.timeout, clock=clock),
            plainest=plainest(self.cases),
            evidence=self.options.evidence,
            mirror=self.options.mirror,
            elsewhere=self.elsewhere,
            keeps_passed=self.options.keeps_passed,
            results=self._results,
        )

    async def _carried_on(self) -> tuple[bool, HarnessError | None]:
        """Ask, until all is asked or something ends it: whether it was cut short, and by what."""
        try:
            async with self._inquiry.watch.watching(), self.elsewhere.connected():
                await self._ask_within_the_limit()
        except asyncio.CancelledError:
            return True, None
        except HarnessError as error:
            if not self._results:
                raise
            return True, error
        return False, None

    def _tell(self, event: Event) -> None:
        self.listener(event)

    async def _ask_within_the_limit(self) -> None:
        try:
            async with asyncio.timeout(self.options.time_limit) as limit:
                await self._ask_everything()
        except TimeoutError:
            if not limit.expired():
                raise
            self._ended_early = f"ended after {self.options.time_limit:g} s (--time-limit)"

    async def _ask_everything(self) -> None:
        if not self.cases:
            return
        self._inquiry.jobs = self._allowed_jobs()
        await self._inquiry.describe(self._tell)
        self._complaints = self._inquiry.complaints
        try:
            if not self._inquiry.has_answered:
                await self._try_out()
            await self._ask_all(self.cases)
            await self._ask_again()
        except EndedEarly as reason:
            self._ended_early = str(reason)

    def _allowed_jobs(self) -> int:
        wanted = self.options.jobs or self.sender.default_jobs
        allowed = jobs_that_fit(min(wanted, len(self.cases)))
        if allowed < min(wanted, len(self.cases)):
            limit = "this machine's limit of open files (ulimit -n)"
            self._tell(Note(text=f"--jobs {allowed} instead of {wanted}: more is beyond {limit}"))
        return allowed

    async def _try_out(self) -> None:
        """See whether a sender answers anything, before it is asked everything."""
        tried = trials(self.cases)
        await self._ask_all(tried)
        await self._ask_again()
        results = [self._results[case.id] for case in tried if case.id in self._results]
        reason = why_not_drivable(results)
        if reason is not None and len(results) == len(tried) < len(self.cases):
            raise EndedEarly(reason)

    async def _ask_all(self, cases: Sequence[Case]) -> None:
        slots = asyncio.Semaphore(self._inquiry.jobs)
        tasks: dict[str, asyncio.Task[None]] = {}
        # The plainest case of each kind comes first: the answer to it may do for the others.
        plain = set(self._inquiry.plainest.values())
        ordered = sorted(cases, key=lambda case: case.id not in plain)
        try:
            async with asyncio.TaskGroup() as group:
                for case in ordered:
                    if case.id not in self._begun:
                        names = self._inquiry.asked_before(case)
                        before = [tasks[name] for name in names if name in tasks]
                        tasks[case.id] = group.create_task(self._one(case, before, slots))
        except BaseExceptionGroup as errors:
            # The sender cannot be driven at all: one reason, however many cases met it.
            known, unknown = errors.split((HarnessError, EndedEarly))
            if known is None or unknown is not None:
                raise
            raise _first(known) from None

    async def _one(
        self, case: Case, before: Sequence[asyncio.Task[None]], slots: asyncio.Semaphore
    ) -> None:
        for task in before:
            await task
        if case.control in self._doubtful:
            self._doubtful[case.id] = self._doubtful[case.control]
            return
        async with slots:
            result, doubt = await self._attempt(case)
        if doubt is None:
            self._finish(result)
        else:
            self._doubtful[case.id] = doubt

    async def _ask_again(self) -> None:
        """Ask alone what this machine may be to blame for; if it is again, nothing is decided."""
        if self._doubtful:
            count, why = len(self._doubtful), next(iter(self._doubtful.values()))
            cases = "1 case is" if count == 1 else f"{count} cases are"
            self._tell(Note(text=f"{cases} asked again, one at a time: {why}"))
        for case in self.cases:
            if case.id in self._doubtful:
                result, doubt = await self._attempt(case, alone=True)
                del self._doubtful[case.id]
                self._finish(result if doubt is None else blamed(case, result, doubt))

    async def _attempt(self, case: Case, *, alone: bool = False) -> tuple[CaseResult, str | None]:
        if case.id not in self._begun:
            self._begun.add(case.id)
            self._tell(CaseStarted(id=case.id))
        return await self._inquiry.attempt(case, alone=alone)

    def _finish(self, result: CaseResult) -> None:
        if self.options.expectations is not None:
            result = self.options.expectations.held_against(result)
        self._results[result.id] = result
        self.options.mirror.judged(result)
        self._tell(CaseFinished(result=result, done=len(self._results), total=len(self.cases)))
        most = self.options.max_fail
        if most is not None and sum(map(is_trouble, self._results.values())) >= most:
            raise EndedEarly(f"ended after {most} that failed (--max-fail)")

    def _result(self, started: datetime, duration: float, *, interrupted: bool) -> RunResult:
        ordered = [self._results[case.id] for case in self.cases if case.id in self._results]
        return RunResult(
            harness=__version__,
            seed=self.context.seed,
            sender=self.sender.name,
            started=started,
            duration=duration,
            cases=tuple(self.options.mirror.linked(ordered)),
            requirements=requirement_results(self.catalogue, ordered),
            strict=self.options.strict,
            interrupted=interrupted,
            notes=(*self.options.notes, *self.options.mirror.notes),
            total=len(self.cases),
            ended_early=self._ended_early,
            is_unnamed=self.options.is_unnamed,
            stale=self.options.stale,
            complaints=self._complaints,
        )


def _first(errors: BaseExceptionGroup[Exception]) -> Exception:
    inner = errors.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
