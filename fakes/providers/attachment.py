"""Files that come with a message that was given in fields: beside it, or shown inside its HTML."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage, Message
from typing import Any

_TYPE = re.compile(r"(?P<main>[a-z0-9.+-]+)/(?P<sub>[\w.+-]+)\Z", re.ASCII | re.IGNORECASE)
# The mail package writes these only from messages, not from octets.
_NO_FILES = frozenset(["message", "multipart"])
_TOKEN = re.compile(r"[!#$%&'*+.^`|~\w-]+\Z", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file: its name, its media type, and its content as it came: in base64, or `raw`.

    It is decoded when somebody looks, and taken for empty where it is no base64. `content_id` is
    what HTML refers to it by, without brackets. One that is `inline` is shown inside the message.
    """

    name: str
    content_type: str
    encoded: str = ""
    raw: bytes | None = None
    content_id: str = ""
    description: str = ""
    inline: bool = False

    @classmethod
    def of(
        cls,
        item: Any,
        *,
        name: str,
        content_type: str,
        encoded: str,
        content_id: str = "",
        description: str = "",
        disposition: str = "",
    ) -> AttachedFile:
        """A member of a vendor's list, which has these names for its parts. Never raises."""
        given = item if isinstance(item, Mapping) else {}
        keys = (name, content_type, encoded, content_id, description, disposition)
        found = (given.get(key) for key in keys)
        texts = [part if isinstance(part, str) else "" for part in found]
        return cls(
            name=texts[0],
            content_type=texts[1],
            encoded=texts[2],
            content_id=texts[3],
            description=texts[4],
            inline=texts[5].lower() == "inline",
        )

    @property
    def octets(self) -> bytes:
        """The file."""
        if self.raw is not None:
            return self.raw
        try:
            return b64decode(self.encoded)
        except ValueError:
            return b""

    def add_to(self, message: EmailMessage) -> None:
        """Attach the file to a message. Never raises."""
        if message.get_content_type() != "multipart/mixed":
            message.make_mixed()
        message.attach(self._part(message))

    def add_to_html(self, html: EmailMessage) -> None:
        """Put the file beside the HTML that shows it. Never raises."""
        if html.get_content_type() != "multipart/related":
            html.make_related()
        html.attach(self._part(html))

    def _part(self, message: EmailMessage) -> EmailMessage:
        part = EmailMessage(policy=message.policy)
        main, sub = media_type(self.content_type)
        part.set_content(self.octets, maintype=main, subtype=sub)
        del part["MIME-Version"]  # that is the message's alone
        for name, value in parameters(self.content_type):
            part.set_param(name, value)
        part["Content-Disposition"] = "inline" if self.inline else "attachment"
        if filename := _printable(self.name):
            part.set_param("filename", filename, header="Content-Disposition")
        if identifier := _printable(self.content_id).strip("<> "):
            # As it is: folded, it would become an encoded word that nothing refers to.
            part.set_raw("Content-ID", f"<{identifier}>".encode("ascii", "replace").decode())
        if description := _printable(self.description):
            part["Content-Description"] = description
        return part


def media_type(given: str) -> tuple[str, str]:
    """Type and subtype of a file or a body; those of mere octets where they are none of such."""
    named = _TYPE.match(given.partition(";")[0].strip())
    if named is None or named["main"].lower() in _NO_FILES:
        return "application", "octet-stream"
    return named["main"], named["sub"]


def parameters(given: str) -> Iterator[tuple[str, str]]:
    """The parameters of a media type that can be written as they are."""
    header = Message()
    header["Content-Type"] = _printable(given)
    given_as: Any = header.get_params(failobj=[])  # a value in RFC 2231's way is a tuple
    for name, value in given_as[1:]:
        if isinstance(value, str) and value.isascii() and _TOKEN.match(name):
            yield name, value


def _printable(text: str) -> str:
    return "".join(each for each in text if each.isprintable())
