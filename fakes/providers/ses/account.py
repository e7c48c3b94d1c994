"""The state of an account at Amazon SES."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, InstanceOf

from ..keys import Domain, domain_of
from ..log import Log
from ..rules import Account
from .policy import Policy

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)
_UNLIMITED = -1.0


class AccessKey(BaseModel):
    """An access key of an IAM user, or temporary credentials when it has a session token.

    None in the first three stands for what the world hands to the sender. `active`: not made
    inactive, not deleted. `token_expired`: the session token is too old. `policy` None allows all.
    """

    model_config = _STRICT

    access_key_id: str | None = None
    secret_access_key: str | None = None
    session_token: str | None = None
    token_expired: bool = False
    active: bool = True
    user: str = "mail-sender"
    policy: Policy | None = None

    def is_meant(self, access_key_id: str, session_token: str | None) -> bool:
        """Whether these are its id and token, and it is active."""
        if self.access_key_id is None or not self.active:
            return False
        return _same(self.access_key_id, access_key_id) and _same(
            self.session_token or "", session_token or ""
        )


class SesDomain(Domain):
    """A domain identity. `mail_from`: its custom MAIL FROM domain, if any.

    `mail_from_verified` false: the DNS of that domain is not set up, and sending then fails, as the
    behaviour `RejectMessage` has it.
    """

    mail_from: str | None = None
    mail_from_verified: bool = True


class EmailIdentity(BaseModel):
    """An address identity; `region` None: in each."""

    model_config = _STRICT

    name: str
    verified: bool = True
    region: str | None = None


class ConfigurationSet(BaseModel):
    """A configuration set; `region` None: in each."""

    model_config = _STRICT

    name: str
    sending_enabled: bool = True
    region: str | None = None


class StoredTemplate(BaseModel):
    """A stored template, with `{{name}}` for what is filled in; `region` None: in each."""

    model_config = _STRICT

    name: str
    subject: str = ""
    text: str | None = None
    html: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What sending has used: what the sending rate left at a moment, and the recipients so far.

    `rate_left` is below zero after a message to many. `sums` has the moment of every message, and
    how many recipients there were up to it: the count of a day is the difference of two of them.
    """

    at: datetime
    rate_left: float
    sums: Log[tuple[datetime, int]]


class SesAccount(Account):
    """An AWS account that uses SES.

    `number`: its twelve digits. `suspended`: SES has stopped it; `sending_enabled` false: its owner
    has. `subscribed` false: it has never signed up for SES. `sandbox`: 200 messages a day, one a
    second, and only to verified recipients. `max_24_hour_send` (-1: unlimited) and `max_send_rate`
    (per second) None: those of the sandbox, or more than a test needs. `sent_last_24_hours`:
    recipients that were sent to before the fake began.
    """

    number: str = Field(default="123456789012", pattern=r"^[0-9]{12}$")
    keys: tuple[AccessKey, ...] = Field(default=(AccessKey(),), strict=False)
    domains: tuple[SesDomain, ...] = Field(default=(), strict=False)
    addresses: tuple[EmailIdentity, ...] = Field(default=(), strict=False)
    sandbox: bool = False
    subscribed: bool = True
    sending_enabled: bool = True
    configuration_sets: tuple[ConfigurationSet, ...] = Field(default=(), strict=False)
    templates: tuple[StoredTemplate, ...] = Field(default=(), strict=False)
    max_24_hour_send: float | None = Field(default=None, ge=_UNLIMITED, strict=False)
    max_send_rate: float | None = Field(default=None, gt=0, strict=False)
    sent_last_24_hours: int = Field(default=0, ge=0)
    spent: InstanceOf[Spent] | None = Field(default=None, exclude=True)

    def configuration_set(self, name: str, *, region: str) -> ConfigurationSet | None:
        """The configuration set of that name in this region."""
        found = (s for s in self.configuration_sets if s.region in {None, region})
        return next((each for each in found if each.name == name), None)

    def template(self, name: str, *, region: str) -> StoredTemplate | None:
        """The template of that name in this region."""
        found = (t for t in self.templates if t.region in {None, region})
        return next((each for each in found if each.name == name), None)

    def identities(self, region: str) -> Iterator[SesDomain | EmailIdentity]:
        """The identities that it has in this region."""
        yield from (each for each in self.domains if each.region in {None, region})
        yield from (each for each in self.addresses if each.region in {None, region})

    def identities_of(self, address: str, region: str) -> Iterator[SesDomain | EmailIdentity]:
        """The identities that cover an address, the closest first.

        A domain covers its subdomains; an address covers itself with any `+label`, and is case
        sensitive (SES developer guide, creating-identities, 2022-11-02).
        """
        local, _, domain = address.rpartition("@")
        names = (address, f"{local.partition('+')[0]}@{domain}")
        for each in self.addresses:
            if each.name in names and each.region in {None, region}:
                yield each
        domains = [(d.name.lower(), d) for d in self.domains if d.region in {None, region}]
        rest = domain_of(address)
        while rest:
            yield from [each for name, each in domains if name == rest]
            rest = rest.partition(".")[2]

    def is_verified(self, address: str, region: str) -> bool:
        """Whether an identity that covers this address is verified."""
        return any(identity.verified for identity in self.identities_of(address, region))


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "replace"))
