"""A MIME message as the fields that Postmark's API has for the same."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.utils import formataddr, getaddresses
from typing import Any

from ..submission import Submitted

# Headers that have fields of their own, or that the API makes itself.
_NOT_HEADERS = frozenset(
    ["from", "to", "cc", "bcc", "subject", "reply-to", "date", "message-id", "mime-version"]
)
_METADATA = "x-pm-metadata-"
# What the mail package raises on parameters and character sets that are none.
_UNREADABLE = (LookupError, TypeError, ValueError)
_OPTIONS = frozenset(
    ["x-pm-tag", "x-pm-message-stream", "x-pm-trackopens", "x-pm-tracklinks", "x-pm-keepid"]
)


def item_of(message: Submitted) -> dict[str, Any]:
    """The message as an item of /email. Envelope recipients who are in no header go to Bcc."""
    shown = {address.lower() for address in message.addresses("To", "Cc")}
    meant = {address.lower() for address in message.envelope.rcpt_tos}
    hidden = [each for each in message.envelope.rcpt_tos if each.lower() not in shown]
    whole = message_from_bytes(message.octets)
    item: dict[str, Any] = {
        "From": _list(message, "From"),
        "To": _list(message, "To", among=meant),
        "Cc": _list(message, "Cc", among=meant),
        "Bcc": ", ".join(hidden),
        "ReplyTo": _list(message, "Reply-To"),
        "Subject": message.header("Subject"),
        "Tag": message.header("X-PM-Tag"),
        "MessageStream": message.header("X-PM-Message-Stream") or "outbound",
        "TrackOpens": message.header("X-PM-TrackOpens").lower() == "true",
        "TrackLinks": message.header("X-PM-TrackLinks"),
        "Metadata": dict(_metadata(message)),
        "Headers": list(_headers(message)),
        "Attachments": list(_attachments(whole)),
    }
    for name, kind in (("TextBody", "text/plain"), ("HtmlBody", "text/html")):
        text = _text(whole, kind)
        if text is not None:
            item[name] = text
    return item


def _list(message: Submitted, name: str, *, among: set[str] | None = None) -> str:
    """The mailboxes of a header, only those among the recipients where these are given."""
    boxes = getaddresses([str(value) for value in message.headers.get_all(name, [])])
    kept = [box for box in boxes if box[1] and (among is None or box[1].lower() in among)]
    return ", ".join(_shown(*box) for box in kept)


def _shown(name: str, address: str) -> str:
    try:
        return formataddr((name, address))
    except UnicodeError:  # an address beyond ASCII
        return address


def _metadata(message: Submitted) -> Iterator[tuple[str, str]]:
    for name, value in message.headers.items():
        if name.lower().startswith(_METADATA):
            yield name[len(_METADATA) :], str(value)


def _headers(message: Submitted) -> Iterator[dict[str, str]]:
    for name, value in message.headers.items():
        lower = name.lower()
        is_option = lower in _OPTIONS or lower.startswith(_METADATA)
        if not is_option and lower not in _NOT_HEADERS and not lower.startswith("content-"):
            yield {"Name": name, "Value": " ".join(str(value).split())}


def _leaves(whole: Message) -> Iterator[Message]:
    return (part for part in whole.walk() if not part.is_multipart())


def _text(whole: Message, kind: str) -> str | None:
    for part in _leaves(whole):
        if part.get_content_type() == kind and _filename(part) is None:
            return _decoded(part)
    return None


def _decoded(part: Message) -> str:
    octets = _octets(part)
    try:
        return octets.decode(part.get_content_charset("utf-8"), "replace")
    except _UNREADABLE:
        return octets.decode("utf-8", "replace")


def _attachments(whole: Message) -> Iterator[dict[str, str]]:
    for part in _leaves(whole):
        filename = _filename(part)
        if filename is not None:
            yield {
                "Name": filename,
                "Content": b64encode(_octets(part)).decode("ascii"),
                "ContentType": part.get_content_type(),
            }


def _filename(part: Message) -> str | None:
    try:
        return part.get_filename()
    except _UNREADABLE:
        return ""


def _octets(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
