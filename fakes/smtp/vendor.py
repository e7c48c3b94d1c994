"""A session that speaks as a vendor's server does, and asks an account who may send what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from ..faults.actions.standard import AnswerWithRefusal
from ..message import CapturedMessage
from .credentials import Accounts
from .exchange import Dialect, Envelope
from .order import Turn, Verb
from .session import SmtpSession
from .words import Words

_DSN = ("RET=", "ENVID=", "NOTIFY=", "ORCPT=")
_AUTH = ("AUTH ", "AUTH=")


class SubmissionPolicy(Accounts, Protocol):
    """Where one session's questions are decided.

    A refusal is the reply's whole line; None lets it pass.
    """

    def sender_refusal(self, address: str) -> str | None:
        """What is answered to MAIL in place of the usual words."""

    def recipient_refusal(self, address: str) -> str | None:
        """What is answered to RCPT in place of the usual words."""

    def data_refusal(self, envelope: Envelope) -> str | None:
        """What is answered to DATA in place of 354."""

    def take(self, message: CapturedMessage) -> tuple[str, int | None]:
        """The reply to a whole message.

        With it, where it is one that was taken before: the place of that among those taken.
        """

    def refusal(self, case: str, given: Mapping[str, str]) -> str:
        """The vendor's refusal of that name, with the `given` texts in its variable parts."""


def words_of(dialect: Dialect) -> Words:
    """The vendor's replies in place of the fake's own."""
    return Words(
        sender=dialect.sender,
        recipient=dialect.recipient,
        done=dialect.done,
        bye=dialect.bye,
        starttls=dialect.starttls,
        go_ahead=dialect.go_ahead,
        too_large=dialect.too_large,
        declared_too_large=dialect.too_large,
        unauthenticated=dialect.unauthenticated[1],
        helo=dialect.asides["helo"].text,
        help=dialect.asides["help"].text,
        vrfy=dialect.asides["vrfy"].text,
        expn=dialect.asides["expn"].text,
        idle=dialect.asides["idle"].text,
    )


def _order_fault(phase: Turn, verb: Verb) -> str:
    """The aside for a command that is out of turn."""
    if phase is Turn.NEW:
        return "hello-first"
    if verb is Verb.DATA:
        return "sender-first" if phase is Turn.READY else "recipient-first"
    return {Verb.MAIL: "nested", Verb.AUTH: "auth-inside"}.get(verb, "sender-first")


class VendorSession(SmtpSession):
    """The conversation on one connection, in a vendor's words."""

    def __init__(self, *, dialect: Dialect, policy: SubmissionPolicy, **surroundings: Any) -> None:
        hostname, _, ident = dialect.greeting.partition(" ")
        challenge = dialect.asides["challenge"].text.removeprefix("334 ")
        surroundings["terms"] = replace(surroundings["terms"], empty_challenge=challenge)
        super().__init__(words=words_of(dialect), hostname=hostname, ident=ident, **surroundings)
        self._dialect = dialect
        self._policy = policy

    async def push(self, status: str | bytes) -> None:
        """Send a reply; `<name>` in it is how the vendor names itself to EHLO."""
        if isinstance(status, str) and "<name>" in status:
            status = status.replace("<name>", self._listed()[0])
        await super().push(status)

    def _out_of_turn(self, verb: Verb) -> str | None:
        own = super()._out_of_turn(verb)
        if own is None or own == self.words.unauthenticated:
            return own
        return self._dialect.asides[_order_fault(self._phase, verb)].text

    def _listed(self) -> list[str]:
        name, *keywords = self._lines()
        offered = (self._worded(line) for line in keywords if self._offers(line))
        return [name.replace("<peer>", self._connection.peer), *offered]

    def _lines(self) -> tuple[str, ...]:
        return self._dialect.secure if self._connection.secure else self._dialect.clear

    def _offers(self, line: str) -> bool:
        if line == "STARTTLS":
            return self._knows(Verb.STARTTLS) and self._state.starttls != "unadvertised"
        return self._login.offered or not line.startswith(_AUTH)

    def _worded(self, line: str) -> str:
        """A line with the limit and the mechanisms that are in force."""
        if line.startswith("SIZE "):
            return f"SIZE {self.size}"
        if line.startswith(_AUTH):
            mechanisms = self._state.auth.mechanisms
            return line[:5] + " ".join(each for each in line[5:].split() if each in mechanisms)
        return line

    @property
    def needs_login(self) -> frozenset[Verb]:
        """Those that the vendor refuses, and not the ones before."""
        first, _ = self._dialect.unauthenticated
        later = (Verb.RCPT, Verb.DATA, Verb.VRFY)
        return frozenset(later if first == "RCPT" else (Verb.MAIL, *later))

    @property
    def passed_over(self) -> tuple[str, ...]:
        """Parameters of DSN, too, where that is listed."""
        return super().passed_over + (_DSN if "DSN" in self._lines() else ())

    def refusal(self, told: AnswerWithRefusal) -> str:
        """As the vendor has it."""
        return self._policy.refusal(told.case, told.fill)

    def sender_refusal(self, mailbox: str) -> str | None:
        """What the account says to an envelope sender."""
        return self._policy.sender_refusal(mailbox)

    def recipient_refusal(self, mailbox: str) -> str | None:
        """What the account says to a recipient."""
        return super().recipient_refusal(mailbox) or self._policy.recipient_refusal(mailbox)

    def data_refusal(self) -> str | None:
        """What the account says to sender and recipients."""
        envelope = Envelope(
            mail_from=self._transaction.mail_from or "",
            rcpt_tos=tuple(self._transaction.rcpt_tos),
        )
        return self._policy.data_refusal(envelope)

    def accept(self, message: CapturedMessage) -> str:
        """The reply of the account; what it takes is kept."""
        reply, before = self._policy.take(message)
        if before is not None:
            self.take_again(before)
        elif reply.startswith("2"):
            self.keep(message)
        return reply
