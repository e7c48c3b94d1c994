"""Senders that go wrong about authentication."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from .careful import Capabilities, Careful
from .careful_wire import Failure, Lost, Reply
from .wrong_modes import Overriding


class SendsAnonymously(Careful):
    """Goes on without logging in where AUTH is not offered."""

    def without_auth(self, capabilities: Capabilities) -> None:
        pass


class SendsAnonymouslyWithoutMechanism(Careful):
    """Goes on without logging in where mechanisms are offered, and none that it has."""

    def without_auth(self, capabilities: Capabilities) -> None:
        if not self.offered_mechanisms(capabilities):
            super().without_auth(capabilities)


class LogsInUnasked(Careful):
    """Sends AUTH although it is not offered."""

    def without_auth(self, capabilities: Capabilities) -> None:
        reply = self.exchange("PLAIN")
        if not self.is_logged_in(reply):
            self.auth_refused(reply)


class TakesAnEmptyListForAll(Careful):
    """Takes AUTH without mechanisms for an offer of all."""

    def offered_mechanisms(self, capabilities: Capabilities) -> list[str]:
        offered = super().offered_mechanisms(capabilities)
        return offered or ([*self.mechanism_order()] if "AUTH" in capabilities else [])


class FindsMechanismsAnywhere(Careful):
    """Looks for the letters of a mechanism in the list of them."""

    def usable_mechanisms(self, capabilities: Capabilities) -> list[str]:
        offered = " ".join(self.offered_mechanisms(capabilities))
        return [name for name in self.mechanism_order() if name in offered]


class FindsAuthAnywhere(Careful):
    """Takes any line that holds the letters AUTH for the list of mechanisms, the first too."""

    def capabilities(self, reply: Reply) -> Capabilities:
        found = super().capabilities(reply)
        for line in reply.lines:
            if "AUTH" in line.upper():
                found.setdefault("AUTH", []).extend(line.split()[1:])
        return found


class WantsMechanismsInCapitals(Careful):
    """Knows mechanisms in upper case only."""

    def offered_mechanisms(self, capabilities: Capabilities) -> list[str]:
        return capabilities.get("AUTH", [])


class WantsAuthInCapitals(Careful):
    """Knows the keyword AUTH in upper case only."""

    def capabilities(self, reply: Reply) -> Capabilities:
        found = super().capabilities(reply)
        if not any(line.startswith("AUTH") for line in reply.lines):
            found.pop("AUTH", None)
        return found


class DoesNotKnowTheEqualsForm(Careful):
    """Does not understand `AUTH=LOGIN`."""

    def capabilities(self, reply: Reply) -> Capabilities:
        lines = tuple(line for line in reply.lines if not line.upper().startswith("AUTH="))
        return super().capabilities(Reply(reply.code, lines))


class KnowsTheLastListOnly(Careful):
    """Where AUTH is listed twice the first list is lost."""

    def capabilities(self, reply: Reply) -> Capabilities:
        found: Capabilities = {}
        for line in reply.lines[1:]:
            found.update(super().capabilities(Reply(reply.code, ("", line))))
        return found


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


class HasPlainOnly(Careful):
    """Does not have LOGIN."""

    def mechanism_order(self) -> Sequence[str]:
        return ("PLAIN",)


class HasLoginOnlyAndInsists(Careful):
    """Has LOGIN only, and tries it whatever is offered."""

    def usable_mechanisms(self, capabilities: Capabilities) -> list[str]:
        return ["LOGIN"] if self.offered_mechanisms(capabilities) else []


class SendsAnonymouslyWithoutLogin(Careful):
    """Has LOGIN only, and sends without logging in where it is not offered."""

    def mechanism_order(self) -> Sequence[str]:
        return ("LOGIN",)

    def without_auth(self, capabilities: Capabilities) -> None:
        if not self.offered_mechanisms(capabilities):
            super().without_auth(capabilities)


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


class WantsPromptsInBase64(Careful):
    """Decodes the prompts although they are of no use, and breaks on what is no base64."""

    def respond(self, reply: Reply, responses: list[str]) -> Reply:
        if reply.code == 334:
            base64.b64decode(reply.lines[0], validate=True)
        return super().respond(reply, responses)


class WantsPromptsInAscii(Careful):
    """Decodes the prompts as ASCII, and breaks on what is not."""

    def respond(self, reply: Reply, responses: list[str]) -> Reply:
        if reply.code == 334:
            base64.b64decode(reply.lines[0] + "==").decode("ascii")
        return super().respond(reply, responses)


class WantsPromptsToSayAnything(Careful):
    """Takes an empty prompt for the end of the exchange."""

    def respond(self, reply: Reply, responses: list[str]) -> Reply:
        if reply.code == 334 and not reply.text and len(responses) == 2:
            return reply
        return super().respond(reply, responses)


class SwapsUserAndPassword(Careful):
    """In LOGIN the password goes first."""

    def auth_login(self) -> Reply:
        reply = self.ask("auth", "AUTH LOGIN")
        return self.respond(reply, [self.base64(self.password()), self.base64(self.username())])


class IgnoresTheRefusal(Careful):
    """Goes on after the log-in was refused."""

    def auth_refused(self, reply: Reply) -> None:
        pass


class RepeatsTheRefused(Careful):
    """Presents refused credentials again, and again."""

    def auth_refused(self, reply: Reply) -> None:
        for _ in range(5):
            again = self.exchange("PLAIN")
            if self.is_logged_in(again):
                return
        super().auth_refused(reply)


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


class TakesRefusalsForTemporary(Careful):
    """Says that refused credentials may work later."""

    def auth_refused(self, reply: Reply) -> None:
        refused = self.refusal("auth", "auth-temporary", reply)
        refused.temporary = True
        raise refused


class TakesTemporaryForRefused(Careful):
    """Says of a temporary refusal that the password is wrong."""

    def auth_refused(self, reply: Reply) -> None:
        refused = self.refusal("auth", "auth-rejected", reply)
        refused.temporary = False
        raise refused


class BlamesTheConnection(Careful):
    """Says of a refused log-in that the server could not be reached."""

    def auth_refused(self, reply: Reply) -> None:
        words = f"could not connect to {self.to.server}: {self.said(reply)}"
        raise Failure("connect", "connection-refused", words, temporary=True)


class TakesOneMechanismOnly(Careful):
    """Where its first mechanism is not taken it does not try another."""

    def usable_mechanisms(self, capabilities: Capabilities) -> list[str]:
        return super().usable_mechanisms(capabilities)[:1]


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


class GivesCramMd5UpForNothing(Careful):
    """Tries CRAM-MD5 first, and sends without logging in where it was refused."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if "CRAM-MD5" not in self.offered_mechanisms(capabilities):
            super().authenticate(capabilities)
            return
        self.exchange("CRAM-MD5")


