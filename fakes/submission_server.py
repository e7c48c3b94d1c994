"""A provider's SMTP service: a server of an account, with the vendor's words and rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from .errors import FakeError
from .fake import LOOPBACK_NAMES
from .faults.refusals import Mistakes
from .message import CapturedMessage
from .providers.accepted_mail import AcceptedMail
from .providers.message import ApiMessage
from .providers.registry import mistaken_replies_of
from .providers.submission import Submission, SubmissionContext, Submitted
from .server_state import ServerState
from .smtp.credentials import challenge
from .smtp.exchange import Attempt, AuthDecision, Dialect, Envelope, VendorReply
from .smtp.fake import Smtp
from .smtp.state import AuthState, SmtpState
from .smtp.vendor import VendorSession

D = TypeVar("D")


class AccountStore(Protocol):
    """Whoever keeps the account and the mail: the API's fake."""

    @property
    def account(self) -> Any:
        """The account as it is now."""

    def decide(self, rule: Callable[[Any], D], account_of: Callable[[D], Any]) -> D:
        """Let a rule decide on the account, and keep the account that it decides on."""

    @property
    def messages(self) -> Sequence[ApiMessage]:
        """The messages that were taken, by whichever way."""

    def keep(self, message: ApiMessage) -> int:
        """Add a message to those taken; its place in the list."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SubmittedMessage(ApiMessage):
    """A message that a provider took over SMTP. See `Captured`."""

    captured: CapturedMessage

    @property
    def mail_from(self) -> str:
        """The envelope sender."""
        return self.captured.mail_from

    @property
    def username(self) -> str | None:
        """The SMTP account that had authenticated."""
        return self.captured.username


class SubmissionServer(Smtp):
    """A provider's SMTP service, in front of the account that `store` keeps.

    `username` and `password` are those of a sender who has the API's `credentials`. `messages` are
    those that were acknowledged here, as they came; what the provider made of them is among the
    API's messages. `words` are those of `Smtp`, laid over what the vendor does, but for those that
    say who may come in and what is listed.

    Raises:
        FakeError: the words make no sense, or the vendor has no such port or mechanism.
    """

    def __init__(
        self,
        submission: Submission[Any, Any],
        store: AccountStore,
        *,
        credentials: Mapping[str, str],
        region: str,
        clock: Callable[[], datetime],
        words: Mapping[str, Any],
    ) -> None:
        self._submission = submission
        self._store = store
        self._region = region
        self._clock = clock
        username, password = submission.credentials(store.account, credentials, region=region)
        self._account_words = {"username": username, "password": password}
        super().__init__(**words)

    def _read(self, words: Mapping[str, Any]) -> SmtpState:
        if {"username", "password", "access_token"} & words.keys():
            raise FakeError("username and password: who may log in is in the provider's account")
        if taken := {"hostname", "ehlo", "smtputf8"} & words.keys():
            raise FakeError(f"{', '.join(sorted(taken))}: what is listed is the vendor's")
        vendor = _state(self._submission.dialect, words.get("security", "starttls"))
        state = super()._read({**self._account_words, **_laid_over(vendor, words)})
        _refuse(state.auth, self._submission.dialect)
        return state

    def _mistakes(self, state: SmtpState) -> Mistakes:
        return mistaken_replies_of(self._submission.vendor.name, state.faults)

    def _names(self, state: ServerState) -> tuple[str, ...]:
        return state.names or (*LOOPBACK_NAMES, *self._submission.vendor.smtp.hosts.values())

    def go_on_after(self, earlier: SubmissionServer) -> None:
        """Hold the messages of an earlier run, too."""
        self._messages[:0] = earlier.messages

    def converse(self, nth: int) -> VendorSession:
        """The session on the nth connection."""
        policy = _AccountPolicy(
            self._submission,
            self._store,
            region=self._region,
            clock=self._clock,
            taken=self.messages,
        )
        return VendorSession(
            dialect=self._submission.dialect, policy=policy, **self.surroundings(nth, policy)
        )


def _state(dialect: Dialect, security: str) -> dict[str, Any]:
    """The words of a server that does what the vendor's does."""
    if security == "tls" and not dialect.implicit:
        raise FakeError("security: this vendor has no port with implicit TLS")
    offer = "always" if security != "starttls" else dialect.auth
    return {
        "auth": {"mechanisms": dialect.mechanisms, "offer": offer, "required": True},
        "size": dialect.size,
        "idle": dialect.idle,
        "smtputf8": dialect.smtputf8,
        **({"starttls": dialect.tls} if security == "starttls" else {}),
    }


