"""Messages as the fakes took them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .mail.readable import ReadableMessage


class Captured(Protocol):
    """What every message that was taken can tell, whichever way it came.

    `content` is the message as MIME. `mail_from` is "" for the null sender. `username` is the SMTP
    account that had authenticated, `provider_id` the id that a provider's API returned. `secure`:
    it came inside TLS. `connection` is the number of its connection in the transcript.
    """

    @property
    def content(self) -> bytes:
        """The message itself."""

    @property
    def mail_from(self) -> str:
        """The envelope sender."""

    @property
    def rcpt_tos(self) -> tuple[str, ...]:
        """The envelope recipients, in order."""

    @property
    def username(self) -> str | None:
        """The account, or None."""

    @property
    def provider_id(self) -> str | None:
        """The id that was returned, or None."""

    @property
    def secure(self) -> bool:
        """Whether it came inside TLS."""

    @property
    def connection(self) -> int:
        """The number of its connection."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CapturedMessage(ReadableMessage):
    """A message taken over SMTP, octet for octet; what it says: see `ReadableMessage`.

    `wire` is the body as sent, dot-stuffed, without the final dot line. The rest: see `Captured`.
    """

    wire: bytes
    mail_from: str
    rcpt_tos: tuple[str, ...]
    username: str | None
    secure: bool
    connection: int

    @property
    def content(self) -> bytes:
        """The message itself: `wire` with the stuffed dots taken out."""
        if b"\r\n." not in self.wire and not self.wire.startswith(b"."):
            return self.wire
        unstuffed = self.wire.replace(b"\r\n.", b"\r\n")
        return unstuffed[1:] if unstuffed.startswith(b".") else unstuffed

    @property
    def provider_id(self) -> str | None:
        """None: no API gave it one."""
        return None
