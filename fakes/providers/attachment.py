"""Files that come with a message that was given in fields."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

_TYPE = re.compile(r"(?P<main>[a-z0-9.+-]+)/(?P<sub>[\w.+-]+)\Z", re.ASCII | re.IGNORECASE)
# The mail package writes these only from messages, not from octets.
_NO_FILES = frozenset(["message", "multipart"])


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file: its name, its media type, and its content as it came: in base64, or `raw`.

    It is decoded when somebody looks, and taken for empty where it is no base64.
    """

    name: str
    content_type: str
    encoded: str = ""
    raw: bytes | None = None

    @classmethod
    def of(cls, item: Any, *, name: str, content_type: str, encoded: str) -> AttachedFile:
        """A member of a vendor's list, which has these names for the three parts. Never raises."""
        given = item if isinstance(item, Mapping) else {}
        found = (given.get(key) for key in (name, content_type, encoded))
        texts = [part if isinstance(part, str) else "" for part in found]
        return cls(name=texts[0], content_type=texts[1], encoded=texts[2])

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
        named = _TYPE.match(self.content_type.partition(";")[0].strip())
        main, sub = ("application", "octet-stream") if named is None else named.group("main", "sub")
        if main.lower() in _NO_FILES:
            main, sub = "application", "octet-stream"
        name = "".join(each for each in self.name if each.isprintable())
        message.add_attachment(self.octets, maintype=main, subtype=sub, filename=name or None)
