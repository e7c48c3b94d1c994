"""Senders that go wrong where a log-in does: in its middle, in its words, or for want of it."""

from __future__ import annotations

import contextlib
from typing import Any

from .careful import Capabilities, Careful, Document
from .careful_wire import Failure, Lost, Reply
from .convictions import convicted
from .wrong_modes import Overriding

# A log-in that is demanded, and none that is configured.


@convicted("auth/demanded-late", check="mail connections")
class HammersWhereALogInIsDemanded(Overriding):
    """Begins the message again, and again, where a log-in is demanded."""

    def deliver(self) -> Reply:
        for _ in range(3):
            with contextlib.suppress(Failure):
                return super().deliver()
        return super().deliver()


@convicted("auth/demanded-late", check="sender.error.temporary")
class PutsADemandOff(Careful):
    """Says of a demand for a log-in that it may pass."""

    def refusal(self, phase: str, class_: str, reply: Reply, *, in_step: bool = True) -> Failure:
        found = super().refusal(phase, class_, reply, in_step=in_step)
        if reply.code == 530:
            found.temporary = True
        return found

    def nobody(self, recipients: list[str]) -> Failure:
        found = super().nobody(recipients)
        found.temporary = True
        return found


@convicted("auth/demanded-late", check="auth")
class LogsInAsNobodyOnDemand(Careful):
    """Logs in with an empty name where a log-in is demanded and none is configured."""

    def ask(self, phase: str, command: str) -> Reply:
        reply = super().ask(phase, command)
        if reply.code == 530 and self.to.username is None:
            self.exchange("PLAIN")
        return reply


@convicted("auth/no-credentials", check="auth messages sender.status")
class LogsInAsNobody(Careful):
    """Logs in with an empty name where none is configured, and gives up where that fails."""

    def open(self) -> Capabilities:
        capabilities = super().open()
        if self.to.username is None:
            reply = self.exchange("PLAIN")
            if not self.is_logged_in(reply):
                self.auth_refused(reply)
        return capabilities


_FAILING = (
    "auth/demanded-late", "auth/closing", "auth/cancelled", "auth/echoed*",
    "auth/success-too-early",
    "auth/mechanism-refused[*,which=each]", "auth/password-of-nothing", "auth/token-refused",
    "auth/password-with-odd-ends[ends=line-break]", "auth/smaller-limit-afterwards",
    "auth/password-with-nul",
)  # fmt: skip


@convicted(*_FAILING, check="sender.error.phase sender.error.class")
@convicted("auth/already-logged-in", "auth/endless*", check="sender.error.phase")
@convicted("auth/demanded-late-words", check="sender.error.says")
class SaysThatItCannotConnect(Careful):
    """Has one error for everything."""

    def failed(self, failure: Failure) -> Document:
        words = "could not connect"
        return super().failed(Failure("connect", "connection-refused", words, temporary=False))


@convicted("auth/demanded-late", "auth/demanded-late-words", check="sender.status honesty")
@convicted("auth/closing", "auth/closing-words", "auth/endless", check="sender.status honesty")
@convicted("auth/endless-with-a-token", "auth/echoed*", check="sender.status honesty")
@convicted("auth/already-logged-in[then=log-in-wanted]", check="sender.status")
@convicted("auth/password-of-nothing", "auth/password-with-nul", check="sender.status")
@convicted("auth/cancelled", "auth/smaller-limit-afterwards", check="honesty")
@convicted("auth/scram-server-unproved", "auth/scram-odd-*", check="sender.status")
@convicted("auth/scram-binding-stripped", check="sender.status")
class CallsEverythingSent(Careful):
    """Says that it was sent, whatever came of it."""

    def failed(self, failure: Failure) -> Document:
        del failure
        return {"status": "sent"}


@convicted("auth/demanded-late", "auth/closing", "auth/echoed", check="sender.error.reply_code")
@convicted("auth/mechanism-refused[*,which=each]", check="sender.error.reply_code")
class TellsOneCodeForAll(Careful):
    """Tells 554 of whatever was refused."""

    def failed(self, failure: Failure) -> Document:
        answer = super().failed(failure)
        answer["error"]["reply_code"] = 554
        return answer


# The end of the service.


@convicted("auth/closing", check="sender.error.temporary sender.error.class")
class TakesTheEndForARefusal(Careful):
    """Takes 421 for a wrong password."""

    def hear(self, phase: str) -> Reply:
        try:
            return super().hear(phase)
        except Failure as failure:
            if phase == "auth" and failure.reply is not None and failure.reply.code == 421:
                raise Failure("auth", "auth-rejected", failure.words, temporary=False) from None
            raise


@convicted("auth/closing", check="auth connections")
class ComesBackAtOnce(Overriding):
    """Connects again at once where the service has ended, three times."""

    def deliver(self) -> Reply:
        for _ in range(3):
            try:
                return super().deliver()
            except Failure as failure:
                if failure.class_ != "service-unavailable":
                    raise
        return super().deliver()


