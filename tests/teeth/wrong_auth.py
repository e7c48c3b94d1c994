"""Senders that go wrong about authentication."""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Sequence
from typing import Any

from .careful import Capabilities, Careful
from .careful_wire import Failure, Lost, Reply
from .convictions import convicted
from .wrong_modes import Overriding


@convicted("auth/not-offered", check="mail messages sender.status")
@convicted("network/redirected-without-auth", "starttls/vanished-auth", check="mail sender.status")
class SendsAnonymously(Careful):
    """Goes on without logging in where AUTH is not offered."""

    def without_auth(self, capabilities: Capabilities) -> None:
        pass


@convicted("auth/nothing-in-common", check="mail sender.status")
@convicted("auth/nothing-in-common-words", check="sender.error.says")
class SendsAnonymouslyWithoutMechanism(Careful):
    """Goes on without logging in where mechanisms are offered, and none that it has."""

    def without_auth(self, capabilities: Capabilities) -> None:
        if not self.offered_mechanisms(capabilities):
            super().without_auth(capabilities)


@convicted("auth/not-offered", check="auth sender.error.class")
@convicted("network/redirected-in-clear", "network/redirected-without-auth", check="auth")
class LogsInUnasked(Careful):
    """Sends AUTH although it is not offered."""

    def without_auth(self, capabilities: Capabilities) -> None:
        reply = self.exchange("PLAIN")
        if not self.is_logged_in(reply):
            self.auth_refused(reply)


@convicted(
    "auth/look-alikes[offer=empty]",
    "auth/look-alikes[offer=empty-with-blank]",
    check="auth mail messages sender.status",
)
class TakesAnEmptyListForAll(Careful):
    """Takes AUTH without mechanisms for an offer of all."""

    def offered_mechanisms(self, capabilities: Capabilities) -> list[str]:
        offered = super().offered_mechanisms(capabilities)
        return offered or ([*self.mechanism_order()] if "AUTH" in capabilities else [])


@convicted("auth/look-alikes[offer=longer-mechanisms]", check="auth")
class FindsMechanismsAnywhere(Careful):
    """Looks for the letters of a mechanism in the list of them."""

    def usable_mechanisms(self, capabilities: Capabilities) -> list[str]:
        offered = " ".join(self.offered_mechanisms(capabilities))
        return [name for name in self.mechanism_order() if name in offered]


@convicted(
    "auth/look-alikes[offer=longer-keyword]", "auth/look-alikes[offer=host-name]", check="auth"
)
class FindsAuthAnywhere(Careful):
    """Takes any line that holds the letters AUTH for the list of mechanisms, the first too."""

    def capabilities(self, reply: Reply) -> Capabilities:
        found = super().capabilities(reply)
        for line in reply.lines:
            if "AUTH" in line.upper():
                found.setdefault("AUTH", []).extend(line.split()[1:])
        return found


@convicted(
    "auth/list-forms[form=lower-case]",
    "auth/list-forms[form=lower-case-names]",
    check="logged-in messages sender.status",
)
class WantsMechanismsInCapitals(Careful):
    """Knows mechanisms in upper case only."""

    def offered_mechanisms(self, capabilities: Capabilities) -> list[str]:
        return capabilities.get("AUTH", [])


@convicted("auth/list-forms[form=lower-case]", check="logged-in")
class WantsAuthInCapitals(Careful):
    """Knows the keyword AUTH in upper case only."""

    def capabilities(self, reply: Reply) -> Capabilities:
        found = super().capabilities(reply)
        if not any(line.startswith("AUTH") for line in reply.lines):
            found.pop("AUTH", None)
        return found


@convicted("auth/list-forms[form=equals]", check="logged-in")
class DoesNotKnowTheEqualsForm(Careful):
    """Does not understand `AUTH=LOGIN`."""

    def capabilities(self, reply: Reply) -> Capabilities:
        lines = tuple(line for line in reply.lines if not line.upper().startswith("AUTH="))
        return super().capabilities(Reply(reply.code, lines))


