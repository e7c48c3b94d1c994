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
    """A user name, its password, and the OAuth token that is good for it; None: no token is."""

    username: str
    password: str
    access_token: str | None = None

    @classmethod
    def made_up(cls) -> Credentials:
        """An account nobody else has: a password that is found anywhere is a leak."""
        return cls(
            username=f"mailer-{secrets.token_hex(4)}@fake.test",
            password=f"pw-{secrets.token_urlsafe(18)}",
            access_token=f"at-{secrets.token_urlsafe(18)}",
        )

    def judge(self, attempt: Attempt) -> AuthDecision:
        """Whether both are right, octet for octet in UTF-8."""
        secret = self.access_token if attempt.by_token else self.password
        if secret is None:
            return AuthDecision(right=False)
        given = attempt.username.encode("utf-8", "surrogateescape")
        right_name = hmac.compare_digest(given, self.username.encode())
        if attempt.by_token and not given:
            right_name = True
        return AuthDecision(right=attempt.proves(secret) and right_name)

    def challenge(self, nth: int) -> str:
        """The CRAM-MD5 challenge of the nth connection: unique here, and the same in every run."""
        return challenge(nth)


def challenge(nth: int) -> str:
    """A CRAM-MD5 challenge, one for each connection."""
    return f"<{nth}.1896@fake.test>"
