"""Run cases against a sender, and tell everything that happens to whoever listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harness import __version__
from harness.checks.record import Record
from harness.conversation import conversation
from harness.errors import HarnessError
from harness.events import CaseFinished, CaseStarted, Event, Listener, RunFinished, RunStarted
from harness.evidence import EvidenceFolder
from harness.fakes.errors import FakeError
from harness.judge import Judgement, judge, requirement_verdict
from harness.model import CaseResult, RequirementResult, RunResult, Verdict
from harness.protocol import DECLARED_FEATURES
from harness.refused_kinds import follows, kind_of, plainest
from harness.requirements import Catalogue, State, load_catalogue
from harness.run_context import RunContext
from harness.scenario.case import Case
from harness.senders.base import Sender
from harness.senders.outcome import Crashed, Hung, NoAnswer, Outcome, Unsupported
from harness.steps import run_steps, shown_output
from harness.world import opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run. `jobs` None means what suits the sender."""

    jobs: int | None = None
    strict: bool = False
    evidence: EvidenceFolder | None = None
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Run:
    """One run. `listener` is told of each event, in order and never twice at once."""

    cases: Sequence[Case]
    sender: Sender
    context: RunContext
    listener: Listener
    options: Options = field(default_factory=Options)
    catalogue: Catalogue = field(default_factory=load_catalogue)
    _results: dict[str, CaseResult] = field(default_factory=dict)
    _has_answered: bool = False
    _complaints: tuple[str, ...] = ()

    async def carry_out(self) -> RunResult:
        """Run every case. Cut short, it returns what had run, marked as interrupted.

        Raises:
            HarnessError: it cannot go on; what had run is told first.
        """
        clock = asyncio.get_running_loop().time
        began, started = clock(), datetime.now(UTC)
        self._tell(
            RunStarted(
                harness=__version__,
                sender=self.sender.name,
                seed=self.context.seed,
                total=len(self.cases),
                started=started,
            )
        )
        interrupted = False
        trouble: HarnessError | None = None
        try:
            if self.cases:
                await self._describe()
                await self._run_all()
        except asyncio.CancelledError:
            interrupted = True
        except HarnessError as error:
            if not self._results:
                raise
            interrupted, trouble = True, error
        result = self._result(started, clock() - began, interrupted=interrupted)
        self._tell(RunFinished(result=result))
        if trouble is not None:
            raise trouble
        return result

    def _tell(self, event: Event) -> None:
        self.listener(event)

    async def _describe(self) -> None:
        """Put the first request: what the sender can do, and whether it answers at all."""
        outcome = await self.sender.describe(self.sender.limit_for(self.context.timeout))
        self._complaints = getattr(outcome, "complaints", ())
        # An adapter that knows no way to ask has not shown that its sender can answer.
        by_adapter = isinstance(outcome, Unsupported) and outcome.by_adapter
        self._has_answered = not by_adapter and not isinstance(outcome, Crashed | Hung | NoAnswer)

    async def _run_all(self) -> None:
        slots = asyncio.Semaphore(self.options.jobs or self.sender.default_jobs)
        tasks: dict[str, asyncio.Task[CaseResult]] = {}
        first = plainest(self.cases)
        # The plainest case of each kind comes first: the answer to it may do for the others.
        ordered = sorted(self.cases, key=lambda case: first.get(kind_of(case)) != case.id)
        try:
            async with asyncio.TaskGroup() as group:
                for case in ordered:
                    control = tasks.get(case.control) if case.control else None
                    plain = tasks.get(first.get(kind_of(case), ""))
                    tasks[case.id] = group.create_task(self._one(case, control, plain, slots))
        except BaseExceptionGroup as errors:
            # The sender cannot be driven at all: one reason, however many cases met it.
            known, unknown = errors.split(HarnessError)
            if known is None or unknown is not None:
                raise
            raise _first(known) from None

    async def _one(
        self,
        case: Case,
        control: asyncio.Task[CaseResult] | None,
        plain: asyncio.Task[CaseResult] | None,
        slots: asyncio.Semaphore,
    ) -> CaseResult:
        control_verdict = (await control).verdict if control is not None else None
        refused = await plain if plain is not None else None
        async with slots:
            self._tell(CaseStarted(id=case.id))
            clock = asyncio.get_running_loop().time
            began = clock()
            if refused is not None and self._is_refused(case, refused):
                result = _not_asked_again(case, refused)
            else:
                result = await self._judged(case, control_verdict, lambda: clock() - began)
        self._results[case.id] = result
        self._tell(CaseFinished(result=result, done=len(self._results), total=len(self.cases)))
        return result

    def _is_refused(self, case: Case, plain: CaseResult) -> bool:
        """Whether the sender, asked for the plainest case of this kind, said that it cannot."""
        asked = plain.verdict is Verdict.UNSUPPORTED and plain.unmet_need is None
        return asked and follows(case, self.sender.features)

    async def _judged(
        self, case: Case, control: Verdict | None, duration: Callable[[], float]
    ) -> CaseResult:
        lacking = sorted(case.needs - self.sender.features)
        if lacking:
            reason = f"the sender does not have: {', '.join(lacking)}"
            unasked = Judgement(verdict=Verdict.UNSUPPORTED, findings=(), reason=reason)
            # What cannot be declared alone comes first: declaring the rest would change nothing.
            need = min(lacking, key=lambda feature: feature in DECLARED_FEATURES)
            return _case_result(case, unasked, unmet_need=need)
        try:
            logical = "connect_to" in self.sender.features
            # The sender is given back last: what it keeps open leads to these fakes until then.
            async with (
                self.sender.for_case() as sender,
                opened(case, self.context, logical=logical) as world,
            ):
                record, outcomes = await run_steps(case, world, sender)
                # What the fakes write while they are taken down is not the sender's doing.
        except FakeError as error:
            broken = Judgement(verdict=Verdict.ERROR, findings=(), reason=str(error))
            return _case_result(case, broken, duration=duration())
        judgement = judge(
            case, record, self.catalogue, control=control, has_answered=self._has_answered
        )
        return self._with_evidence(case, judgement, record, outcomes, duration())

    def _with_evidence(
        self,
        case: Case,
        judgement: Judgement,
        record: Record,
        outcomes: Sequence[Outcome],
        duration: float,
    ) -> CaseResult:
        lines = conversation(record.events, record.secrets)
        folder = None
        if self.options.evidence is not None:
            folder = self.options.evidence.write(case, record, outcomes, lines)
        answer = record.last.answer
        return _case_result(
            case,
            judgement,
            duration=duration,
            evidence=folder,
            answer=record.secrets.redact_document(answer.document()) if answer else None,
            conversation=lines,
            output=shown_output(outcomes[-1], record.secrets),
            complaints=tuple(
                dict.fromkeys(
                    record.secrets.redact_text(complaint)
                    for send in record.sends
                    for complaint in send.complaints
                )
            ),
        )

    def _result(self, started: datetime, duration: float, *, interrupted: bool) -> RunResult:
        ordered = [self._results[case.id] for case in self.cases if case.id in self._results]
        return RunResult(
            harness=__version__,
            seed=self.context.seed,
            sender=self.sender.name,
            started=started,
            duration=duration,
            cases=tuple(ordered),
            requirements=requirement_results(self.catalogue, ordered),
            strict=self.options.strict,
            interrupted=interrupted,
            notes=self.options.notes,
            complaints=self._complaints,
        )


