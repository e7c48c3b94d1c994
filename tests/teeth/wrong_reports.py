"""Senders that say what is not so, or not what they know."""

from __future__ import annotations

from typing import Any

from .careful import Careful
from .careful_wire import Failure, Lost, Reply
from .own_verification import OwnVerification


class SaysSentBeforeTheReply(Careful):
    """Says sent as soon as the message is out, without waiting for the reply."""

    def final(self) -> Reply:
        return Reply(250, ("probably",))


class SaysSentWhateverTheReply(Careful):
    """Says sent whatever the reply to the message is."""

    def final(self) -> Reply:
        return self.hear("end-of-data")


class TakesTemporaryForTaken(Careful):
    """Takes a temporary refusal of the message for a promise to take it."""

    def final(self) -> Reply:
        reply = self.hear("end-of-data")
        if reply.kind == 5:
            raise self.refusal("end-of-data", "message-refused", reply)
        return reply


class TakesALostReplyForTaken(Careful):
    """Where the connection breaks before the final reply it says sent."""

    def final(self) -> Reply:
        try:
            return super().final()
        except Failure as failure:
            if failure.class_ != "outcome-unknown":
                raise
            return Reply(250, ("lost",))


class TakesSilenceForTaken(Careful):
    """Where the final reply does not come it says sent."""

    def broken(self, phase: str, error: OSError) -> Failure:
        failure = super().broken(phase, error)
        failure.is_silence = phase == "end-of-data"  # type: ignore[attr-defined]  # of its own
        return failure

    def final(self) -> Reply:
        try:
            return super().final()
        except Failure as failure:
            if not getattr(failure, "is_silence", False):
                raise
            return Reply(250, ("silence",))


class NeedsAGoodbye(Careful):
    """Says failed where QUIT goes wrong."""

    def transact(self, *arguments: Any) -> Reply:
        reply = super().transact(*arguments)
        goodbye = self.ask("quit", "QUIT")
        self.wire.in_step = False
        if goodbye.code != 221:
            raise self.refusal("quit", "protocol-error", goodbye)
        return reply


class SendsTwice(Careful):
    """Hands the message over a second time, to be sure."""

    def transact(self, *arguments: Any) -> Reply:
        super().transact(*arguments)
        return super().transact(*arguments)


class SendsAgainWhenItIsUnsure(Careful):
    """Where the final reply is lost it sends the message again."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.class_ != "outcome-unknown":
                raise
            return super().deliver()


class AddsAProviderHeader(Careful):
    """Adds a header for a provider that nobody asked for."""

    def octets(self, message: Any) -> bytes:
        message["X-SMTPAPI"] = "{}"
        return super().octets(message)


class RewritesTheFrom(Careful):
    """Sends from an address made of the user name and the host."""

    def compose(self) -> Any:
        message = super().compose()
        message.replace_header("From", f"mailer@{self.to.host}")
        return message


class LosesTheText(Careful):
    """Sends a message without its text."""

    def octets(self, message: Any) -> bytes:
        return super().octets(message).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


class SwallowsTlsErrors(Careful):
    """Says sent where TLS failed: nobody looks at what was raised there."""

    def send(self) -> dict[str, Any]:
        answer = super().send()
        if answer["status"] == "failed" and answer["error"]["phase"] == "tls":
            return {"status": "sent"}
        return answer


class SwallowsLostConnections(Careful):
    """Says sent where the connection broke."""

    def send(self) -> dict[str, Any]:
        answer = super().send()
        swallowed = {"connection-lost", "connection-reset", "handshake-failed"}
        if answer["status"] == "failed" and answer["error"].get("class") in swallowed:
            return {"status": "sent"}
        return answer


class SwallowsUnreachableServers(Careful):
    """Says sent where the server cannot be reached: the message may go later."""

    def send(self) -> dict[str, Any]:
        answer = super().send()
        if answer["status"] == "failed" and answer["error"]["phase"] in {"dns", "connect"}:
            return {"status": "sent"}
        return answer


class BreaksWhereItCannotConnect(Careful):
    """Raises where the server cannot be reached."""

    def send(self) -> dict[str, Any]:
        answer = super().send()
        if answer["status"] == "failed" and answer["error"]["phase"] in {"dns", "connect"}:
            raise ConnectionError(answer["error"]["message"])
        return answer


class Blaming(Careful):
    """Right by itself: a hook for senders that blame the wrong thing for a failure."""

    def blamed(self, failure: Failure) -> tuple[str, str] | None:
        """Phase and class to tell in place of the right ones."""
        return None

    def failed(self, failure: Failure) -> dict[str, Any]:
        blamed = self.blamed(failure)
        if blamed is not None:
            failure.phase, failure.class_ = blamed
        return super().failed(failure)


class BlamesTheLogIn(Blaming):
    """Says of an unreachable server that the log-in failed."""

    def blamed(self, failure: Failure) -> tuple[str, str] | None:
        is_near = failure.phase in {"dns", "connect", "greeting"}
        return ("auth", "auth-rejected") if is_near else None


class BlamesTheLogInForTls(Blaming):
    """Says of a failed handshake that the log-in failed."""

    def blamed(self, failure: Failure) -> tuple[str, str] | None:
        is_near = failure.phase in {"tls", "starttls"}
        return ("auth", "auth-rejected") if is_near else None


class BlamesTheNetwork(Blaming):
    """Says of every failure that the connection was refused."""

    def blamed(self, failure: Failure) -> tuple[str, str] | None:
        return "connect", "connection-refused"


class BlamesTheCertificateDates(Blaming):
    """Says of every certificate that is refused that it has expired."""

    def blamed(self, failure: Failure) -> tuple[str, str] | None:
        if not (failure.class_ or "").startswith("certificate"):
            return None
        is_expired = failure.class_ == "certificate-expired"
        return "tls", "certificate-untrusted" if is_expired else "certificate-expired"


class BlamesTheMessage(Blaming):
    """Says of whatever fails before the log-in that the message was refused."""

    def blamed(self, failure: Failure) -> tuple[str, str] | None:
        is_early = failure.phase in {"ehlo", "starttls", "greeting", "config", "auth"}
        return ("end-of-data", "message-refused") if is_early else None


class TakesEveryFailureForTemporary(Careful):
    """Says of everything that it may work later."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        failure.temporary = True
        return super().failed(failure)


