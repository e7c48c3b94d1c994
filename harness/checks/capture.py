"""How many messages the fakes took, and whether they came whole and as they were meant."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Literal

from harness.fakes.message import Captured
from harness.fakes.transcript import Connected, MessageCaptured
from harness.protocol import Message

from .check import Check
from .counts import Count, CountField
from .record import Observation, Record, numbers

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
    """How many messages were taken."""
    found = [event for event, _ in record.of(MessageCaptured)]
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"messages taken by the server: {wanted}",
        observed=f"messages taken by the server: {len(found) or 'none'}",
        events=numbers(found),
    )


def anonymous(record: Record, wanted: Count) -> Observation:
    """How many messages were handed over without having logged in."""
    found = [event for event, fact in record.of(MessageCaptured) if fact.message.username is None]
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"messages handed over without a log-in: {wanted}",
        observed=f"messages handed over without a log-in: {len(found) or 'none'}",
        events=numbers(found),
    )


def content(record: Record, wanted: Literal["intact"]) -> Observation:
    """Whether the message taken says what was asked for: From, subject, text and recipients."""
    del wanted
    found = [(event, fact) for event, fact in record.of(MessageCaptured)]
    if not found:
        return Observation(met=False, expected="one message, as asked for", observed="no message")
    event, fact = found[-1]
    differences = list(_differences(fact.message, record.last.request.message))
    return Observation(
        met=not differences,
        expected="From, recipients, subject and text as they were asked for",
        observed="; ".join(differences) or "all as asked for",
        events=(event.number,),
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


def _differences(captured: Captured, asked: Message) -> list[str]:
    found = []
    if set(captured.rcpt_tos) != set(asked.recipients):
        found.append(f"recipients {', '.join(captured.rcpt_tos)}")
    try:
        found += _altered(_parse(captured), asked)
    except Exception as error:  # noqa: BLE001  # Python's parser trips over some broken headers
        found.append(f"a message that cannot be read ({type(error).__name__}: {error})")
    return found


def _altered(message: EmailMessage, asked: Message) -> list[str]:
    found = []
    if asked.from_.address not in str(message["From"]):
        found.append(f"From {message['From']}")
    if str(message["Subject"] or "") != asked.subject:
        found.append(f"subject {str(message['Subject'])!r}")
    if asked.text and _squeezed(asked.text) not in _squeezed(_text_of(message)):
        found.append("another text")
    return found


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
