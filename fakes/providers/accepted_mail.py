"""Mail that a provider took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .fields import Fields
from .rendering import rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMail:
    """A message that a provider took, for one or several recipients.

    `mime` is what the sender sent where it sent MIME; else `fields` are what it sent, and
    `content` is what a vendor would make of them (that rendering is ours, hence synthetic, and
    made only when somebody looks). `provider_id` is the id that was returned. `state`: `queued`,
    or what the vendor says already now (`rejected` and so on).

    `recipients` are those for whom the answer takes the message; one whom it turns down by name is
    not among them. `dropped` are those of them who get nothing all the same, because the vendor
    does not send to them any more. `tags` and `metadata` are what the sender wants to find the
    message by, whatever the vendor calls that (categories, custom arguments, variables); `send_at`
    is when it is to go out. `cancelled`: it was called off before that, and nobody gets it.
    """

    provider_id: str
    mail_from: str
    recipients: tuple[str, ...]
    at: datetime
    subject: str = ""
    state: str = "queued"
    mime: bytes | None = None
    fields: Fields | None = None
    dropped: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    send_at: datetime | None = None
    cancelled: bool = False

    @property
    def content(self) -> bytes:
        """The message as MIME."""
        if self.mime is not None:
            return self.mime
        return rendered(self.fields, at=self.at) if self.fields is not None else b""