def _laid_over(vendor: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    """Words in place of the vendor's; of `auth`, only the parts that it names."""
    merged = {**vendor, **words}
    if isinstance(words.get("auth"), Mapping):
        merged["auth"] = {**vendor["auth"], **words["auth"]}
    return merged


def _refuse(auth: AuthState, dialect: Dialect) -> None:
    """Words about AUTH that no session of the vendor's would heed."""
    if auth.required is False:
        raise FakeError("auth.required: a provider takes mail only from those who logged in")
    if auth.token_error is not None:
        raise FakeError("auth.token_error: none of the providers takes a token")
    if auth.lines is not None:
        raise FakeError("auth.lines: what is listed is the vendor's")
    if foreign := set(auth.mechanisms) - set(dialect.mechanisms):
        choices = ", ".join(dialect.mechanisms)
        named = ", ".join(sorted(foreign))
        raise FakeError(f"auth.mechanisms: this vendor has no {named} (choose from {choices})")


class _AccountPolicy:
    """One session's questions, put to the vendor's rules, with the account as it is then."""

    def __init__(
        self,
        submission: Submission[Any, Any],
        store: AccountStore,
        *,
        region: str,
        clock: Callable[[], datetime],
        taken: Sequence[CapturedMessage],
    ) -> None:
        self._submission = submission
        self._store = store
        self._region = region
        self._clock = clock
        self._taken = taken
        self._who: Any = None

    def judge(self, attempt: Attempt) -> AuthDecision:
        """Whether the account lets them in, in the vendor's words."""
        found = self._submission.admit(self._store.account, attempt, region=self._region)
        if isinstance(found, VendorReply):
            return AuthDecision(right=False, reply=found.text)
        self._who = found
        return AuthDecision(right=True, reply=self._submission.dialect.authenticated)

    def challenge(self, nth: int) -> str:
        """The CRAM-MD5 challenge of the nth connection."""
        return challenge(nth)

    def sender_refusal(self, address: str) -> str | None:
        """What is answered to MAIL in place of the usual words."""
        refusal = self._submission.sender_refusal(self._store.account, address, self._situation())
        return refusal.text if refusal is not None else None

    def recipient_refusal(self, address: str) -> str | None:
        """What is answered to RCPT in place of the usual words."""
        refusal = self._submission.recipient_refusal(
            self._store.account, address, self._situation()
        )
        return refusal.text if refusal is not None else None

    def data_refusal(self, envelope: Envelope) -> str | None:
        """What is answered to DATA in place of 354."""
        refusal = self._submission.data_refusal(self._store.account, envelope, self._situation())
        return refusal.text if refusal is not None else None

    def take(self, message: CapturedMessage) -> tuple[str, int | None]:
        """What becomes of a whole message: the reply to it, and which earlier one it is."""
        envelope = Envelope(mail_from=message.mail_from, rcpt_tos=message.rcpt_tos)
        submitted = Submitted.of(envelope, message.content)
        taken = self._store.decide(
            lambda account: self._submission.take(account, submitted, self._situation()),
            lambda taken: taken.account,
        )
        for mail in taken.accepted:
            self._store.keep(_kept(mail, message))
        return taken.reply.text, self._place_of(taken.again)

    def _place_of(self, ids: tuple[str, ...]) -> int | None:
        """Where mail of one of these ids stands among the messages of this server."""
        for kept in self._store.messages if ids else ():
            if isinstance(kept, SubmittedMessage) and kept.provider_id in ids:
                return next(
                    (n for n, each in enumerate(self._taken) if each is kept.captured), None
                )
        return None

    def refusal(self, case: str, given: Mapping[str, str]) -> str:
        """The vendor's refusal of that name, with the `given` texts in its variable parts."""
        return self._submission.replies.refusal(case, given)

    def _situation(self) -> SubmissionContext[Any]:
        return SubmissionContext(who=self._who, region=self._region, now=self._clock())


def _kept(mail: AcceptedMail, captured: CapturedMessage) -> SubmittedMessage:
    # On record it is already: the session's, as it came.
    return SubmittedMessage(
        mail=mail, captured=captured, secure=captured.secure, connection=captured.connection
    )
