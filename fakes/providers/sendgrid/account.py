"""An account at SendGrid, and the messages that it remembers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, field_validator

from ..accepted_mail import AcceptedMail
from ..keyed import KeyedAccount
from ..keys import Addresses, Domain, Domains, Names, domain_of, each_once, find_domain
from ..log import Log
from ..permissions import Permissions

PERMISSIONS = Permissions(Path(__file__).with_name("permissions.toml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch of scheduled mail. `status`: `pause` or `cancel`, where it was stopped."""

    id: str
    at: datetime
    status: str | None = None


class UnsubscribeGroup(BaseModel):
    """A group of unsubscribes: one kind of mail, which recipients can turn down by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: int = Field(ge=1)
    """What messages call it (`asm.group_id`, over SMTP `asm_group_id`)."""

    unsubscribed: Addresses = ()
    """Recipients who want no mail of this group."""


class SendGridAccount(KeyedAccount):
    """An account: its keys (permissions are scopes such as `mail.send`) and Sender Identities."""

    known_permissions: ClassVar[Permissions] = PERMISSIONS

    domains: Domains[Domain] = ()
    """The domains of Domain Authentication."""

    senders: Addresses = ()
    """Addresses that were verified one by one (Single Sender Verification)."""

    templates: Names = ()
    """The ids of the templates that there are."""

    ip_pools: Names = ()
    """The names of the pools of addresses that there are."""

    unsubscribed: Addresses = ()
    """Recipients who want no mail at all (the global unsubscribes)."""

    unsubscribe_groups: tuple[UnsubscribeGroup, ...] = Field(default=(), strict=False)
    """The groups of unsubscribes that there are."""

    complained: Addresses = ()
    """Recipients who have called mail of this account spam."""

    trouble: Literal["error", "unavailable"] | None = None
    """What is wrong with SendGrid itself: it has an error (500), or is unavailable (503)."""

    batches: InstanceOf[Log[Batch]] = Field(default_factory=Log, exclude=True)

    def batch(self, identifier: str | None) -> Batch | None:
        """The batch of this id."""
        return next((each for each in self.batches if each.id == identifier), None)

    def is_identity(self, address: str, region: str) -> bool:
        """Whether mail may be sent from this address."""
        domain = find_domain(self.domains, domain_of(address), region=region)
        if domain is not None and domain.verified:
            return True
        return address.lower() in map(str.lower, self.senders)

    @field_validator("unsubscribe_groups")
    @classmethod
    def _groups_once(cls, groups: tuple[UnsubscribeGroup, ...]) -> tuple[UnsubscribeGroup, ...]:
        return each_once(groups, lambda group: group.id)

    def suppressed_of(self, addresses: Iterable[str], *, group: int | None) -> tuple[str, ...]:
        """Those of the addresses whose mail is dropped; `group` is that of the message, if any.

        Source: docs, suppressions/unsubscribe-groups (2026): a recipient who is in the group of a
        message gets none of that group, and all other mail.
        """
        of_group = [a for g in self.unsubscribe_groups if g.id == group for a in g.unsubscribed]
        gone = (*self.suppressed, *self.unsubscribed, *self.complained, *of_group)
        dropped = {each.lower() for each in gone}
        return tuple([each for each in addresses if each.lower() in dropped] if dropped else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGridMail(AcceptedMail):
    """A personalization's message. `batch` is the id of the batch that it belongs to."""

    batch: str | None = None

    def drops(self, recipient: str) -> bool:
        """Whether this recipient gets nothing."""
        return recipient in self.dropped


ACCOUNT = SendGridAccount
