"""How many messages the fakes took, and whether they came whole and as they were meant."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.message import Message as Part
from itertools import chain
from typing import Literal

from harness.fakes.message import Captured
from harness.fakes.transcript import Connected, MessageCaptured
from harness.protocol import Attachment, Message

from .check import Check
from .counts import Count, CountField
from .record import Handover, Observation, Record, numbers

# What a sender has to add, or may add without being asked, in a plain message.
_COMMON_HEADERS = frozenset(
    [
        "from", "to", "cc", "subject", "date", "message-id", "mime-version", "content-type",
        "content-transfer-encoding", "content-language", "content-disposition", "reply-to",
        "sender", "auto-submitted", "user-agent", "x-mailer", "received", "return-path",
        "in-reply-to", "references", "x-priority", "importance", "priority",
    ]
)  # fmt: skip


def messages(record: Record, wanted: Count) -> Observation:
    """How many messages were taken; what one submission handed over is one."""
    found = record.handovers
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"messages taken by the server: {wanted}",
        observed=f"messages taken by the server: {len(found) or 'none'}",
        events=numbers([event for handover in found for event in handover.events]),
    )


def author(record: Record, wanted: Literal["as-asked"]) -> Observation:
    """Whether From is the mailbox that was asked for, its name included."""
    del wanted
    boxes = [send.request.message.from_ for send in record.sends]
    asked = [[(box.name, box.address)] for box in boxes]
    found = list(record.of(MessageCaptured))
    names = [_mailboxes(fact.message) for _, fact in found]
    return Observation(
        met=names[-1:] == asked[-1:] and all(name in asked for name in names),
        expected="From " + " or ".join(dict.fromkeys(map(_spelt, asked))),
        observed="From " + " and ".join(map(_spelt, names)) if found else "no message",
        events=numbers([event for event, _ in found]),
    )


def anonymous(record: Record, wanted: Count) -> Observation:
    """How many messages were handed over without having logged in."""
    found = [
        handover.events[0]
        for handover in record.handovers
        if all(message.username is None for message in handover.messages)
    ]
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"messages handed over without a log-in: {wanted}",
        observed=f"messages handed over without a log-in: {len(found) or 'none'}",
        events=numbers(found),
    )


def content(record: Record, wanted: Literal["intact"]) -> Observation:
    """Whether what was taken is what was asked for: From, subject, text, files and recipients."""
    del wanted
    found = record.handovers
    if not found:
        return Observation(met=False, expected="one message, as asked for", observed="no message")
    asked = [send.request.message for send in record.sends]
    last = found[-1]
    differences = {
        handover.events[0].number: _unlike(handover, asked[-1:] if handover is last else asked)
        for handover in found
    }
    altered = {number: words for number, words in differences.items() if words}
    return Observation(
        met=not altered,
        expected="From, recipients, subject, text and attachments as they were asked for",
        observed="; ".join(dict.fromkeys(chain(*altered.values()))) or "all as asked for",
        events=tuple(altered) or (last.events[0].number,),
    )


def added_headers(record: Record, wanted: Literal["none"]) -> Observation:
    """Whether the message carries headers of some provider or product that nobody asked for."""
    del wanted
    asked = {name.lower() for name in record.last.request.message.headers}
    strange: dict[str, None] = {}
    for captured in record.messages:
        for name in _parse(captured):
            if name.lower() not in _COMMON_HEADERS | asked:
                strange[name] = None
    return Observation(
        met=not strange,
        expected="no header of a provider that nobody asked for",
        observed="added: " + ", ".join(strange) if strange else "none added",
        events=numbers([event for event, _ in record.of(MessageCaptured)]),
    )


def _parse(captured: Captured) -> EmailMessage:
    message = message_from_bytes(captured.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _unlike(handover: Handover, asked: Sequence[Message]) -> list[str]:
    """What tells a message from the one among these that it is most like."""
    return min((_differences(handover, each) for each in asked), key=len)


def _differences(handover: Handover, asked: Message) -> list[str]:
    found = []
    if set(handover.recipients) != set(asked.recipients):
        found.append(f"recipients {', '.join(handover.recipients)}")
    for captured in handover.messages:
        try:
            found += _altered(_parse(captured), asked)
        except Exception as error:  # noqa: BLE001  # Python's parser trips over some headers
            found.append(f"a message that cannot be read ({type(error).__name__}: {error})")
    return found


def _mailboxes(captured: Captured) -> list[tuple[str, str]]:
    try:
        header = _parse(captured)["From"]
        return [(box.display_name, box.addr_spec) for box in getattr(header, "addresses", ())]
    except Exception:  # noqa: BLE001  # Python's parser trips over some broken headers
        return []


def _spelt(mailboxes: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{name!r} <{address}>" for name, address in mailboxes) or "nobody"


def _altered(message: EmailMessage, asked: Message) -> list[str]:
    found = []
    if asked.from_.address not in str(message["From"]):
        found.append(f"From {message['From']}")
    if str(message["Subject"] or "") != asked.subject:
        found.append(f"subject {str(message['Subject'])!r}")
    if asked.text and _squeezed(asked.text) not in _squeezed(_text_of(message)):
        found.append("another text")
    there = [_file(part) for part in message.walk() if not part.is_multipart()]
    found += [words for each in asked.attachments if (words := _missed(each, there))]
    return found


_File = tuple[str | None, str, bytes]


def _file(part: Part) -> _File:
    octets = part.get_payload(decode=True)
    content = octets if isinstance(octets, bytes) else b""
    return part.get_filename(), part.get_content_type(), content


def _missed(asked: Attachment, there: Sequence[_File]) -> str | None:
    """What is wrong with an attachment, where it is not there as it was asked for."""
    kind = asked.content_type.partition(";")[0].strip().lower()
    wanted = _comparable(kind, b64decode(asked.content))
    alike = [(has, _comparable(kind, got)) for name, has, got in there if name == asked.filename]
    if (kind, wanted) in alike:
        return None
    if not alike:
        return f"no attachment {asked.filename!r}"
    if wanted in [octets for _, octets in alike]:
        return f"the attachment {asked.filename!r} as {alike[0][0]}"
    return f"another content of the attachment {asked.filename!r}"


def _comparable(kind: str, octets: bytes) -> bytes:
    """The ends of lines of a text are the transport's business (RFC 2046 section 4.1.1)."""
    return octets.replace(b"\r\n", b"\n") if kind.startswith("text/") else octets


