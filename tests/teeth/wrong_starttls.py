"""Senders that go wrong about STARTTLS."""

from __future__ import annotations

from .careful import Capabilities, Careful
from .careful_wire import Failure, Garbled, Reply
from .convictions import convicted
from .wrong_modes import Overriding


@convicted("starttls/unannounced", check="credentials-in-clear content-in-clear")
class GoesOnWithoutStartTls(Careful):
    """Takes TLS where it is offered, and does without where it is not."""

    def without_starttls(self, capabilities: Capabilities) -> Capabilities:
        return capabilities


@convicted("starttls/stripped[how=*,trust=*,login=no-credentials]", check="mail sender.status")
class GoesOnWithoutStartTlsAnonymously(Careful):
    """Does without TLS where there is nothing to log in with."""

    def without_starttls(self, capabilities: Capabilities) -> Capabilities:
        if self.to.username is None:
            return capabilities
        return super().without_starttls(capabilities)


@convicted("ory/provider-uris-stripped", check="auth mail sender.status")
@convicted("starttls/stripped[how=*,trust=*,login=credentials]", check="auth")
@convicted(
    "modes/stripped[verification=verified,temptation=*-in-clear]", check="credentials-in-clear"
)
@convicted("modes/stripped[verification=verified,temptation=no-auth]", check="sender.error.class")
@convicted(
    "modes/stripped[verification=verified,temptation=no-credentials]", check="content-in-clear"
)
class AsksForStartTlsUnoffered(Careful):
    """Asks for STARTTLS unoffered, which is right, and goes on in clear when it is refused."""

    def without_starttls(self, capabilities: Capabilities) -> Capabilities:
        reply = self.ask("starttls", "STARTTLS")
        if reply.code != 220:
            return capabilities
        self.start_tls()
        return self.ehlo()


@convicted(
    "starttls/wrong-code[code=221]",
    "starttls/wrong-code[code=250]",
    "starttls/wrong-code[code=354]",
    check="auth mail sender.status",
)
class GoesOnAfterRefusedStartTls(Careful):
    """Does without TLS where STARTTLS is refused."""

    def starttls_refused(self, reply: Reply, capabilities: Capabilities) -> Capabilities:
        return capabilities


@convicted("starttls/refusal-kind[code=454]", check="sender.error.temporary")
@convicted("starttls/refused[code=454,trust=*]", check="credentials-in-clear")
class GoesOnAfterTemporaryRefusal(Careful):
    """Does without TLS where it is not to be had at the moment."""

    def starttls_refused(self, reply: Reply, capabilities: Capabilities) -> Capabilities:
        if reply.kind == 4:
            return capabilities
        return super().starttls_refused(reply, capabilities)


@convicted(
    "starttls/refused[code=500,trust=*]",
    "starttls/refused[code=501,trust=*]",
    "starttls/refused[code=502,trust=*]",
    "starttls/refused[code=530,trust=*]",
    "starttls/refused[code=554,trust=*]",
    check="auth mail sender.status",
)
class GoesOnAfterPermanentRefusal(Careful):
    """Does without TLS where the command is not known."""

    def starttls_refused(self, reply: Reply, capabilities: Capabilities) -> Capabilities:
        if reply.kind == 5:
            return capabilities
        return super().starttls_refused(reply, capabilities)


@convicted(
    "starttls/wrong-code[code=221]",
    "starttls/wrong-code[code=250]",
    "starttls/wrong-code[code=354]",
    check="client-hellos",
)
class TakesAnyReplyForGoAhead(Careful):
    """Begins TLS whatever the reply to STARTTLS is."""

    def is_go_ahead(self, reply: Reply) -> bool:
        return reply.code < 400


@convicted("starttls/garbage", check="auth mail sender.status")
@convicted("starttls/wrong-code[code=421]", check="credentials-in-clear")
class GoesOnAfterGarbage(Careful):
    """Does without TLS where the reply to STARTTLS cannot be read."""

    def ask_starttls(self) -> Reply:
        try:
            return super().ask_starttls()
        except Failure:
            self.wire.buffer, self.wire.in_step = b"", True
            return Reply(500, ("",))

    def starttls_refused(self, reply: Reply, capabilities: Capabilities) -> Capabilities:
        return capabilities


@convicted("starttls/look-alikes", check="auth mail sender.status")
@convicted("starttls/look-alikes[word=host-name]", check="starttls")
class FindsStartTlsAnywhere(Careful):
    """Looks for the letters STARTTLS in the whole reply to EHLO, and cares for no answer."""

    def capabilities(self, reply: Reply) -> Capabilities:
        self.heard = " ".join(reply.lines).upper()
        return super().capabilities(reply)

    def offers_starttls(self, capabilities: Capabilities) -> bool:
        return "STARTTLS" in self.heard

    def starttls_refused(self, reply: Reply, capabilities: Capabilities) -> Capabilities:
        if super().offers_starttls(capabilities):
            return super().starttls_refused(reply, capabilities)
        return capabilities


