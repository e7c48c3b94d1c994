"""Senders that go wrong in SCRAM."""

from __future__ import annotations

import base64
import contextlib

from .careful import Capabilities, Careful
from .careful_scram import Asked
from .careful_wire import Failure, Reply
from .convictions import convicted

_TAKES_A_NAME = "logged-in messages sender.status"


@convicted("auth/scram-server-unproved[proof=wrong]", check="mail sender.status")
class DoesNotLookAtTheProof(Careful):
    """Answers the server's proof without a look at it."""

    def confirmed(self, reply: Reply, verifier: bytes) -> Reply:
        return self.respond(reply, [""]) if reply.code == 334 else super().confirmed(reply, b"")


@convicted("auth/scram-server-unproved[proof=missing]", check="mail sender.status")
class DoesWithoutTheProof(Careful):
    """Takes success for success, whether or not the server has proved itself."""

    def confirmed(self, reply: Reply, verifier: bytes) -> Reply:
        return reply if reply.kind == 2 else super().confirmed(reply, verifier)


@convicted("auth/scram-server-unproved", check="sender.error.class sender.error.phase")
class BlamesTheNetworkForAProof(Careful):
    """Says of a server that does not prove itself that it could not be reached."""

    def confirmed(self, reply: Reply, verifier: bytes) -> Reply:
        try:
            return super().confirmed(reply, verifier)
        except Failure:
            raise Failure("connect", "connection-lost", "the connection was lost") from None


@convicted("auth/scram-server-unproved[proof=wrong]", "auth/scram-odd-question", check="auth")
class BeginsAnewUntilItIsProved(Careful):
    """Begins SCRAM anew where the server goes wrong, four times."""

    def scram(self, mechanism: str, header: bytes, bound: bytes) -> Reply:
        for _ in range(3):
            try:
                return super().scram(mechanism, header, bound)
            except Failure as failure:
                if not self.wire.in_step:
                    self.wire.in_step = True
                if failure.class_ != "protocol-error":
                    raise
        return super().scram(mechanism, header, bound)


@convicted("auth/scram-odd-question[asks=replaced]", check="logged-in sender.status")
@convicted("auth/scram-odd-numbers[asks=repeated]", check=_TAKES_A_NAME)
class TakesAnyNonce(Careful):
    """Does not look at the nonce."""

    def check_nonce(self, reply: Reply, nonce: str) -> None:
        del reply, nonce


@convicted("auth/scram-odd-question[asks=extension]", check="logged-in sender.status")
class PassesOverExtensions(Careful):
    """Passes over whatever it does not know in the server's question."""

    def scram_asked(self, reply: Reply, message: bytes) -> Asked:
        known = message.decode().removeprefix("m=x,")
        return super().scram_asked(reply, known.encode())


@convicted("auth/scram-odd-numbers[asks=few]", check=_TAKES_A_NAME)
class TakesAnyNumberOfRounds(Careful):
    """Takes whatever number of rounds is asked for, up to what it has time for."""

    def check_rounds(self, reply: Reply, rounds: str) -> None:
        if int(rounds) > 1_000_000:
            super().check_rounds(reply, rounds)


@convicted("auth/scram-odd-numbers[asks=many]", check="wrong-credentials")
@convicted("auth/scram-odd-question", check="wrong-credentials")
class ProvesWhatItCannot(Careful):
    """Answers with a proof of nothing where it does not like the question."""

    def scram_asked(self, reply: Reply, message: bytes) -> Asked:
        try:
            return super().scram_asked(reply, message)
        except Failure:
            raise _UnaskedError(message) from None

    def cancelled(self, reply: Reply, what: str) -> Failure:
        return Failure("auth", "protocol-error", what, reply=reply)

    def scram(self, mechanism: str, header: bytes, bound: bytes) -> Reply:
        try:
            return super().scram(mechanism, header, bound)
        except _UnaskedError as odd:
            nonce = odd.message.decode().partition("r=")[2].partition(",")[0]
            proof = base64.b64encode(bytes(32)).decode()
            final = f"c={self.b64(header)},r={nonce},p={proof}"
            return self.ask("auth", self.b64(final.encode()))


class _UnaskedError(Exception):
    """A question that is not to be answered."""

    def __init__(self, message: bytes) -> None:
        super().__init__()
        self.message = message


@convicted("auth/scram-odd-numbers", check="anonymous-messages messages sender.status")
@convicted("auth/scram-odd-question", "auth/scram-server-unproved", check="mail")
@convicted("auth/scram-binding-stripped", check="anonymous-messages messages sender.status")
class SendsWhereScramGoesWrong(Careful):
    """Sends without a log-in where SCRAM goes wrong."""

    def authenticate(self, capabilities: Capabilities) -> None:
        with contextlib.suppress(Failure):
            super().authenticate(capabilities)
        self.wire.in_step = True


@convicted("auth/scram-odd-question", check="sender.error.class sender.error.phase")
@convicted("auth/scram-odd-numbers", check="sender.error.class sender.error.phase")
class BlamesTheNetworkForAQuestion(Careful):
    """Says of a question that it does not like that the connection was lost."""

    def scram_asked(self, reply: Reply, message: bytes) -> Asked:
        try:
            return super().scram_asked(reply, message)
        except Failure:
            raise Failure("connect", "connection-lost", "the connection was lost") from None


@convicted("auth/scram-binding-stripped", check=_TAKES_A_NAME)
class HidesThatItCouldBind(Careful):
    """Says that it has no channel binding where none is offered, though it has."""

    def auth_scram(self) -> Reply:
        return self.scram("SCRAM-SHA-256", b"n,,", b"")


@convicted("auth/scram-binding-stripped", check="sender.error.class sender.error.phase")
class BlamesTheNetworkForTheStrippedOffer(Careful):
    """Says of a log-in that is refused that the connection was lost."""

    def auth_refused(self, reply: Reply) -> None:
        del reply
        raise Failure("connect", "connection-lost", "the connection was lost")


@convicted("auth/scram[*,mechanism=SCRAM-SHA-256]", check=_TAKES_A_NAME)
@convicted("auth/scram[*,mechanism=SCRAM-SHA-256-PLUS]", check=_TAKES_A_NAME)
class LeavesNamesAsTheyAre(Careful):
    """Does not encode `,` and `=` in a user name."""

    def ask(self, phase: str, command: str) -> Reply:
        if command.startswith("AUTH SCRAM"):
            *words, response = command.split(" ")
            message = base64.b64decode(response).replace(b"=2C", b",").replace(b"=3D", b"=")
            command = " ".join([*words, self.b64(message)])
        return super().ask(phase, command)


@convicted("auth/scram[*,mechanism=SCRAM-SHA-256-PLUS]", check=_TAKES_A_NAME)
class BindsToNothing(Careful):
    """Binds to the certificate, and leaves the binding out of the proof."""

    def auth_scram_plus(self) -> Reply:
        return self.scram("SCRAM-SHA-256-PLUS", b"p=tls-server-end-point,,", b"")


@convicted("auth/scram[*,mechanism=SCRAM-SHA-256]", check="messages sender.status")
class TakesTheProofForARefusal(Careful):
    """Gives up where the server proves itself behind 334."""

    def confirmed(self, reply: Reply, verifier: bytes) -> Reply:
        if reply.code == 334:
            raise self.cancelled(reply, "asks for more than there is")
        return super().confirmed(reply, verifier)
