"""What every provider's rules have in common.

A provider is pure: (account, request, now) → (new account, response, accepted mail). The same rules
stand behind the HTTP server and behind respx, and whoever calls them keeps the account.
"""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache, cached_property
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, InstanceOf

from ..http.exchange import Request, Response
from .attachment import AttachedFile
from .body import encodable, write_body
from .calls import calls_of, not_modelled
from .keys import Addresses
from .log import Log
from .rate import RateLimit, RecentRequests
from .refusal import Refusals, Refuse
from .vendor import Vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A message that was given in fields. Addresses may be `Name <address>`.

    `alternatives` are bodies beside text and HTML, each its media type and its text: AMP, an
    invitation to a meeting. `attachments` are files, those that the HTML shows, too. Where the
    vendor does not encode names beyond ASCII, the low octet of each character is what is left.
    """

    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...] = ()
    subject: str = ""
    text: str | None = None
    html: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    alternatives: tuple[tuple[str, str], ...] = ()
    attachments: tuple[AttachedFile, ...] = ()
    encodes_names: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMail:
    """A message that a provider took, for one or several recipients.

    `mime` is what the sender sent where it sent MIME; else `fields` are what it sent, and
    `content` is what a vendor would make of them (that rendering is ours, hence synthetic, and
    made only when somebody looks). `provider_id` is the id that was returned. `state`: `queued`,
    or what the vendor says already now (`rejected` and so on).

    `recipients` are those for whom the answer takes the message; one whom it turns down by name is
    not among them. `dropped` are those of them who get nothing all the same, because the vendor
    does not send to them any more. `tags` and `metadata` are what the sender wants to find the
    message by, whatever the vendor calls that (categories, custom arguments, variables); `send_at`
    is when it is to go out.
    """

    provider_id: str
    mail_from: str
    recipients: tuple[str, ...]
    at: datetime
    subject: str = ""
    state: str = "queued"
    mime: bytes | None = None
    fields: Fields | None = None
    dropped: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    send_at: datetime | None = None

    @property
    def content(self) -> bytes:
        """The message as MIME."""
        if self.mime is not None:
            return self.mime
        return rendered(self.fields, at=self.at) if self.fields is not None else b""


class Account(BaseModel):
    """The state of an account at a provider: what a customer would have set up there.

    What is left out of its dumps is what the rules keep there for themselves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    suspended: bool = False
    """Whether the vendor has stopped it."""

    rate_limited: bool = False
    """Whether the next request comes too fast."""

    rate: RateLimit | None = None
    """How many requests to its API it may make in which time; those beyond that come too fast, and
    the next ones are taken once that time is over. Default: any number."""

    quota_used_up: bool = False
    """Whether the next message is beyond what the account may send."""

    suppressed: Addresses = ()
    """Recipients that the vendor does not send to any more."""

    seed: str = "0"
    """What the ids that it gives out are made from; left out, a fake takes one of its own."""

    serial: int = Field(default=0, ge=0)
    """How many ids it has given out."""

    accepted: InstanceOf[Log[Any]] = Field(default_factory=Log, exclude=True)
    recent: InstanceOf[RecentRequests] = Field(default_factory=RecentRequests, exclude=True)

    # What became of the mail, as far as somebody said so (`webhook.Happened`).
    happened: InstanceOf[Log[Any]] = Field(default_factory=Log, exclude=True)

    def next_id(self, length: int, alphabet: str) -> tuple[str, Self]:
        """A new id of `length` characters of `alphabet`, and the account that has given it out."""
        digest = b""
        while len(digest) < length:
            text = f"{self.seed}:{self.serial}:{len(digest)}"
            digest += hashlib.sha256(text.encode()).digest()
        made = digest[:length].translate(_characters(alphabet)).decode("ascii")
        return made, self.model_copy(update={"serial": self.serial + 1})

    def next_uuid(self) -> tuple[str, Self]:
        """A new id in the form of a random UUID, and the account that has given it out."""
        text, account = self.next_id(32, "0123456789abcdef")
        variant = "89ab"[int(text[16], 16) % 4]
        parts = (text[:8], text[8:12], f"4{text[13:16]}", f"{variant}{text[17:20]}", text[20:])
        return "-".join(parts), account

    def keep(self, *mail: AcceptedMail) -> Self:
        """The account with this mail in its activity."""
        return self.model_copy(update={"accepted": self.accepted.followed_by(mail)})


@cache
def _characters(alphabet: str) -> bytes:
    """The character of an alphabet that stands for each octet."""
    return bytes(ord(alphabet[octet % len(alphabet)]) for octet in range(256))


