"""Whether the adapter of a sender is sound, before a library of cases is put to it.

A few questions about how it answers, none about how well it sends: does it describe itself, turn
down what it does not know, hand over a message, do so again and twice at a time, and answer at all
when nobody is there or nobody speaks. Each fault comes with what to do about it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.checks.record import Record
from harness.execution import OpenSender
from harness.run_context import RunContext, prepared
from harness.scenario.case import Case
from harness.senders.base import Sender
from harness.senders.outcome import (
    Answered,
    Described,
    Hung,
    Outcome,
    Replied,
    Unsupported,
)
from harness.steps import asked_in_its_own_state, run_steps, shown_output
from harness.world import opened

BOGUS = "harness-asks-for-nonsense"

# What is sent first: the safest way that the sender has.
_PLAIN = (
    "modes/starttls[verification=verified]", "modes/implicit-tls[mode=verified]",
    "modes/cleartext[mechanism=PLAIN]", "modes/cleartext[mechanism=LOGIN]", "api/any/accepted[*",
)  # fmt: skip
_NOBODY = ("network/refused[mode=starttls]", "network/refused[mode=tls]", "api/any/unreachable[*")
_SILENT = (
    "network/silent[mode=starttls]", "network/silent[mode=tls]", "network/silent[mode=none]",
    "api/any/no-answer[*",
)  # fmt: skip

_ANSWER = 'one line of JSON on standard output, as the last one: {"status": "sent"}, or "failed"'


class Soundness(StrEnum):
    """What came of one question."""

    OK = "ok"
    FAULT = "FAULT"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One question, what was seen, and for a fault what to do about it."""

    name: str
    state: Soundness
    seen: str
    advice: str = ""
    output: str = ""


