"""What the end of a program means."""

from __future__ import annotations

import signal

from .capture import why_no_answer, words_of
from .json_object import JsonObject
from .outcome import Crashed, Document, Hung, NoAnswer, Outcome, Output, Replied, Unsupported

UNSUPPORTED_STATUS = 77


def outcome_of(
    exit_status: int | None,
    *,
    found: JsonObject | None,
    output: Output,
    action: object,
    limit: float,
) -> Outcome:
    """What it means that a program, asked for `action`, ended with this status and this answer.

    `exit_status` is the negative number of a signal for one that was killed, and None for one that
    did not end by itself. Status 77 overrules an answer; any other only adds a complaint to it.
    """
    document = found.document if found is not None else None
    if exit_status is None:
        return Hung(limit=limit, document=document, output=output)
    if exit_status == UNSUPPORTED_STATUS:
        return unsupported(output, document=document)
    if found is not None:
        ending = _ending(exit_status)
        complaints = () if exit_status == 0 else (f"after its answer it ended with {ending}",)
        return replied(found, output, complaints=complaints)
    if exit_status == 0:
        return NoAnswer(why=why_no_answer(output, action), output=output)
    return crashed(exit_status, output)


def replied(
    found: JsonObject, output: Output, *, complaints: tuple[str, ...] = ()
) -> Replied | NoAnswer:
    """An answer, or what is wrong with it as a document."""
    if found.flaw:
        return NoAnswer(why=found.flaw, output=output)
    return Replied(document=found.document, complaints=complaints, output=output)


def unsupported(output: Output, *, document: Document | None = None) -> Unsupported:
    """Exit status 77: the reason is on stderr."""
    reason = words_of(output.stderr, output.told)
    return Unsupported(reason=reason, document=document, output=output)


def crashed(exit_status: int, output: Output) -> Crashed:
    """A status other than 0, or a signal."""
    return Crashed(
        how=f"ended with {_ending(exit_status)}",
        exit_status=exit_status if exit_status > 0 else None,
        signal=signal_name(-exit_status) if exit_status < 0 else None,
        output=output,
    )


def signal_name(number: int) -> str:
    """`SIGSEGV` for 11."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _ending(exit_status: int) -> str:
    if exit_status < 0:
        return signal_name(-exit_status)
    return f"exit status {exit_status}"
