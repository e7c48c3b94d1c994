"""Senders that say what is not so, or not what they know."""

from __future__ import annotations

from typing import Any

from .careful import Careful
from .careful_wire import Failure, Lost, Reply
from .convictions import convicted
from .own_verification import OwnVerification


@convicted("ory/sent-means-handed-over", check="honesty sender.status")
class SaysSentBeforeTheReply(Careful):
    """Says sent as soon as the message is out, without waiting for the reply."""

    def final(self) -> Reply:
        return Reply(250, ("probably",))


@convicted(
    "ory/sent-means-handed-over[reply=451]",
    "ory/sent-means-handed-over[reply=452]",
    "ory/sent-means-handed-over[reply=552]",
    "ory/sent-means-handed-over[reply=554]",
    check="honesty sender.status",
)
class SaysSentWhateverTheReply(Careful):
    """Says sent whatever the reply to the message is."""

    def final(self) -> Reply:
        return self.hear("end-of-data")


@convicted(
    "ory/sent-means-handed-over[reply=451]",
    "ory/sent-means-handed-over[reply=452]",
    check="honesty sender.status",
)
class TakesTemporaryForTaken(Careful):
    """Takes a temporary refusal of the message for a promise to take it."""

    def final(self) -> Reply:
        reply = self.hear("end-of-data")
        if reply.kind == 5:
            raise self.refusal("end-of-data", "message-refused", reply)
        return reply


@convicted(
    "ory/sent-means-handed-over[reply=the-end-of-the-connection]",
    "ory/sent-means-handed-over[reply=a-reset]",
    "ory/sent-means-handed-over[reply=half-a-code]",
    check="honesty sender.status",
)
class TakesALostReplyForTaken(Careful):
    """Where the connection breaks before the final reply it says sent."""

    def final(self) -> Reply:
        try:
            return super().final()
        except Failure as failure:
            if failure.class_ != "outcome-unknown":
                raise
            return Reply(250, ("lost",))


@convicted("ory/sent-never-on-a-time-out", check="honesty sender.status")
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


@convicted(
    "ory/sent-once-taken[goodbye=refused]",
    "ory/sent-once-taken[goodbye=cut-off]",
    check="honesty sender.status",
)
class NeedsAGoodbye(Careful):
    """Says failed where QUIT goes wrong."""

    def transact(self, *arguments: Any) -> Reply:
        reply = super().transact(*arguments)
        goodbye = self.ask("quit", "QUIT")
        self.wire.in_step = False
        if goodbye.code != 221:
            raise self.refusal("quit", "protocol-error", goodbye)
        return reply


@convicted(
    "ory/own-server",
    "auth0/ports",
    "ory/provider-uris",
    "ory/sent-once-taken",
    "tls/certificate-skipped[mode=*,certificate=good]",
    "auth0/test-service",
    "auth0/criteria-met",
    "auth0/host-forms",
    "auth0/host-international",
    check="messages",
)
@convicted(
    "extensions/eight-bit[with=without]",
    "extensions/international-domain",
    "extensions/smtputf8-not-needed",
    "message/bare-carriage-returns",
    "message/bare-line-feeds",
    "message/dots",
    "message/folded-headers",
    "message/identification",
    "message/long-lines",
    "message/long-recipient-list",
    "message/long-subject",
    "message/null-sender",
    "message/paths",
    "message/quoted-printable",
    "message/unusual-recipients",
    "replies/habits",
    "replies/in-segments",
    "replies/long-line",
    "replies/several-lines",
    "replies/twice[what=quit]",
    "replies/unknown-acceptance",
    "replies/without-text",
    "session/goodbye-trouble",
    "session/helo",
    check="messages",
)
class SendsTwice(Careful):
    """Hands the message over a second time, to be sure."""

    def transact(self, *arguments: Any) -> Reply:
        super().transact(*arguments)
        return super().transact(*arguments)


@convicted("ory/sendgrid-uri", check="added-headers")
class AddsAProviderHeader(Careful):
    """Adds a header for a provider that nobody asked for."""

    def octets(self, message: Any) -> bytes:
        message["X-SMTPAPI"] = "{}"
        return super().octets(message)


@convicted("ory/own-server", "tls/certificate-good", check="message")
class RewritesTheFrom(Careful):
    """Sends from an address made of the user name and the host."""

    def compose(self) -> Any:
        message = super().compose()
        message.replace_header("From", f"mailer@{self.to.host}")
        return message


@convicted("auth0/ports", "auth0/criteria-met", "ory/sent-once-taken", check="message")
@convicted(
    "replies/greylisting",
    "replies/habits",
    "replies/in-segments",
    "replies/long-line",
    "replies/several-lines",
    "replies/twice",
    "replies/unknown-acceptance",
    "replies/without-text",
    "session/goodbye-trouble",
    "session/helo",
    check="message",
)
class LosesTheText(Careful):
    """Sends a message without its text."""

    def octets(self, message: Any) -> bytes:
        return super().octets(message).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


