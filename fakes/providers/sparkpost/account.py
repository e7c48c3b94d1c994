"""What a customer of SparkPost has set up: keys with grants, sending domains, the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ..accepted_mail import AcceptedMail
from ..keyed import KeyedAccount
from ..keys import Address, Domain, Domains, Names, each_once
from ..permissions import Permissions

PERMISSIONS = Permissions(Path(__file__).with_name("permissions.toml"))

SEND = "Transmissions: Read/Write"
SANDBOX_DOMAIN = "sparkpostbox.com"
SANDBOX_TEMPLATE = "my-first-email"
SANDBOX_LIMIT = 5

# The state of what was deleted by its campaign: the type of its event.
CAMPAIGN_CANCELLED = "bounce"

Kind = Literal["transactional", "non_transactional"]
KINDS: tuple[str, ...] = get_args(Kind)

Trouble = Literal[
    "bad-gateway",
    "database-read-failed",
    "database-write-failed",
    "no-authorization-service",
    "no-generation",
]


class SparkPostSuppression(BaseModel):
    """An entry of the suppression list, for one kind of mail."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    recipient: Address
    """The recipient."""

    type: Kind = "transactional"
    """Which mail it is for: that with `options.transactional`, or that without."""

    source: Literal[
        "Spam Complaint",
        "List Unsubscribe",
        "Bounce Rule",
        "Unsubscribe Link",
        "Manually Added",
        "Compliance",
    ] = "Manually Added"
    """How it got there; what is there for compliance cannot be taken away."""

    description: str = ""
    """What was said about it."""

    list_id: str | None = None
    """The mailing list that it is for; then it does not hold for other mail."""


class SparkPostTemplate(BaseModel):
    """A stored template: its published version, its draft, or both."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str
    """What requests call it."""

    name: str = ""
    """The name that is shown."""

    description: str = ""
    """What was said about it."""

    content: dict[str, Any] | None = None
    """The published version: `from`, `subject`, `text`, `html` and so on, as in a transmission."""

    draft: dict[str, Any] | None = None
    """The version that is not published yet."""

    options: dict[str, Any] = Field(default_factory=dict)
    """Its options, which those of a transmission stand above."""


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

    suppressions: tuple[SparkPostSuppression, ...] = Field(default=(), strict=False)
    """Entries of the suppression list; `suppressed` are recipients who are on it for all mail."""

    templates: tuple[SparkPostTemplate, ...] = Field(default=(), strict=False)
    """The stored templates."""

    trouble: Trouble | None = None
    """What is wrong with SparkPost itself."""

    @field_validator("templates")
    @classmethod
    def _each_once_by_id(
        cls, templates: tuple[SparkPostTemplate, ...]
    ) -> tuple[SparkPostTemplate, ...]:
        return each_once(templates, lambda template: template.id)

    def template(self, identifier: str) -> SparkPostTemplate | None:
        """The stored template of this id."""
        return next((each for each in self.templates if each.id == identifier), None)

    def gone(self, kind: Kind) -> frozenset[str]:
        """The recipients, in lower case, to whom mail of a kind is not sent."""
        listed = [
            each.recipient
            for each in self.suppressions
            if each.type == kind and each.list_id is None
        ]
        return frozenset(address.lower() for address in (*self.suppressed, *listed))


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkPostMail(AcceptedMail):
    """A message of a transmission.

    `campaign` and, by recipient, `own_metadata` and `own_tags` are what its sender finds in its
    events; `template` is the id of the stored template that it was made from.
    """

    campaign: str = ""
    template: str | None = None
    own_metadata: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    own_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


ACCOUNT = SparkPostAccount
