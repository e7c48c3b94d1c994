"""What a vendor posts after it has taken a message: the values, and the rules of one vendor.

Pure, like the rules of its API: (webhook, what happened) → the request that tells of it, and
(account, what happened) → the account after it. Who posts is `harness.fakes.event_posting`.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from ..errors import FakeError
from ..http.exchange import Headers, Request, Response
from ..marks import Mark
from .accepted_mail import AcceptedMail
from .account import Account
from .rules import Token

_SCHEMES = ("http", "https")
_STATUS = re.compile(r"\b[245]\.[0-9]{1,3}\.[0-9]{1,3}\b")


class MailEvent(StrEnum):
    """What can become of a message that was taken, for one recipient."""

    DELIVERED = "delivered"
    """The recipient's server took it."""

    DEFERRED = "deferred"
    """The recipient's server put it off, and it is tried again."""

    BOUNCED = "bounced"
    """The recipient's server refused it for good."""

    DROPPED = "dropped"
    """The vendor sent it to nobody: the recipient is suppressed."""

    COMPLAINED = "complained"
    """The recipient called it spam."""

    OPENED = "opened"
    """The recipient opened it."""

    CLICKED = "clicked"
    """The recipient followed a link in it."""

    UNSUBSCRIBED = "unsubscribed"
    """The recipient wants no more mail."""


_USUAL = {
    MailEvent.DELIVERED: "250 2.0.0 OK",
    MailEvent.DEFERRED: "451 4.3.0 Try again later",
}