A = TypeVar("A", bound=Account)
Token = Callable[[int, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[A]):
    """What came of a request: the account after it, the response, the mail that was taken.

    `refused`: recipients who are turned down in a response that takes the request as a whole,
    each with the vendor's word for why. `again`: the ids of mail that an earlier request handed
    over, and that this response acknowledges once more: it sends nothing.
    """

    account: A
    response: Response
    accepted: tuple[AcceptedMail, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    again: tuple[str, ...] = ()


class Provider(ABC, Generic[A]):
    """One vendor's rules.

    `account_type` is the class of its account; `refusals` lists every refusal that it serves;
    `unknown_calls` are those of them that say that there is no such call.
    """

    vendor: ClassVar[Vendor]
    unknown_calls: ClassVar[frozenset[str]]
    refusals: ClassVar[Refusals]
    account_type: type[A]

    @property
    def name(self) -> str:
        """The vendor's name."""
        return self.vendor.name

    @property
    def hosts(self) -> Mapping[str, str]:
        """The API's real host names, as in the vendor's description."""
        return self.vendor.hosts

    @abstractmethod
    def made_up(self, token: Token) -> dict[str, str]:
        """Credentials in the vendor's form, by the names that the sender protocol has for them.

        `token(length, alphabet)` gives characters that nobody else has.
        """

    @abstractmethod
    def furnished(self, account: A, credentials: Mapping[str, str]) -> A:
        """The account with these credentials wherever it leaves its own open."""

    def answer(self, account: A, request: Request, *, region: str, now: datetime) -> Outcome[A]:
        """Answer a request that came to the host of `region`; never raises."""
        try:
            return self.decide(account, request, region=region, now=now)
        except Refuse as refused:
            response = self.dressed(self.refusals.told(refused), now=now)
            return Outcome(account=account, response=response)

    @abstractmethod
    def decide(self, account: A, request: Request, *, region: str, now: datetime) -> Outcome[A]:
        """What comes of a request that came to the host of `region`.

        Raises:
            Refuse: nothing comes of it.
        """

    def refusal(
        self, case: str, fill: Mapping[str, str], *, request: Request, now: datetime
    ) -> Response:
        """A listed refusal as it is answered to a request, whatever the account is like.

        `fill` are texts for its variable parts, in place of plausible values.
        """
        del request
        return self.dressed(self.refusals[case].sample(fill), now=now)

    def dressed(self, refusal: Response, *, now: datetime) -> Response:
        """A refusal with what the vendor adds to it when it is served, such as limits."""
        del now
        return refusal

    def served(self, account: A, request: Request, *, region: str, now: datetime) -> Outcome[A]:
        """As `answer`, within the account's rate.

        A call that the vendor has and the fake has not is answered as just that.
        """
        outcome = self._answer_in_time(account, request, region=region, now=now)
        if outcome.response.case not in self.unknown_calls:
            return outcome
        call = self.vendors_call(request)
        return outcome if call is None else replace(outcome, response=not_modelled(call))

    def _answer_in_time(
        self, account: A, request: Request, *, region: str, now: datetime
    ) -> Outcome[A]:
        if account.rate is None:
            return self.answer(account, request, region=region, now=now)
        recent = account.recent.within(account.rate, now)
        is_full = recent.fill(account.rate)
        as_asked = account.model_copy(update={"rate_limited": account.rate_limited or is_full})
        outcome = self.answer(as_asked, request, region=region, now=now)
        after = {
            "rate_limited": account.rate_limited,
            "recent": recent if is_full else recent.with_one(now),
        }
        return replace(outcome, account=outcome.account.model_copy(update=after))

    def vendors_call(self, request: Request) -> str | None:
        """The call of the vendor's that this is, among those that are not modelled."""
        return calls_of(self.name).find(request.method, request.path)

    def region_of(self, host: str) -> str | None:
        """The region whose host this is; None for a name that is not the vendor's."""
        return self._regions.get(host)

    @cached_property
    def _regions(self) -> dict[str, str]:
        # Where two regions have one host it is the first one's.
        return {name: region for region, name in list(self.hosts.items())[::-1]}


# Headers of mailboxes, of which only the names may be encoded.
_ADDRESSES = frozenset(["From", "To", "Cc", "Reply-To", "Sender"])
_NO_CONTROLS = bytes(octet if octet >= 0x20 else ord("?") for octet in range(256))
_ESCAPED = re.compile(r"[\udc80-\udcff]")


def rendered(fields: Fields, *, at: datetime) -> bytes:
    """The MIME message that a vendor would make of these fields. Never raises.

    The rules have judged the request already; what the mail package cannot write is shown in plain
    ASCII instead.
    """
    headers = {
        "From": fields.sender,
        "To": ", ".join(fields.to),
        "Cc": ", ".join(fields.cc),
        "Subject": fields.subject,
        "Date": format_datetime(at),
        **{n: v for n, v in fields.headers.items() if not n.lower().startswith("content-")},
    }
    shown = {name: " ".join(encodable(value).split()) for name, value in headers.items() if value}
    if not fields.encodes_names:
        shown |= {name: _low_octets(shown[name]) for name in _ADDRESSES & shown.keys()}
    try:
        return _written(shown, fields)
    except (ValueError, LookupError, TypeError, AttributeError):
        # The mail package has no single error for what it cannot parse or fold.
        return _written({}, fields, plain=shown)


def _written(
    headers: Mapping[str, str], fields: Fields, *, plain: Mapping[str, str] | None = None
) -> bytes:
    message = EmailMessage(policy=SMTP.clone(refold_source="none"))
    octets = b""
    for name, value in headers.items():
        if _ESCAPED.search(value):
            # Not by the package: from Python 3.13 on it encodes what was never encoded.
            octets += f"{name}: {value}\r\n".encode("ascii", "surrogateescape")
        elif name not in message:
            _set(message, name, value)
    write_body(message, fields)
    above = "".join(f"{name}: {value}\r\n" for name, value in (plain or {}).items())
    return octets + above.encode("ascii", "replace") + message.as_bytes()


def _low_octets(text: str) -> str:
    """What is left of each character in eight bits, as surrogates where it is beyond ASCII."""
    low = bytes(ord(each) & 0xFF for each in text)
    return low.translate(_NO_CONTROLS).decode("ascii", "surrogateescape")


def _set(message: EmailMessage, name: str, value: str) -> None:
    """Set a header; what is ASCII stays as it was given, encoded words and all.

    Left to itself the package loses blanks where it begins a new encoded word, and the quotes that
    a name needs when it takes it out of one.
    """
    if not value.isascii() and name in _ADDRESSES:
        message[name] = value
        return
    charset = None if value.isascii() else "utf-8"
    message.set_raw(name, Header(value, charset, header_name=name).encode())
