"""What a customer of Mailgun has set up: keys, domains, who may get test mail."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..keyed import KeyedAccount
from ..keys import Addresses, ApiKey, Domain, DomainName, Domains, Names, find_domain, find_key


class MailgunKey(ApiKey):
    """A key."""

    kind: Literal["account", "user", "domain", "public"] = "account"
    """What it opens: everything (`account`), what its role may (`user`), only messages of its
    domain (`domain`, a domain sending key), nothing here (`public`, once for validation)."""

    domain: DomainName | None = None
    """The domain of a domain sending key."""

    role: Literal["admin", "developer", "basic"] = "admin"
    """The role of a user's key; `basic` reads and does not send."""

    @property
    def reads(self) -> bool:
        """Whether it opens the endpoints that read back."""
        return self.kind in {"account", "user"}

    def posts(self, domain: str) -> bool:
        """Whether it is a key that posts messages of a domain, as far as its kind says."""
        if self.kind == "domain":
            return self.domain is not None and self.domain.lower() == domain
        return self.reads

    @property
    def only_reads(self) -> bool:
        """Whether its role keeps it from sending."""
        return self.kind == "user" and self.role == "basic"


class MailgunDomain(Domain):
    """A domain."""

    sandbox: bool = False
    """Whether it is a sandbox domain, which sends to `authorized` recipients only."""

    disabled: bool = False
    """Whether it is disabled, and sends to nobody."""

    smtp_password: str | None = None
    """The password of its postmaster over SMTP. Default: made up."""

    smtp_users: dict[str, str] = Field(default_factory=dict)
    """The passwords of its other SMTP users, by what stands before the @ in lower case."""


class MailgunAccount(KeyedAccount):
    """An account; a domain is found only in its region, a key opens both where it names none.

    One that is `suspended` is what Mailgun calls disabled.
    """

    keys: tuple[MailgunKey, ...] = Field(default=(MailgunKey(),), strict=False)
    domains: Domains[MailgunDomain] = ()
    """The domains that it sends from."""

    authorized: Addresses = ()
    """The only recipients of a sandbox domain, and of a free account."""

    free: bool = False
    """Whether it is a free account, which sends to `authorized` recipients only."""

    standing: Literal["active", "not-activated", "inactive", "probation"] = "active"
    """How the account stands with Mailgun; only an active one may send."""

    large_batches: bool = True
    """Whether messages with recipient variables may go to more than one."""

    ips: Names = ()
    """The addresses that `o:sending-ip` may name."""

    unsubscribed: Addresses = ()
    """Recipients who have unsubscribed."""

    complained: Addresses = ()
    """Recipients who have complained of spam."""

    limit: Literal["requests-per-second", "request", "bytes", "recipient"] = "requests-per-second"
    """Which limit it is where `rate_limited`."""

    statuses: dict[str, Annotated[int, Field(ge=200, le=599)]] = Field(default_factory=dict)
    """The HTTP status of a refusal by its name, because Mailgun's documents and what was seen do
    not agree."""

    schedule_days: Literal[3, 7] = 7
    """How many days ahead its plan lets it schedule mail."""

    out_of_order: bool = False
    """Whether Mailgun has a fault of its own."""

    def key(self, given: str, *, region: str) -> MailgunKey | None:
        """The key that was given, where it is one of these."""
        found = find_key(self.keys, given, region=region)
        return found if isinstance(found, MailgunKey) else None

    def domain(self, name: str, *, region: str) -> MailgunDomain | None:
        """The domain of that name in this region."""
        found = find_domain(self.domains, name.lower(), region=region)
        return found if isinstance(found, MailgunDomain) else None


ACCOUNT = MailgunAccount
