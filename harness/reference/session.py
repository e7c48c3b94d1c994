"""One SMTP connection as turns: a command, then its reply, and what went wrong in words.

Not `smtplib`'s, in which a reply has no time-out as a whole, a refused greeting is no error, and
what comes unasked is not seen: of its commands RCPT and QUIT would be left (docs/architecture.md).
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from harness.protocol import ErrorClass, Phase
from harness.reference.failure import DeliveryError
from harness.reference.redact import Redactor
from harness.reference.reply import Reply, ReplyError, printable
from harness.reference.tls import handshake_fault
from harness.reference.wire import LostError, PlainTextError, StalledError, Wire

# The line that ends a message.
DOT = b".\r\n"

_GOODBYE_TIMEOUT = 5.0
_SERVICE_CLOSING = 421


class Session:
    """Strict turn-taking with one server.

    Nothing is sent before the last reply is read, and a server that has spoken unasked is not
    listened to any longer. `server` is host and port, for the texts of errors. Every failure is a
    `DeliveryError`; once the two sides are out of step, the connection is only good for closing.
    `before_dot` is called before the line that ends a message, and may raise instead.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        server: str,
        redactor: Redactor,
        timeout: float,
        before_dot: Callable[[], None] | None = None,
    ) -> None:
        self.server = server
        self.redactor = redactor
        self._wire = wire
        self._timeout = timeout
        self._before_dot = before_dot
        self._in_step = True

    @property
    def encrypted(self) -> bool:
        """Whether TLS is up."""
        return self._wire.encrypted

    @property
    def certificate(self) -> bytes | None:
        """The server's, in DER; None without TLS."""
        return self._wire.certificate

    @property
    def local_address(self) -> str:
        """Our own IP address."""
        return self._wire.local_address

    def ask(self, phase: Phase, command: str, *, secret: bool = False) -> Reply:
        """Send a command line and read its reply.

        Raises `DeliveryError` for 421 too, which any command may be answered with. `secret` is a
        line that holds credentials: the server's words are searched for it from then on.
        """
        self.check_silence(phase)
        if secret:
            self.redactor.add_sent(command.rpartition(" ")[2])
        with self._watch(phase):
            lost = self._try_send(f"{command}\r\n".encode())
            return self._hear(phase, lost)

    def hear(self, phase: Phase) -> Reply:
        """Read a reply to what was not a command: the connection, or the end of the message."""
        with self._watch(phase):
            return self._hear(phase, None)

    def say(self, octets: bytes) -> Reply | None:
        """Send octets of a message, unless the server has spoken: then its reply is returned.

        A connection that breaks here took no complete message with it.
        """
        with self._watch(Phase.DATA):
            if self._wire.speaks_unasked():
                return self._hear(Phase.DATA, None)
            if octets == DOT and self._before_dot is not None:
                self._call_before_dot(self._before_dot)
            lost = self._try_send(octets)
            return None if lost is None else self._hear(Phase.DATA, lost)

    def check_silence(self, phase: Phase, *, lost: Phase | None = None) -> None:
        """Nothing may have come from the server that it was not asked for.

        A hang-up is found here too, and is a failure in phase `lost` where that is another one.
        """
        with self._watch(lost or phase):
            if not self._wire.speaks_unasked():
                return
        self._in_step = False
        words = self._wire.words
        with self._watch(phase), contextlib.suppress(StalledError, LostError):
            words = self.words(self._hear(phase, None, timeout=0))
        raise self.failure(
            phase,
            ErrorClass.PROTOCOL_ERROR,
            f"{self.server} spoke out of turn: {self.clean(words)}",
        )

    def start_tls(self, context: ssl.SSLContext, name: str) -> None:
        """Upgrade, or raise in phase `tls`. There is no way back to clear text."""
        in_step, self._in_step = self._in_step, False
        with self._watch(Phase.TLS):
            try:
                self._wire.start_tls(context, name)
            except ssl.SSLError as error:
                class_, fault = handshake_fault(error, name)
                raise self.failure(
                    Phase.TLS, class_, f"{self.server}: {fault}", temporary=False
                ) from None
        self._in_step = in_step

    def quit(self) -> None:
        """Say goodbye if the two sides are in step, and forget whatever becomes of it."""
        if not self._in_step:
            return
        self._in_step = False
        patience = min(self._timeout, _GOODBYE_TIMEOUT)
        with contextlib.suppress(StalledError, LostError, ReplyError, ssl.SSLError):
            self._wire.send(b"QUIT\r\n", timeout=patience)
            self._wire.read_reply(timeout=patience)

    def abandon(self) -> None:
        """From now on the connection is only good for closing."""
        self._in_step = False

    def words(self, reply: Reply) -> str:
        """The reply for people: its code and all of its lines, without secrets and controls."""
        return f"{reply.code} {self.clean(reply.text)}".rstrip()

    def clean(self, text: str) -> str:
        """A server's words without secrets and controls."""
        return printable(self.redactor.clean(text))

    def refusal(self, phase: Phase, class_: ErrorClass, reply: Reply, what: str) -> DeliveryError:
        """The failure that a reply to `what` stands for, by its first digit."""
        if reply.code // 100 not in (4, 5):
            # It says neither yes nor no: what the server expects next is anyone's guess.
            self._in_step = False
            return self.failure(
                phase,
                ErrorClass.PROTOCOL_ERROR,
                f"{self.server} gave a reply to {what} that does not belong there: "
                f"{self.words(reply)}",
                reply=reply,
            )
        return self.failure(
            phase,
            class_,
            f"{self.server} refused {what}: {self.words(reply)}",
            temporary=reply.temporary,
            reply=reply,
        )

    def failure(
        self,
        phase: Phase,
        class_: ErrorClass,
        message: str,
        *,
        temporary: bool | None = None,
        reply: Reply | None = None,
    ) -> DeliveryError:
        """A failure with what the reply says about it."""
        return DeliveryError(
            message,
            phase=phase,
            class_=class_,
            temporary=temporary,
            reply_code=reply.code if reply else None,
            enhanced_code=reply.enhanced_code if reply else None,
        )

    def _call_before_dot(self, call: Callable[[], None]) -> None:
        # Whatever it raises, what follows would be read as part of the message.
        self._in_step = False
        call()
        self._in_step = True

    def _try_send(self, octets: bytes) -> LostError | None:
        """Send; a lost connection is returned, because a reply may lie there all the same."""
        try:
            self._wire.send(octets)
        except LostError as lost:
            return lost
        return None

    def _hear(self, phase: Phase, lost: LostError | None, timeout: float | None = None) -> Reply:
        try:
            reply = self._wire.read_reply(timeout)
        except (LostError, StalledError):
            if lost is not None:
                raise lost from None
            raise
        if reply.code == _SERVICE_CLOSING:
            self._in_step = False
            raise self.failure(
                phase,
                ErrorClass.SERVICE_UNAVAILABLE,
                f"{self.server} ended the session: {self.words(reply)}",
                temporary=True,
                reply=reply,
            )
        return reply

    @contextmanager
    def _watch(self, phase: Phase) -> Iterator[None]:
        """What happens on the wire, as a failure in this phase."""
        try:
            yield
        except StalledError:
            raise self._stalled(phase) from None
        except LostError as lost:
            raise self._lost(phase, lost) from None
        except ReplyError as error:
            raise self._garbled(phase, error) from None
        except PlainTextError as error:
            raise self._plain_text(error) from None
        except ssl.SSLError as error:
            raise self._tls_fault(phase, error) from None

    def _stalled(self, phase: Phase) -> DeliveryError:
        self._in_step = False
        if phase is Phase.END_OF_DATA:
            return self._unknown(f"{self.server} was silent for {self._timeout:g} s")
        hint = ""
        if phase is Phase.GREETING and not self.encrypted:
            hint = "; is this a port for implicit TLS (smtps://)?"
        return self.failure(
            phase,
            ErrorClass.STALLED,
            f"{self.server} was silent for {self._timeout:g} s {_STAGES[phase]}{hint}",
            temporary=True,
        )

    def _lost(self, phase: Phase, lost: LostError) -> DeliveryError:
        self._in_step = False
        if lost.reset and lost.silent:
            # Whether this is seen while connecting or just after is a matter of microseconds.
            return self.failure(
                Phase.CONNECT,
                ErrorClass.CONNECTION_RESET,
                f"{self.server} reset the connection as soon as it was made",
                temporary=True,
            )
        how = "reset" if lost.reset else "closed"
        words = f"; its last words: {self.clean(lost.words)}" if lost.words else ""
        if phase is Phase.END_OF_DATA:
            return self._unknown(f"{self.server} {how} the connection{words}")
        return self.failure(
            phase,
            ErrorClass.CONNECTION_LOST,
            f"{self.server} {how} the connection {_STAGES[phase]}{words}",
            temporary=True,
        )

    def _garbled(self, phase: Phase, error: ReplyError) -> DeliveryError:
        self._in_step = False
        words = f": {self.clean(error.words)}" if error.words else ""
        return self.failure(
            phase,
            ErrorClass.PROTOCOL_ERROR,
            f"{self.server} sent what is no SMTP reply {_STAGES[phase]} ({error}){words}",
        )

    def _plain_text(self, error: PlainTextError) -> DeliveryError:
        words = f": {self.clean(error.words)}" if error.words else ""
        return self.failure(
            Phase.TLS,
            ErrorClass.HANDSHAKE_FAILED,
            f"{self.server} answered the TLS handshake in clear text; "
            f"is this a port for STARTTLS (smtp://)?{words}",
            temporary=False,
        )

    def _tls_fault(self, phase: Phase, error: ssl.SSLError) -> DeliveryError:
        self._in_step = False
        reason = error.reason or "no reason given"
        if phase is Phase.END_OF_DATA:
            return self._unknown(f"{self.server} broke TLS ({reason})")
        if "ALERT" in reason and phase in (Phase.GREETING, Phase.EHLO):
            # In TLS 1.3 the server's verdict on the handshake comes with its first words.
            return self.failure(
                Phase.TLS,
                ErrorClass.HANDSHAKE_FAILED,
                f"{self.server} refused the TLS session ({reason})",
                temporary=False,
            )
        return self.failure(
            phase,
            ErrorClass.PROTOCOL_ERROR,
            f"{self.server} sent what is no TLS {_STAGES[phase]} ({reason})",
        )

    def _unknown(self, what: str) -> DeliveryError:
        return self.failure(
            Phase.END_OF_DATA,
            ErrorClass.OUTCOME_UNKNOWN,
            f"{what} {_STAGES[Phase.END_OF_DATA]}: nobody knows whether it was accepted, "
            "and sending it again may double it",
        )


_STAGES = {
    Phase.TLS: "in the TLS handshake",
    Phase.GREETING: "before its greeting was complete",
    Phase.EHLO: "at EHLO",
    Phase.STARTTLS: "at STARTTLS",
    Phase.AUTH: "at AUTH",
    Phase.MAIL: "at MAIL",
    Phase.RCPT: "at RCPT",
    Phase.DATA: "in DATA, before the message was complete",
    Phase.END_OF_DATA: "after the end of the message",
}
