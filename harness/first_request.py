"""The first request of a run: what the sender can do, and whether it answers at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from itertools import islice

from harness.events import Note
from harness.machine import Watch
from harness.model import CaseResult, Verdict
from harness.scenario.case import Case
from harness.senders.base import Sender
from harness.senders.outcome import Crashed, Hung, NoAnswer, Outcome, Unsupported

# Seconds after which a person wants to know what the run waits for.
PATIENCE = 5.0
# How many cases of a kind are tried before a sender is given up that has answered nothing yet.
_TRIALS = 2


async def first_answer(
    sender: Sender,
    *,
    timeout: float,  # noqa: ASYNC109  # a figure that the limit is made of
    watch: Watch,
    tell: Callable[[Note], None],
) -> Outcome:
    """Put the first request, and again where this machine was too busy for it."""
    limit = sender.limit_for(timeout)
    loop = asyncio.get_running_loop()
    waiting = Note(
        text=f"still waiting for the sender's answer to `describe` (up to {limit:.0f} s)"
    )
    patience = loop.call_later(PATIENCE, tell, waiting)
    try:
        began = loop.time()
        outcome = await sender.describe(limit)
        if _is_silence(outcome) and watch.doubt(began, loop.time()):
            outcome = await sender.describe(limit)
    finally:
        patience.cancel()
    return outcome


def shows_that_it_answers(outcome: Outcome) -> bool:
    """Whether the sender has shown with this that it can answer.

    An adapter that knows no way to ask has not shown it.
    """
    by_adapter = isinstance(outcome, Unsupported) and outcome.by_adapter
    return not by_adapter and not _is_silence(outcome)


def _is_silence(outcome: Outcome) -> bool:
    return isinstance(outcome, Crashed | Hung | NoAnswer)


def trials(cases: Iterable[Case]) -> tuple[Case, ...]:
    """A few cases of each kind that need no control: what has to be answered by whoever can be.

    A program that knows only SMTP may well crash when it is asked for an API.
    """
    plain = [case for case in cases if case.control is None]
    kinds = ([c for c in plain if (c.given.api is None) is by_smtp] for by_smtp in (True, False))
    return tuple(case for kind in kinds for case in islice(kind, _TRIALS))


def why_not_drivable(results: Iterable[CaseResult]) -> str | None:
    """Why a sender cannot be driven that answered no trial either; None where it can be.

    The cause is in its own words: the last line that it wrote.
    """
    tried = [result for result in results if result.verdict is not Verdict.UNSUPPORTED]
    if not tried or not all(_is_silent(result) for result in tried):
        return None
    first = tried[0]
    said = [line.strip() for line in first.output.splitlines() if line.strip()]
    cause = f" ({said[-1][:200]})" if said else ""
    return f"the sender answers nothing: {first.reason}{cause}"


def _is_silent(result: CaseResult) -> bool:
    silence = any(finding.check == "answers" and not finding.met for finding in result.findings)
    return result.verdict is Verdict.ERROR and silence
