"""Ask a sender to do what a case says, and bring back the record of it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict

from harness.checks.record import (
    AskedRecord,
    LogRecord,
    Reaction,
    Record,
    SendRecord,
    SettingsRecord,
    StoreRecord,
    TestRecord,
)
from harness.delivery_protocol import DeliveriesRequest, StateRequest
from harness.fakes.transcript import Event, FaultActed
from harness.log_wait import DeliveryLog, answer_by_the_log
from harness.protocol import Answer
from harness.run_context import RunContext
from harness.scenario.case import Case
from harness.scenario.step import ConfigureStep, DeliveriesStep, SendStep, Step, TestSendStep
from harness.secrets import Secrets
from harness.senders.base import CaseState, Sender
from harness.senders.of_state import configure, test_send
from harness.senders.outcome import (
    Answered,
    Crashed,
    Hung,
    NoAnswer,
    Outcome,
    Output,
    Replied,
    Unsupported,
)
from harness.world import World

_REACTIONS: Mapping[type[Any], Reaction] = {
    Answered: Reaction.ANSWERED,
    Replied: Reaction.ANSWERED,
    Unsupported: Reaction.UNSUPPORTED,
    Crashed: Reaction.CRASHED,
    Hung: Reaction.HUNG,
    NoAnswer: Reaction.NO_ANSWER,
}
_SIGNALS = {"terminate": signal.SIGTERM, "kill": signal.SIGKILL}
# How often it is looked whether a fault has acted: its silence lasts until the sender is gone.
_LOOK = 0.005


async def run_steps(case: Case, world: World, sender: Sender) -> tuple[Record, list[Outcome]]:
    """Go through the steps of a case, one after the other; unsupported ends it."""
    course = _Course(case=case, world=world, sender=sender)
    await course.begin()
    for step in case.steps:
        await course.take(step)
        if course.outcomes and isinstance(course.outcomes[-1], Unsupported):
            break
    return _record(case, world, course.asked), course.outcomes


@asynccontextmanager
async def asked_in_its_own_state(
    sender: Sender, case: Case, context: RunContext
) -> AsyncIterator[Sender]:
    """The sender to ask for all of a case, on an empty state where the case is about state."""
    if not case.keeps_state:
        async with sender.for_case() as asked:
            yield asked
        return
    # Removed last: a program that is still up may write to it.
    with context.folder_for("state") as folder:
        state = CaseState(folder=folder, in_a_process=case.ends_the_sender)
        async with sender.for_case(state) as asked:
            if asked.has_own_state:
                yield asked
                return
            async with sender.shared_state:
                yield asked


@dataclass(slots=True, kw_only=True)
class _Course:
    """The way through a case: what the sender was asked by now, and what came of it."""

    case: Case
    world: World
    sender: Sender
    asked: list[AskedRecord] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    _log: DeliveryLog = field(init=False)

    def __post_init__(self) -> None:
        self._log = DeliveryLog(
            sender=self.sender,
            case=self.case.id,
            timeout=self.world.context.timeout,
            settled=self._settled,
        )

    async def begin(self) -> None:
        """Where the sender has a log already, find out what is in it."""
        if "delivery-log" in self.sender.features and not self.sender.has_own_state:
            await self._log.forget_what_is_there()

    async def take(self, step: Step) -> None:
        """Take one step."""
        if step.change is not None:
            await self.world.change(step.change.words)
        elif step.send is not None:
            await self._send(step.send)
        elif step.test_send is not None:
            await self._test_send(step.test_send)
        elif step.configure is not None or step.state is not None:
            await self._settings(step.configure)
        elif step.deliveries is not None:
            await self._deliveries(step.deliveries)
        elif step.restart is not None:
            await self.sender.restart(signal_number=_SIGNALS[step.restart])
        elif step.instances is not None:
            await self.sender.set_instances(step.instances)

    # One method a deed.

    async def _send(self, step: SendStep) -> None:
        number = sum(isinstance(each, SendRecord) for each in self.asked) + 1
        request = self.world.request(step, number=number)
        first = self._next
        asking = self.sender.send(request, limit=self._limit)
        killed = False
        if step.killed:
            outcome, killed = await self._killed_at_a_fault(asking)
        else:
            outcome = await self._unless_it_floods(asking)
        answer = _answer(outcome)
        record = SendRecord(request=request, answer=answer, killed=killed,
                            **await self._said(outcome, first))  # fmt: skip
        if answer is not None and answer.status == "queued" and not self.case.reads_its_log:
            record = await self._in_the_end(record, answer)
        self._keep(record, outcome)

    async def _in_the_end(self, record: SendRecord, queued: Answer) -> SendRecord:
        """The record of a send, with what the log says in the end in place of `queued`."""
        looked = await self._log.wait([record], "final")
        answer = answer_by_the_log(queued, record, looked)
        words = "\n".join([record.words, words_of(looked.outcome)])
        record = replace(record, words=words, last=await self._settled())
        if answer is not None:
            return replace(record, answer=answer, summary=f"its log says {answer.status}")
        if self.sender.stated_delivery_limit is None:
            return replace(record, answer=None, unsettled=looked.limit)
        more = f"its log says no more of it within {looked.limit:.0f} s"
        summary = f"no answer: it queued the message, and {more}"
        return replace(record, answer=None, reaction=Reaction.NO_ANSWER, summary=summary)

    async def _test_send(self, step: TestSendStep) -> None:
        request = self.world.test_message(step)
        first = self._next
        asking = test_send(self.sender, request, limit=self._limit)
        outcome = await self._unless_it_floods(asking)
        said = await self._said(outcome, first)
        self._keep(TestRecord(request=request, answer=_answer(outcome), **said), outcome)

    async def _settings(self, step: ConfigureStep | None) -> None:
        """Store settings, or read them back."""
        first = self._next
        request = self.world.settings(step) if step is not None else None
        asking = request or StateRequest(case=self.case.id)
        outcome, answer = await configure(self.sender, asking, limit=self._limit)
        said = await self._said(outcome, first)
        if step is None or request is None:
            self._keep(SettingsRecord(request=asking, answer=answer, **said), outcome)
            return
        is_in_use = step.enabled and step.provider is None
        server = (step.server or self.world.main) if is_in_use else None
        record = StoreRecord(request=request, answer=answer, server=server, **said)
        self._keep(record, outcome)

    async def _deliveries(self, step: DeliveriesStep) -> None:
        first = self._next
        sends = [each for each in self.asked if isinstance(each, SendRecord)]
        looked = await self._log.wait(sends, step.until)
        record = LogRecord(
            request=DeliveriesRequest(case=self.case.id),
            deliveries=looked.entries,
            rested=looked.rested,
            limit=looked.limit,
            is_stated=self.sender.stated_delivery_limit is not None,
            taken_at=looked.taken_at,
            seen=looked.seen,
            **await self._said(looked.outcome, first),
        )
        self._keep(record, looked.outcome)

    # What all of them need.

    @property
    def _limit(self) -> float:
        return self.sender.limit_for(self.world.context.timeout)

    @property
    def _next(self) -> int:
        return len(self.world.transcript) + 1

    async def _settled(self) -> int:
        await self.world.settle()
        return len(self.world.transcript)

    async def _said(self, outcome: Outcome, first: int) -> _Said:
        return {
            "reaction": _REACTIONS.get(type(outcome), Reaction.NO_ANSWER),
            "words": words_of(outcome),
            "summary": outcome.reason if isinstance(outcome, Unsupported) else outcome.words,
            "first": first,
            "last": await self._settled(),
            "complaints": getattr(outcome, "complaints", ()),
            "unkept": outcome.output.found,
        }

    def _keep(self, record: AskedRecord, outcome: Outcome) -> None:
        self.asked.append(record)
        self.outcomes.append(outcome)

    async def _unless_it_floods(self, asking: Awaitable[Outcome]) -> Outcome:
        """Ask, and cut it off when it floods the servers."""
        flooded = asyncio.Event()
        self.world.transcript.when_full = flooded.set
        asked = asyncio.ensure_future(asking)
        watch = asyncio.ensure_future(flooded.wait())
        try:
            await asyncio.wait({asked, watch}, return_when=asyncio.FIRST_COMPLETED)
            if asked.done():
                return asked.result()
        finally:
            for task in (asked, watch):
                task.cancel()
            await asyncio.gather(asked, watch, return_exceptions=True)
        return NoAnswer(why="it flooded the servers and was cut off")

    async def _killed_at_a_fault(self, asking: Awaitable[Outcome]) -> tuple[Outcome, bool]:
        """Ask, and kill the sender once a fault acts, be it before or after its answer."""
        acted = asyncio.Event()
        transcript = self.world.transcript

        def hear(event: Event) -> None:
            if isinstance(event.fact, FaultActed):
                acted.set()

        transcript.hearer = hear
        asked = asyncio.ensure_future(asking)
        try:
            async with asyncio.timeout(self.sender.delivery_limit(self.world.context.timeout)):
                await acted.wait()
        except TimeoutError:
            pass
        finally:
            transcript.hearer = None
            outcome = asked.result() if asked.done() else NoAnswer(why="it was killed before")
            asked.cancel()
            await asyncio.gather(asked, return_exceptions=True)
        if acted.is_set():
            await self.sender.restart(signal_number=signal.SIGKILL)
        return outcome, acted.is_set()


class _Said(TypedDict):
    """What is kept of everything that a sender is asked."""

    reaction: Reaction
    words: str
    summary: str
    first: int
    last: int
    complaints: tuple[str, ...]
    unkept: tuple[str, ...]


def _record(case: Case, world: World, asked: list[AskedRecord]) -> Record:
    return Record(
        events=tuple(world.transcript),
        asked=tuple(asked),
        secrets=world.secrets,
        main=world.main,
        host=world.host,
        in_clear=world.in_clear,
        verifies=_may_refuse(case) and all(told.verify for told in case.told),
    )


def _may_refuse(case: Case) -> bool:
    """Whether a certificate may have to be refused here.

    A control, and a case that asks for `sent`, are set up so that whatever is shown is right:
    whether some kinds are depends on the name that the sender is told to verify.
    """
    if case.then is None:
        return False
    return case.then.sender is None or case.then.sender.status != ("sent",)


def _answer(outcome: Outcome) -> Answer | None:
    return outcome.answer if isinstance(outcome, Answered) else None


def words_of(outcome: Outcome) -> str:
    """Everything that the sender said: its answer, its output, its error output."""
    document = getattr(outcome, "document", None)
    said = [str(document)] if document else []
    output: Output = outcome.output
    said += [output.stdout.decode("utf-8", "replace"), output.stderr.decode("utf-8", "replace")]
    return "\n".join(part for part in said if part)


def shown_output(outcome: Outcome, secrets: Secrets, limit: int = 4000) -> str:
    """What the sender wrote, without secrets, short enough for a report."""
    output = outcome.output
    both = output.stdout + (b"\n" if output.stdout and output.stderr else b"") + output.stderr
    # Shortened last: what is cut through would not be known for a secret.
    return _ends(secrets.redact_text(both.decode("utf-8", "replace")), limit)


def _ends(text: str, limit: int) -> str:
    """At most `limit` characters of `text`: its first ones, and as many of its last.

    Some languages write what went wrong above the trace of a crash, and some below it.
    """
    if len(text) <= limit:
        return text
    half = limit // 2
    gap = f"[... {len(text) - 2 * half} characters left out ...]"
    return f"{text[:half]}\n{gap}\n{text[-half:]}"
