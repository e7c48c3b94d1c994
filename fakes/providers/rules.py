"""What every provider's rules have in common.

A provider is pure: (account, request, now) → (new account, response, accepted mail). The same rules
stand behind the HTTP server and behind respx, and whoever calls them keeps the account.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from ..http.exchange import Request, Response
from .refusal import Refusals


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMail:
    """A message that a provider took, for one or several recipients.

    `content` is the message as MIME: what the sender sent where it sent MIME, else what the vendor
    would make of the fields (that rendering is ours, hence synthetic). `provider_id` is the id that
    was returned. `state`: `queued`, or what the vendor says already now (`rejected`, …).
    """

    provider_id: str
    mail_from: str
    recipients: tuple[str, ...]
    content: bytes
    at: datetime
    subject: str = ""
    state: str = "queued"


class Account(BaseModel):
    """The state of an account at a provider: what a customer would have set up there.

    `suspended`: the vendor has stopped it. `seed` makes its ids; `serial` counts them.
    `suppressed`: recipients that the vendor does not send to any more. `rate_limited` and
    `quota_used_up`: the next request meets that limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    suspended: bool = False
    rate_limited: bool = False
    quota_used_up: bool = False
    suppressed: tuple[str, ...] = Field(default=(), strict=False)
    seed: str = "0"
    serial: int = 0
    accepted: tuple[Any, ...] = Field(default=(), exclude=True, strict=False)

    def next_id(self, length: int, alphabet: str) -> tuple[str, Self]:
        """A new id of `length` characters of `alphabet`, and the account that has given it out."""
        digest = b""
        while len(digest) < length:
            text = f"{self.seed}:{self.serial}:{len(digest)}"
            digest += hashlib.sha256(text.encode()).digest()
        made = "".join(alphabet[octet % len(alphabet)] for octet in digest[:length])
        return made, self.model_copy(update={"serial": self.serial + 1})

    def keep(self, *mail: AcceptedMail) -> Self:
        """The account with this mail in its activity."""
        return self.model_copy(update={"accepted": (*self.accepted, *mail)})


A = TypeVar("A", bound=Account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[A]):
    """What came of a request: the account after it, the response, the mail that was taken."""

    account: A
    response: Response
    accepted: tuple[AcceptedMail, ...] = ()


class Provider(ABC, Generic[A]):
    """One vendor's rules.

    `hosts` are the API's real host names by region (`""` where there is one host for all);
    `account_type` is the class of its account; `refusals` lists every refusal that it serves.
    """

    name: ClassVar[str]
    hosts: ClassVar[Mapping[str, str]]
    refusals: ClassVar[Refusals]
    account_type: type[A]

    @abstractmethod
    def answer(self, account: A, request: Request, *, region: str, now: datetime) -> Outcome[A]:
        """Answer a request that came to the host of `region`; never raises."""

    def region_of(self, host: str) -> str | None:
        """The region whose host this is; None for a name that is not the vendor's."""
        return next((region for region, name in self.hosts.items() if name == host), None)


def rendered(
    *,
    sender: str,
    to: tuple[str, ...],
    cc: tuple[str, ...] = (),
    subject: str,
    text: str | None,
    html: str | None,
    headers: Mapping[str, str] | None = None,
    at: datetime,
) -> bytes:
    """The MIME message that a vendor would make of these fields. Never raises.

    Addresses may be `Name <address>`. What the mail package refuses (line breaks in a header) is
    replaced by blanks: the rules have judged the request already.
    """
    message = EmailMessage(policy=SMTP)
    fields = {"From": sender, "To": ", ".join(to), "Cc": ", ".join(cc), "Subject": subject}
    fields.update({"Date": format_datetime(at), **(headers or {})})
    for name, value in fields.items():
        if value and name not in message:
            _set(message, name, value)
    if text is not None or html is None:
        message.set_content(_encodable(text or ""))
    if html is not None:
        if text is None:
            message.set_content(_encodable(html), subtype="html")
        else:
            message.add_alternative(_encodable(html), subtype="html")
    return message.as_bytes()


def _set(message: EmailMessage, name: str, value: str) -> None:
    flat = " ".join(_encodable(value).split())
    try:
        message[name] = flat
    except (ValueError, IndexError, KeyError, TypeError):
        message.set_raw(name, flat.encode("ascii", "replace").decode("ascii"))


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
