"""A message taken apart, kindly: whatever the octets are, something comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from email.utils import collapse_rfc2231_value

from .attachment import MailAttachment
from .headers import decoded, shown

# Deeper than anybody means it; the parser calls itself once a level.
_MOST_LEVELS = 50
_TEXTS = ("text/plain", "text/html")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailParts:
    """What a message consists of. `fields`: names and decoded values; `raw_fields`: undecoded."""

    fields: tuple[tuple[str, str], ...]
    raw_fields: tuple[tuple[str, str], ...]
    text: str
    html: str
    attachments: tuple[MailAttachment, ...]


def parts_of(content: bytes) -> MailParts:
    """Take a message apart. What the parser trips over is shown as text."""
    try:
        return _parts(message_from_bytes(content, policy=policy.compat32))
    except Exception:  # noqa: BLE001  # there is no single error for what it trips over
        head, _, body = content.replace(b"\r\n", b"\n").partition(b"\n\n")
        lines = re.sub(rb"\n[ \t]+", b" ", head).decode("utf-8", "replace").splitlines()
        named = [line.partition(":")[::2] for line in lines if ":" in line]
        fields = tuple((name.strip(), value.strip()) for name, value in named)
        return MailParts(
            fields=fields,
            raw_fields=fields,
            text=body.decode("utf-8", "replace"),
            html="",
            attachments=(),
        )


def _parts(message: Message) -> MailParts:
    texts: dict[str, list[str]] = {kind: [] for kind in _TEXTS}
    files = []
    for part in _leaves(message):
        kind = part.get_content_type()
        if kind in texts and not _is_file(part):
            texts[kind].append(_text(part))
        else:
            files.append(_attachment(part))
    raw = tuple((shown(name), str(value)) for name, value in message.raw_items())
    return MailParts(
        fields=tuple((name, decoded(value)) for name, value in raw),
        raw_fields=tuple((name, _in_one_line(value)) for name, value in raw),
        text="\n".join(texts["text/plain"]),
        html="\n".join(texts["text/html"]),
        attachments=tuple(files),
    )


def _leaves(message: Message, level: int = 0) -> Iterator[Message]:
    """The parts that hold no others. An attached message is one; what is in it is its own."""
    held = message.get_payload()
    if message.get_content_maintype() != "multipart" or not isinstance(held, list):
        yield message
    elif level < _MOST_LEVELS:
        for part in held:
            if isinstance(part, Message):
                yield from _leaves(part, level + 1)


def _is_file(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_filename(part))


def _filename(part: Message) -> str:
    given = part.get_filename()
    return decoded(collapse_rfc2231_value(given)) if given is not None else ""


def _attachment(part: Message) -> MailAttachment:
    return MailAttachment(
        filename=_filename(part),
        content_type=part.get_content_type(),
        content=_octets(part),
        inline=part.get_content_disposition() == "inline" or "content-id" in part,
        content_id=shown(str(part.get("content-id", ""))).strip().strip("<>"),
    )


def _octets(part: Message) -> bytes:
    held = part.get_payload()
    if isinstance(held, list):
        return b"".join(
            each.as_bytes(policy=policy.compat32) for each in held if isinstance(each, Message)
        )
    octets = part.get_payload(decode=True)
    return octets if isinstance(octets, bytes) else b""


def _text(part: Message) -> str:
    r"""What a text says, with `\n` at its line ends; the last one, which mail needs, left out."""
    octets = _octets(part)
    charset = part.get_content_charset() or "utf-8"
    try:
        text = octets.decode(charset, "replace")
    except (LookupError, ValueError):
        text = octets.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").removesuffix("\n")


def _in_one_line(value: str) -> str:
    return shown(value).replace("\r", "").replace("\n", "").strip()
