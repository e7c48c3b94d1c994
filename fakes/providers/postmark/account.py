"""An account at Postmark with one server, and the messages that it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..keyed import KeyedAccount
from ..keys import Domain, domain_of, find_domain
from ..rules import AcceptedMail
from .mailbox import AddressWithName


class Stream(BaseModel):
    """A message stream of the server."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str
    type: Literal["Transactional", "Broadcasts", "Inbound"] = "Transactional"


_STREAMS = (
    Stream(id="outbound"),
    Stream(id="broadcast", type="Broadcasts"),
    Stream(id="inbound", type="Inbound"),
)


class PostmarkAccount(KeyedAccount):
    """An account and its server.

    `keys` are the server's tokens, `account_tokens` the account's. `senders` are confirmed
    Sender Signatures, `unconfirmed_senders` those that nobody has confirmed. `pending`: not
    approved yet, so it sends inside its own domain only. `suspended`: may not send.
    `server_active`: off, the server is no valid one any more. `delivery`: a `Sandbox` server
    delivers nothing. `delayed`: mail is taken late. `refuses_partly_inactive`: one inactive
    recipient is enough for a refusal (a report of 2026), where otherwise the rest get the
    message. `barred_ip`: the caller's address, which the IP allowlist has not. `trouble`: the
    API is down (`maintenance`) or broken (`internal`). `templates`: ids and aliases that there
    are. `smtp_activated`: the server takes mail over SMTP.
    """

    account_tokens: tuple[str, ...] = Field(default=(), strict=False)
    domains: tuple[Domain, ...] = Field(default=(), strict=False)
    senders: tuple[str, ...] = Field(default=(), strict=False)
    unconfirmed_senders: tuple[str, ...] = Field(default=(), strict=False)
    streams: tuple[Stream, ...] = Field(default=_STREAMS, strict=False)
    templates: tuple[str, ...] = Field(default=(), strict=False)
    delivery: Literal["Live", "Sandbox"] = "Live"
    trouble: Literal["maintenance", "internal"] | None = None
    barred_ip: str | None = None
    pending: bool = False
    server_active: bool = True
    delayed: bool = False
    refuses_partly_inactive: bool = False
    smtp_activated: bool = True

    def may_send_from(self, address: str) -> bool:
        """Whether there is a verified domain or a confirmed signature for this address."""
        domain = find_domain(self.domains, domain_of(address), region="")
        confirmed = {sender.lower() for sender in self.senders}
        return address.lower() in confirmed or (domain is not None and domain.verified)

    def is_unconfirmed(self, address: str) -> bool:
        """Whether there is a signature that nobody has confirmed."""
        return address.lower() in {sender.lower() for sender in self.unconfirmed_senders}

    def inactive(self, address: str) -> bool:
        """Whether Postmark does not send to this recipient any more."""
        return address.lower() in {each.lower() for each in self.suppressed}


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
    metadata: Mapping[str, str] = field(default_factory=dict)
    stream: str = "outbound"
    track_opens: bool = False
    track_links: str = "None"
    attachments: tuple[str, ...] = ()
    sandboxed: bool = False
    bounces: tuple[tuple[str, str], ...] = ()
