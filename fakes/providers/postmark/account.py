"""An account at Postmark with one server, and the messages that it remembers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ..accepted_mail import AcceptedMail
from ..keyed import KeyedAccount
from ..keys import Addresses, Domain, Domains, Names, domain_of, each_once, find_domain
from .mailbox import AddressWithName


class Stream(BaseModel):
    """A message stream of the server."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str
    """What requests call it."""

    type: Literal["Transactional", "Broadcasts", "Inbound"] = "Transactional"
    """What kind of mail it is for."""


_STREAMS = (
    Stream(id="outbound"),
    Stream(id="broadcast", type="Broadcasts"),
    Stream(id="inbound", type="Inbound"),
)


class PostmarkAccount(KeyedAccount):
    """An account and its one server, whose tokens are the `keys`."""

    account_tokens: Names = ()
    """The tokens of the account itself, which send nothing."""

    domains: Domains[Domain] = ()
    """The domains of the account."""

    senders: Addresses = ()
    """Sender Signatures that were confirmed."""

    unconfirmed_senders: Addresses = ()
    """Sender Signatures that nobody has confirmed."""

    manually_suppressed: Addresses = ()
    """Recipients whom the customer has suppressed."""

    complained: Addresses = ()
    """Recipients who have called mail of this server spam; nobody can take that back."""

    unsubscribed: Addresses = ()
    """Recipients who have unsubscribed."""

    streams: tuple[Stream, ...] = Field(default=_STREAMS, strict=False)
    """The message streams of the server. Default: `outbound`, `broadcast` and `inbound`."""

    templates: Names = ()
    """Ids and aliases of the templates that there are."""

    delivery: Literal["Live", "Sandbox"] = "Live"
    """What kind of server it is; a sandbox delivers nothing."""

    trouble: Literal["maintenance", "internal"] | None = None
    """What is wrong with Postmark itself: the API is down for maintenance, or broken inside."""

    barred_ip: str | None = None
    """The caller's address, where the IP allowlist has it not."""

    pending: bool = False
    """Whether the account is not approved yet, so that it sends inside its own domain only."""

    server_active: bool = True
    """Whether the server is still a valid one."""

    delayed: bool = False
    """Whether mail is taken, and delivered late."""

    refuses_partly_inactive: bool = False
    """Whether one inactive recipient is enough for a refusal (a report of 2026), where otherwise
    the rest get the message."""

    smtp_activated: bool = True
    """Whether the server takes mail over SMTP."""

    @field_validator("streams")
    @classmethod
    def _each_once_by_id(cls, streams: tuple[Stream, ...]) -> tuple[Stream, ...]:
        return each_once(streams, lambda stream: stream.id)

    @model_validator(mode="after")
    def _can_be(self) -> PostmarkAccount:
        both = {*map(str.lower, self.senders)} & {*map(str.lower, self.unconfirmed_senders)}
        if both:
            raise ValueError(f"unconfirmed_senders: {min(both)} stands in senders as well")
        return self

    def may_send_from(self, address: str) -> bool:
        """Whether there is a verified domain or a confirmed signature for this address."""
        domain = find_domain(self.domains, domain_of(address), region="")
        confirmed = {sender.lower() for sender in self.senders}
        return address.lower() in confirmed or (domain is not None and domain.verified)

    def is_unconfirmed(self, address: str) -> bool:
        """Whether there is a signature that nobody has confirmed."""
        return address.lower() in {sender.lower() for sender in self.unconfirmed_senders}

    def gone(self) -> frozenset[str]:
        """The recipients, in lower case, to whom nothing is sent any more, for whatever reason."""
        lists = (self.suppressed, self.manually_suppressed, self.complained, self.unsubscribed)
        return frozenset(each.lower() for addresses in lists for each in addresses)

    def inactive(self, address: str) -> bool:
        """Whether Postmark does not send to this recipient any more."""
        return address.lower() in self.gone()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostmarkMail(AcceptedMail):
    """A message as the activity has it. `bounces`: recipient and type of each bounce."""

    sender: str
    to: tuple[AddressWithName, ...] = ()
    cc: tuple[AddressWithName, ...] = ()
    bcc: tuple[AddressWithName, ...] = ()
    text: str | None = None
    html: str | None = None
    tag: str = ""
    stream: str = "outbound"
    track_opens: bool = False
    track_links: str = "None"
    attachments: tuple[str, ...] = ()
    sandboxed: bool = False
    bounces: tuple[tuple[str, str], ...] = ()


ACCOUNT = PostmarkAccount
