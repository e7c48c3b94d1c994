"""A team at Resend: keys, domains, templates, quotas, and the mail that it remembers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, field_validator, model_validator

from ..accepted_mail import AcceptedMail
from ..keyed import KeyedAccount
from ..keys import Address, ApiKey, Domain, DomainName, Domains, domain_of, each_once, find_domain
from ..log import Log
from ..permissions import Permissions

SHARED_DOMAIN = "resend.dev"
Permission = Literal["full_access", "sending_access"]


class ResendKey(ApiKey):
    """A key. `sending_access` sends and does nothing else."""

    permissions: tuple[Permission, ...] | None = Field(default=None, strict=False)
    """What it may do: `full_access`, or only `sending_access`. Default: everything."""

    domain: DomainName | None = None
    """The only domain that it sends from, which only a key with `sending_access` can have."""

    active: bool = True
    """Whether it is active."""

    suspended: bool = False
    """Whether the vendor has suspended it."""

    @model_validator(mode="after")
    def _can_be(self) -> ResendKey:
        if self.permissions == ():
            raise ValueError("permissions: a key has full_access or sending_access")
        if self.domain is not None and self.manages:
            raise ValueError("domain: only a key with sending_access alone is bound to a domain")
        return self

    @property
    def manages(self) -> bool:
        """Whether it may do more than send."""
        return self.may("full_access")


class ResendTemplate(BaseModel):
    """A published template."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str
    """Its id or its alias."""

    sender: str | None = None
    """From, where a request names none."""

    subject: str | None = None
    """The subject, where a request names none."""

    html: str = ""
    """The HTML, in which `{{{NAME}}}` is a variable."""

    text: str | None = None
    """The text, with variables as in the HTML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """A request that came with an idempotency key, and what was answered."""

    key: str
    endpoint: str
    digest: str
    answer: Any
    at: datetime


class ResendAccount(KeyedAccount):
    """A team, of which one address is the owner's."""

    known_permissions: ClassVar[Permissions] = Permissions(names=get_args(Permission))

    keys: tuple[ResendKey, ...] = Field(default=(ResendKey(),), strict=False)
    """The keys that open it; a key that names none is the one that the sender is handed."""

    domains: Domains[Domain] = ()
    """The domains of the team; a sub-domain is a domain of its own."""

    owner: Address = "owner@team.test"
    """The owner's address: mail from `resend.dev` goes to it and to test addresses only."""

    templates: tuple[ResendTemplate, ...] = Field(default=(), strict=False)
    """The published templates."""

    plan: Literal["free", "paid"] = "free"
    """Which plan it has: only the free one has a daily quota."""

    quota: Literal["daily", "monthly"] = "daily"
    """Which quota it is where `quota_used_up`."""

    same_key_in_progress: bool = False
    """Whether another request with the same idempotency key has not come to its end."""

    trouble: Literal["error", "unavailable"] | None = None
    """What is wrong with Resend itself: an error of its own (500), or it is unavailable (503)."""

    requests_a_second: int = Field(default=10, ge=1)
    """How many requests a second the team may make, which each answer says."""

    remembered: InstanceOf[Log[Remembered]] = Field(default_factory=Log, exclude=True)

    @field_validator("templates")
    @classmethod
    def _each_once_by_id(cls, found: tuple[ResendTemplate, ...]) -> tuple[ResendTemplate, ...]:
        return each_once(found, lambda template: template.id)

    @model_validator(mode="after")
    def _has_that_quota(self) -> ResendAccount:
        if self.quota_used_up and self.plan == "paid" and self.quota == "daily":
            raise ValueError("quota: a paid plan has no daily quota; it can be monthly")
        return self

    def has_domain(self, address: str) -> bool:
        """Whether the domain of this address was verified; another one's sub-domain is not."""
        domain = find_domain(self.domains, domain_of(address), region="")
        return domain is not None and domain.verified

    def template(self, identifier: str) -> ResendTemplate | None:
        """The template of this id or alias."""
        return next((each for each in self.templates if each.id == identifier), None)

    def is_suppressed(self, address: str) -> bool:
        """Whether the team's suppression list has this address."""
        return address.lower() in {each.lower() for each in self.suppressed}


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendMail(AcceptedMail):
    """A message as `GET /emails/{id}` tells it."""

    sender: str
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    text: str | None = None
    html: str | None = None
    scheduled_at: str | None = None

    @property
    def message_id(self) -> str:
        """The Message-ID that it goes out with; the real ones are those of whoever sends for it."""
        return f"<{self.provider_id}@email.invalid>"


ACCOUNT = ResendAccount