class ComputesCramMd5Wrong(Careful):
    """Leaves the challenge encoded before the digest."""

    def mechanism_order(self) -> Sequence[str]:
        return ("CRAM-MD5", "PLAIN", "LOGIN")

    def auth_cram_md5(self) -> Reply:
        reply = self.ask("auth", "AUTH CRAM-MD5")
        return self.respond(reply, [self.base64(f"{self.username()} {'0' * 32}")])


class SendsNoSecondResponse(Careful):
    """Where the response that came with AUTH PLAIN is asked for again it sends an empty line."""

    def auth_plain(self) -> Reply:
        response = self.base64(f"\0{self.username()}\0{self.password()}")
        reply = self.ask("auth", f"AUTH PLAIN {response}")
        while reply.code == 334:
            reply = self.ask("auth", "")
        return reply


class RepeatsTheInitialResponse(Careful):
    """Where a response with AUTH PLAIN is refused it sends the same again, and again."""

    def auth_plain(self) -> Reply:
        response = self.base64(f"\0{self.username()}\0{self.password()}")
        for _ in range(6):
            reply = self.ask("auth", f"AUTH PLAIN {response}")
            if reply.code != 501:
                break
        return self.respond(reply, [response]) if reply.code == 334 else reply


class TakesAChallengeForSuccess(Careful):
    """Takes any reply that is no refusal for success."""

    def is_logged_in(self, reply: Reply) -> bool:
        return reply.kind in {2, 3}

    def respond(self, reply: Reply, responses: list[str]) -> Reply:
        return super().respond(reply, responses) if len(responses) > 1 else reply


class CutsLongPasswords(Careful):
    """Has room for 255 octets of a password."""

    def password(self) -> str:
        return super().password()[:255]


class TrimsPasswords(Careful):
    """Takes blanks off the ends of a password."""

    def password(self) -> str:
        return super().password().strip()