@convicted(
    "starttls/spelling[word=lower-case]",
    "starttls/spelling[word=mixed-case]",
    "starttls/spelling[word=both]",
    check="handshakes messages sender.status",
)
class WantsStartTlsInCapitals(Careful):
    """Knows the keyword in upper case only."""

    def capabilities(self, reply: Reply) -> Capabilities:
        found = super().capabilities(reply)
        if not any(line.startswith("STARTTLS") for line in reply.lines):
            found.pop("STARTTLS", None)
        return found


@convicted("starttls/spelling[word=trailing-blank]", check="handshakes")
class WantsStartTlsAlone(Careful):
    """Knows the keyword only where nothing stands behind it, not even a blank."""

    def capabilities(self, reply: Reply) -> Capabilities:
        found = super().capabilities(reply)
        if not any(line.upper() == "STARTTLS" for line in reply.lines):
            found.pop("STARTTLS", None)
        return found


@convicted("starttls/injected-fragment", check="sender.error.phase")
@convicted("starttls/injected-success", check="sender.error.phase")
class KeepsWhatWasInjected(Careful):
    """Reads on inside TLS in what came before it."""

    def check_nothing_injected(self) -> None:
        self.wire.unasked()


@convicted("starttls/injection", check="mechanisms sender.error.class sender.error.phase")
@convicted("starttls/injected-fragment", check="first-inside-tls")
class ThrowsAwayButRemembers(Careful):
    """Takes lines that were injected for the new list, and ignores the answer to EHLO."""

    def check_nothing_injected(self) -> None:
        self.wire.unasked()

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        if not self.wire.buffer:
            return self.ehlo()
        try:
            injected = self.capabilities(self.wire.reply())
        except Garbled:
            injected = before
        self.wire.buffer = b""
        self.ehlo()
        return injected


@convicted("starttls/bait", check="messages sender.status")
@convicted(
    "modes/given-socket[mode=starttls]",
    "modes/starttls",
    "ory/sendgrid-starttls",
    "starttls/ehlo-again",
    check="first-inside-tls",
)
class SaysEhloOnce(Careful):
    """Does not say EHLO again inside TLS."""

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        return before


@convicted("starttls/bait", check="logged-in")
class SaysHeloAgain(Careful):
    """Says HELO inside TLS, and keeps the list from before."""

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        self.ask("ehlo", f"HELO {self.ehlo_name()}")
        return before


@convicted("starttls/ehlo-again", check="messages sender.status")
class KeepsTheFirstList(Careful):
    """Says EHLO again, and uses what was listed before TLS."""

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        super().ehlo_again(before)
        return before


@convicted("starttls/vanished-auth", check="auth sender.error.class")
class AddsUpBothLists(Careful):
    """Uses whatever was listed before TLS or inside it."""

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        return {**before, **super().ehlo_again(before)}


@convicted("starttls/second-list[first=size]", check="messages sender.status")
class KeepsTheFirstSize(Careful):
    """Keeps to the size that was listed before TLS."""

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        after = super().ehlo_again(before)
        return {**after, "SIZE": before["SIZE"]} if "SIZE" in before else after


@convicted("starttls/second-list[first=extensions]", check="messages sender.status")
class UsesExtensionsOfTheFirstList(Careful):
    """Uses SMTPUTF8 where it was listed before TLS."""

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        self.before = before
        return super().ehlo_again(before)

    def ask(self, phase: str, command: str) -> Reply:
        if phase == "mail" and "SMTPUTF8" in self.before:
            command = f"{command} SMTPUTF8"
        return super().ask(phase, command)


@convicted(
    "starttls/unanswered-ehlo[answer=remembered]",
    check="auth sender.error.class sender.error.phase",
)
class DoesWithoutTheSecondAnswer(Careful):
    """Where EHLO inside TLS is not answered, the first answer has to do."""

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        try:
            return super().ehlo_again(before)
        except Failure as failure:
            if failure.class_ != "stalled":
                raise
            self.wire.in_step = True
            return before


@convicted("starttls/offered-again", check="starttls")
class UpgradesTwice(Careful):
    """Uses STARTTLS inside TLS where it is listed there."""

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        capabilities = super().ehlo_again(before)
        if "STARTTLS" in capabilities:
            self.ask("starttls", "STARTTLS")
        return capabilities


