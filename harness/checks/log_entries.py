"""What a scenario asks of an entry of a delivery log: state, attempts, host, times, error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from harness.delivery_protocol import DeliveryAttempt, DeliveryEntry
from harness.fakes.transcript import Acknowledged, MessageCaptured
from harness.protocol import SendError

from .claims import ErrorClause, OneOrMore, ask_error, unmapped
from .counts import Count, CountField
from .handed_over import (
    acknowledgements_of,
    copies_of,
    entries_of,
    recipients_of,
)
from .record import LogRecord, Observation, Record, SendRecord

# Of SMTP's reply codes and of HTTP's statuses alike.
_FAILURE = 400
# Not a reply code, nor an enhanced one.
_IS_AN_ID = re.compile(r"(?=.*\d)(?!\d\.\d+\.\d+$)[^\s]{4,}")


class EntryClause(BaseModel):
    """What the log has to say of a message; of one that is still waited for, nothing is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: OneOrMore[Literal["queued", "processing", "sent", "abandoned"]] = ()
    """Where the message has to be: one state, or a list of those that are honest."""

    attempts: CountField | None = None
    """How many attempts it shows."""

    error: ErrorClause | None = None
    """What the last attempt that failed has to show, as in `then.sender.error`."""

    host: Literal["told"] | None = None
    """`told`: each attempt names the server as it was configured."""

    queue_id: Literal["kept"] | None = None
    """`kept`: the attempt that succeeded has the id that the server gave the message."""

    at: Literal["told"] | None = None
    """`told`: each attempt has its time."""

    to: Literal["told"] | None = None
    """`told`: the entry names the recipients."""


EachEntry = OneOrMore[EntryClause]


def ask_log(
    log: LogRecord, wanted: Sequence[EntryClause], record: Record
) -> Iterator[tuple[str, Observation]]:
    """Each part of what a log has to show; one clause stands for all messages."""
    sends = sends_before(log, record)
    clauses = wanted if len(wanted) != 1 else tuple(wanted) * len(sends)
    if log.deliveries is None:
        return
    for send, clause in zip(sends, clauses, strict=False):
        entries = entries_of(send, log.deliveries)
        if not entries:
            continue  # it is asked of every log whether there is one
        for entry in entries:
            if not log.rested and not entry.is_final and "sent" in clause.state:
                continue
            yield from _ask_entry(entry, clause, send, record)


def sends_before(log: LogRecord, record: Record) -> tuple[SendRecord, ...]:
    """What the sender was asked to send before this look at the log."""
    place = next(n for n, each in enumerate(record.asked) if each is log)
    return tuple(each for each in record.asked[:place] if isinstance(each, SendRecord))


def _ask_entry(
    entry: DeliveryEntry, wanted: EntryClause, send: SendRecord, record: Record
) -> Iterator[tuple[str, Observation]]:
    if wanted.state:
        yield "log.state", _is_in_a_state(entry, wanted.state, send)
    if wanted.to is not None:
        yield "log.to", _names_the_recipients(entry, send)
    if entry.attempts is None:
        return
    if wanted.attempts is not None:
        yield "log.attempts", _has_attempts(len(entry.attempts), wanted.attempts)
    if wanted.host is not None:
        yield "log.host", _names_its_host(entry.attempts, record, send.request.connect_to)
    if wanted.at is not None:
        yield "log.at", _has_times(entry.attempts)
    if wanted.queue_id is not None and entry.state == "sent":
        yield "log.queue_id", _keeps_the_id(entry, send, record)
    if wanted.error is not None and entry.state != "sent":
        failed = last_failure(entry)
        error = as_error(failed) if failed is not None else SendError()
        for check, seen in ask_error(
            error, wanted.error, host=record.host, connect_to=send.request.connect_to
        ):
            yield check.replace("sender.", "log.", 1), seen


def _is_in_a_state(entry: DeliveryEntry, states: Sequence[str], send: SendRecord) -> Observation:
    whose = ", ".join(sorted(recipients_of(send)))
    return Observation(
        met=entry.state in states,
        expected=f"state {' or '.join(states)} of the message to {whose}",
        observed=f"state {entry.state}",
    )


def _names_the_recipients(entry: DeliveryEntry, send: SendRecord) -> Observation:
    named = {address.strip("<> ").lower() for address in entry.to}
    return Observation(
        met=bool(named) and named <= recipients_of(send),
        expected=f"the recipients {', '.join(sorted(recipients_of(send)))}",
        observed=f"the recipients {', '.join(sorted(named)) or 'are not told'}",
    )


def _has_attempts(tried: int, wanted: Count) -> Observation:
    return Observation(
        met=wanted.holds(tried),
        expected=f"attempts in the log: {wanted}",
        observed=f"attempts in the log: {tried}",
    )


def _has_times(attempts: Sequence[DeliveryAttempt]) -> Observation:
    timeless = [each for each in attempts if each.at is None]
    observed = f"{len(timeless)} attempts have none" if timeless else "each has one"
    return Observation(met=not timeless, expected="a time at each attempt", observed=observed)


def last_failure(entry: DeliveryEntry) -> DeliveryAttempt | None:
    """The last attempt that failed, by what it says or by what became of the message."""
    attempts = entry.attempts or ()
    failed = next((each for each in reversed(attempts) if _has_failed(each)), None)
    return failed or (entry.last if entry.state == "abandoned" else None)


def _has_failed(attempt: DeliveryAttempt) -> bool:
    if attempt.class_ is not None or attempt.phase is not None:
        return True
    return (attempt.reply_code or attempt.http_status or 0) >= _FAILURE


def as_error(attempt: DeliveryAttempt) -> SendError:
    """An attempt that failed, as the error of a send."""
    said = {
        "phase": attempt.phase,
        "class": attempt.class_,
        "reply_code": attempt.reply_code,
        "enhanced_code": attempt.enhanced_code,
        "http_status": attempt.http_status,
        "message": attempt.message,
    }
    return SendError.model_validate({key: value for key, value in said.items() if value})


def _names_its_host(
    attempts: Sequence[DeliveryAttempt], record: Record, connect_to: Mapping[str, str]
) -> Observation:
    host = record.host.lower()
    missing = [
        each
        for each in attempts
        if host not in unmapped(f"{each.host or ''} {each.message or ''}", connect_to).lower()
    ]
    return Observation(
        met=not missing,
        expected=f"each attempt names {record.host}",
        observed=f"one names {missing[0].host or 'no server'}" if missing else "each does",
    )


def _keeps_the_id(entry: DeliveryEntry, send: SendRecord, record: Record) -> Observation:
    given = tuple(_ids_given(send, record))
    kept = [each.queue_id or "" for each in entry.attempts or ()]
    words = [each.message or "" for each in entry.attempts or ()]
    return Observation(
        met=any(each.lower() in " ".join([*kept, *words]).lower() for each in given),
        expected="the id that the server gave the message",
        observed=f"the log has {next(filter(None, kept), 'none')}",
    )


def _ids_given(send: SendRecord, record: Record) -> Iterator[str]:
    """What may be the id: the provider's, or a word of the last reply that has a digit in it."""
    for event in acknowledgements_of(send, record):
        if isinstance(event.fact, Acknowledged):
            words = re.split(r"[\s<>()\[\],;=]+", event.fact.answer)
            yield from (word.rstrip(".") for word in words if _IS_AN_ID.fullmatch(word))
    places = {event.number for event, _ in copies_of(send, record)}
    for event, fact in record.of(MessageCaptured):
        if event.number in places and fact.message.provider_id:
            yield fact.message.provider_id


# What is asked of every log.