async def smoke(
    open_it: OpenSender, cases: Sequence[Case], *, seed: int = 0, time_scale: float = 0.5
) -> AsyncIterator[Rung]:
    """Put the questions, one after the other; `cases` are those of the library.

    Raises:
        SenderError: the sender cannot be driven at all.
    """
    with prepared(seed=seed, time_scale=time_scale) as context:
        async with open_it(context) as sender:
            asking = _Asking(sender=sender, context=context, cases=cases)
            yield _described(await sender.describe(sender.limit_for(context.timeout)))
            yield await asking.bogus()
            first = await asking.sends("send", 1)
            yield first
            # Who cannot send once is told that once.
            for name, times, together in (("again", 2, False), ("together", 2, True)):
                if first.state is Soundness.OK:
                    yield await asking.sends(name, times, together=together)
                else:
                    yield _skipped(name, "it did not send the first one")
            yield await asking.gives_up("nobody there", _NOBODY)
            yield await asking.gives_up("silence", _SILENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """A sender that is asked, and the cases to ask it."""

    sender: Sender
    context: RunContext
    cases: Sequence[Case]

    async def bogus(self) -> Rung:
        """Ask for an action that there is not."""
        limit = self.sender.limit_for(self.context.timeout)
        outcome = await self.sender.ask({"protocol": 1, "action": BOGUS}, limit=limit)
        match outcome:
            case Unsupported(by_adapter=True):
                return _skipped("bogus", "its adapter knows no way to ask for other actions")
            case Unsupported():
                return _ok("bogus", "an action that it does not know is unsupported")
            case Replied():
                status = outcome.document.get("status")
                return _fault(
                    "bogus",
                    f"it answered {status!r} to the action {BOGUS!r}",
                    "look at `action`, and answer what you do not know with"
                    ' {"status": "unsupported"}: later versions ask for more',
                    outcome,
                )
        advice = 'answer an unknown `action` with {"status": "unsupported"} instead of breaking'
        return _fault("bogus", outcome.words, advice, outcome)

    async def sends(self, name: str, times: int, *, together: bool = False) -> Rung:
        """Ask for a message `times` times, one after the other or together."""
        case = self._first(_PLAIN)
        if case is None:
            return _fault(
                name,
                "it lists no feature by which a message could be sent",
                "list `smtp` and a `security:…`, or an `api:…`, in the answer to `describe`",
            )
        if together:
            found = await asyncio.gather(*(self._asked(case) for _ in range(times)))
        else:
            found = [await self._asked(case) for _ in range(times)]
        return next((bad for record, outcome in found if (bad := _not_sent(name, record, outcome))),
                    _ok(name, f"{_TIMES[times, together]}: {case.id}"))  # fmt: skip

    async def gives_up(self, name: str, wanted: Sequence[str]) -> Rung:
        """Ask for what has to fail, and see that it is answered."""
        case = self._first(wanted)
        if case is None:
            return _skipped(name, "nothing of this can be asked with its features")
        clock = asyncio.get_running_loop().time
        began = clock()
        _, outcome = await self._asked(case)
        if isinstance(outcome, Answered) and outcome.answer.status == "failed":
            return _ok(name, f"it says so after {clock() - began:.1f} s: {case.id}")
        if isinstance(outcome, Answered):
            advice = "say `failed` unless a server has answered for the message"
            return _fault(name, f"it says {outcome.answer.status}: {case.id}", advice, outcome)
        if isinstance(outcome, Hung):
            advice = (
                f"give each connection and each reply `timeout` seconds ({self.context.timeout:g}"
                " here) and answer `failed` then; every case like this costs its whole limit else"
            )
            return _fault(name, outcome.words, advice, outcome)
        advice = f"catch what goes wrong, and answer it: {_ANSWER}"
        return _fault(name, f"{outcome.words}: {case.id}", advice, outcome)

    def _first(self, wanted: Sequence[str]) -> Case | None:
        """The first of these cases that this sender can be asked."""
        for identifier in wanted:
            for case in self.cases:
                is_meant = case.id == identifier or (
                    identifier.endswith("*") and case.id.startswith(identifier[:-1])
                )
                if is_meant and not case.is_control and case.needs <= self.sender.features:
                    return case
        return None

    async def _asked(self, case: Case) -> tuple[Record, Outcome]:
        logical = "connect_to" in self.sender.features
        async with (
            asked_in_its_own_state(self.sender, case, self.context) as sender,
            opened(case, self.context, logical=logical) as world,
        ):
            record, outcomes = await run_steps(case, world, sender)
        return record, outcomes[-1]


_TIMES: Mapping[tuple[int, bool], str] = {
    (1, False): "a message was sent and taken",
    (2, False): "two more, one after the other",
    (2, True): "two at the same time",
}


def _described(outcome: Outcome) -> Rung:
    match outcome:
        case Described(complaints=complaints) if complaints:
            return _fault("describe", complaints[0], "mend the answer to `describe`", outcome)
        case Described():
            return _ok("describe", f"{len(outcome.description.features)} features")
        case Unsupported(by_adapter=True):
            return _ok("describe", "its adapter knows its features")
        case Unsupported():
            return _ok("describe", "unsupported: it is taken to have the usual features")
        case Answered():
            return _fault(
                "describe",
                f"it answered `describe` with status {outcome.answer.status!r}",
                "look at `action`: it may be about to send what nobody asked for",
                outcome,
            )
    advice = (
        f'answer each document with {_ANSWER}; to `describe` with {{"features": […]}} or'
        ' {"status": "unsupported"}'
    )
    return _fault("describe", outcome.words, advice, outcome)


def _not_sent(name: str, record: Record, outcome: Outcome) -> Rung | None:
    """What is wrong with one message; None where it was sent and one was taken."""
    output = _output(outcome, record)
    taken = len(record.handovers)
    match outcome:
        case Answered(answer=answer) if answer.status == "sent" and taken == 1:
            return None
        case Answered(answer=answer) if answer.status == "sent" and not taken:
            advice = "wait for the server's answer to the message before you say `sent`"
            return _rung(name, "it says sent, and no server has the message", advice, output)
        case Answered(answer=answer) if answer.status == "sent":
            advice = "send once a request; on one connection each, or keep requests apart"
            return _rung(name, f"{taken} messages were taken for one request", advice, output)
        case Answered(answer=answer):
            error = answer.error
            said = (error.message if error else None) or answer.reason or "no reason is told"
            shown = record.secrets.redact_text(said)
            return _rung(name, f"it says failed: {shown}", _why_failed(record), output)
        case Unsupported():
            seen = record.secrets.redact_text(outcome.words)
            advice = "list in `describe` only what it can do, or do what it lists"
            return _rung(name, seen, advice, output)
    advice = f"answer each request with {_ANSWER}; its own output is below"
    return _rung(name, record.secrets.redact_text(outcome.words), advice, output)


def _why_failed(record: Record) -> str:
    facts = {type(event.fact).__name__ for event in record.events}
    if "Connected" not in facts:
        return "it never connected: use `host` and `port` of `transport` (or `connect_to`)"
    if "TlsFailed" in facts:
        return (
            "it does not trust the harness: read the trust anchor from `trust.ca_file` (the"
            " variables SSL_CERT_FILE, NODE_EXTRA_CA_CERTS, REQUESTS_CA_BUNDLE … name it too)"
        )
    return "ask the case by itself and look at the conversation: harness run --select …"


def _output(outcome: Outcome, record: Record) -> str:
    return shown_output(outcome, record.secrets, limit=1000)


def _ok(name: str, seen: str) -> Rung:
    return Rung(name=name, state=Soundness.OK, seen=seen)


def _skipped(name: str, seen: str) -> Rung:
    return Rung(name=name, state=Soundness.SKIPPED, seen=seen)


def _rung(name: str, seen: str, advice: str, output: str) -> Rung:
    return Rung(name=name, state=Soundness.FAULT, seen=seen, advice=advice, output=output)


def _fault(name: str, seen: str, advice: str, outcome: Outcome | None = None) -> Rung:
    output = outcome.output.told.redact_text(_words(outcome)) if outcome is not None else ""
    return _rung(name, seen, advice, output)


def _words(outcome: Outcome) -> str:
    both = outcome.output.stdout + b"\n" + outcome.output.stderr
    return both.decode("utf-8", "replace")[-1000:].strip()
