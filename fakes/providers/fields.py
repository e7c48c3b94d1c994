"""A message that was given in fields, as most APIs want it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .attachment import AttachedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A message that was given in fields. Addresses may be `Name <address>`.

    `alternatives` are bodies beside text and HTML, each its media type and its text: AMP, an
    invitation to a meeting. `attachments` are files, those that the HTML shows, too. Where the
    vendor does not encode names beyond ASCII, the low octet of each character is what is left.
    """

    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    subject: str = ""
    text: str | None = None
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    alternatives: tuple[tuple[str, str], ...] = ()
    attachments: tuple[AttachedFile, ...] = ()
    encodes_names: bool = True
