"""What a customer of SparkPost has set up: keys with grants, sending domains, the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from ..accepted_mail import AcceptedMail
from ..keyed import KeyedAccount
from ..keys import Domain, Domains, Names
from ..permissions import Permissions

PERMISSIONS = Permissions(Path(__file__).with_name("permissions.toml"))

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

    The permissions of keys are grants by the names that the vendor shows, of which sending asks for
    `Transmissions: Read/Write`.
    """

    known_permissions: ClassVar[Permissions] = PERMISSIONS

    domains: Domains[Domain] = ()
    """The sending domains; a sub-domain is a domain of its own."""

    blacklisted: Names = ()
    """Domains that nobody may send from."""

    sandbox: Literal["any-content", "template"] = "any-content"
    """Which rule holds for the sandbox domain: that of older accounts (any content), or the newer
    one (only the template `my-first-email`)."""

    sandbox_used: int = Field(default=0, ge=0, le=SANDBOX_LIMIT)
    """How many of the five sandbox messages are gone."""

    limit: Literal["hourly", "daily", "monthly"] = "hourly"
    """Which limit it is where `quota_used_up`."""

    trouble: Trouble | None = None
    """What is wrong with SparkPost itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkPostMail(AcceptedMail):
    """A message of a transmission.

    `campaign` and, by recipient, `own_metadata` and `own_tags` are what its sender finds in its
    events.
    """

    campaign: str = ""
    own_metadata: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    own_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


ACCOUNT = SparkPostAccount
