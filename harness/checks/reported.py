"""What the sender tells of an API's answers, against the answers: its status and its id.

Only what contradicts is unmet; what a sender does not say is not held against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.fakes.transcript import Event, HttpResponded, MessageCaptured, Sent

from .record import Observation, Record, SendRecord, numbers

_STATUS_LINE = re.compile(rb"^HTTP/\d\.\d (\d{3})\b", re.MULTILINE)
# Where a message has several recipients some vendors answer with an id for each.
_IDS = re.compile(rb'"(?:_id|id|MessageID|MessageId)"\s*:\s*"([^"]+)"')


def reported(record: Record) -> Iterator[tuple[str, Observation]]:
    """Both questions, by the names of their checks."""
    yield "sender.error.http_status", http_status(record)
    yield "sender.provider_id", provider_id(record)


def http_status(record: Record) -> Observation:
    """Whether each HTTP status that is told was one of the answers to that send."""
    for send in record.sends:
        error = send.answer.error if send.answer else None
        told = error.http_status if error else None
        if not told:  # 0 stands for none
            continue
        answered = list(_statuses(record, send))
        if told not in {status for _, status in answered}:
            seen = ", ".join(dict.fromkeys(str(status) for _, status in answered))
            return Observation(
                met=False,
                expected="an HTTP status that was answered, or none",
                observed=f"HTTP status {told} is told, and {seen or 'none'} was answered",
                events=numbers([event for event, _ in answered]),
            )
    return Observation(
        met=True,
        expected="an HTTP status that was answered, or none",
        observed="no other HTTP status is told",
    )


def provider_id(record: Record) -> Observation:
    """Whether each id that is told is the provider's, of a message that it took in that send.

    It may be told with what stands around it in a Message-ID, or beside others.
    """
    for send in record.sends:
        told = (send.answer.provider_id or "").strip() if send.answer else ""
        given = list(_ids(record, send))
        if told and not any(_is_told(identifier, told) for _, identifier in given):
            seen = ", ".join(dict.fromkeys(identifier for _, identifier in given))
            return Observation(
                met=False,
                expected="the id that the provider gave the message, or none",
                observed=f"the id {told} is told, and the provider gave {seen or 'none'}",
                events=numbers([event for event, _ in given]),
            )
    return Observation(
        met=True,
        expected="the id that the provider gave the message, or none",
        observed="no other id is told",
    )


def _statuses(record: Record, send: SendRecord) -> Iterator[tuple[Event, int]]:
    for event, octets in _answers(record, send):
        yield from ((event, int(code)) for code in _STATUS_LINE.findall(octets))


def _ids(record: Record, send: SendRecord) -> Iterator[tuple[Event, str]]:
    for event in _within(record, send):
        if isinstance(event.fact, MessageCaptured) and event.fact.message.provider_id:
            yield event, event.fact.message.provider_id
    for event, octets in _answers(record, send):
        yield from ((event, found.decode("utf-8", "replace")) for found in _IDS.findall(octets))


def _answers(record: Record, send: SendRecord) -> Iterator[tuple[Event, bytes]]:
    """Each response, and what faults answered on each connection, which may come octet by octet."""
    pieces: dict[int, list[tuple[Event, bytes]]] = {}
    for event in _within(record, send):
        if isinstance(event.fact, HttpResponded):
            response = event.fact.response
            yield event, b"HTTP/1.1 %d\r\n\r\n%b" % (response.status, response.body)
        elif isinstance(event.fact, Sent):
            pieces.setdefault(event.connection, []).append((event, event.fact.data))
    for sent in pieces.values():
        yield sent[0][0], b"".join(data for _, data in sent)


def _within(record: Record, send: SendRecord) -> Iterator[Event]:
    yield from (event for event in record.events if send.first <= event.number <= send.last)


def _is_told(identifier: str, told: str) -> bool:
    """Either may have angle brackets or a domain that the other has not."""
    return identifier.strip("<> ").partition("@")[0].lower() in told.lower()
