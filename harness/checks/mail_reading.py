"""A message read twice, by two parsers that share no code.

Whatever a parser gets wrong must not convict a sender: what is asked of a message is unmet only
where neither reading finds it. One reading is the library's (`email.policy.default`), the other
goes by the grammar of RFC 5322, RFC 2045 and RFC 2046 and is as small as that allows.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Protocol, TypeVar

from . import header_fields

_BARE_LF = re.compile(rb"(?<!\r)\n")
_BARE_CR = re.compile(rb"\r(?!\n)")
Mailbox = tuple[str, str]
T = TypeVar("T")
# Deeper than any sender means it.
_MOST_LEVELS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """A part that is no container. `name` None: it has none."""

    name: str | None
    content_type: str
    octets: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A text: its media type, and what it says."""

    kind: str
    text: str


class MailReading(Protocol):
    """What one parser makes of a message. Any of these raises where it cannot be read."""

    def mailboxes(self, name: str) -> list[Mailbox]:
        """Name and address of each mailbox in the fields of that name."""

    def values(self, name: str) -> list[str]:
        """What each field of that name says."""

    def text(self) -> str:
        """The plain text, else the HTML, else ""."""

    def texts(self) -> list[TextPart]:
        """Every part that is a text and no file, in order."""

    def alternatives(self) -> list[list[str]]:
        """The media types of the texts in each multipart/alternative."""

    def files(self) -> list[FilePart]:
        """Every part that holds no others."""


def readings(content: bytes) -> tuple[MailReading, ...]:
    """Both readings of a message."""
    return ReadByTheLibrary(content), ReadByTheGrammar(content)


def each_reading(content: bytes, read: Callable[[MailReading], T]) -> list[T]:
    """What `read` finds in each reading; one that trips over the message finds nothing."""
    found = []
    for reading in readings(content):
        with suppress(Exception):  # there is no single error for what a parser trips over
            found.append(read(reading))
    return found


def header_lines(content: bytes) -> list[tuple[str, str]]:
    """Every header of a message as it stands there, unfolded: name and value."""
    return _Part.of(content).lines()


