"""What every delivery log is asked, against what came over the wire.

Sent means handed over: the log may say so from the moment on when a server has answered for the
message, and not before. What a scenario asks beside that: `harness.checks.log_entries`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from harness.delivery_protocol import STATES, DeliveryEntry
from harness.fakes.transcript import Acknowledged, RecipientRefused
from harness.protocol import ErrorClass

from .handed_over import (
    acknowledgements_of,
    came_too_late,
    copies_for,
    entries_of,
    message_ids_of,
    recipients_of,
)
from .log_entries import sends_before
from .record import LogRecord, Observation, Record, SendRecord, TestRecord, numbers
from .reported import replies_before

# No two clocks are the same; the log may come from another machine.
_CLOCKS_DIFFER = 120.0
_UNKNOWN = ErrorClass.OUTCOME_UNKNOWN


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
                    answers = acknowledgements_of(send, record, until=log.last)
                    events = [each for each in answers if not came_too_late(each, send, record)]
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
