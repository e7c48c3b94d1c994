"""What the accounts at all providers have in common."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, InstanceOf

from .accepted_mail import AcceptedMail
from .keys import Addresses
from .log import Log
from .rate import RateLimit, RecentRequests


class Account(BaseModel):
    """The state of an account at a provider: what a customer would have set up there.

    What is left out of its dumps is what the rules keep there for themselves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    suspended: bool = False
    """Whether the vendor has stopped it."""

    rate_limited: bool = False
    """Whether the next request comes too fast."""

    rate: RateLimit | None = None
    """How many requests to its API it may make in which time; those beyond that come too fast, and
    the next ones are taken once that time is over. Default: any number."""

    quota_used_up: bool = False
    """Whether the next message is beyond what the account may send."""

    suppressed: Addresses = ()
    """Recipients that the vendor does not send to any more."""

    seed: str = "0"
    """What the ids that it gives out are made from; left out, a fake takes one of its own."""

    serial: int = Field(default=0, ge=0)
    """How many ids it has given out."""

    accepted: InstanceOf[Log[Any]] = Field(default_factory=Log, exclude=True)
    recent: InstanceOf[RecentRequests] = Field(default_factory=RecentRequests, exclude=True)

    # What became of the mail, as far as somebody said so (`webhook.Happened`).
    happened: InstanceOf[Log[Any]] = Field(default_factory=Log, exclude=True)

    def next_id(self, length: int, alphabet: str) -> tuple[str, Self]:
        """A new id of `length` characters of `alphabet`, and the account that has given it out."""
        digest = b""
        while len(digest) < length:
            text = f"{self.seed}:{self.serial}:{len(digest)}"
            digest += hashlib.sha256(text.encode()).digest()
        made = digest[:length].translate(_characters(alphabet)).decode("ascii")
        return made, self.model_copy(update={"serial": self.serial + 1})

    def next_uuid(self) -> tuple[str, Self]:
        """A new id in the form of a random UUID, and the account that has given it out."""
        text, account = self.next_id(32, "0123456789abcdef")
        variant = "89ab"[int(text[16], 16) % 4]
        parts = (text[:8], text[8:12], f"4{text[13:16]}", f"{variant}{text[17:20]}", text[20:])
        return "-".join(parts), account

    def keep(self, *mail: AcceptedMail, **more: Any) -> Self:
        """The account with this mail in its activity, and `more` words as they are then."""
        return self.model_copy(update={"accepted": self.accepted.followed_by(mail), **more})


@cache
def _characters(alphabet: str) -> bytes:
    """The character of an alphabet that stands for each octet."""
    return bytes(ord(alphabet[octet % len(alphabet)]) for octet in range(256))
