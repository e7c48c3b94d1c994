"""What only SMTP has: commands, and what is said in AUTH.

The octets of all of these are in `Received` too, segment by segment.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..transcript import Fact

_OF_A_MESSAGE = frozenset(["MAIL", "RCPT", "DATA"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Fact):
    """One line that the fake read as a command, without its line end."""

    line: bytes
    secure: bool

    @property
    def verb(self) -> str:
        """The first word in upper case: `EHLO`, `MAIL` and so on."""
        return self.line.split(b" ", 1)[0].decode("latin-1").strip().upper()

    @property
    def argument(self) -> str:
        """What follows the first blank."""
        return self.line.partition(b" ")[2].decode("utf-8", "replace")

    @property
    def disclosed(self) -> str | None:
        """The command, where it begins a message or names an address."""
        return self.verb if self.verb in _OF_A_MESSAGE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AheadOfReply(Fact):
    """Octets that lay unread when a reply went out, so that it cannot have been waited for.

    `data` is the beginning of them; they are read, and recorded as what they are, afterwards.
    `first`: it was the greeting.
    """

    data: bytes
    first: bool
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthResponse(Fact):
    """One line that the sender answered to a 334 challenge, without its line end."""

    line: bytes
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthOutcome(Fact):
    """Credentials were presented and compared. Neither password nor digest is kept here."""

    mechanism: str
    username: str
    accepted: bool
    secure: bool