@convicted("auth/listed-twice", check="auth")
class TriesWhatIsListedTwiceTwice(Careful):
    """Goes through the list as it stands, repetitions too, until one works."""

    def authenticate(self, capabilities: Capabilities) -> None:
        offered = [
            name for name in self.offered_mechanisms(capabilities) if name in self.mechanism_order()
        ]
        if not offered:
            self.without_auth(capabilities)
        for mechanism in offered:
            reply = self.exchange(mechanism)
            if self.is_logged_in(reply):
                return
        self.auth_refused(reply)


@convicted("auth/list-forms[form=both]", "auth/list-forms[form=doubled]", check="logged-in")
class WantsEachMechanismOnce(Careful):
    """Takes a list with repetitions for no list."""

    def offered_mechanisms(self, capabilities: Capabilities) -> list[str]:
        offered = super().offered_mechanisms(capabilities)
        return offered if len(offered) == len(set(offered)) else []


@convicted("auth0/criteria-met", check="message logged-in messages sender.status")
@convicted("auth/login-only", check="logged-in messages sender.status")
class HasPlainOnly(Careful):
    """Does not have LOGIN."""

    def mechanism_order(self) -> Sequence[str]:
        return ("PLAIN",)


@convicted("auth/nothing-in-common", check="auth")
@convicted(
    "auth/criterion-words[offer=others]", "auth/nothing-in-common-words", check="sender.status"
)
class HasLoginOnlyAndInsists(Careful):
    """Has LOGIN only, and tries it whatever is offered."""

    def usable_mechanisms(self, capabilities: Capabilities) -> list[str]:
        return ["LOGIN"] if self.offered_mechanisms(capabilities) else []


@convicted("auth/plain-only", check="logged-in messages sender.status")
@convicted("auth/initial-response", "auth/login-missing", check="anonymous-messages")
class SendsAnonymouslyWithoutLogin(Careful):
    """Has LOGIN only, and sends without logging in where it is not offered."""

    def mechanism_order(self) -> Sequence[str]:
        return ("LOGIN",)

    def without_auth(self, capabilities: Capabilities) -> None:
        if not self.offered_mechanisms(capabilities):
            super().without_auth(capabilities)


