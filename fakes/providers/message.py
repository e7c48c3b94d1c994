"""A message that a provider took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..mail.readable import ReadableMessage
from .accepted_mail import AcceptedMail


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ApiMessage(ReadableMessage):
    """A message taken by a provider's API. See `Captured`; what it says: see `ReadableMessage`."""

    mail: AcceptedMail
    secure: bool
    connection: int

    @property
    def content(self) -> bytes:
        """The message as MIME: as sent, or as a vendor would make it of the fields."""
        return self.mail.content

    @property
    def mail_from(self) -> str:
        """The sender's address."""
        return self.mail.mail_from

    @property
    def rcpt_tos(self) -> tuple[str, ...]:
        """The recipients for whom the vendor's answer took it, in order."""
        return self.mail.recipients

    @property
    def dropped(self) -> tuple[str, ...]:
        """Those of them who get nothing: the vendor does not send to them any more."""
        return self.mail.dropped

    @property
    def tags(self) -> tuple[str, ...]:
        """What it can be found by: tags, categories."""
        return self.mail.tags

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the sender noted on it: metadata, custom arguments, variables, SES's tags."""
        return self.mail.metadata

    @property
    def send_at(self) -> datetime | None:
        """When it is to go out, aware; None: at once."""
        return self.mail.send_at

    @property
    def cancelled(self) -> bool:
        """Whether it was called off before it was to go out, so that nobody gets it."""
        return self.mail.cancelled

    @property
    def username(self) -> str | None:
        """None: an API has no SMTP account."""
        return None

    @property
    def provider_id(self) -> str | None:
        """The id that was returned."""
        return self.mail.provider_id
