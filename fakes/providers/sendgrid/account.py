"""An account at SendGrid, and the messages that it remembers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, InstanceOf

from ..accepted_mail import AcceptedMail
from ..keyed import KeyedAccount
from ..keys import Addresses, Domain, Domains, Names, domain_of, find_domain
from ..log import Log
from ..permissions import Permissions

PERMISSIONS = Permissions(Path(__file__).with_name("permissions.toml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch of scheduled mail. `status`: `pause` or `cancel`, where it was stopped."""

    id: str
    at: datetime
    status: str | None = None


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

    def suppressed_of(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """Those of the addresses whose mail is dropped."""
        gone = (*self.suppressed, *self.unsubscribed, *self.complained)
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
