"""Run cases against a sender, and tell everything that happens to whoever listens."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from harness import __version__
from harness.checks.record import Record
from harness.conversation import conversation
from harness.errors import HarnessError
from harness.events import CaseFinished, CaseStarted, Event, Listener, Note, RunFinished, RunStarted
from harness.evidence import EvidenceFolder
from harness.exhibits import handshakes, taken_messages
from harness.fakes.errors import FakeError
from harness.first_request import first_answer, shows_that_it_answers, trials, why_not_drivable
from harness.judge import Judgement, judge, undriven
from harness.machine import Watch, jobs_that_fit
from harness.model import CaseResult, RunResult, Verdict
from harness.protocol import DECLARED_FEATURES
from harness.refused_kinds import follows, kind_of, plainest
from harness.requirement_results import requirement_results
from harness.requirements import Catalogue, load_catalogue
from harness.run_context import RunContext
from harness.scenario.case import Case
from harness.secrets import Secrets
from harness.senders.base import Sender
from harness.senders.outcome import Outcome
from harness.steps import run_steps, shown_output
from harness.world import opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to run. `jobs` None means what suits the sender.

    `max_fail`: how many cases may fail or be in error before no more is asked. `is_unnamed`: the
    sender is the one that is taken where nobody names one.
    """

    jobs: int | None = None
    strict: bool = False
    evidence: EvidenceFolder | None = None
    notes: tuple[str, ...] = ()
    max_fail: int | None = None
    is_unnamed: bool = False


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
    _results: dict[str, CaseResult] = field(default_factory=dict)
    _doubtful: dict[str, str] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)
    _has_answered: bool = False
    _ended_early: str | None = None
    _jobs: int = 1
    _watch: Watch = field(init=False)
    _complaints: tuple[str, ...] = ()
    _plainest: Mapping[frozenset[str], str] = field(default_factory=dict)

    async def carry_out(self) -> RunResult:
        """Run every case. Cut short, it returns what had run, marked as interrupted.

        Raises:
            HarnessError: it cannot go on; what had run is told first.
        """
        clock = asyncio.get_running_loop().time
        began, started = clock(), datetime.now(UTC)
        self._watch = Watch(timeout=self.context.timeout, clock=clock)
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
            async with self._watch.watching():
                await self._ask_everything()
        except asyncio.CancelledError:
            interrupted = True
        except HarnessError as error:
            if not self._results:
                raise
            interrupted, trouble = True, error
        result = self._result(started, clock() - began, interrupted=interrupted)
        result = replace(result, trouble=str(trouble) if trouble is not None else None)
        self._tell(RunFinished(result=result))
        if trouble is not None:
            raise trouble
        return result

    def _tell(self, event: Event) -> None:
        self.listener(event)

    async def _ask_everything(self) -> None:
        if not self.cases:
            return
        self._jobs = self._allowed_jobs()
        self._plainest = plainest(self.cases)
        described = await first_answer(
            self.sender, timeout=self.context.timeout, watch=self._watch, tell=self._tell
        )
        self._complaints = getattr(described, "complaints", ())
        self._has_answered = shows_that_it_answers(described)
        try:
            if not self._has_answered:
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
        slots = asyncio.Semaphore(self._jobs)
        tasks: dict[str, asyncio.Task[None]] = {}
        # The plainest case of each kind comes first: the answer to it may do for the others.
        ordered = sorted(cases, key=lambda case: self._plainest.get(kind_of(case)) != case.id)
        try:
            async with asyncio.TaskGroup() as group:
                for case in ordered:
                    if case.id not in self._begun:
                        names = (case.control, self._plainest.get(kind_of(case)))
                        before = [
                            tasks[name] for name in names if name is not None and name in tasks
                        ]
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
                result, doubt = await self._attempt(case)
                del self._doubtful[case.id]
                self._finish(result if doubt is None else _blamed(case, result, doubt))

    async def _attempt(self, case: Case) -> tuple[CaseResult, str | None]:
        """Ask a case; and why this machine may be to blame for what came of it, or None."""
        if case.id not in self._begun:
            self._begun.add(case.id)
            self._tell(CaseStarted(id=case.id))
        refusal = self._refusal(case)
        if refusal is not None:
            return _not_asked_again(case, refusal), None
        clock = asyncio.get_running_loop().time
        began = clock()
        control = self._results.get(case.control) if case.control else None
        verdict = control.verdict if control is not None else None
        result = await self._judged(case, verdict, lambda: clock() - began)
        if not _takes_time(result):
            return result, None
        return result, self._watch.doubt(began, clock()) or self._crowd(result)

    def _crowd(self, result: CaseResult) -> str | None:
        """Whether a sender that was cut off may have lacked the processors that others had."""
        is_cut = result.duration >= self.sender.limit_for(self.context.timeout)
        if result.id in self._doubtful or self._jobs <= self.sender.default_jobs or not is_cut:
            return None
        return f"{self._jobs} cases ran at a time, and {self.sender.default_jobs} suit this sender"

    def _finish(self, result: CaseResult) -> None:
        self._results[result.id] = result
        self._tell(CaseFinished(result=result, done=len(self._results), total=len(self.cases)))
        most = self.options.max_fail
        if most is not None and sum(map(_is_trouble, self._results.values())) >= most:
            raise EndedEarly(f"ended after {most} that failed (--max-fail)")

    def _refusal(self, case: Case) -> CaseResult | None:
        """What came of the plainest case of this kind, where that is the answer to this one too."""
        plain = self._results.get(self._plainest.get(kind_of(case), ""))
        if plain is None or plain.id == case.id or not follows(case, self.sender.features):
            return None
        is_refused = plain.verdict is Verdict.UNSUPPORTED and plain.unmet_need is None
        return plain if is_refused else None

    async def _judged(
        self, case: Case, control: Verdict | None, duration: Callable[[], float]
    ) -> CaseResult:
        """Ask a case and judge it; whatever goes wrong in it is this case's alone."""
        lacking = sorted(case.needs - self.sender.features)
        if lacking:
            reason = f"the sender does not have: {', '.join(lacking)}"
            unasked = undriven(case, Verdict.UNSUPPORTED, reason)
            # What cannot be declared alone comes first: declaring the rest would change nothing.
            need = min(lacking, key=lambda feature: feature in DECLARED_FEATURES)
            return _case_result(case, unasked, unmet_need=need, lacking=tuple(lacking))
        output = ""
        try:
            return await self._asked(case, control, duration)
        except FakeError as error:
            self._watch.note_shortage(error)
            reason = str(error)
        except HarnessError as error:
            if not self._watch.note_shortage(error):
                raise
            reason = str(error)
        except Exception as error:  # noqa: BLE001  # the other cases are asked all the same
            if not self._watch.note_shortage(error):
                output = "".join(traceback.format_exception(error, limit=-20))
            said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            reason = f"a mistake in the harness itself, please report it: {said}"
        secrets = Secrets({}, self.context.family)
        broken = undriven(case, Verdict.ERROR, secrets.redact_text(reason))
        return _case_result(case, broken, duration=duration(), output=secrets.redact_text(output))

    async def _asked(
        self, case: Case, control: Verdict | None, duration: Callable[[], float]
    ) -> CaseResult:
        logical = "connect_to" in self.sender.features
        # The sender is given back last: what it keeps open leads to these fakes until then.
        async with (
            self.sender.for_case() as sender,
            opened(case, self.context, logical=logical) as world,
        ):
            record, outcomes = await run_steps(case, world, sender)
            # What the fakes write while they are taken down is not the sender's doing.
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
            handshakes=handshakes(record),
            messages=taken_messages(record),
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
            total=len(self.cases),
            ended_early=self._ended_early,
            is_unnamed=self.options.is_unnamed,
            complaints=self._complaints,
        )


