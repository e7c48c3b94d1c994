"""The MIME message that a vendor would make of fields. That rendering is ours, hence synthetic."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from .body import encodable, write_body
from .fields import Fields

# Headers of mailboxes, of which only the names may be encoded.
_ADDRESSES = frozenset(["From", "To", "Cc", "Reply-To", "Sender"])
_NO_CONTROLS = bytes(octet if octet >= 0x20 else ord("?") for octet in range(256))
# What Python and mail parsers take for the end of a line.
_LINE_ENDS = "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# Of 75 characters (RFC 2047 section 2) 12 are taken; base64 makes four of three octets.
_IN_A_WORD = 42
_ESCAPED = re.compile(r"[\udc80-\udcff]")


def rendered(fields: Fields, *, at: datetime) -> bytes:
    """The MIME message that a vendor would make of these fields. Never raises.

    The rules have judged the request already; what the mail package cannot write is shown in plain
    ASCII instead.
    """
    headers = {
        "From": fields.sender,
        "To": ", ".join(fields.to),
        "Cc": ", ".join(fields.cc),
        "Subject": fields.subject,
        "Date": format_datetime(at),
        **{n: v for n, v in fields.headers.items() if not n.lower().startswith("content-")},
    }
    shown = {name: _in_order(name, encodable(value)) for name, value in headers.items() if value}
    if not fields.encodes_names:
        shown |= {name: _low_octets(shown[name]) for name in _ADDRESSES & shown.keys()}
    try:
        return _written(shown, fields)
    except (ValueError, LookupError, TypeError, AttributeError):
        # The mail package has no single error for what it cannot parse or fold.
        plain = {name: " ".join(value.split()) for name, value in shown.items()}
        return _written({}, fields, plain=plain)


def _written(
    headers: Mapping[str, str], fields: Fields, *, plain: Mapping[str, str] | None = None
) -> bytes:
    message = EmailMessage(policy=SMTP.clone(refold_source="none"))
    octets = b""
    for name, value in headers.items():
        if _ESCAPED.search(value):
            # Not by the package: from Python 3.13 on it encodes what was never encoded.
            octets += f"{name}: {value}\r\n".encode("ascii", "surrogateescape")
        elif name not in message:
            _set(message, name, value)
    write_body(message, fields)
    above = "".join(f"{name}: {value}\r\n" for name, value in (plain or {}).items())
    return octets + above.encode("ascii", "replace") + message.as_bytes()


def _in_order(name: str, value: str) -> str:
    """A value as it can be written: of mailboxes without line breaks, of other headers as given."""
    return " ".join(value.split()) if name in _ADDRESSES else value.strip()


def _low_octets(text: str) -> str:
    """What is left of each character in eight bits, as surrogates where it is beyond ASCII."""
    low = bytes(ord(each) & 0xFF for each in text)
    return low.translate(_NO_CONTROLS).decode("ascii", "surrogateescape")


def _set(message: EmailMessage, name: str, value: str) -> None:
    """Set a header; what is ASCII stays as it was given, encoded words and all.

    Left to itself the package loses blanks where it begins a new encoded word, and the quotes that
    a name needs when it takes it out of one.
    """
    if not value.isascii() and name in _ADDRESSES:
        message[name] = value
        return
    if any(each in value for each in _LINE_ENDS):
        message.set_raw(name, _as_encoded_words(value))
        return
    charset = None if value.isascii() else "utf-8"
    message.set_raw(name, Header(value, charset, header_name=name).encode())


def _as_encoded_words(value: str) -> str:
    """A value whose line breaks are part of it: nothing of it is lost, and it is one header.

    What a vendor makes of them where it takes them is not known. In this form whoever reads the
    header finds them, and no parser takes what follows for another header.
    """
    words, piece = [], b""
    for character in value:
        octets = character.encode()
        if len(piece) + len(octets) > _IN_A_WORD:
            words.append(piece)
            piece = b""
        piece += octets
    words.append(piece)
    return "\r\n ".join(f"=?utf-8?b?{b64encode(each).decode()}?=" for each in words)