class Webhook(BaseModel):
    """Where a vendor posts what becomes of mail."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    url: str
    """The URL of the handler under test, as it would be given in the vendor's console. A user name
    and a password in it are sent as the vendor sends them."""

    timeout: float = Field(default=10.0, gt=0, le=60, strict=False)
    """How many seconds the handler has for its answer."""

    ca_file: str | None = None
    """The trust anchor (PEM) of a handler with a certificate of its own. Default: those of this
    machine."""

    @field_validator("url")
    @classmethod
    def _is_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise ValueError(f"a URL as http://127.0.0.1:8000/hook is due, and {url!r} is none")
        return url

    @property
    def target(self) -> str:
        """The URL without user name and password."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()

    @property
    def credentials(self) -> tuple[str, str] | None:
        """The user name and password in the URL; None where there are none."""
        parts: SplitResult = urlsplit(self.url)
        if parts.username is None:
            return None
        return unquote(parts.username), unquote(parts.password or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of a message for one of its recipients.

    `words` are those of the server that took or refused it, where it said anything. `soft`: a
    bounce that says nothing against the next message. `link` is what was clicked.
    """

    event: MailEvent
    recipient: str
    words: str = ""
    soft: bool = False
    link: str = ""

    @property
    def code(self) -> str:
        """The reply code in the words; "" where they have none."""
        code = self.words[:3]
        return code if re.fullmatch("[245][0-9][0-9]", code) else ""

    @property
    def status(self) -> str:
        """The enhanced status code in the words, or what is meant where they have none."""
        found = _STATUS.search(self.words)
        return found[0] if found else f"{self.code[:1] or 5}.0.0"

    def of(self, mail: AcceptedMail, occasion: Occasion) -> Happened:
        """It has come to pass, for this message."""
        return Happened(
            event=self.event,
            recipient=self.recipient,
            words=self.words or usual_words(self.event, soft=self.soft),
            soft=self.soft,
            link=self.link,
            mail=mail,
            occasion=occasion,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """When something is posted, and by which fake.

    `identity` is 32 hexadecimal digits that nothing else that is posted has. `origin` is where the
    fake can be reached, `region` the one whose host it is.
    """

    at: datetime
    identity: str
    origin: str
    region: str

    @property
    def uuid(self) -> str:
        """The identity in the form of a UUID."""
        digits = self.identity
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return "-".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened(Fate):
    """What has become of a message, and when."""

    mail: AcceptedMail
    occasion: Occasion

    @property
    def at(self) -> datetime:
        """When."""
        return self.occasion.at

    @property
    def identity(self) -> str:
        """32 hexadecimal digits that no other event has."""
        return self.occasion.identity


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPost:
    """A request that tells of an event, and how well it is known that the vendor posts so.

    `on_challenge` are headers that are added where the handler answers 401.
    """

    request: Request
    mark: Mark
    source: str
    on_challenge: Headers = ()


H = TypeVar("H", bound=Webhook)
A = TypeVar("A", bound=Account)


class WebhookRules(ABC, Generic[H, A]):
    """One vendor's webhook: `H` is what a customer sets up, `A` the account.

    `names` are the vendor's own words for the events that it has. `source` is where it is known
    from what is posted. `batches`: a request can tell of several.
    """

    webhook_type: type[H]
    source: ClassVar[str]
    names: ClassVar[Mapping[MailEvent, str]]
    batches: ClassVar[bool] = False

    @abstractmethod
    def post(self, webhook: H, account: A, happened: Sequence[Happened]) -> EventPost:
        """The request that tells of events: of one, where they are not batched. Never raises."""

    def trial(self, webhook: H, account: A, occasion: Occasion) -> EventPost | None:
        """What is posted when the webhook is set up; None where nothing is."""
        del webhook, account, occasion
        return None

    def waits_for(self, webhook: H) -> str | None:
        """What has to happen before events are posted; None where they are."""
        del webhook
        return None

    def serve(self, webhook: H, account: A, request: Request) -> tuple[Response, H] | None:
        """What a handler is answered that asks for what goes with its webhook.

        With it, the webhook as it is then; None where the request is for the rules of the API.
        """
        del webhook, account, request
        return None

    def furnished(self, webhook: H, token: Token) -> H:
        """The webhook with a key wherever it leaves one open."""
        del token
        return webhook

    def account_after(self, account: A, happened: Happened) -> A:
        """The account after it: whom the vendor sends to no more, what its calls tell."""
        del happened
        return account

    def foreseen(self, account: A, mail: AcceptedMail) -> tuple[Fate, ...]:
        """What becomes of a message by itself.

        That is so for recipients who are suppressed, and at addresses that the vendor has for
        tests.
        """
        del account, mail
        return ()

    def found(self, event: MailEvent | str, webhook: H) -> MailEvent:
        """The event, where the vendor posts it to this webhook.

        Raises:
            FakeError: it has none of that kind; the choices are named.
        """
        del webhook
        if event not in self.names:
            choices = ", ".join(self.names)
            raise FakeError(f"this vendor posts nothing for {event!s} (choose from {choices})")
        return MailEvent(event)


def usual_words(event: MailEvent, *, soft: bool = False) -> str:
    """What the recipient's server said, where nobody says otherwise; "" where it said nothing."""
    if event is MailEvent.BOUNCED:
        return "552 5.2.2 Mailbox full" if soft else "550 5.1.1 User unknown"
    return _USUAL.get(event, "")


@cache
def webhook_rules(provider: str) -> WebhookRules[Any, Any] | None:
    """The rules of a provider's webhook; None for a fake that posts nothing."""
    name = f"{__package__}.{provider}.webhook"
    if importlib.util.find_spec(name) is None:
        return None
    found: WebhookRules[Any, Any] = importlib.import_module(name).WEBHOOK
    return found


def basic(webhook: Webhook) -> Headers:
    """The Authorization header for the credentials in the URL; nothing where there are none."""
    if webhook.credentials is None:
        return ()
    pair = ":".join(webhook.credentials).encode()
    return (("Authorization", f"Basic {b64encode(pair).decode('ascii')}"),)


def what_became_of(account: Account, mail: AcceptedMail, recipient: str) -> list[Happened]:
    """What has become of a message for this recipient, in order."""
    return [each for each in account.happened if each.mail is mail and each.recipient == recipient]
