"""What the sender tells of a send, against what happened: ids, replies, statuses, counts, names.

Only what contradicts is unmet; what a sender does not say is not held against it. This module
knows SMTP and HTTP: the words that are told are those of a protocol.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email.parser import BytesHeaderParser
from typing import Any

from harness.fakes.http.facts import HttpRequested, HttpResponded
from harness.fakes.transcript import (
    Acknowledged,
    Connected,
    Event,
    MessageCaptured,
    RecipientRefused,
    Sent,
)

from .handed_over import acknowledgements_of, copies_of, recipients_of
from .record import Observation, Record, SendRecord, TestRecord, numbers

# Where a message has several recipients some vendors answer with an id for each.
_IDS = re.compile(rb'"(?:_id|id|MessageID|MessageId)"\s*:\s*"([^"]+)"')
_REPLY_CODE = re.compile(rb"^([2-5]\d\d)(?:[ -]|\r?$)", re.MULTILINE)
_NO_OTHER = "or none"


def http_status(record: Record) -> Observation:
    """Whether each HTTP status that is told was one of the answers to that send."""
    expected = f"an HTTP status that was answered, {_NO_OTHER}"
    for send in record.told:
        error = send.answer.error if send.answer else None
        told = error.http_status if error else None
        if not told:  # 0 stands for none
            continue
        answered = [
            (event, fact.response.status) for event, fact in _of(record, send, HttpResponded)
        ]
        if told not in {status for _, status in answered}:
            seen = ", ".join(dict.fromkeys(str(status) for _, status in answered))
            return _contradicted(
                expected,
                f"HTTP status {told} is told, and {seen or 'none'} was answered",
                [event for event, _ in answered],
            )
    return Observation(met=True, expected=expected, observed="no other HTTP status is told")


def reply_code(record: Record) -> Observation:
    """Whether each SMTP reply code that is told was one of the replies in that send."""
    expected = f"a reply code that was answered, {_NO_OTHER}"
    for send in record.told:
        error = send.answer.error if send.answer else None
        told = error.reply_code if error else None
        if told is None or not 200 <= told <= 599:  # libraries have numbers that stand for none
            continue
        codes = [int(code) for code in _REPLY_CODE.findall(_replies(record, send))]
        if told not in codes:
            seen = ", ".join(dict.fromkeys(map(str, codes)))
            return _contradicted(
                expected, f"reply code {told} is told, and the replies were {seen or 'none'}"
            )
    return Observation(met=True, expected=expected, observed="no other reply code is told")


def provider_id(record: Record) -> Observation:
    """Whether each id that is told is the server's, of a message that it took in that send.

    It may be told with what stands around it in a Message-ID or a reply, or beside others.
    """
    expected = f"the id that the server gave the message, {_NO_OTHER}"
    for send in record.told:
        told = (send.answer.provider_id or "").strip() if send.answer else ""
        if not told:
            continue
        given = list(_ids(record, send))
        replies = " ".join(fact.answer for _, fact in _of(record, send, Acknowledged))
        if told in replies or any(_is_told(identifier, told) for _, identifier in given):
            continue
        # A queue id is a word of the reply; whoever tells more than it tells the reply.
        if any(word in told for word in replies.split()[1:] if len(word) > 3):
            continue
        seen = ", ".join(dict.fromkeys(identifier for _, identifier in given)) or replies
        return _contradicted(
            expected,
            f"the id {told} is told, and the server gave {seen or 'none'}",
            [event for event, _ in given],
        )
    return Observation(met=True, expected=expected, observed="no other id is told")


def message_id(record: Record) -> Observation:
    """Whether the Message-ID that is told is that of the message that was taken in that send."""
    expected = f"the Message-ID of the message that was sent, {_NO_OTHER}"
    for send in record.told:
        told = (send.answer.message_id or "").strip() if send.answer else ""
        found = list(_message_ids(record, send))
        if not told or not found:  # what was never sent may have a name all the same
            continue
        if _bare(told) not in {_bare(name) for _, name in found}:
            seen = ", ".join(dict.fromkeys(name for _, name in found))
            return _contradicted(
                expected,
                f"the Message-ID {told} is told, and the message has {seen}",
                [event for event, _ in found],
            )
    return Observation(met=True, expected=expected, observed="no other Message-ID is told")


def final_reply(record: Record) -> Observation:
    """Whether the final reply that is told is one that the server gave in that send."""
    expected = f"a reply that the server gave, {_NO_OTHER}"
    for send in record.told:
        told = (send.answer.final_reply or "").strip() if send.answer else ""
        given = _squeezed(_replies(record, send).decode("utf-8", "replace"))
        if not told or (not given and any(_of(record, send, HttpResponded))):
            continue
        lines = [line for line in map(_squeezed, told.splitlines()) if line]
        if not all(line in given for line in lines):
            return _contradicted(
                expected, f"the final reply {told} is told, and the server never said so"
            )
    return Observation(met=True, expected=expected, observed="no other reply is told")


def attempts(record: Record) -> Observation:
    """Whether more attempts are told than there were connections, or requests to an API.

    For each of them one more may have gone where nothing answered, as to another address of the
    same name. Whoever tells fewer may have a library that tries again by itself.
    """
    expected = "no more attempts than were made"
    for send in record.told:
        told = send.answer.attempts if send.answer else None
        requests = [event for event, _ in _of(record, send, HttpRequested)]
        made = requests or [event for event, _ in _of(record, send, Connected)]
        if told is not None and made and told > 2 * len(made):
            what = "requests" if requests else "connections"
            return _contradicted(
                expected, f"attempts: {told} are told, and there were {len(made)} {what}", made
            )
    return Observation(met=True, expected=expected, observed="no more are told")


def refused(record: Record) -> Observation:
    """Whether `refused` names the recipients who were refused, and nobody who got the message.

    A message that some recipients got and others did not is `sent` only for those who are left.
    Who was refused and got it all the same, in another transaction, need not be named.
    """
    expected = "those who were refused are named as refused, and nobody else"
    for send in record.told:
        if send.answer is None:
            continue
        turned_down = {
            fact.address.lower(): (event, fact)
            for event, fact in _of(record, send, RecipientRefused)
        }
        told = {each.address.strip("<> ").lower(): each for each in send.answer.refused}
        taken = any(fact.messages for _, fact in _of(record, send, Acknowledged))
        got_it = {name.lower() for name in _recipients(record, send)} if taken else set()
        wrong = [name for name in told if name in got_it and name not in turned_down]
        if wrong:
            return _contradicted(expected, f"{', '.join(wrong)} is told, and was not refused")
        hidden = [name for name in turned_down if name not in told and name not in got_it]
        if taken and hidden and send.answer.status == "sent" and not _mentioned(hidden, send):
            events = [turned_down[name][0] for name in hidden]
            return _contradicted(expected, f"{', '.join(hidden)} was refused, untold", events)
        for name, each in told.items():
            seen = turned_down.get(name)
            if seen and each.reply_code is not None and each.reply_code != seen[1].code:
                return _contradicted(
                    expected,
                    f"{name} is told to be refused with {each.reply_code}, and it was"
                    f" {seen[1].code}",
                    [seen[0]],
                )
    return Observation(met=True, expected=expected, observed="nobody else is named")


def _mentioned(names: Iterable[str], send: SendRecord | TestRecord) -> bool:
    """Whether the sender's words name each of them, in whatever place."""
    answer = send.answer
    said = [answer.reason, answer.error.message if answer.error else None] if answer else []
    words = " ".join(text for text in said if text).lower()
    return all(name in words for name in names)