def _not_asked_again(case: Case, plain: CaseResult) -> CaseResult:
    reason = f"{plain.reason} (asked once, in {plain.id})"
    unasked = Judgement(verdict=Verdict.UNSUPPORTED, findings=(), reason=reason)
    return _case_result(case, unasked)


def _first(errors: BaseExceptionGroup[HarnessError]) -> HarnessError:
    inner = errors.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner


def _case_result(case: Case, judgement: Judgement, **more: object) -> CaseResult:
    return CaseResult(
        id=case.id,
        scenario=case.scenario,
        title=case.title,
        axes=dict(case.axes),
        tags=case.tags,
        requirements=case.requirements,
        situations=case.situations,
        verdict=judgement.verdict,
        level=judgement.level,
        reason=judgement.reason,
        control=case.control,
        is_control=case.is_control,
        findings=judgement.findings,
        source=case.source,
        **more,  # type: ignore[arg-type]  # only what the caller above names
    )


def requirement_results(
    catalogue: Catalogue, cases: Iterable[CaseResult]
) -> tuple[RequirementResult, ...]:
    """The verdict of every requirement of both documents, in their order."""
    verifying: dict[str, list[CaseResult]] = {}
    for case in cases:
        for row in dict.fromkeys((*case.requirements, *case.convicting_rows)):
            verifying.setdefault(row, []).append(case)
    found = []
    for requirement in catalogue.requirements:
        its = verifying.get(requirement.id, [])
        reason = None
        if its:
            said = (case.verdict_on(requirement.id, requirement.level) for case in its)
            verdict = requirement_verdict(said).value
        elif requirement.state is State.UNTESTABLE:
            verdict, reason = "untestable", requirement.reason
        else:
            verdict = "not run"
            reason = "nothing checks it yet" if requirement.state is State.NOT_YET else None
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
