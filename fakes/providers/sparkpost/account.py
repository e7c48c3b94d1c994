"""What a customer of SparkPost has set up: keys with grants, sending domains, the sandbox."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..keyed import KeyedAccount
from ..keys import Domain

SEND = "Transmissions: Read/Write"
SANDBOX_DOMAIN = "sparkpostbox.com"
SANDBOX_TEMPLATE = "my-first-email"
SANDBOX_LIMIT = 5

Trouble = Literal[
    "bad-gateway",
    "database-read-failed",
    "database-write-failed",
    "no-authorization-service",
    "no-generation",
]


class SparkPostAccount(KeyedAccount):
    """An account in one region or, where a key or domain names none, the same one in both.

    `keys`: permissions are grants by the names that the vendor shows, of which sending asks for
    `Transmissions: Read/Write`. `domains`: the sending domains; a sub-domain is a domain of its
    own. `blacklisted`: domains that nobody may send from.

    `sandbox`: which rule for the sandbox domain holds, that of older accounts (any content) or
    the newer one (only the template `my-first-email`). `sandbox_used`: messages of the five that
    are gone.

    `limit`: which limit it is when `quota_used_up`. `trouble`: SparkPost itself has a fault.
    """

    domains: tuple[Domain, ...] = Field(default=(), strict=False)
    blacklisted: tuple[str, ...] = Field(default=(), strict=False)
    sandbox: Literal["any-content", "template"] = "any-content"
    sandbox_used: int = Field(default=0, ge=0)
    limit: Literal["hourly", "daily", "monthly"] = "hourly"
    trouble: Trouble | None = None