def _text_of(message: EmailMessage) -> str:
    part = message.get_body(preferencelist=("plain", "html"))
    return str(part.get_content()) if part is not None else ""


def _squeezed(text: str) -> str:
    """Line ends and trailing blanks are the transport's business, not what was said."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def connections(record: Record, wanted: Count) -> Observation:
    """How often the sender connected to the server it was told of."""
    found = [event for event, fact in record.of(Connected) if fact.server == record.main]
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"connections: {wanted}",
        observed=f"connections: {len(found) or 'none'}",
        events=numbers(found),
    )


def elsewhere(record: Record, wanted: Literal["never"]) -> Observation:
    """Whether the sender went to another server than the one it was told of."""
    del wanted
    found = [(event, fact) for event, fact in record.of(Connected) if fact.server != record.main]
    return Observation(
        met=not found,
        expected="no connection to any other server",
        observed="connected to " + ", ".join(dict.fromkeys(fact.server for _, fact in found))
        if found
        else "none",
        events=numbers([event for event, _ in found]),
    )


CHECKS = (
    Check(key="messages", words="how many messages were taken", wanted=CountField, ask=messages),
    Check(
        key="anonymous-messages",
        words="how many messages were handed over without a log-in",
        wanted=CountField,
        ask=anonymous,
    ),
    Check(
        key="message",
        words="whether the message came as it was asked for",
        wanted=Literal["intact"],
        ask=content,
    ),
    Check(
        key="from",
        words="whether From is the mailbox that was asked for",
        wanted=Literal["as-asked"],
        ask=author,
    ),
    Check(
        key="added-headers",
        words="whether headers were added that nobody asked for",
        wanted=Literal["none"],
        ask=added_headers,
    ),
    Check(
        key="connections",
        words="how often the sender connected",
        wanted=CountField,
        ask=connections,
    ),
    Check(
        key="elsewhere",
        words="whether the sender went to a server that it was not told of",
        wanted=Literal["never"],
        ask=elsewhere,
    ),
)