@convicted("starttls/second-list[first=mechanisms]", check="mechanisms messages sender.status")
@convicted("starttls/bait", check="credentials-in-clear logged-in")
@convicted("ory/sendgrid-starttls", check="credentials-in-clear")
class LogsInBeforeTls(Careful):
    """Logs in as soon as AUTH is offered, and upgrades afterwards."""

    def upgrade(self, capabilities: Capabilities) -> Capabilities:
        if self.to.username is not None and self.offered_mechanisms(capabilities):
            self.authenticate(capabilities)
        return super().upgrade(capabilities)


@convicted("starttls/vanished-auth", check="auth")
class LogsInWhereverItCan(Careful):
    """Logs in inside TLS; where AUTH is gone there, it would have had to log in before."""

    def upgrade(self, capabilities: Capabilities) -> Capabilities:
        self.before = capabilities
        return super().upgrade(capabilities)

    def without_auth(self, capabilities: Capabilities) -> None:
        offered = self.before if self.to.security == "starttls" else capabilities
        if not self.usable_mechanisms(offered):
            super().without_auth(capabilities)
        self.authenticate(offered)


@convicted("starttls/offered-again", check="content-in-clear")
class NamesTheSenderBeforeTls(Careful):
    """Says MAIL first, to see whether TLS is needed at all."""

    def upgrade(self, capabilities: Capabilities) -> Capabilities:
        self.ask("mail", f"MAIL FROM:<{self.envelope_from()}>")
        return super().upgrade(capabilities)


@convicted("starttls/helo-only", check="content-in-clear")
class FallsBackToHelo(Careful):
    """Says HELO where EHLO is refused, and goes on without TLS."""

    def may_do_without_extensions(self) -> bool:
        return True

    def without_starttls(self, capabilities: Capabilities) -> Capabilities:
        if capabilities:
            return super().without_starttls(capabilities)
        return capabilities

    def without_auth(self, capabilities: Capabilities) -> None:
        if capabilities:
            super().without_auth(capabilities)


@convicted("starttls/helo-only", check="credentials-in-clear")
class FallsBackToHeloAndLogsIn(FallsBackToHelo):
    """Says HELO where EHLO is refused, and logs in as if AUTH had been offered."""

    def without_auth(self, capabilities: Capabilities) -> None:
        if capabilities:
            super().without_auth(capabilities)
        self.exchange("PLAIN")


@convicted("starttls/ahead-of-reply", check="ahead-of-tls")
class PipelinesBehindStartTls(Careful):
    """Sends EHLO in one segment with STARTTLS, to save a round."""

    def ask_starttls(self) -> Reply:
        self.put("starttls", f"STARTTLS\r\nEHLO {self.ehlo_name()}\r\n".encode())
        return self.hear("starttls")


@convicted("starttls/bait", check="logged-in")
class DoesNotWaitForTheReply(Careful):
    """Begins TLS right behind STARTTLS, without reading the reply."""

    def ask_starttls(self) -> Reply:
        self.put("starttls", b"STARTTLS\r\n")
        self.wire.send(b"\x16\x03\x01")
        return self.hear("starttls")


@convicted("starttls/greeting[code=221]", "starttls/greeting[code=554]", check="auth")
class TakesAnyGreeting(Careful):
    """Goes on whatever the greeting says."""

    def greet(self) -> None:
        self.hear("greeting")


@convicted(
    "starttls/greeting[code=221]",
    "starttls/greeting[code=354]",
    check="auth mail starttls ehlo sender.status",
)
class TakesAnyKindGreeting(Careful):
    """Goes on behind any greeting that is no refusal."""

    def greet(self) -> None:
        reply = self.hear("greeting")
        if reply.kind > 3:
            raise self.refusal("greeting", "greeting-refused", reply)


@convicted("starttls/unanswered-ehlo[answer=injected]", check="mail sender.status")
@convicted(
    "starttls/no-handshake[end=silence,trust=*]",
    "starttls/no-handshake[end=reset,trust=*]",
    check="credentials-in-clear",
)
class TriesAgainWithoutTls(Overriding):
    """Where the handshake fails it connects again and does without."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            is_certificate = (failure.class_ or "").startswith("certificate")
            if failure.phase not in {"tls", "starttls"} or is_certificate or failure.reply:
                raise
            if failure.class_ == "starttls-unavailable":
                raise
            return self.again(security="none")


@convicted("starttls/downgrade", check="auth mail sender.status")
class RemembersThatTlsFailed(Careful):
    """After one failed handshake it takes TLS for optional with this server."""

    def tried(self) -> str:
        return f"failed {self.request['case']}"

    def start_tls(self) -> None:
        self.memory[self.tried()] = True
        super().start_tls()
        self.memory[self.tried()] = False

    def ask_starttls(self) -> Reply:
        self.memory[self.tried()] = True
        return super().ask_starttls()

    def without_starttls(self, capabilities: Capabilities) -> Capabilities:
        if self.memory.get(self.tried()):
            return capabilities
        return super().without_starttls(capabilities)
