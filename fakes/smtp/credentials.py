"""Who may log in: the one account of a fake."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Protocol

from .exchange import Attempt, AuthDecision


class Accounts(Protocol):
    """Whoever decides about credentials."""

    def judge(self, attempt: Attempt) -> AuthDecision:
        """Whether these credentials are somebody's here."""

    def challenge(self, nth: int) -> str:
        """The CRAM-MD5 challenge of the nth connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user name and its password."""

    username: str
    password: str

    @classmethod
    def made_up(cls) -> Credentials:
        """An account nobody else has: a password that is found anywhere is a leak."""
        return cls(
            username=f"mailer-{secrets.token_hex(4)}@fake.test",
            password=f"pw-{secrets.token_urlsafe(18)}",
        )

    def judge(self, attempt: Attempt) -> AuthDecision:
        """Whether both are right, octet for octet in UTF-8."""
        given = attempt.username.encode("utf-8", "surrogateescape")
        right_name = hmac.compare_digest(given, self.username.encode())
        return AuthDecision(right=attempt.proves(self.password) and right_name)

    def challenge(self, nth: int) -> str:
        """The CRAM-MD5 challenge of the nth connection: unique here, and the same in every run."""
        return challenge(nth)


def challenge(nth: int) -> str:
    """A CRAM-MD5 challenge, one for each connection."""
    return f"<{nth}.1896@fake.test>"
