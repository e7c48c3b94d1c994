"""What a customer of Mailgun has set up: keys, domains, who may get test mail."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..keyed import KeyedAccount
from ..keys import ApiKey, Domain, find_domain, find_key


class MailgunKey(ApiKey):
    """A key.

    `kind`: `account` may do everything, `user` what its `role` may, `domain` (a domain sending
    key) only post messages of its `domain`, `public` (for validation, once) nothing here. A
    `basic` role reads and does not send.
    """

    kind: Literal["account", "user", "domain", "public"] = "account"
    domain: str | None = None
    role: Literal["admin", "developer", "basic"] = "admin"

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
    """A domain. `sandbox`: it sends to `authorized` recipients only; `disabled`: to nobody.

    `smtp_password` is that of its postmaster over SMTP, made up when left out; `smtp_users` are the
    passwords of others, by what stands before the @ in lower case.
    """

    sandbox: bool = False
    disabled: bool = False
    smtp_password: str | None = None
    smtp_users: dict[str, str] = Field(default_factory=dict)


class MailgunAccount(KeyedAccount):
    """An account; a domain is found only in its region, a key opens both where it names none.

    `authorized`: the only recipients of a sandbox domain, and of a `free` account. `standing`:
    why the account may not send; `suspended` is the one that Mailgun calls disabled.
    `large_batches`: whether messages with recipient variables may go to more than one. `ips`:
    the addresses that `o:sending-ip` may name.

    `limit`: which limit it is when `rate_limited`. `statuses`: the HTTP status of a refusal by its
    name, because Mailgun's documents and what was seen do not agree. `out_of_order`: Mailgun has a
    fault of its own.
    """

    keys: tuple[MailgunKey, ...] = Field(default=(MailgunKey(),), strict=False)
    domains: tuple[MailgunDomain, ...] = Field(default=(), strict=False)
    authorized: tuple[str, ...] = Field(default=(), strict=False)
    free: bool = False
    standing: Literal["active", "not-activated", "inactive", "probation"] = "active"
    large_batches: bool = True
    ips: tuple[str, ...] = Field(default=(), strict=False)
    unsubscribed: tuple[str, ...] = Field(default=(), strict=False)
    complained: tuple[str, ...] = Field(default=(), strict=False)
    limit: Literal["requests-per-second", "request", "bytes", "recipient"] = "requests-per-second"
    statuses: dict[str, int] = Field(default_factory=dict)
    out_of_order: bool = False

    def key(self, given: str, *, region: str) -> MailgunKey | None:
        """The key that was given, where it is one of these."""
        found = find_key(self.keys, given, region=region)
        return found if isinstance(found, MailgunKey) else None

    def domain(self, name: str, *, region: str) -> MailgunDomain | None:
        """The domain of that name in this region."""
        found = find_domain(self.domains, name.lower(), region=region)
        return found if isinstance(found, MailgunDomain) else None
