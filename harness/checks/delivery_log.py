"""What a sender's delivery log says, against what it should say and what came over the wire.

Sent means handed over: the log may say so from the moment on when a server has answered for the
message, and not before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from harness.delivery_protocol import STATES, DeliveryAttempt, DeliveryEntry
from harness.fakes.transcript import Acknowledged, MessageCaptured, RecipientRefused
from harness.protocol import ErrorClass, SendError

from .claims import ErrorClause, OneOrMore, ask_error, unmapped
from .counts import CountField
from .handed_over import (
    acknowledgements_of,
    copies_for,
    copies_of,
    entries_of,
    message_ids_of,
    recipients_of,
)
from .record import LogRecord, Observation, Record, SendRecord, TestRecord, numbers
from .reported import replies_before

# No two clocks are the same; the log may come from another machine.
_CLOCKS_DIFFER = 120.0
# Of SMTP's reply codes and of HTTP's statuses alike.
_FAILURE = 400
# Not a reply code, nor an enhanced one.
_IS_AN_ID = re.compile(r"(?=.*\d)(?!\d\.\d+\.\d+$)[^\s]{4,}")
_UNKNOWN = ErrorClass.OUTCOME_UNKNOWN


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
    whose = ", ".join(sorted(recipients_of(send)))
    if wanted.state:
        expected = f"state {' or '.join(wanted.state)} of the message to {whose}"
        yield (
            "log.state",
            Observation(
                met=entry.state in wanted.state, expected=expected, observed=f"state {entry.state}"
            ),
        )
    if wanted.to is not None:
        named = {address.strip("<> ").lower() for address in entry.to}
        yield (
            "log.to",
            Observation(
                met=bool(named) and named <= recipients_of(send),
                expected=f"the recipients {whose}",
                observed=f"the recipients {', '.join(sorted(named)) or 'are not told'}",
            ),
        )
    if entry.attempts is None:
        return
    if wanted.attempts is not None:
        tried = len(entry.attempts)
        yield (
            "log.attempts",
            Observation(
                met=wanted.attempts.holds(tried),
                expected=f"attempts in the log: {wanted.attempts}",
                observed=f"attempts in the log: {tried}",
            ),
        )
    if wanted.host is not None:
        yield "log.host", _names_its_host(entry.attempts, record, send.request.connect_to)
    if wanted.at is not None:
        timeless = [each for each in entry.attempts if each.at is None]
        observed = f"{len(timeless)} attempts have none" if timeless else "each has one"
        yield (
            "log.at",
            Observation(met=not timeless, expected="a time at each attempt", observed=observed),
        )
    if wanted.queue_id is not None and entry.state == "sent":
        yield "log.queue_id", _keeps_the_id(entry, send, record)
    failed = last_failure(entry)
    if wanted.error is not None and entry.state != "sent":
        error = as_error(failed) if failed is not None else SendError()
        for check, seen in ask_error(
            error, wanted.error, host=record.host, connect_to=send.request.connect_to
        ):
            yield check.replace("sender.", "log.", 1), seen


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


def honesty(record: Record) -> Observation:
    """Whether the log says sent of what a server answered for, and abandoned of nothing else."""
    expected = "sent exactly where a server acknowledged the message"
    for log in record.logs:
        sends = sends_before(log, record)
        for number, deliveries in log.seen:
            for send in sends:
                said = {entry.state for entry in entries_of(send, deliveries)}
                whose = ", ".join(sorted(recipients_of(send)))
                if "sent" in said and not acknowledgements_of(send, record, until=number):
                    observed = f"the log says sent of the message to {whose}, and no server had it"
                    return Observation(met=False, expected=expected, observed=observed)
        for send in sends:
            for entry in entries_of(send, log.deliveries or ()):
                if entry.state == "abandoned" and not _is_excused(entry, send, record):
                    events = acknowledgements_of(send, record, until=log.last)
                    whose = ", ".join(sorted(recipients_of(send)))
                    observed = f"the log says abandoned of the message to {whose}, which was taken"
                    if events:
                        return Observation(
                            met=False, expected=expected, observed=observed, events=numbers(events)
                        )
    return Observation(met=True, expected=expected, observed="they agree")


def _is_excused(entry: DeliveryEntry, send: SendRecord, record: Record) -> bool:
    """Whether it says itself that it does not know, or means those who were refused."""
    last = entry.last
    if last is not None and last.class_ is _UNKNOWN:
        return True
    wanted = recipients_of(send)
    return any(fact.address.lower() in wanted for _, fact in record.of(RecipientRefused))


def rest(record: Record) -> Observation:
    """Whether the log came to what was waited for within the time that the sender states."""
    restless = next((log for log in record.logs if not log.rested), None)
    if restless is None:
        return Observation(met=True, expected="a final state in time", observed="so it is")
    return Observation(
        met=False,
        expected=f"a final state of each message within {restless.limit:.3g} s",
        observed=", ".join(f"{entry.state}" for entry in restless.deliveries or ()) or "no entry",
    )


def entries(record: Record) -> Observation:
    """Whether the log has an entry for each message, and none for what nobody asked to be sent."""
    expected = "one entry for each message that was asked for, and no other"
    log = record.logs[-1]
    deliveries = log.deliveries or ()
    known: set[int] = set()
    for asked in _asked_before(log, record):
        found = entries_of(asked, deliveries)
        known |= {id(entry) for entry in found}
        whose = ", ".join(sorted(recipients_of(asked)))
        if not found and isinstance(asked, SendRecord) and _was_taken_on(asked):
            observed = f"there is none for the message to {whose}"
            return Observation(met=False, expected=expected, observed=observed)
        if len({entry.to for entry in found}) < len(found):
            observed = f"there are {len(found)} for the message to {whose}"
            return Observation(met=False, expected=expected, observed=observed)
    strange = [entry for entry in deliveries if id(entry) not in known]
    if strange:
        whose = ", ".join(strange[0].to) or strange[0].message_id or "nobody"
        observed = f"there is one for {whose}, which nobody asked for"
        return Observation(met=False, expected=expected, observed=observed)
    return Observation(met=True, expected=expected, observed="so it is")


def _asked_before(log: LogRecord, record: Record) -> Iterator[SendRecord | TestRecord]:
    for each in record.asked:
        if each is log:
            return
        if isinstance(each, SendRecord | TestRecord):
            yield each


def _was_taken_on(asked: SendRecord) -> bool:
    """Whether the sender has said that it has the message.

    One that says at once that it did not send it need not remember it.
    """
    return asked.answer is not None and asked.answer.status in {"queued", "sent"}


def soundness(record: Record) -> Observation:
    """Whether states and times in the log make sense."""
    expected = "states that are defined, of which the last ones stay; times past and in order"
    revived = _revived(record)
    if revived is not None:
        before, after = revived
        observed = f"the message to {', '.join(after.to)} was {before.state}, and is {after.state}"
        return Observation(met=False, expected=expected, observed=observed)
    for log in record.logs:
        for entry in log.deliveries or ():
            if entry.state not in STATES:
                observed = f"state {entry.state!r}; there are {', '.join(STATES)}"
                return Observation(met=False, expected=expected, observed=observed)
            times = [moment for each in entry.attempts or () if (moment := _moment(each.at))]
            late = [each for each in times if each > log.taken_at + _CLOCKS_DIFFER]
            if late:
                shown = datetime.fromtimestamp(late[0], UTC).isoformat()
                observed = f"an attempt at {shown}, which is still to come"
                return Observation(met=False, expected=expected, observed=observed)
            if times != sorted(times):
                observed = "attempts whose times go backwards"
                return Observation(met=False, expected=expected, observed=observed)
    return Observation(met=True, expected=expected, observed="they do")


def _revived(record: Record) -> tuple[DeliveryEntry, DeliveryEntry] | None:
    """An entry that was in a final state when it was looked at, and later was in another one."""
    ended: dict[tuple[str | None, tuple[str, ...]], DeliveryEntry] = {}
    for log in record.logs:
        for _, deliveries in log.seen:
            for entry in deliveries:
                name = (entry.message_id, entry.to)
                before = ended.get(name)
                if before is not None and before.state != entry.state:
                    return before, entry
                if entry.is_final:
                    ended[name] = entry
    return None


def _moment(at: str | float | None) -> float | None:
    """Seconds since 1970, where they can be read; without a zone it is UTC."""
    if at is None:
        return None
    if isinstance(at, str):
        try:
            moment = datetime.fromisoformat(at)
        except ValueError:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return float(at)


def codes(record: Record) -> Observation:
    """Whether each reply code in the log is one that a server gave."""
    expected = "reply codes that a server gave"
    for log in record.logs:
        given = replies_before(record, log.last)
        for entry in log.deliveries or ():
            for attempt in entry.attempts or ():
                code = attempt.reply_code
                if code is None or not 200 <= code <= 599:
                    continue
                if not re.search(rb"(?m)^%d[ -]?" % code, given):
                    observed = f"reply code {code} is in the log, and no server gave it"
                    return Observation(met=False, expected=expected, observed=observed)
    return Observation(met=True, expected=expected, observed="no other is in it")


def copies(record: Record) -> Observation:
    """Whether each message was handed over once.

    One more is excused for each that was taken while its reply was lost (RFC 1047): who did not
    hear it cannot know. It has to have the same Message-ID, by which a reader's program knows it.
    """
    expected = "each message handed over once, and again only where the reply was lost"
    heard = {(at.connection, n) for at, fact in record.of(Acknowledged) for n in fact.messages}
    for send in record.told:
        whose = ", ".join(sorted(recipients_of(send)))
        for address in sorted(recipients_of(send)):
            found = list(copies_for(address, record))
            lost = [each for each, index in found if (each.connection, index) not in heard]
            if len(found) - len(lost) > 1 or len(lost) > 1:
                return Observation(
                    met=False,
                    expected=expected,
                    observed=f"{len(found)} copies of the message to {address} were taken",
                    events=numbers([event for event, _ in found]),
                )
        names = message_ids_of(send, record)
        if len(names) > 1:
            observed = f"the copies of the message to {whose} have the names {' and '.join(names)}"
            return Observation(met=False, expected=expected, observed=observed)
    return Observation(met=True, expected=expected, observed="no more were")
