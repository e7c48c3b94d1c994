"""A MIME message as the fields that Resend's API has for the same."""

from __future__ import annotations

from collections.abc import Container, Iterator
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from typing import Any

from ..display_name import with_display_name
from ..submission import Submitted

IDEMPOTENCY_KEY = "Resend-Idempotency-Key"
# What the mail package raises on parameters and character sets that are none.
_UNREADABLE = (LookupError, TypeError, ValueError)


def item_of(message: Submitted) -> dict[str, Any]:
    """The message as a body of /emails. Recipients of the envelope who are in no header go to bcc.

    A message without To is refused (seen in a script of 2026), and that it goes to whom the
    envelope names is inferred. Headers and files stay out of it: they are in the octets.
    """
    shown = {address.lower() for address in message.addresses("To", "Cc")}
    meant = {address.lower() for address in message.envelope.rcpt_tos}
    whole = message_from_bytes(message.octets)
    return {
        "from": next(iter(_boxes(message, "From")), ""),
        "to": _boxes(message, "To", among=meant) or _boxes(message, "To"),
        "cc": _boxes(message, "Cc", among=meant),
        "bcc": [each for each in message.envelope.rcpt_tos if each.lower() not in shown],
        "reply_to": _boxes(message, "Reply-To"),
        # Whether one without a subject is refused, as by the API, is not known: it is taken.
        "subject": message.header("Subject") or " ",
        "text": _text(whole, "text/plain"),
        "html": _text(whole, "text/html"),
    }


def _boxes(message: Submitted, name: str, *, among: Container[str] | None = None) -> list[str]:
    """The mailboxes of a header, only those among the recipients where these are given."""
    values = [str(value) for value in message.headers.get_all(name, [])]
    try:
        boxes = getaddresses(values)
    except (ValueError, IndexError):
        return []
    return [
        with_display_name(*box)
        for box in boxes
        if box[1] and (among is None or box[1].lower() in among)
    ]


def _text(whole: Message, kind: str) -> str | None:
    return next(_texts(whole, kind), None)


def _texts(whole: Message, kind: str) -> Iterator[str]:
    for part in whole.walk():
        is_text = part.get_content_type() == kind and not part.is_multipart()
        if is_text and part.get_content_disposition() != "attachment":
            yield _decoded(part)


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    octets = payload if isinstance(payload, bytes) else b""
    try:
        return octets.decode(part.get_content_charset("utf-8"), "replace")
    except _UNREADABLE:
        return octets.decode("utf-8", "replace")
