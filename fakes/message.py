"""A message as it was taken, octet for octet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedMessage:
    """What a fake took with a 2xx reply.

    `wire` is the body as sent, dot-stuffed, without the final dot line. `mail_from` is "" for
    the null sender. `username` is the account that had authenticated, or None. `secure`: it came
    inside TLS. `connection` is the number of its connection in the transcript. `provider_id` is
    the id that a provider's API returned for it.
    """

    wire: bytes
    mail_from: str
    rcpt_tos: tuple[str, ...]
    username: str | None
    secure: bool
    connection: int
    provider_id: str | None = None

    @property
    def content(self) -> bytes:
        """The message itself: `wire` with the stuffed dots taken out."""
        if b"\r\n." not in self.wire and not self.wire.startswith(b"."):
            return self.wire
        unstuffed = self.wire.replace(b"\r\n.", b"\r\n")
        return unstuffed[1:] if unstuffed.startswith(b".") else unstuffed