class TakesEveryFailureForPermanent(Careful):
    """Says of everything that it never will work."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        failure.temporary = False
        return super().failed(failure)


class TellsAnotherCode(Careful):
    """Tells a reply code of its own in place of the server's."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        if failure.reply is not None:
            failure.reply = Reply(550, failure.reply.lines)
        return super().failed(failure)


class SaysThatItFailed(Careful):
    """Says that it failed, and no more."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        failure.words = "failed"
        return super().failed(failure)


class SaysNothing(Careful):
    """Tells phase and class, and no words."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        answer = super().failed(failure)
        del answer["error"]["message"]
        return answer


class LosesLastWords(Careful):
    """Forgets what the server said before it hung up."""

    def lost(self, phase: str, lost: Lost) -> Failure:
        return super().lost(phase, Lost(reset=lost.reset))

    def refusal(self, phase: str, class_: str, reply: Reply, *, in_step: bool = True) -> Failure:
        failure = super().refusal(phase, class_, reply, in_step=in_step)
        if phase in {"greeting", "ehlo"}:
            failure.words = "the server is not available"
        return failure


class DoesNotSayWhere(Careful):
    """Names neither host nor port."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        to = getattr(self, "to", None)
        if to is not None:
            words = failure.words.replace(to.server, "the server")
            failure.words = words.replace(to.host, "the host").replace(f"{to.port}", "the port")
        return super().failed(failure)


# Certificates again: what is said of those of which either may be thought.


class BlamesTheLogInForRevocation(OwnVerification):
    """Refuses what may be revoked, which is right, and says that the log-in failed."""

    def verify_chain(self, presented: list[Any]) -> None:
        super().verify_chain(presented)
        names = {extension.oid.dotted_string for extension in presented[0].extensions}
        # The distribution point of a revocation list, and the demand for a stapled answer.
        if names & {"2.5.29.31", "1.3.6.1.5.5.7.1.24"}:
            raise Failure("auth", "auth-rejected", "the log-in failed", temporary=False)


class BlamesTheLogInForWeakness(OwnVerification):
    """Refuses weak certificates even unverified, and says that the log-in failed."""

    def verify_peer(self) -> None:
        super().verify_peer()
        try:
            leaf = self.presented()[0]
            self.check_purpose(leaf)
            for certificate in self.presented():
                self.check_strength(certificate)
        except Failure:
            raise Failure("auth", "auth-rejected", "the log-in failed", temporary=False) from None
