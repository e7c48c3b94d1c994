"""Whether what was taken is what was asked for: author, recipients, subject, text and files."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from email import message_from_bytes, policy
from functools import partial
from itertools import chain
from typing import Literal

from harness.fakes.message import CapturedMessage
from harness.protocol import Attachment, Mailbox, Message

from .author import spelt
from .check import Check
from .mail_reading import MailReading, bare_line_ends, readings
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

# What some libraries and mailers number a part with.
_COMMON_IN_PARTS = frozenset(["x-attachment-id"])


def content(record: Record, wanted: Literal["intact"]) -> Observation:
    """Whether what was taken is what was asked for: From, subject, text, files and recipients.

    Over SMTP its lines have to end with CRLF too.
    """
    del wanted
    found = record.handovers
    if not found:
        return Observation(met=False, expected="one message, as asked for", observed="no message")
    asked = [send.request.message for send in record.sends]
    last = found[-1]
    altered = {
        handover.events[0].number: words
        for handover in found
        if (words := _unlike(handover, asked[-1:] if handover is last else asked))
    }
    return Observation(
        met=not altered,
        expected="From, recipients, subject, text and attachments as they were asked for",
        observed="; ".join(dict.fromkeys(chain(*altered.values()))) or "all as asked for",
        events=tuple(altered) or (last.events[0].number,),
    )


def added_headers(record: Record, wanted: Literal["none"]) -> Observation:
    """Whether the message carries headers of some provider or product that nobody asked for."""
    del wanted
    asked = {name.lower() for send in record.sends for name in send.request.message.headers}
    strange: dict[str, None] = {}
    for captured in record.messages:
        whole = message_from_bytes(captured.content, policy=policy.default)
        for part in whole.walk():
            # RFC 2045 section 9: any field that begins so may describe a part.
            may_describe = part is not whole
            strange |= {
                name: None
                for name in part
                if name.lower() not in _COMMON_HEADERS | asked | _COMMON_IN_PARTS
                and not (may_describe and name.lower().startswith("content-"))
            }
    return Observation(
        met=not strange,
        expected="no header of a provider that nobody asked for",
        observed="added: " + ", ".join(strange) if strange else "none added",
        events=numbers([event for event, _ in record.kept()]),
    )


def differences(recipients: Sequence[str], octets: bytes, asked: Message) -> list[str]:
    """What tells a message that was taken from the one that was asked for, in words.

    Each part is judged by both readings, and differs where neither finds what was asked for.
    """
    found = []
    if set(recipients) != set(asked.recipients):
        found.append(f"recipients {', '.join(recipients)}")
    both = readings(octets)
    for part in _parts(asked):
        found += _agreed(part, both)
    return list(dict.fromkeys(found))


_Part = Callable[[MailReading], list[str]]


def _agreed(part: _Part, both: Sequence[MailReading]) -> list[str]:
    """What is wrong with a part by both readings, in the words of the first."""
    words: list[str] = []
    for reading in reversed(both):  # the first costs the most, and is seldom needed
        words = _asked(part, reading)
        if not words:
            break
    return words


def _parts(asked: Message) -> Iterator[_Part]:
    """Questions about each part of a message: what is wrong with it, in words."""
    yield partial(_from_differs, asked.from_)
    yield partial(_subject_differs, asked.subject)
    yield partial(_text_differs, asked.text or "")
    yield from (partial(_file_differs, each) for each in asked.attachments)


def _asked(part: _Part, reading: MailReading) -> list[str]:
    try:
        return part(reading)
    except Exception as error:  # noqa: BLE001  # parsers trip over some broken messages
        return [f"a message that cannot be read ({type(error).__name__}: {error})"]


def _unlike(handover: Handover, asked: Sequence[Message]) -> list[str]:
    """What tells a message from the one among these that it is most like.

    How lines end is a rule of SMTP: an API may be given a message with any (RFC 5321 2.3.8).
    """
    wrong = [_all_differences(handover, each) for each in asked]
    over_smtp = [each for each in handover.messages if isinstance(each, CapturedMessage)]
    ends = [words for each in over_smtp for words in bare_line_ends(each.content)]
    return min(wrong, key=len) + ends


def _all_differences(handover: Handover, asked: Message) -> list[str]:
    """Those of each message that was made of it; the recipients are those of all together."""
    found = [differences(handover.recipients, each.content, asked) for each in handover.messages]
    return list(dict.fromkeys(chain(*found)))


def _from_differs(asked: Mailbox, reading: MailReading) -> list[str]:
    authors = reading.mailboxes("From")
    is_right = [address for _, address in authors] == [asked.address]
    return [] if is_right else [f"From {spelt(authors)}"]


def _subject_differs(asked: str, reading: MailReading) -> list[str]:
    subject = next(iter(reading.values("Subject")), None)
    return [] if (subject or "") == asked else [f"subject {subject!r}"]


def _text_differs(asked: str, reading: MailReading) -> list[str]:
    return [] if _squeezed(asked) in _squeezed(reading.text()) else ["another text"]


def _file_differs(asked: Attachment, reading: MailReading) -> list[str]:
    """What is wrong with an attachment, where it is not there as it was asked for."""
    kind = asked.content_type.partition(";")[0].strip().lower()
    wanted = _comparable(kind, b64decode(asked.content))
    named = [each for each in reading.files() if each.name == asked.filename]
    alike = [(each.content_type, _comparable(kind, each.octets)) for each in named]
    if (kind, wanted) in alike:
        return []
    if not alike:
        return [f"no attachment {asked.filename!r}"]
    if wanted in [octets for _, octets in alike]:
        return [f"the attachment {asked.filename!r} as {alike[0][0]}"]
    return [f"another content of the attachment {asked.filename!r}"]


def _comparable(kind: str, octets: bytes) -> bytes:
    """The ends of lines of a text are the transport's business (RFC 2046 section 4.1.1)."""
    return octets.replace(b"\r\n", b"\n") if kind.startswith("text/") else octets


def _squeezed(text: str) -> str:
    """Line ends and trailing blanks are the transport's business, not what was said."""
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


CHECKS = (
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
)
