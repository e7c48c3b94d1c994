"""What SES reads in a raw message: its addresses, its subject, headers that come twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses

_ADDRESSES = ("from", "sender", "return-path", "to", "cc", "bcc")
_EMPTY_LINE = re.compile(rb"^\r?\n", re.MULTILINE)
_ATOMS = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]+")
# Headers that may come only once (SES developer guide, header-fields, 2022-11-02).
_ONCE = frozenset(
    [
        "accept-language", "acceptlanguage", "archived-at", "auto-submitted", "bounces-to",
        "comments", "content-alternative", "content-base", "content-class", "content-description",
        "content-disposition", "content-duration", "content-id", "content-language",
        "content-length", "content-location", "content-md5", "content-transfer-encoding",
        "content-type", "date", "delivered-to", "disposition-notification-options",
        "disposition-notification-to", "dkim-signature", "domainkey-signature", "errors-to",
        "from", "importance", "in-reply-to", "keywords", "list-archive", "list-help", "list-id",
        "list-owner", "list-post", "list-subscribe", "list-unsubscribe", "message-context",
        "message-id", "mime-version", "organization", "original-from", "original-message-id",
        "original-recipient", "original-subject", "precedence", "priority", "references",
        "reply-to", "return-path", "return-receipt-to", "sender", "solicitation", "sensitivity",
        "subject", "thread-index", "thread-topic", "user-agent", "vbr-info",
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMessage:
    """A message as MIME.

    `mailboxes` are those of the headers that hold addresses, by the header's name in lower case;
    a header that is not there has no entry. `duplicate` is a header that may come only once and
    comes again, as written.
    """

    octets: bytes
    mailboxes: Mapping[str, tuple[str, ...]]
    subject: str
    duplicate: str | None


def read_raw(octets: bytes) -> RawMessage:
    """Read the headers of a message. Never raises."""
    end = _EMPTY_LINE.search(octets)
    message = BytesHeaderParser().parsebytes(octets[: end.start()] if end is not None else octets)
    return RawMessage(
        octets=octets,
        mailboxes={name: _mailboxes(message, name) for name in _ADDRESSES if name in message},
        subject=_subject(message),
        duplicate=_duplicate(message),
    )


def _duplicate(message: Message) -> str | None:
    seen: Counter[str] = Counter()
    for name in message:
        seen[name.lower()] += 1
        if name.lower() in _ONCE and seen[name.lower()] > 1:
            return name
    return None


def _mailboxes(message: Message, name: str) -> tuple[str, ...]:
    """The mailboxes of a header, as written there."""
    lines = [str(value) for value in message.get_all(name, [])]
    try:
        found = [_shown(shown, address) for shown, address in getaddresses(lines)]
    except (ValueError, IndexError):
        found = lines
    return tuple(each for each in found if each.strip())


def _shown(name: str, address: str) -> str:
    if not name:
        return address
    plain = name.replace('"', "'").replace("\\", "/")
    return f"{name} <{address}>" if _ATOMS.fullmatch(name) else f'"{plain}" <{address}>'


def _subject(message: Message) -> str:
    text = str(message.get("subject", ""))
    try:
        return str(make_header(decode_header(text)))
    except (ValueError, LookupError, MessageError):
        return text