def _contradicted(expected: str, observed: str, events: Iterable[Event] = ()) -> Observation:
    return Observation(
        met=False, expected=expected, observed=observed, events=numbers(tuple(events))
    )


def _of(record: Record, send: SendRecord | TestRecord, kind: type) -> Iterator[tuple[Event, Any]]:
    """The facts of a kind that a send may tell of.

    Where several messages are on their way at once, those are its own that are known to be, and
    whatever else there was may have been.
    """
    if not record.has_a_queue:
        for event in record.during(send):
            if isinstance(event.fact, kind):
                yield event, event.fact
        return
    own = _own(record, send, kind)
    for event in record.events:
        if isinstance(event.fact, kind) and (own is None or event.number in own):
            yield event, event.fact


def _own(record: Record, send: SendRecord | TestRecord, kind: type) -> set[int] | None:
    """The numbers of the events that are of this message; None where it cannot be told."""
    if kind is MessageCaptured:
        return {event.number for event, _ in copies_of(send, record)}
    if kind is Acknowledged:
        return {event.number for event in acknowledgements_of(send, record)}
    if kind is RecipientRefused:
        wanted = recipients_of(send)
        refusals = record.of(RecipientRefused)
        return {event.number for event, fact in refusals if fact.address.lower() in wanted}
    return None


def _replies(record: Record, send: SendRecord | TestRecord) -> bytes:
    """What the servers said in this send, connection by connection, octet by octet."""
    said: dict[int, bytearray] = {}
    for event, fact in _of(record, send, Sent):
        said.setdefault(event.connection, bytearray()).extend(fact.data)
    return b"\r\n".join(bytes(octets) for octets in said.values())


def replies_before(record: Record, last: int) -> bytes:
    """What the servers said up to an event, each reply at the beginning of a line.

    Of an API it is the statuses of its responses.
    """
    said: dict[int, bytearray] = {}
    for event in record.events[:last]:
        if isinstance(event.fact, Sent):
            said.setdefault(event.connection, bytearray()).extend(event.fact.data)
        elif isinstance(event.fact, HttpResponded):
            status = f"{event.fact.response.status}\r\n".encode()
            said.setdefault(event.connection, bytearray()).extend(status)
    return b"\r\n".join(bytes(octets) for octets in said.values())


def _ids(record: Record, send: SendRecord | TestRecord) -> Iterator[tuple[Event, str]]:
    for event, fact in _of(record, send, MessageCaptured):
        if fact.message.provider_id:
            yield event, fact.message.provider_id
    for event, fact in _of(record, send, HttpResponded):
        for found in _IDS.findall(fact.response.body):
            yield event, found.decode("utf-8", "replace")


def _message_ids(record: Record, send: SendRecord | TestRecord) -> Iterator[tuple[Event, str]]:
    for event, fact in _of(record, send, MessageCaptured):
        name = BytesHeaderParser().parsebytes(fact.message.content).get("Message-ID")
        if name is not None:
            yield event, str(name).strip()


def _recipients(record: Record, send: SendRecord | TestRecord) -> Iterator[str]:
    for _, fact in _of(record, send, MessageCaptured):
        yield from fact.message.rcpt_tos


def _bare(name: str) -> str:
    return "".join(name.split()).strip("<>").lower()


def _is_told(identifier: str, told: str) -> bool:
    """Either may have angle brackets or a domain that the other has not."""
    return identifier.strip("<> ").partition("@")[0].lower() in told.lower()


def _squeezed(text: str) -> str:
    """What a reply says, without its codes, and however it is laid out."""
    lines = (re.sub(r"^\d\d\d[ -]?", "", line.strip()) for line in text.splitlines())
    return "".join(" ".join(lines).split()).lower()