@convicted("auth/closing-words", check="sender.error.says")
class LosesTheLastWords(Careful):
    """Tells that the connection was lost, and not what was said ahead of that."""

    def hear(self, phase: str) -> Reply:
        try:
            return super().hear(phase)
        except Failure as failure:
            if failure.class_ == "service-unavailable":
                lost = self.lost(phase, Lost(reset=False))
                raise lost from None
            raise


# Refused mechanisms, and success that is none.


@convicted("auth/mechanism-refused", check="anonymous-messages")
@convicted("auth/mechanism-refused[*,which=each]", check="sender.status")
class GoesOnWithoutAMechanism(Careful):
    """Sends without logging in where the server does not know the mechanism."""

    def exchange(self, mechanism: str) -> Reply:
        reply = super().exchange(mechanism)
        return Reply(250, reply.lines) if reply.code in {500, 504} else reply


@convicted("auth/mechanism-refused[*,which=each]", check="auth")
class InsistsOnAMechanism(Careful):
    """Asks with the same mechanism until it is known."""

    def exchange(self, mechanism: str) -> Reply:
        for _ in range(4):
            reply = super().exchange(mechanism)
            if reply.code not in {500, 504}:
                return reply
        return super().exchange(mechanism)


@convicted("auth/mechanism-refused[*,which=each]", check="sender.error.temporary")
class PutsAMechanismOff(Careful):
    """Says of a mechanism that the server does not know that it will come."""

    def auth_refused(self, reply: Reply) -> None:
        raise Failure("auth", "auth-rejected", self.said(reply), temporary=True, reply=reply)


@convicted("auth/already-logged-in", check="auth")
class LogsInUntilItIsNobody(Careful):
    """Logs in again, and again, where somebody is said to be logged in."""

    def exchange(self, mechanism: str) -> Reply:
        for _ in range(5):
            reply = super().exchange(mechanism)
            if reply.code != 503:
                return reply
        return reply


@convicted("auth/already-logged-in[then=log-in-wanted]", check="connections")
class LogsInOnAnotherConnection(Overriding):
    """Connects again where somebody is said to be logged in, until nobody is."""

    def deliver(self) -> Reply:
        for _ in range(3):
            try:
                return super().deliver()
            except Failure as failure:
                if failure.reply is None or failure.reply.code != 503:
                    raise
        return super().deliver()


@convicted("auth/success-too-early", check="unknown-commands")
class SendsThePasswordAllTheSame(Careful):
    """Sends what is left of a log-in that the server calls done."""

    def respond(self, reply: Reply, responses: list[str]) -> Reply:
        for response in responses:
            if reply.kind in {4, 5}:
                break
            reply = self.ask("auth", response)
        return reply


# Challenges without end.


@convicted("auth/endless", check="auth-answers")
class AnswersWhateverIsAsked(Careful):
    """Answers with nothing where it has said all, fifty times."""

    def respond(self, reply: Reply, responses: list[str]) -> Reply:
        return super().respond(reply, responses) if self.is_done(reply) else self.on(responses)

    def is_done(self, reply: Reply) -> bool:
        return reply.code != 334

    def on(self, responses: list[str]) -> Reply:
        for response in [*responses, *[""] * 50]:
            reply = self.ask("auth", response)
            if reply.code != 334:
                return reply
        raise self.cancelled(reply, "asks for ever")


@convicted("auth/endless-with-a-token", check="auth-answers")
class AcknowledgesForEver(Careful):
    """Acknowledges what is asked about a token as long as anything is asked."""

    def why_refused(self, reply: Reply, acknowledgement: str) -> Reply:
        for _ in range(50):
            if reply.code != 334:
                return reply
            reply = self.ask("auth", acknowledgement)
        raise self.cancelled(reply, "asks for ever")


@convicted("auth/endless", "auth/endless-with-a-token", check="mail sender.status")
class TakesAQuestionForSuccess(Careful):
    """Cancels a log-in that has no end, and sends without one."""

    def cancelled(self, reply: Reply, what: str) -> Failure:
        super().cancelled(reply, what)
        raise _GivenUpError

    def authenticate(self, capabilities: Capabilities) -> None:
        with contextlib.suppress(_GivenUpError):
            super().authenticate(capabilities)

    def why_refused(self, reply: Reply, acknowledgement: str) -> Reply:
        if reply.code == 334:
            raise self.cancelled(reply, "asks for more")
        return reply


class _GivenUpError(Exception):
    """The log-in is over."""


@convicted("auth/cancelled", check="sender.error.reply_code")
class TellsTheLastErrorOnly(Careful):
    """Tells what the server said to `*`, and not why it was said."""

    def cancelled(self, reply: Reply, what: str) -> Failure:
        return self.refusal("auth", "auth-rejected", self.ask("auth", "*"))


# Passwords.


@convicted("auth/password-beyond-ascii", check="wrong-credentials")
class EncodesInLatin1(Careful):
    """Has passwords in Latin-1, and something else for what is not in it."""

    def password(self) -> str:
        return super().password().encode("latin-1", "replace").decode("latin-1").replace("ä", "?")


