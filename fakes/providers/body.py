"""The body of a message that was given in fields: texts that say the same, and the files."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from typing import cast

from .attachment import media_type, parameters
from .fields import Fields

_HTML = "text/html"
# What shows the least comes first (RFC 2046 section 5.1.4); AMP stands ahead of HTML.
_AHEAD_OF_HTML = "text/x-amp-html"


def write_body(message: EmailMessage, fields: Fields) -> None:
    """Write text, HTML, the other bodies and the files. Never raises.

    A file that is inline stands in a multipart/related beside the HTML, where there is any.
    """
    shown = [each for each in fields.attachments if each.inline and fields.html is not None]
    for kind, text in _texts(fields):
        part = _with_text(message, kind, text)
        for file in shown if kind == _HTML else ():
            file.add_to_html(part)
    for file in fields.attachments:
        if file not in shown:
            file.add_to(message)


def _texts(fields: Fields) -> Iterator[tuple[str, str]]:
    """Every body with its media type, in their order."""
    ahead = [each for each in fields.alternatives if each[0].lower() == _AHEAD_OF_HTML]
    if fields.text is not None or (fields.html is None and not fields.alternatives):
        yield "text/plain", fields.text or ""
    yield from ahead
    if fields.html is not None:
        yield _HTML, fields.html
    yield from (each for each in fields.alternatives if each not in ahead)


def _with_text(message: EmailMessage, kind: str, text: str) -> EmailMessage:
    """Add a body to a message; the part that has it, which is the message where it is the first."""
    main, sub = media_type(kind)
    content = encodable(text)
    is_first = "content-type" not in message
    add = message.set_content if is_first else message.add_alternative
    if main.lower() == "text":
        add(content, subtype=sub)
    else:
        add(content.encode(), maintype=main, subtype=sub)
    part = message if is_first else cast(EmailMessage, list(message.iter_parts())[-1])
    for name, value in parameters(kind):
        if name.lower() != "charset":
            part.set_param(name, value)
    return part


def encodable(text: str) -> str:
    """Text without halves of characters."""
    return text.encode("utf-8", "replace").decode("utf-8")
