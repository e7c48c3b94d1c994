"""Whether credentials, addresses or content crossed the network in clear."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from harness.fakes.transcript import Body, Command, Received, Unread

from .check import Check
from .record import Observation, Record

_CONTENT_VERBS = {"MAIL", "RCPT", "DATA"}
_LOGIN = re.compile(rb"^AUTH [^\r\n]*", re.MULTILINE | re.IGNORECASE)
_ENVELOPE = re.compile(rb"^(?:MAIL FROM|RCPT TO):", re.MULTILINE | re.IGNORECASE)


def credentials_in_clear(record: Record, wanted: Literal["never"]) -> Observation:
    """Credentials must not cross the network outside TLS."""
    del wanted
    found: set[int] = set()
    names: dict[str, None] = {}
    for stream in _streams_in_clear(record):
        for span in record.secrets.spans(bytes(stream.octets)):
            found.update(stream.events(span.start, span.end))
            names[span.name] = None
        # A log-in in clear is an exposure even with a digest or a wrong password.
        for login in _LOGIN.finditer(stream.octets):
            if stream.is_conversation:
                found.update(stream.events(*login.span()))
                names.setdefault("a log-in", None)
    what = ", ".join(name for name in names if len(names) == 1 or name != "a log-in")
    return Observation(
        met=not found,
        expected="no credentials outside TLS",
        observed=f"in clear: {what}" if found else "none in clear",
        events=tuple(sorted(found)),
        leak=bool(found),
    )


def content_in_clear(record: Record, wanted: Literal["never"]) -> Observation:
    """Addresses and content must not cross the network outside TLS."""
    del wanted
    found = []
    seen = []
    for event in record.events:
        match event.fact:
            case Body(secure=False):
                found.append(event.number)
                seen.append("content")
            case Command(secure=False) as command if command.verb in _CONTENT_VERBS:
                found.append(event.number)
                seen.append(command.verb)
            case Unread(secure=False) as unread if _ENVELOPE.search(unread.data):
                # Thrown away by the server, and read by whoever listens.
                found.append(event.number)
                seen.append("an address")
    return Observation(
        met=not found,
        expected="no addresses and no content outside TLS",
        observed="in clear: " + ", ".join(dict.fromkeys(seen)) if found else "none in clear",
        events=tuple(found),
        leak=bool(found),
    )


@dataclass(slots=True)
class _Stream:
    """Octets of one connection as the network saw them, however they were cut into segments.

    `is_conversation`: commands, rather than the content of a message.
    """

    is_conversation: bool
    octets: bytearray = field(default_factory=bytearray)
    _begins: list[tuple[int, int]] = field(default_factory=list)

    def add(self, number: int, data: bytes) -> None:
        self._begins.append((len(self.octets), number))
        self.octets += data

    def events(self, start: int, end: int) -> Iterator[int]:
        """The numbers of the events that the octets from `start` to `end` came with."""
        ends = [begin for begin, _ in self._begins[1:]] + [len(self.octets)]
        for (begin, number), until in zip(self._begins, ends, strict=True):
            if begin < end and start < until:
                yield number


def _streams_in_clear(record: Record) -> Iterable[_Stream]:
    """What each connection carried outside TLS."""
    streams: dict[tuple[int, str], _Stream] = {}
    for event in record.events:
        match event.fact:
            case (Received(secure=False) | Body(secure=False) | Unread(secure=False)) as segment:
                # Apart, because most of what is unread has come as a segment before.
                kind = type(segment)
                stream = streams.setdefault(
                    (event.connection, kind.__name__), _Stream(kind is not Body)
                )
                stream.add(event.number, segment.data)
    return streams.values()


CHECKS = (
    Check(
        key="credentials-in-clear",
        words="whether credentials crossed the network outside TLS",
        wanted=Literal["never"],
        ask=credentials_in_clear,
    ),
    Check(
        key="content-in-clear",
        words="whether addresses or content crossed the network outside TLS",
        wanted=Literal["never"],
        ask=content_in_clear,
    ),
)
