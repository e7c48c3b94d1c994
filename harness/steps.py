"""Ask a sender to do what a case says, and bring back the record of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from harness.checks.record import Reaction, Record, SendRecord
from harness.protocol import Answer, SendRequest
from harness.scenario.case import Case
from harness.secrets import Secrets
from harness.senders.base import Sender
from harness.senders.outcome import (
    Answered,
    Crashed,
    Hung,
    NoAnswer,
    Outcome,
    Output,
    Unsupported,
)
from harness.world import World

_REACTIONS: Mapping[type[Any], Reaction] = {
    Answered: Reaction.ANSWERED,
    Unsupported: Reaction.UNSUPPORTED,
    Crashed: Reaction.CRASHED,
    Hung: Reaction.HUNG,
    NoAnswer: Reaction.NO_ANSWER,
}


async def run_steps(case: Case, world: World, sender: Sender) -> tuple[Record, list[Outcome]]:
    """Go through the steps of a case, one after the other; unsupported ends it."""
    sends: list[SendRecord] = []
    outcomes: list[Outcome] = []
    for step in case.steps:
        if step.change is not None:
            await world.change(step.change.words)
        if step.send is not None:
            request = world.request(step.send)
            first = len(world.transcript) + 1
            outcome = await _sent(sender, request, world)
            await world.settle()
            outcomes.append(outcome)
            sends.append(_send_record(request, outcome, first, len(world.transcript)))
            if isinstance(outcome, Unsupported):
                break
    return _record(case, world, sends), outcomes


async def _sent(sender: Sender, request: SendRequest, world: World) -> Outcome:
    """Ask, and cut it off when it floods the servers."""
    flooded = asyncio.Event()
    world.transcript.when_full = flooded.set
    asked = asyncio.ensure_future(sender.send(request, limit=sender.limit_for(request.timeout)))
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


def _record(case: Case, world: World, sends: list[SendRecord]) -> Record:
    return Record(
        events=tuple(world.transcript),
        sends=tuple(sends),
        secrets=world.secrets,
        main=world.main,
        host=world.host,
        in_clear=world.in_clear,
        verifies=_may_refuse(case) and all(send.verify for send in case.sends),
    )


def _may_refuse(case: Case) -> bool:
    """Whether a certificate may have to be refused here.

    A control, and a case that asks for `sent`, are set up so that whatever is shown is right:
    whether some kinds are depends on the name that the sender is told to verify.
    """
    if case.then is None:
        return False
    return case.then.sender is None or case.then.sender.status != ("sent",)


def _send_record(request: SendRequest, outcome: Outcome, first: int, last: int) -> SendRecord:
    return SendRecord(
        request=request,
        reaction=_REACTIONS.get(type(outcome), Reaction.NO_ANSWER),
        answer=_answer(outcome),
        words=words_of(outcome),
        summary=outcome.reason if isinstance(outcome, Unsupported) else outcome.words,
        first=first,
        last=last,
        complaints=getattr(outcome, "complaints", ()),
        unkept=outcome.output.found,
    )


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