@convicted(
    "tls/client-certificate-required", "ory/sendgrid-hostname", check="honesty sender.status"
)
class SwallowsTlsErrors(Careful):
    """Says sent where TLS failed: nobody looks at what was raised there."""

    def send(self) -> dict[str, Any]:
        answer = super().send()
        if answer["status"] == "failed" and answer["error"]["phase"] == "tls":
            return {"status": "sent"}
        return answer


@convicted("starttls/no-handshake[end=close,trust=*]", check="honesty sender.status")
class SwallowsLostConnections(Careful):
    """Says sent where the connection broke."""

    def send(self) -> dict[str, Any]:
        answer = super().send()
        swallowed = {"connection-lost", "connection-reset", "handshake-failed"}
        if answer["status"] == "failed" and answer["error"].get("class") in swallowed:
            return {"status": "sent"}
        return answer


@convicted(
    "ory/unreachable-server[trouble=refused]",
    "ory/unreachable-server[trouble=silent]",
    "ory/unreachable-server[trouble=unknown-name]",
    "network/refused",
    "network/silent",
    "network/unknown-name",
    check="honesty sender.status",
)
class SwallowsUnreachableServers(Careful):
    """Says sent where the server cannot be reached: the message may go later."""

    def send(self) -> dict[str, Any]:
        answer = super().send()
        if answer["status"] == "failed" and answer["error"]["phase"] in {"dns", "connect"}:
            return {"status": "sent"}
        return answer


@convicted("network/refused", "network/unknown-name", check="answers")
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


@convicted(
    "network/refused",
    "network/silent",
    "network/unknown-name",
    "network/reset[mode=starttls]",
    "ory/unreachable-server",
    "auth0/port-25-blocked",
    "auth0/address-not-allowed[style=silence]",
    "auth0/address-not-allowed[style=reset]",
    "auth0/address-not-allowed[style=greeting-554]",
    "auth0/address-not-allowed[style=greeting-421]",
    check="sender.error.phase sender.error.class",
)
class BlamesTheLogIn(Blaming):
    """Says of an unreachable server that the log-in failed."""

    def blamed(self, failure: Failure) -> tuple[str, str] | None:
        is_near = failure.phase in {"dns", "connect", "greeting"}
        return ("auth", "auth-rejected") if is_near else None


@convicted(
    "tls/certificate-other-name",
    "tls/address-certificate-refused",
    "tls/address-certificate-other-name",
    "tls/certificate",
    "tls/old-versions",
    "tls/client-certificate-required",
    "tls/weak-certificate",
    "tls/wildcard-refused",
    "ory/sendgrid-hostname",
    "network/redirected",
    "auth0/no-public-authority",
    "starttls/no-handshake",
    "ory/provider-uris-stripped",
    "network/reset[mode=tls]",
    "tls/alert-words",
    "tls/broken-handshake",
    "tls/certificate-of-the-next-attempt",
    "tls/changed-certificate",
    "tls/international-host-other-name",
    "tls/stalled-handshake",
    "tls/weak-ciphers",
    check="sender.error.phase sender.error.class",
)
@convicted(
    "starttls/injected-fragment",
    "starttls/look-alikes",
    "starttls/refused",
    "starttls/stripped",
    check="sender.error.class",
)
class BlamesTheLogInForTls(Blaming):
    """Says of a failed handshake that the log-in failed."""

    def blamed(self, failure: Failure) -> tuple[str, str] | None:
        # Whether a reset of the handshake meets it or the connecting is the machine's affair.
        is_near = failure.phase in {"tls", "starttls"} or failure.class_ == "connection-reset"
        return ("auth", "auth-rejected") if is_near else None


@convicted("tls/old-versions", "starttls/unannounced", check="sender.error.class")
@convicted(
    "extensions/every-recipient-refused",
    "message/characters-cut-to-line-ends",
    "message/line-break-in-a-file-name",
    "message/line-break-in-a-header",
    "message/line-break-in-a-name",
    "message/line-break-in-reply-to",
    "message/line-break-in-the-subject",
    "replies/changing-code",
    "replies/changing-code-of-a-recipient",
    "replies/endless",
    "replies/extra",
    "replies/nobody-left",
    "session/ehlo-for-now",
    "session/ehlo-refused",
    "session/helo-and-credentials",
    check="sender.error.phase sender.error.class",
)
@convicted(
    "replies/greeting-refused",
    "replies/no-code",
    "replies/no-invitation",
    "session/ehlo-injection",
    check="sender.error.class",
)
@convicted("replies/unknown-refusal", check="sender.error.phase")
class BlamesTheNetwork(Blaming):
    """Says of every failure that the connection was refused."""

    def blamed(self, failure: Failure) -> tuple[str, str] | None:
        return "connect", "connection-refused"