def _takes_time(result: CaseResult) -> bool:
    """Whether a verdict may be otherwise where there is time enough.

    A leak stays one, and so does a flood, which is what made this machine busy.
    """
    is_open = result.verdict in {Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.ERROR}
    return is_open and not any(finding.leak or finding.check == "flood" for finding in result.unmet)


def _is_trouble(result: CaseResult) -> bool:
    unexpected = result.verdict is Verdict.FAIL and not result.expected_failure
    return unexpected or result.verdict is Verdict.ERROR


def _blamed(case: Case, result: CaseResult, doubt: str) -> CaseResult:
    """A case that this machine could not decide, with what was seen of it."""
    reason = f"{doubt}, when asked alone too; fewer --jobs or a larger --time-scale may help"
    return _case_result(
        case,
        undriven(case, Verdict.ERROR, reason),
        duration=result.duration,
        evidence=result.evidence,
        answer=result.answer,
        conversation=result.conversation,
        output=result.output,
        handshakes=result.handshakes,
        messages=result.messages,
    )


def _not_asked_again(case: Case, plain: CaseResult) -> CaseResult:
    reason = f"{plain.reason} (asked once, in {plain.id})"
    return _case_result(case, undriven(case, Verdict.UNSUPPORTED, reason))


def _first(errors: BaseExceptionGroup[Exception]) -> Exception:
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
        rows=judgement.rows,
        source=case.source,
        **more,  # type: ignore[arg-type]  # only what the caller above names
    )