class BreaksLongBase64(Careful):
    """Breaks base64 into lines of 76, as in a message."""

    @staticmethod
    def base64(text: str) -> str:
        return base64.encodebytes(text.encode()).decode().strip().replace("\n", "\r\n")


class EncodesInLatin1(Careful):
    """Encodes credentials in Latin-1, and what is not in it as `?`."""

    @staticmethod
    def base64(text: str) -> str:
        return base64.b64encode(text.encode("latin-1", "replace")).decode()


class DropsTheDomain(Careful):
    """Logs in with what stands before the @ of the user name."""

    def username(self) -> str:
        return super().username().partition("@")[0]


class LowersTheUserName(Careful):
    """Logs in with the user name in lower case."""

    def username(self) -> str:
        return super().username().lower()


class LogsInAsTheSender(Careful):
    """Logs in with the From address for a user name."""

    def username(self) -> str:
        return str(self.asked["from"]["address"])


class LogsInWithoutCredentials(Careful):
    """Logs in with nothing where AUTH is offered and no credentials are configured."""

    def open(self) -> Capabilities:
        capabilities = super().open()
        if self.to.username is None and self.offered_mechanisms(capabilities):
            self.exchange("PLAIN")
        return capabilities


class WaitsForCredentials(Careful):
    """Does not send without credentials."""

    def open(self) -> Capabilities:
        capabilities = super().open()
        if self.to.username is None:
            raise Failure("config", "config-invalid", "no credentials", temporary=False)
        return capabilities


# What it tells.


class TellsThePassword(Careful):
    """Puts the password into the error."""

    def auth_refused(self, reply: Reply) -> None:
        words = f"log-in as {self.username()} with {self.password()}: {self.said(reply)}"
        raise Failure("auth", "auth-rejected", words, temporary=False, reply=reply)


class TellsTheCommand(Careful):
    """Puts the AUTH command into the error."""

    def auth_refused(self, reply: Reply) -> None:
        command = self.base64(f"\0{self.username()}\0{self.password()}")
        words = f"AUTH PLAIN {command}: {self.said(reply)}"
        raise Failure("auth", "auth-rejected", words, temporary=False, reply=reply)


class TellsTheUri(Careful):
    """Puts the connection URI into every error."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        failure.words = f"{self.request['transport']['uri']}: {failure.words}"
        return super().failed(failure)


class RepeatsWhatItHears(Careful):
    """Puts the server's words into errors as they come."""

    def clean(self, text: str) -> str:
        return text


class KeepsTheReasonToItself(Careful):
    """Reports every failure in words of its own, never the server's."""

    def said(self, reply: Reply) -> str:
        return str(reply.code)


class KeepsTheReasonOfARefusedLogIn(Careful):
    """Reports a refused log-in in words of its own."""

    def auth_refused(self, reply: Reply) -> None:
        words = "authentication failed"
        raise Failure("auth", "auth-rejected", words, temporary=False, reply=reply)


class DoesNotSayWhatIsOffered(Careful):
    """Says that it cannot log in, and not what is offered."""

    def without_auth(self, capabilities: Capabilities) -> None:
        words = f"cannot log in to {self.to.server}"
        raise Failure("auth", "auth-unavailable", words, temporary=False)


class DoesNotSayWhatItHas(Careful):
    """Says what is offered, and not what it has itself."""

    def without_auth(self, capabilities: Capabilities) -> None:
        offered = " ".join(self.offered_mechanisms(capabilities))
        words = f"cannot log in to {self.to.server}: it offers {offered}"
        raise Failure("auth", "auth-unavailable", words, temporary=False)


class SaysNothingOfAuth(Careful):
    """Says of a missing mechanism that something went wrong."""

    def without_auth(self, capabilities: Capabilities) -> None:
        raise Failure("auth", "auth-unavailable", "something went wrong", temporary=False)


class TakesAMissingMechanismForRefused(Careful):
    """Says of a missing mechanism that the password is wrong."""

    def without_auth(self, capabilities: Capabilities) -> None:
        words = f"wrong password for {self.to.server}"
        raise Failure("auth", "auth-rejected", words, temporary=False)


class BreaksOffInSilence(Careful):
    """Drops the connection in the middle of the exchange, and says that it was sent."""

    def auth_refused(self, reply: Reply) -> None:
        raise Lost(reset=False)

    def send(self) -> dict[str, Any]:
        try:
            return super().send()
        except Lost:
            return {"status": "sent"}
