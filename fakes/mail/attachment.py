"""A file in a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAttachment:
    """A part of a message that is neither its text nor its HTML.

    `filename` "": it has none. `content`: its octets, the transfer encoding taken off. `inline`:
    shown where the HTML names its `content_id` (without angle brackets), rather than listed.
    """

    filename: str
    content_type: str
    content: bytes
    inline: bool = False
    content_id: str = ""

    def __repr__(self) -> str:
        return (
            f"<{self.content_type} {self.filename or 'without a name'}, {len(self.content)} octets>"
        )
