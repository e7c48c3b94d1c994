"""Senders that are wrong about a session: how it begins, breaks off and ends."""

from __future__ import annotations

from .careful import Capabilities, Careful
from .careful_settings import Settings
from .careful_wire import Failure, Reply
from .convictions import convicted
from .wrong_replies import HasTimeForEachPiece


@convicted("session/helo[code=*]", check="sender.status helo")
class KnowsNoHelo(Careful):
    """Gives up where EHLO is not known."""

    def may_do_without_extensions(self) -> bool:
        return False


@convicted("session/helo-and-credentials*", check="sender.status messages")
class SendsWithoutItsCredentials(Careful):
    """Sends without a log-in where the server knows none."""

    def may_do_without_extensions(self) -> bool:
        return True

    def without_auth(self, capabilities: Capabilities) -> None:
        return


@convicted("session/ehlo-for-now", check="helo")
@convicted("session/ehlo-refused*", check="mail")
@convicted("session/ehlo-for-now", check="sender.error.temporary")
class OverhearsTheRefusalOfEhlo(Careful):
    """Goes on where EHLO was refused, after a HELO that nobody listens to."""

    def ehlo(self) -> Capabilities:
        try:
            return super().ehlo()
        except Failure:
            self.wire.in_step = True
            self.ask("ehlo", f"HELO {self.ehlo_name()}")
            return {}


@convicted("session/ehlo-injection*", check="sender.error.phase")
class PutsTheNameAsItIs(Careful):
    """Does not look at the name for EHLO."""

    def check(self, settings: Settings) -> None:
        return


@convicted("session/goodbye-trouble*", "network/slow-final-reply", check="sender.status")
class FailsByTheGoodbye(Careful):
    """Has no patience at the end, and calls a message failed whose QUIT was not answered by 221."""

    def final(self) -> Reply:
        self.wire.timeout = 0.2 * self.timeout
        return super().final()

    def quit(self) -> None:
        try:
            if self.wire.in_step and self.ask("quit", "QUIT").code != 221:
                raise Failure("quit", "protocol-error", f"{self.to.server} did not part well")
        finally:
            self.wire.close()


@convicted(
    "network/stalled*",
    "network/dropped[at=*,how=*]",
    "network/dropped-in-the-body*",
    "network/service-closing[at=*]",
    "network/service-closing-unasked*",
    "network/outcome-lost*",
    check="sender.status",
)
class HopesForTheBest(Careful):
    """Calls a message sent whose connection broke."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure:
            return Reply(250, ("it will have arrived",))


@convicted("network/slow-greeting", check="sender.status")
@convicted("network/slow-greeting", check="message messages")
class IsInAHurry(Careful):
    """Waits for a greeting only a little."""

    def greet(self) -> None:
        self.wire.timeout = 0.1 * self.timeout
        super().greet()
        self.wire.timeout = self.timeout


@convicted("network/late-final-reply", "network/outcome-lost*", check="messages")
class SendsAgainBlindly(Careful):
    """Sends a message again whose outcome it does not know."""

    def deliver(self) -> Reply:
        try:
            return super().deliver()
        except Failure as failure:
            if failure.class_ != "outcome-unknown":
                raise
        self.accepted_recipients = 0
        return super().deliver()


@convicted("network/drip*", check="answers")
class HasTimeForEachOctet(HasTimeForEachPiece):
    """Has a time-out for each octet, and none for the whole."""
