"""An account at SendGrid, and the messages that it remembers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from ..accepted_mail import AcceptedMail
from ..keyed import KeyedAccount
from ..keys import Addresses, Domain, Domains, Names, domain_of, find_domain
from ..permissions import Permissions

PERMISSIONS = Permissions(Path(__file__).with_name("permissions.toml"))


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

    trouble: Literal["error", "unavailable"] | None = None
    """What is wrong with SendGrid itself: it has an error (500), or is unavailable (503)."""

    def is_identity(self, address: str, region: str) -> bool:
        """Whether mail may be sent from this address."""
        domain = find_domain(self.domains, domain_of(address), region=region)
        if domain is not None and domain.verified:
            return True
        return address.lower() in map(str.lower, self.senders)

    def suppressed_of(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """Those of the addresses whose mail is dropped."""
        dropped = {each.lower() for each in self.suppressed}
        return tuple([each for each in addresses if each.lower() in dropped] if dropped else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGridMail(AcceptedMail):
    """A personalization's message."""

    def drops(self, recipient: str) -> bool:
        """Whether this recipient gets nothing."""
        return recipient in self.dropped


ACCOUNT = SendGridAccount
