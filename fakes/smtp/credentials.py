"""The one account of a fake."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass


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

    def match(self, username: bytes, password: bytes) -> bool:
        """Whether both are right, octet for octet in UTF-8."""
        right_name = hmac.compare_digest(username, self.username.encode())
        return hmac.compare_digest(password, self.password.encode()) and right_name

    def challenge(self, nth: int) -> str:
        """The CRAM-MD5 challenge of the nth connection: unique here, and the same in every run."""
        return f"<{nth}.1896@fake.test>"
