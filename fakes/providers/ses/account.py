"""The state of an account at Amazon SES."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, model_validator

from ...http.region import Region
from ..accepted_mail import AcceptedMail
from ..account import Account
from ..keys import Address, Addresses, Domain, DomainName, Domains, domain_of
from ..log import Log
from .policy import Policy

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)
_UNLIMITED = -1.0


class AccessKey(BaseModel):
    """An access key of an IAM user, or temporary credentials when it has a session token."""

    model_config = _STRICT

    access_key_id: str | None = None
    """Its id. Default: the one that the sender is handed."""

    secret_access_key: str | None = None
    """Its secret. Default: the one that the sender is handed."""

    session_token: str | None = None
    """The session token of temporary credentials. Default: the one that the sender is handed, if
    it is handed one."""

    token_expired: bool = False
    """Whether the session token is too old."""

    active: bool = True
    """Whether it is there, and was not made inactive."""

    user: str = "mail-sender"
    """The name of the IAM user."""

    policy: Policy | None = None
    """What the user may do. Default: everything."""

    def is_meant(self, access_key_id: str, session_token: str | None) -> bool:
        """Whether these are its id and token, and it is active."""
        if self.access_key_id is None or not self.active:
            return False
        return _same(self.access_key_id, access_key_id) and _same(
            self.session_token or "", session_token or ""
        )


class SesDomain(Domain):
    """A domain identity."""

    mail_from: DomainName | None = None
    """Its custom MAIL FROM domain, if any."""

    mail_from_verified: bool = True
    """Whether the DNS of the MAIL FROM domain is set up; without it sending fails, as the behaviour
    `RejectMessage` has it."""

    @model_validator(mode="after")
    def _can_be(self) -> SesDomain:
        if self.mail_from is None and not self.mail_from_verified:
            raise ValueError("mail_from_verified: says nothing without mail_from")
        return self


class EmailIdentity(BaseModel):
    """An address identity."""

    model_config = _STRICT

    name: Address
    """The address."""

    verified: bool = True
    """Whether its owner has followed the link."""

    region: Region = None
    """The only region in which the account has it. Default: in each."""


class ConfigurationSet(BaseModel):
    """A configuration set."""

    model_config = _STRICT

    name: str
    """What requests call it."""

    sending_enabled: bool = True
    """Whether mail with it may be sent."""

    region: Region = None
    """The only region in which the account has it. Default: in each."""


class StoredTemplate(BaseModel):
    """A stored template, with `{{name}}` for what is filled in."""

    model_config = _STRICT

    name: str
    """What requests call it."""

    subject: str = ""
    """The subject."""

    text: str | None = None
    """The plain text, if any."""

    html: str | None = None
    """The HTML, if any."""

    region: Region = None
    """The only region in which the account has it. Default: in each."""


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
    """An AWS account that uses SES; it is SES itself that has stopped one that is `suspended`."""

    number: str = Field(default="123456789012", pattern=r"^[0-9]{12}$")
    """The account's twelve digits."""

    keys: tuple[AccessKey, ...] = Field(default=(AccessKey(),), strict=False)
    """The access keys of its users."""

    domains: Domains[SesDomain] = ()
    """The domain identities."""

    addresses: tuple[EmailIdentity, ...] = Field(default=(), strict=False)
    """The address identities."""

    complained: Addresses = ()
    """Recipients who are on the suppression list for a complaint; `suppressed` bounced."""

    sandbox: bool = False
    """Whether it is still in the sandbox: 200 messages a day, one a second, and only to verified
    recipients."""

    subscribed: bool = True
    """Whether it has ever signed up for SES."""

    sending_enabled: bool = True
    """Whether its owner lets it send."""

    trouble: Literal["error", "unavailable"] | None = None
    """What is wrong with SES itself: it has an error (500), or is unavailable (503)."""

    configuration_sets: tuple[ConfigurationSet, ...] = Field(default=(), strict=False)
    """The configuration sets that there are."""

    templates: tuple[StoredTemplate, ...] = Field(default=(), strict=False)
    """The stored templates that there are."""

    max_24_hour_send: float | None = Field(default=None, ge=_UNLIMITED, strict=False)
    """The recipients of a day; -1 is unlimited. Default: those of the sandbox, or more than a test
    needs."""

    max_send_rate: float | None = Field(default=None, gt=0, strict=False)
    """The recipients of a second. Default: those of the sandbox, or more than a test needs."""

    sent_last_24_hours: int = Field(default=0, ge=0)
    """Recipients that were sent to before the fake began."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SesMail(AcceptedMail):
    """A message with what its sender finds again in its events."""

    configuration_set: str | None = None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "replace"))


ACCOUNT = SesAccount