@convicted("auth/prompts", check="logged-in messages sender.status")
class ReadsThePrompts(Careful):
    """Needs the prompts of LOGIN to be the usual words."""

    def auth_login(self) -> Reply:
        reply = self.ask("auth", "AUTH LOGIN")
        for word, answer in (("Username:", self.username()), ("Password:", self.password())):
            if reply.code != 334:
                return reply
            if self.prompt(reply) != word:
                raise self.cancelled(reply, "asks for what this sender does not know")
            reply = self.ask("auth", self.base64(answer))
        return reply

    @staticmethod
    def prompt(reply: Reply) -> str:
        try:
            return base64.b64decode(reply.lines[0], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return ""


@convicted(
    "auth/prompts[prompts=other-words]",
    "auth/prompts[prompts=localised]",
    "auth/prompts[prompts=beyond-latin]",
    "auth/prompts[prompts=empty]",
    check="logged-in",
)
@convicted("auth/prompts-in-clear-text", check="wrong-credentials")
class AnswersWhatItThinksIsAsked(Careful):
    """Answers a prompt with the user name where it holds `user`, else with the password."""

    def auth_login(self) -> Reply:
        reply = self.ask("auth", "AUTH LOGIN")
        for _ in range(2):
            if reply.code != 334:
                return reply
            is_user = "user" in ReadsThePrompts.prompt(reply).lower()
            reply = self.ask("auth", self.base64(self.username() if is_user else self.password()))
        return reply


@convicted("auth/prompts-in-clear-text", check="answers")
class WantsPromptsInBase64(Careful):
    """Decodes the prompts although they are of no use, and breaks on what is no base64."""

    def respond(self, reply: Reply, responses: list[str]) -> Reply:
        if reply.code == 334:
            base64.b64decode(reply.lines[0], validate=True)
        return super().respond(reply, responses)


@convicted("auth/prompts[prompts=beyond-latin]", check="logged-in")
@convicted("auth/prompts-in-clear-text", check="answers")
class WantsPromptsInAscii(Careful):
    """Decodes the prompts as ASCII, and breaks on what is not."""

    def respond(self, reply: Reply, responses: list[str]) -> Reply:
        if reply.code == 334:
            base64.b64decode(reply.lines[0] + "==").decode("ascii")
        return super().respond(reply, responses)


@convicted("auth/prompts-in-clear-text", check="anonymous-messages")
class GivesStrangePromptsUpForNothing(ReadsThePrompts):
    """Cancels LOGIN where it cannot read the prompts, and sends without logging in."""

    def authenticate(self, capabilities: Capabilities) -> None:
        with contextlib.suppress(Failure):
            super().authenticate(capabilities)


@convicted("auth/prompts-in-clear-text", check="auth")
class CancelsAndBeginsAgain(ReadsThePrompts):
    """Cancels LOGIN where it cannot read the prompts, and tries it again, and again."""

    def auth_login(self) -> Reply:
        for _ in range(4):
            with contextlib.suppress(Failure):
                return super().auth_login()
        return super().auth_login()


@convicted("auth/prompts-in-clear-text", check="sender.error.class sender.error.phase")
class BlamesTheConnectionForPrompts(ReadsThePrompts):
    """Says of a log-in that it cancelled that the connection was lost."""

    def auth_login(self) -> Reply:
        try:
            return super().auth_login()
        except Failure:
            raise Failure("connect", "connection-lost", "connection lost") from None


@convicted("auth/prompts[prompts=empty]", check="logged-in")
class WantsPromptsToSayAnything(Careful):
    """Takes an empty prompt for the end of the exchange."""

    def respond(self, reply: Reply, responses: list[str]) -> Reply:
        if reply.code == 334 and not reply.text and len(responses) == 2:
            return reply
        return super().respond(reply, responses)


@convicted("auth/login-only", check="logged-in")
class SwapsUserAndPassword(Careful):
    """In LOGIN the password goes first."""

    def auth_login(self) -> Reply:
        reply = self.ask("auth", "AUTH LOGIN")
        return self.respond(reply, [self.base64(self.password()), self.base64(self.username())])


@convicted("auth/rejected", check="mail sender.status")
class IgnoresTheRefusal(Careful):
    """Goes on after the log-in was refused."""

    def auth_refused(self, reply: Reply) -> None:
        pass


@convicted("auth/rejected", check="auth")
class RepeatsTheRefused(Careful):
    """Presents refused credentials again, and again."""

    def auth_refused(self, reply: Reply) -> None:
        for _ in range(5):
            again = self.exchange("PLAIN")
            if self.is_logged_in(again):
                return
        super().auth_refused(reply)


@convicted("auth/cram-md5-broken[broken=all-but-login]", "auth/rejected", check="auth connections")
class ConnectsAgainAfterRefusal(Overriding):
    """Presents refused credentials on one connection after the other."""

    def deliver(self) -> Reply:
        for _ in range(3):
            try:
                return super().deliver()
            except Failure as failure:
                if failure.class_ != "auth-rejected":
                    raise
        return super().deliver()


@convicted("auth/rejected", check="sender.error.temporary")
class TakesRefusalsForTemporary(Careful):
    """Says that refused credentials may work later."""

    def auth_refused(self, reply: Reply) -> None:
        refused = self.refusal("auth", "auth-temporary", reply)
        refused.temporary = True
        raise refused


@convicted("auth/rejected", check="sender.error.temporary sender.error.class sender.error.phase")
@convicted(
    "auth/cram-md5-broken[broken=all-but-login]",
    "auth/listed-twice",
    check="sender.error.class sender.error.phase",
)
@convicted("submission/mailgun/key-for-password", check="sender.error.phase sender.error.class")
class BlamesTheConnection(Careful):
    """Says of a refused log-in that the server could not be reached."""

    def auth_refused(self, reply: Reply) -> None:
        words = f"could not connect to {self.to.server}: {self.said(reply)}"
        raise Failure("connect", "connection-refused", words, temporary=True)


@convicted("auth/cram-md5-broken", check="auth")
class PrefersCramMd5ForEver(Careful):
    """Tries CRAM-MD5 first, and again where it was refused."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if "CRAM-MD5" not in self.offered_mechanisms(capabilities):
            super().authenticate(capabilities)
            return
        for _ in range(12):
            reply = self.exchange("CRAM-MD5")
            if self.is_logged_in(reply):
                return
        self.auth_refused(reply)


@convicted("auth/cram-md5-broken", check="anonymous-messages")
class GivesCramMd5UpForNothing(Careful):
    """Tries CRAM-MD5 first, and sends without logging in where it was refused."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if "CRAM-MD5" not in self.offered_mechanisms(capabilities):
            super().authenticate(capabilities)
            return
        self.exchange("CRAM-MD5")


@convicted("auth/login-missing[mechanism=CRAM-MD5]", check="sender.error.class")
class ComputesCramMd5Wrong(Careful):
    """Leaves the challenge encoded before the digest."""

    def mechanism_order(self) -> Sequence[str]:
        return ("CRAM-MD5", "PLAIN", "LOGIN")

    def auth_cram_md5(self) -> Reply:
        reply = self.ask("auth", "AUTH CRAM-MD5")
        return self.respond(reply, [self.base64(f"{self.username()} {'0' * 32}")])


@convicted("auth/initial-response[habit=ignored]", check="sender.status messages")
class GivesUpAtAChallenge(Careful):
    """Cancels the log-in where the server asks for the response that it had already."""

    def auth_plain(self) -> Reply:
        response = self.base64(f"\0{self.username()}\0{self.password()}")
        reply = self.ask("auth", f"AUTH PLAIN {response}")
        if reply.code == 334:
            raise self.cancelled(reply, "asks for what it has")
        return reply


@convicted("auth/initial-response[habit=refused]", check="auth")
class RepeatsTheInitialResponse(Careful):
    """Where a response with AUTH PLAIN is refused it sends the same again, and again."""

    def auth_plain(self) -> Reply:
        response = self.base64(f"\0{self.username()}\0{self.password()}")
        for _ in range(6):
            reply = self.ask("auth", f"AUTH PLAIN {response}")
            if reply.code != 501:
                break
        return self.respond(reply, [response]) if reply.code == 334 else reply


@convicted("auth/login-missing[mechanism=CRAM-MD5]", check="sender.error.class sender.error.phase")
@convicted("auth/initial-response", check="sender.error.phase")
class TakesAChallengeForSuccess(Careful):
    """Takes any reply that is no refusal for success."""

    def is_logged_in(self, reply: Reply) -> bool:
        return reply.kind in {2, 3}

    def respond(self, reply: Reply, responses: list[str]) -> Reply:
        return super().respond(reply, responses) if len(responses) > 1 else reply


@convicted("auth/long-password", check="logged-in messages sender.status")
class CutsLongPasswords(Careful):
    """Has room for 255 octets of a password."""

    def password(self) -> str:
        return super().password()[:255]


@convicted("ory/encoded-credentials[secret=blank]", check="wrong-credentials")
class TrimsPasswords(Careful):
    """Takes blanks off the ends of a password."""

    def password(self) -> str:
        return super().password().strip()


@convicted("ory/mailgun-uri", check="wrong-credentials message logged-in messages sender.status")
@convicted("ory/postmark-uri", check="wrong-credentials")
class BreaksLongBase64(Careful):
    """Breaks base64 into lines of 76, as in a message."""

    @staticmethod
    def base64(text: str) -> str:
        return base64.encodebytes(text.encode()).decode().strip().replace("\n", "\r\n")


@convicted("auth/login-only", check="logged-in")
class DropsTheDomain(Careful):
    """Logs in with what stands before the @ of the user name."""

    def username(self) -> str:
        return super().username().partition("@")[0]


@convicted("ory/ses-uri", check="wrong-credentials message logged-in messages sender.status")
class LowersTheUserName(Careful):
    """Logs in with the user name in lower case."""

    def username(self) -> str:
        return super().username().lower()


@convicted("ory/sendgrid-uri", check="wrong-credentials")
class LogsInAsTheSender(Careful):
    """Logs in with the From address for a user name."""

    def username(self) -> str:
        return str(self.asked["from"]["address"])


@convicted("starttls/addresses", check="mail messages sender.status")
class WaitsForCredentials(Careful):
    """Does not send without credentials."""

    def open(self) -> Capabilities:
        capabilities = super().open()
        if self.to.username is None:
            raise Failure("config", "config-invalid", "no credentials", temporary=False)
        return capabilities


# What it tells.


@convicted("auth/rejected-words", check="discretion")
class TellsThePassword(Careful):
    """Puts the password into the error."""

    def auth_refused(self, reply: Reply) -> None:
        words = f"log-in as {self.username()} with {self.password()}: {self.said(reply)}"
        raise Failure("auth", "auth-rejected", words, temporary=False, reply=reply)


@convicted("auth/rejected-words", check="discretion")
class TellsTheCommand(Careful):
    """Puts the AUTH command into the error."""

    def auth_refused(self, reply: Reply) -> None:
        command = self.base64(f"\0{self.username()}\0{self.password()}")
        words = f"AUTH PLAIN {command}: {self.said(reply)}"
        raise Failure("auth", "auth-rejected", words, temporary=False, reply=reply)


@convicted("auth0/setting-missing[setting=from]", check="discretion")
class TellsTheUri(Careful):
    """Puts the connection URI into every error."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        failure.words = f"{self.request['transport']['uri']}: {failure.words}"
        return super().failed(failure)


@convicted("auth/rejected-words", check="sender.error.says")
class KeepsTheReasonToItself(Careful):
    """Reports every failure in words of its own, never the server's."""

    def said(self, reply: Reply) -> str:
        return str(reply.code)


@convicted("auth/rejected-words", check="sender.error.says")
class KeepsTheReasonOfARefusedLogIn(Careful):
    """Reports a refused log-in in words of its own."""

    def auth_refused(self, reply: Reply) -> None:
        words = "authentication failed"
        raise Failure("auth", "auth-rejected", words, temporary=False, reply=reply)


@convicted("auth/nothing-in-common-words", check="sender.error.says")
class DoesNotSayWhatIsOffered(Careful):
    """Says that it cannot log in, and not what is offered."""

    def without_auth(self, capabilities: Capabilities) -> None:
        words = f"cannot log in to {self.to.server}"
        raise Failure("auth", "auth-unavailable", words, temporary=False)


@convicted("auth/nothing-in-common-words", check="sender.error.says")
class DoesNotSayWhatItHas(Careful):
    """Says what is offered, and not what it has itself."""

    def without_auth(self, capabilities: Capabilities) -> None:
        offered = " ".join(self.offered_mechanisms(capabilities))
        words = f"cannot log in to {self.to.server}: it offers {offered}"
        raise Failure("auth", "auth-unavailable", words, temporary=False)


@convicted("auth/criterion-words", check="sender.error.says")
class SaysNothingOfAuth(Careful):
    """Says of a missing mechanism that something went wrong."""

    def without_auth(self, capabilities: Capabilities) -> None:
        raise Failure("auth", "auth-unavailable", "something went wrong", temporary=False)


@convicted("auth/look-alikes", "auth/nothing-in-common", check="sender.error.class")
class TakesAMissingMechanismForRefused(Careful):
    """Says of a missing mechanism that the password is wrong."""

    def without_auth(self, capabilities: Capabilities) -> None:
        words = f"wrong password for {self.to.server}"
        raise Failure("auth", "auth-rejected", words, temporary=False)


@convicted("auth/listed-twice", "auth/rejected-words", check="sender.status")
class BreaksOffInSilence(Careful):
    """Drops the connection in the middle of the exchange, and says that it was sent."""

    def auth_refused(self, reply: Reply) -> None:
        raise Lost(reset=False)

    def send(self) -> dict[str, Any]:
        try:
            return super().send()
        except Lost:
            return {"status": "sent"}