@convicted("auth/password-beyond-ascii", check="anonymous-messages")
@convicted("auth/in-clear-on-this-machine", check="anonymous-messages")
class DropsTheLogInThatItCannotMake(Careful):
    """Sends without logging in where the password is beyond ASCII, or there is no TLS."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if self.wire.secure and self.password().isascii():
            super().authenticate(capabilities)


class Lenient(Careful):
    """A hook: takes credentials as they are told, without looking at them."""

    def credentials(self, text: str) -> tuple[str | None, str | None]:
        if self.request["transport"].get("access_token"):
            return super().credentials(text)
        username, _, password = text.partition(":")
        return self.decoded(username), self.decoded(password)

    def check(self, settings: Any) -> None:
        """Nothing."""


@convicted("auth/password-of-nothing", check="auth")
@convicted("auth/password-with-nul", check="auth sender.error.class")
class PresentsWhateverItIsTold(Lenient):
    """Presents an empty password, and one with a NUL."""


@convicted("auth/password-of-nothing", check="anonymous-messages messages sender.status")
class TakesNoPasswordForNoLogIn(Lenient):
    """Sends without logging in where the password is empty."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if self.password():
            super().authenticate(capabilities)


@convicted("auth/password-with-nul", check="mail sender.status")
class CutsAtTheNul(Lenient):
    """Sends without logging in where there is a NUL in the password."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if "\0" not in self.password():
            super().authenticate(capabilities)


@convicted("auth/password-with-odd-ends", check="wrong-credentials")
class TrimsPasswordsOfAnyKind(Lenient):
    """Takes white space off the ends of a password."""

    def password(self) -> str:
        return super().password().strip()


@convicted("auth/password-with-odd-ends", check="anonymous-messages")
class SendsWithoutOddPasswords(Lenient):
    """Sends without logging in where a password has white space at its ends."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if self.password() == self.password().strip():
            super().authenticate(capabilities)


@convicted("auth/long-token", check="logged-in messages sender.status")
class CutsLongTokens(Careful):
    """Has room for 4,096 octets of a response."""

    def ask(self, phase: str, command: str) -> Reply:
        if phase == "auth" and len(command) > 4096:
            command = command[:4096]
        return super().ask(phase, command)


# Words.


@convicted("auth/echoed", "auth/echoed-token", check="discretion")
class QuotesTheServer(Careful):
    """Tells the server's words as they are."""

    def clean(self, text: str) -> str:
        return "".join(c if c.isprintable() else " " for c in text)


@convicted("auth/echoed", "auth/echoed-token", check="sender.error.temporary")
class TakesAQuoteForPassing(Careful):
    """Says of refused credentials that they may do later."""

    def auth_refused(self, reply: Reply) -> None:
        raise Failure("auth", "auth-temporary", self.said(reply), temporary=True, reply=reply)


# After a log-in.


@convicted("auth/another-server-afterwards", check="auth")
class LogsInAfterEachHello(Careful):
    """Says EHLO after the log-in, and logs in again, and once more."""

    def authenticate(self, capabilities: Capabilities) -> None:
        super().authenticate(capabilities)
        for _ in range(3):
            with contextlib.suppress(Failure):
                super().authenticate(capabilities)


@convicted("auth/another-server-afterwards[server=more]", check="sender.status")
class FeelsItHasFailed(Careful):
    """Says that it failed where the limit is another after the log-in."""

    def authenticate(self, capabilities: Capabilities) -> None:
        before = capabilities.get("SIZE")
        super().authenticate(capabilities)
        if self.ehlo().get("SIZE") != before:
            raise Failure("ehlo", "protocol-error", "the server has changed")


@convicted("auth/another-server-afterwards[server=refused]", check="connections")
class StartsOverWithoutAnEhlo(Overriding):
    """Wants an EHLO after the log-in, and connects again where it is refused."""

    def authenticate(self, capabilities: Capabilities) -> None:
        super().authenticate(capabilities)
        self.ehlo()

    def deliver(self) -> Reply:
        for _ in range(3):
            try:
                return super().deliver()
            except Failure as failure:
                if failure.phase != "ehlo":
                    raise
        return super().deliver()


@convicted("auth/smaller-limit-afterwards", check="sender.error.temporary")
class TakesTooLargeForPassing(Careful):
    """Says of a message that is too large that it may pass."""

    def refusal(self, phase: str, class_: str, reply: Reply, *, in_step: bool = True) -> Failure:
        found = super().refusal(phase, class_, reply, in_step=in_step)
        if reply.code == 552:
            found.temporary = True
        return found


# No credentials.


@convicted("auth/no-credentials", check="messages sender.status")
class WantsCredentialsWhereAuthIsOffered(Careful):
    """Sends nothing without credentials where AUTH is offered."""

    def open(self) -> Capabilities:
        capabilities = super().open()
        if self.to.username is None and "AUTH" in capabilities:
            raise Failure("auth", "auth-unavailable", "no credentials", temporary=False)
        return capabilities