class ReadByTheLibrary:
    """Python's `email`."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._read: EmailMessage | None = None

    def _message(self) -> EmailMessage:
        if self._read is None:
            message = message_from_bytes(self._content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            self._read = message
        return self._read

    def mailboxes(self, name: str) -> list[Mailbox]:
        """See `MailReading`."""
        fields = self._message().get_all(name, [])
        boxes = [box for field in fields for box in getattr(field, "addresses", ())]
        return [(box.display_name, box.addr_spec) for box in boxes]

    def values(self, name: str) -> list[str]:
        """See `MailReading`."""
        return [str(field) for field in self._message().get_all(name, [])]

    def text(self) -> str:
        """See `MailReading`."""
        part = self._message().get_body(preferencelist=("plain", "html"))
        return str(part.get_content()) if part is not None else ""

    def texts(self) -> list[TextPart]:
        """See `MailReading`."""
        return _texts_of(self._message())

    def alternatives(self) -> list[list[str]]:
        """See `MailReading`."""
        return [
            [text.kind for text in _texts_of(part)]
            for part in self._message().walk()
            if part.get_content_type() == "multipart/alternative"
        ]

    def files(self) -> list[FilePart]:
        """See `MailReading`."""
        found = []
        for part in self._message().walk():
            if not part.is_multipart():
                octets = part.get_payload(decode=True)
                found.append(
                    FilePart(
                        name=part.get_filename(),
                        content_type=part.get_content_type(),
                        octets=octets if isinstance(octets, bytes) else b"",
                    )
                )
        return found


def _texts_of(message: EmailMessage) -> list[TextPart]:
    return [
        TextPart(kind=part.get_content_type(), text=str(part.get_content()))
        for part in message.walk()
        if part.get_content_maintype() == "text"
        and part.get_content_disposition() != "attachment"
        and part.get_filename() is None
    ]


class ReadByTheGrammar:
    """Field by field and part by part."""

    def __init__(self, content: bytes) -> None:
        self._whole = _Part.of(content)

    def mailboxes(self, name: str) -> list[Mailbox]:
        """See `MailReading`."""
        fields = self._whole.all(name)
        return [box for text in fields for box in header_fields.mailboxes(text)]

    def values(self, name: str) -> list[str]:
        """See `MailReading`."""
        return [header_fields.decoded(text) for text in self._whole.all(name)]

    def text(self) -> str:
        """See `MailReading`."""
        shown = [part for part in self._whole.leaves() if not part.is_attached]
        for kind in ("text/plain", "text/html"):
            for part in shown:
                if part.content_type == kind:
                    return part.text
        return ""

    def texts(self) -> list[TextPart]:
        """See `MailReading`."""
        return self._whole.texts()

    def alternatives(self) -> list[list[str]]:
        """See `MailReading`."""
        return [
            [text.kind for text in part.texts()]
            for part in self._whole.walk()
            if part.content_type == "multipart/alternative"
        ]

    def files(self) -> list[FilePart]:
        """See `MailReading`."""
        return [
            FilePart(name=part.name, content_type=part.content_type, octets=part.octets)
            for part in self._whole.leaves()
        ]


@dataclass(frozen=True, slots=True)
class _Part:
    """An entity of RFC 2045: its fields as they stand there, and its body."""

    fields: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def of(cls, content: bytes) -> _Part:
        """Take an entity apart. How its lines end is asked elsewhere."""
        match = re.search(rb"\r?\n(?=\r?\n)", content)
        if re.match(rb"\r?\n", content):
            head, body = b"", content
        elif match is None:
            head, body = content, b""
        else:
            head, body = content[: match.end()], content[match.end() :]
        lines = re.split(r"\r?\n(?![ \t])", head.decode("ascii", "surrogateescape"))
        named = (line.partition(":") for line in lines if ":" in line)
        fields = ((name.strip(), header_fields.unfolded(text)) for name, _, text in named)
        return cls(tuple(fields), re.sub(rb"\A\r?\n", b"", body))

    def all(self, name: str) -> list[str]:
        """The body of every field of that name, in any case."""
        return [text for each, text in self.fields if each.lower() == name.lower()]

    def lines(self) -> list[tuple[str, str]]:
        """Name and body of every field."""
        return list(self.fields)

    def first(self, name: str) -> str | None:
        """The body of the first field of that name."""
        return next(iter(self.all(name)), None)

    def leaves(self) -> Iterator[_Part]:
        """The parts that hold no others, in order."""
        return (part for part in self.walk() if not part.is_container)

    def texts(self) -> list[TextPart]:
        """Its leaves that are texts and no files."""
        return [
            TextPart(kind=part.content_type, text=part.text)
            for part in self.leaves()
            if part.content_type.startswith("text/") and not part.is_attached and not part.name
        ]

    @property
    def is_container(self) -> bool:
        """Whether it is there for the parts that it holds."""
        return self.content_type.startswith("multipart/") and "boundary" in self._typed[1]

    def walk(self, level: int = 0) -> Iterator[_Part]:
        """The part, and those that it holds, in order."""
        yield self
        if not self.is_container:
            return
        if level > _MOST_LEVELS:
            raise ValueError(f"parts in parts, more than {_MOST_LEVELS} deep")
        # The line end before a delimiter belongs to it (RFC 2046 section 5.1.1).
        word = re.escape(self._typed[1]["boundary"].encode("ascii", "surrogateescape"))
        delimiter = rb"(?:\A|\r?\n)--" + word + rb"(--)?[ \t]*(?=\r?\n|\Z)"
        marks = list(re.finditer(delimiter, self.body))
        ends = [mark.start() for mark in marks[1:]] + [len(self.body)]
        for mark, end in zip(marks, ends, strict=True):
            if mark[1]:
                return
            piece = self.body[mark.end() : end]
            yield from _Part.of(re.sub(rb"\A\r?\n", b"", piece)).walk(level + 1)

    @property
    def _typed(self) -> tuple[str, dict[str, str]]:
        return header_fields.parameters(self.first("content-type") or "text/plain")

    @property
    def _disposed(self) -> tuple[str, dict[str, str]]:
        return header_fields.parameters(self.first("content-disposition") or "")

    @property
    def content_type(self) -> str:
        """Type and subtype, in lower case."""
        return self._typed[0]

    @property
    def charset(self) -> str:
        """The character set of a text."""
        return self._typed[1].get("charset", "us-ascii")

    @property
    def text(self) -> str:
        """What a text says. LookupError: nobody knows its character set."""
        return self.octets.decode(self.charset)

    @property
    def is_attached(self) -> bool:
        """Whether it is to be kept apart from the text (RFC 2183)."""
        return self._disposed[0] == "attachment"

    @property
    def name(self) -> str | None:
        """The name of the file."""
        return self._disposed[1].get("filename", self._typed[1].get("name"))

    @property
    def octets(self) -> bytes:
        """The body, its transfer encoding taken off (RFC 2045 section 6)."""
        match (self.first("content-transfer-encoding") or "7bit").strip().lower():
            case "base64":
                return base64.b64decode(re.sub(rb"[^A-Za-z0-9+/=]", b"", self.body))
            case "quoted-printable":
                ends = re.sub(rb"[ \t]+(?=\r?\n|\Z)", b"", self.body)
                return header_fields.hex_decoded(re.sub(rb"=\r?\n", b"", ends))
            case _:
                return self.body


def bare_line_ends(octets: bytes) -> list[str]:
    """What ends lines in these octets and is no CRLF (RFC 5321 section 2.3.8), in words.

    Asked of octets, because a parser forgives it.
    """
    found = {"LF": len(_BARE_LF.findall(octets)), "CR": len(_BARE_CR.findall(octets))}
    return [f"bare {name} in the place of CRLF: {count}" for name, count in found.items() if count]
