"""Which of the messages on the wire are the one that a sender was once asked for.

A sender with a queue sends later than it is asked, and several messages side by side, so that a
message is known by whom it is for: each send of a case has recipients of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from email.parser import BytesHeaderParser

from harness.delivery_protocol import DeliveryEntry
from harness.fakes.transcript import Acknowledged, Event, MessageCaptured, Received

from .record import Record, SendRecord, TestRecord


def recipients_of(asked: SendRecord | TestRecord) -> frozenset[str]:
    """The addresses that it is for, in lower case."""
    if isinstance(asked, TestRecord):
        return frozenset({asked.request.to.lower()})
    return frozenset(address.lower() for address in asked.request.message.recipients)


def entries_of(
    asked: SendRecord | TestRecord, deliveries: Sequence[DeliveryEntry]
) -> tuple[DeliveryEntry, ...]:
    """What a log says of a message: by the name that the sender gave it, else by its recipients.

    A log may have an entry for each recipient.
    """
    name = (asked.answer.message_id or "").strip() if asked.answer else ""
    named = tuple(each for each in deliveries if name and (each.message_id or "").strip() == name)
    wanted = recipients_of(asked)
    return named or tuple(
        each
        for each in deliveries
        if each.to and {address.strip("<> ").lower() for address in each.to} <= wanted
    )


def copies_of(asked: SendRecord | TestRecord, record: Record) -> Iterator[tuple[Event, int]]:
    """Every copy of a message that a server took: its event, and its place in the fake's list."""
    wanted = recipients_of(asked)
    for event, fact in record.of(MessageCaptured):
        if {address.lower() for address in fact.message.rcpt_tos} & wanted:
            yield event, fact.index


def copies_for(address: str, record: Record) -> Iterator[tuple[Event, int]]:
    """Every message for somebody that a server took: its event, and its place in that list.

    Whoever tries some recipients again hands over several messages of one, and is right.
    """
    for event, fact in record.of(MessageCaptured):
        if address in {each.lower() for each in fact.message.rcpt_tos}:
            yield event, fact.index


def message_ids_of(asked: SendRecord | TestRecord, record: Record) -> tuple[str, ...]:
    """The Message-IDs that the copies of a message have, each once."""
    places = {event.number for event, _ in copies_of(asked, record)}
    found = (
        BytesHeaderParser().parsebytes(fact.message.content).get("Message-ID")
        for event, fact in record.of(MessageCaptured)
        if event.number in places
    )
    return tuple(dict.fromkeys(str(name).strip() for name in found if name is not None))


def acknowledgements_of(
    asked: SendRecord | TestRecord, record: Record, *, until: int | None = None
) -> tuple[Event, ...]:
    """Every positive answer to a message, up to the event of that number.

    One that acknowledges nothing was made up by a fault: whose it is cannot be told, so that it may
    be anybody's.
    """
    taken = {(event.connection, index) for event, index in copies_of(asked, record)}
    return tuple(
        event
        for event, fact in record.of(Acknowledged)
        if (until is None or event.number <= until)
        and (
            not fact.messages or any((event.connection, index) in taken for index in fact.messages)
        )
    )


def came_too_late(answer: Event, send: SendRecord | TestRecord, record: Record) -> bool:
    """Whether the sender had waited its time for this answer, and spoken on by then.

    RFC 5321 section 4.5.3.2 has a sender give up after its time-out, and section 4.1.1.10 has it
    say QUIT before it goes: what comes then is no answer to the message, as far as it can know.
    Who speaks on at once has not waited, and who waits in silence hears the answer.
    """
    before = [
        event
        for event in record.events[: answer.number - 1]
        if event.connection == answer.connection
    ]
    taken = [event for event in before if isinstance(event.fact, MessageCaptured)]
    if not taken or answer.at - taken[-1].at <= send.request.timeout:
        return False
    behind = [event for event in before if event.number > taken[-1].number]
    return any(isinstance(event.fact, Received) for event in behind)
