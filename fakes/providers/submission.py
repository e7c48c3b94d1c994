"""A provider's SMTP service, as rules: the same account as that of its API, another way in.

Like the API's rules these are pure, and know no socket: (account, credentials) → who it is or a
refusal, and (account, envelope, message) → (account, reply, accepted mail).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import Any, ClassVar, Generic, TypeVar

from ..smtp.exchange import Attempt, Dialect, Envelope, VendorReply
from .accepted_mail import AcceptedMail
from .account import Account
from .rules import Outcome, Token
from .vendor import Vendor
from .vendor_replies import VendorReplies

A = TypeVar("A", bound=Account)
W = TypeVar("W")


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionContext(Generic[W]):
    """Who sends, to the host of which region, and when."""

    who: W
    region: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A message as it came over SMTP; `headers` are those of `octets`."""

    envelope: Envelope
    octets: bytes
    headers: Message

    @classmethod
    def of(cls, envelope: Envelope, octets: bytes) -> Submitted:
        """Read the headers of a message. Never raises."""
        head = octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        return cls(envelope=envelope, octets=octets, headers=BytesHeaderParser().parsebytes(head))

    def header(self, name: str) -> str:
        """The first header of that name, decoded; "" where there is none."""
        text = str(self.headers.get(name, ""))
        try:
            return str(make_header(decode_header(text)))
        except (ValueError, LookupError, MessageError):
            return text

    def addresses(self, *names: str) -> tuple[str, ...]:
        """The addresses in these headers, without names."""
        values = [str(value) for name in names for value in self.headers.get_all(name, [])]
        try:
            return tuple(address for _, address in getaddresses(values) if address)
        except (ValueError, IndexError):
            return ()

    @property
    def sender(self) -> str:
        """The address in From; "" where there is none."""
        return next(iter(self.addresses("From")), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken(Generic[A]):
    """What came of a message: the account after it, the reply, the mail that was taken.

    `again`: the ids of mail that an earlier message handed over, and that this one is.
    """

    account: A
    reply: VendorReply
    accepted: tuple[AcceptedMail, ...] = ()
    again: tuple[str, ...] = ()


class Submission(ABC, Generic[A, W]):
    """One vendor's SMTP service; `W` is what an account has for one who may come in.

    `replies` has every reply that depends on the account or the message, by name.
    """

    vendor: ClassVar[Vendor]
    replies: ClassVar[VendorReplies]

    @property
    def dialect(self) -> Dialect:
        """How its server speaks while nothing is wrong."""
        return self.replies.dialect

    @abstractmethod
    def credentials(self, account: A, given: Mapping[str, str], *, region: str) -> tuple[str, str]:
        """The user name and password of a sender who has the API's credentials `given`."""

    @abstractmethod
    def admit(self, account: A, attempt: Attempt, *, region: str) -> W | VendorReply:
        """Who these credentials belong to, or the refusal."""

    @abstractmethod
    def take(self, account: A, message: Submitted, where: SubmissionContext[W]) -> Taken[A]:
        """Judge and take a whole message; never raises."""

    def furnished(self, account: A, token: Token) -> A:
        """The account with a password wherever one for SMTP alone is left open."""
        del token
        return account

    def sender_refusal(
        self, account: A, address: str, where: SubmissionContext[W]
    ) -> VendorReply | None:
        """What MAIL is refused with; the address is "" for the null sender."""
        del account, address, where
        return None

    def recipient_refusal(
        self, account: A, address: str, where: SubmissionContext[W]
    ) -> VendorReply | None:
        """What RCPT is refused with."""
        del account, address, where
        return None

    def data_refusal(
        self, account: A, envelope: Envelope, where: SubmissionContext[W]
    ) -> VendorReply | None:
        """What DATA is refused with, ahead of the message."""
        del account, envelope, where
        return None


def as_sent(
    before: A, outcome: Outcome[A], message: Submitted, **more: Any
) -> tuple[A, tuple[AcceptedMail, ...]]:
    """The account and the mail of an outcome of the API's rules, with the octets that came in.

    The rules were given the message as text, which some octets are not. `more` are fields of the
    mail that come from headers which only the SMTP service reads.
    """
    kept = outcome.account.accepted[len(before.accepted) :]
    changed = {id(mail): replace(mail, mime=message.octets, fields=None, **more) for mail in kept}
    after = before.accepted.followed_by([changed[id(mail)] for mail in kept])
    account = outcome.account.model_copy(update={"accepted": after})
    return account, tuple(changed[id(mail)] for mail in outcome.accepted)
