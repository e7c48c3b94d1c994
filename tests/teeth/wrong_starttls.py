"""Senders that go wrong about STARTTLS."""

from __future__ import annotations

from .careful import Capabilities, Careful
from .careful_wire import Failure, Garbled, Reply
from .wrong_modes import Overriding


class GoesOnWithoutStartTls(Careful):
    """Takes TLS where it is offered, and does without where it is not."""

    def without_starttls(self, capabilities: Capabilities) -> Capabilities:
        return capabilities


class GoesOnWithoutStartTlsAnonymously(Careful):
    """Does without TLS where there is nothing to log in with."""

    def without_starttls(self, capabilities: Capabilities) -> Capabilities:
        if self.to.username is None:
            return capabilities
        return super().without_starttls(capabilities)


class AsksForStartTlsUnoffered(Careful):
    """Asks for STARTTLS unoffered, which is right, and goes on in clear when it is refused."""

    def without_starttls(self, capabilities: Capabilities) -> Capabilities:
        reply = self.ask("starttls", "STARTTLS")
        if reply.code != 220:
            return capabilities
        self.start_tls()
        return self.ehlo()


class GoesOnAfterRefusedStartTls(Careful):
    """Does without TLS where STARTTLS is refused."""

    def starttls_refused(self, reply: Reply, capabilities: Capabilities) -> Capabilities:
        return capabilities


class GoesOnAfterTemporaryRefusal(Careful):
    """Does without TLS where it is not to be had at the moment."""

    def starttls_refused(self, reply: Reply, capabilities: Capabilities) -> Capabilities:
        if reply.kind == 4:
            return capabilities
        return super().starttls_refused(reply, capabilities)


class GoesOnAfterPermanentRefusal(Careful):
    """Does without TLS where the command is not known."""

    def starttls_refused(self, reply: Reply, capabilities: Capabilities) -> Capabilities:
        if reply.kind == 5:
            return capabilities
        return super().starttls_refused(reply, capabilities)


class TakesAnyReplyForGoAhead(Careful):
    """Begins TLS whatever the reply to STARTTLS is."""

    def is_go_ahead(self, reply: Reply) -> bool:
        return reply.code < 400


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


class WantsStartTlsInCapitals(Careful):
    """Knows the keyword in upper case only."""

    def capabilities(self, reply: Reply) -> Capabilities:
        found = super().capabilities(reply)
        if not any(line.startswith("STARTTLS") for line in reply.lines):
            found.pop("STARTTLS", None)
        return found


class WantsStartTlsAlone(Careful):
    """Knows the keyword only where nothing stands behind it, not even a blank."""

    def capabilities(self, reply: Reply) -> Capabilities:
        found = super().capabilities(reply)
        if not any(line.upper() == "STARTTLS" for line in reply.lines):
            found.pop("STARTTLS", None)
        return found


class KeepsWhatWasInjected(Careful):
    """Reads on inside TLS in what came before it."""

    def check_nothing_injected(self) -> None:
        self.wire.unasked()


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


class SaysEhloOnce(Careful):
    """Does not say EHLO again inside TLS."""

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        return before


class SaysHeloAgain(Careful):
    """Says HELO inside TLS, and keeps the list from before."""

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        self.ask("ehlo", f"HELO {self.ehlo_name()}")
        return before


class KeepsTheFirstList(Careful):
    """Says EHLO again, and uses what was listed before TLS."""

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        super().ehlo_again(before)
        return before


class AddsUpBothLists(Careful):
    """Uses whatever was listed before TLS or inside it."""

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        return {**before, **super().ehlo_again(before)}


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


class UpgradesTwice(Careful):
    """Uses STARTTLS inside TLS where it is listed there."""

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        capabilities = super().ehlo_again(before)
        if "STARTTLS" in capabilities:
            self.ask("starttls", "STARTTLS")
        return capabilities


class LogsInBeforeTls(Careful):
    """Logs in as soon as AUTH is offered, and upgrades afterwards."""

    def upgrade(self, capabilities: Capabilities) -> Capabilities:
        if self.to.username is not None and self.offered_mechanisms(capabilities):
            self.authenticate(capabilities)
        return super().upgrade(capabilities)


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


class NamesTheSenderBeforeTls(Careful):
    """Says MAIL first, to see whether TLS is needed at all."""

    def upgrade(self, capabilities: Capabilities) -> Capabilities:
        self.ask("mail", f"MAIL FROM:<{self.envelope_from()}>")
        return super().upgrade(capabilities)


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


class FallsBackToHeloAndLogsIn(FallsBackToHelo):
    """Says HELO where EHLO is refused, and logs in as if AUTH had been offered."""

    def without_auth(self, capabilities: Capabilities) -> None:
        if capabilities:
            super().without_auth(capabilities)
        self.exchange("PLAIN")


class PipelinesBehindStartTls(Careful):
    """Sends EHLO in one segment with STARTTLS, to save a round."""

    def ask_starttls(self) -> Reply:
        self.put("starttls", f"STARTTLS\r\nEHLO {self.ehlo_name()}\r\n".encode())
        return self.hear("starttls")


class DoesNotWaitForTheReply(Careful):
    """Begins TLS right behind STARTTLS, without reading the reply."""

    def ask_starttls(self) -> Reply:
        self.put("starttls", b"STARTTLS\r\n")
        self.wire.send(b"\x16\x03\x01")
        return self.hear("starttls")


class TakesAnyGreeting(Careful):
    """Goes on whatever the greeting says."""

    def greet(self) -> None:
        self.hear("greeting")


class TakesAnyKindGreeting(Careful):
    """Goes on behind any greeting that is no refusal."""

    def greet(self) -> None:
        reply = self.hear("greeting")
        if reply.kind > 3:
            raise self.refusal("greeting", "greeting-refused", reply)


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


class RemembersTheFirstList(Careful):
    """Keeps a server's list from one message to the next."""

    def capabilities(self, reply: Reply) -> Capabilities:
        found = super().capabilities(reply)
        key = f"{self.request['case']} {self.wire.secure}"
        known: Capabilities = self.memory.setdefault(key, found)
        return known


class ConnectsAgainAndAgain(Careful):
    """Connects again at once, and again, where the handshake breaks off."""

    most = 5

    def deliver(self) -> Reply:
        for _ in range(self.most):
            try:
                return super().deliver()
            except Failure as failure:
                if failure.phase != "tls" or failure.class_ not in {"connection-lost", "stalled"}:
                    raise
        return super().deliver()