@convicted(
    "tls/certificate[mode=*,certificate=expired]",
    "tls/certificate[mode=*,certificate=wrong-host]",
    check="sender.error.class",
)
class BlamesTheCertificateDates(Blaming):
    """Says of every certificate that is refused that it has expired."""

    def blamed(self, failure: Failure) -> tuple[str, str] | None:
        if not (failure.class_ or "").startswith("certificate"):
            return None
        is_expired = failure.class_ == "certificate-expired"
        return "tls", "certificate-untrusted" if is_expired else "certificate-expired"


@convicted(
    "starttls/greeting",
    "starttls/helo-only",
    "auth/not-offered",
    "auth/look-alikes",
    "auth/nothing-in-common",
    "config/impossible-uri",
    "config/flag-unknown-value",
    "starttls/vanished-auth",
    "modes/plaintext-at-implicit-tls-server",
    "auth0/address-not-allowed[style=ehlo-550]",
    "auth0/address-not-allowed[style=ehlo-421]",
    "auth/rejected",
    "auth/listed-twice",
    check="sender.error.phase sender.error.class",
)
class BlamesTheMessage(Blaming):
    """Says of whatever fails before the log-in that the message was refused."""

    def blamed(self, failure: Failure) -> tuple[str, str] | None:
        is_early = failure.phase in {"ehlo", "starttls", "greeting", "config", "auth"}
        return ("end-of-data", "message-refused") if is_early else None


@convicted(
    "auth/rejected",
    "starttls/refusal-kind[code=502]",
    "starttls/refusal-kind[code=554]",
    check="sender.error.temporary",
)
class TakesEveryFailureForTemporary(Careful):
    """Says of everything that it may work later."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        failure.temporary = True
        return super().failed(failure)


@convicted("network/refused", check="sender.error.temporary")
class TakesEveryFailureForPermanent(Careful):
    """Says of everything that it never will work."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        failure.temporary = False
        return super().failed(failure)


@convicted(
    "auth/rejected",
    "starttls/refusal-kind[code=454]",
    "starttls/refusal-kind[code=502]",
    check="sender.error.reply_code",
)
class TellsAnotherCode(Careful):
    """Tells a reply code of its own in place of the server's."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        if failure.reply is not None:
            failure.reply = Reply(550, failure.reply.lines)
        return super().failed(failure)


@convicted(
    "tls/certificate-words",
    "tls/wildcard-words",
    "tls/certificate-other-name-words",
    "tls/certificate-without-san-words",
    "ory/unreachable-server-words",
    "ory/tls-failure-words",
    "ory/ses-region-placeholder-words",
    "network/last-words",
    "auth0/address-not-allowed-words",
    "auth0/port-25-blocked-words",
    "auth0/port-closed-words",
    "modes/contradiction-words",
    "auth0/criterion-missed",
    "auth/criterion-words",
    "auth/rejected-words",
    check="sender.error.says",
)
class SaysThatItFailed(Careful):
    """Says that it failed, and no more."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        failure.words = "failed"
        return super().failed(failure)


@convicted("ory/unreachable-server-words", "auth0/criterion-missed", check="sender.error.says")
class SaysNothing(Careful):
    """Tells phase and class, and no words."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        answer = super().failed(failure)
        del answer["error"]["message"]
        return answer


@convicted("network/last-words", "auth0/address-not-allowed-words", check="sender.error.says")
class LosesLastWords(Careful):
    """Forgets what the server said before it hung up."""

    def lost(self, phase: str, lost: Lost) -> Failure:
        return super().lost(phase, Lost(reset=lost.reset))

    def refusal(self, phase: str, class_: str, reply: Reply, *, in_step: bool = True) -> Failure:
        failure = super().refusal(phase, class_, reply, in_step=in_step)
        if phase in {"greeting", "ehlo"}:
            failure.words = "the server is not available"
        return failure


@convicted("auth0/port-closed-words", check="sender.error.says")
class DoesNotSayWhere(Careful):
    """Names neither host nor port."""

    def failed(self, failure: Failure) -> dict[str, Any]:
        to = getattr(self, "to", None)
        if to is not None:
            words = failure.words.replace(to.server, "the server")
            failure.words = words.replace(to.host, "the host").replace(f"{to.port}", "the port")
        return super().failed(failure)


# Certificates again: what is said of those of which either may be thought.


@convicted("tls/revoked-certificate", check="sender.error.phase sender.error.class")
class BlamesTheLogInForRevocation(OwnVerification):
    """Refuses what may be revoked, which is right, and says that the log-in failed."""

    def verify_chain(self, presented: list[Any]) -> None:
        super().verify_chain(presented)
        names = {extension.oid.dotted_string for extension in presented[0].extensions}
        # The distribution point of a revocation list, and the demand for a stapled answer.
        if names & {"2.5.29.31", "1.3.6.1.5.5.7.1.24"}:
            raise Failure("auth", "auth-rejected", "the log-in failed", temporary=False)


@convicted("tls/weak-certificate-skipped", check="sender.error.phase sender.error.class")
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
