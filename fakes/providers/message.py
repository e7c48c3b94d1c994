"""A message that a provider took."""

from __future__ import annotations

from dataclasses import dataclass

from .rules import AcceptedMail


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiMessage:
    """A message taken by a provider's API. See `Captured`."""

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
        """The recipients, in order."""
        return self.mail.recipients

    @property
    def username(self) -> str | None:
        """None: an API has no SMTP account."""
        return None

    @property
    def provider_id(self) -> str | None:
        """The id that was returned."""
        return self.mail.provider_id
