"""A message as its readers understand it: two readers, for each has its own opinion of odd headers.

What either of the two understands as it was meant is as it was meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from typing import TypeVar

from harness.fakes.message import Captured
from harness.fakes.transcript import Event, MessageCaptured

from .record import Record, SendRecord

Mailbox = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A part without parts: its media type and its text, where it is a text and no file."""

    kind: str
    text: str


def captured_in(record: Record, send: SendRecord) -> Iterator[tuple[Event, Captured]]:
    """Every message that was taken in this send, with its event."""
    for event, fact in record.of(MessageCaptured):
        if send.first <= event.number <= send.last:
            yield event, fact.message


def address_key(address: str) -> tuple[str, str]:
    """What makes two addresses one: the local part, and the domain in A-labels in any case."""
    local, _, domain = address.rpartition("@")
    with suppress(UnicodeError):  # what has no A-labels is compared as it stands
        domain = domain.encode("idna").decode("ascii")
    return local, domain.lower()


def mailboxes(content: bytes, name: str) -> tuple[tuple[Mailbox, ...], ...]:
    """The mailboxes of all headers `name`, as (display name, address), a list a reader."""
    return _read_by_both(content, name, _mailboxes_of_the_modern, _mailboxes_of_the_plain)


def values(content: bytes, name: str) -> tuple[tuple[str, ...], ...]:
    """The text of each header `name`, a list a reader."""
    return _read_by_both(content, name, _values_of_the_modern, _values_of_the_plain)


def header_lines(content: bytes) -> tuple[tuple[str, str], ...]:
    """Every header of the message as it stands there, unfolded."""
    lines = message_from_bytes(content, policy=policy.compat32).items()
    return tuple((name, "".join(str(value).splitlines())) for name, value in lines)


def leaves(message: Message) -> Iterator[Leaf]:
    """The texts of a message in order; a file is none."""
    for part in message.walk():
        if part.is_multipart() or _is_file(part):
            continue
        yield Leaf(kind=part.get_content_type(), text=_text(part))


def parsed(content: bytes) -> Message:
    """The message as Python's plain parser, which takes everything, has it."""
    return message_from_bytes(content, policy=policy.compat32)


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_filename() is not None


def _text(part: Message) -> str:
    octets = part.get_payload(decode=True)
    if not isinstance(octets, bytes):
        return ""
    try:
        return octets.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return octets.decode("utf-8", "replace")


T = TypeVar("T")


def _read_by_both(
    content: bytes,
    name: str,
    modern: Callable[[bytes, str], tuple[T, ...]],
    plain: Callable[[bytes, str], tuple[T, ...]],
) -> tuple[tuple[T, ...], ...]:
    found = []
    for read in (modern, plain):
        with suppress(Exception):  # each trips over some broken headers
            found.append(read(content, name))
    return tuple(dict.fromkeys(found))


def _mailboxes_of_the_modern(content: bytes, name: str) -> tuple[Mailbox, ...]:
    headers = message_from_bytes(content, policy=policy.default).get_all(name, [])
    return tuple(
        (box.display_name, box.addr_spec)
        for header in headers
        for box in getattr(header, "addresses", ())
    )


def _mailboxes_of_the_plain(content: bytes, name: str) -> tuple[Mailbox, ...]:
    found = getaddresses([str(value) for value in parsed(content).get_all(name, [])])
    return tuple((_decoded(shown), address) for shown, address in found if address)


def _values_of_the_modern(content: bytes, name: str) -> tuple[str, ...]:
    headers = message_from_bytes(content, policy=policy.default).get_all(name, [])
    return tuple(str(header) for header in headers)


def _values_of_the_plain(content: bytes, name: str) -> tuple[str, ...]:
    return tuple(_decoded(str(value)) for value in parsed(content).get_all(name, []))


def _decoded(text: str) -> str:
    return str(make_header(decode_header("".join(text.splitlines()))))
