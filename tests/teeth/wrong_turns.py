"""Senders that do not wait for their turn, or do not hear the server out."""

from __future__ import annotations

import contextlib
import re
from typing import ClassVar

from .careful import Capabilities, Careful
from .careful_wire import Failure, Reply, Wire
from .convictions import convicted
from .wrong_replies import OnAnotherWire


@convicted("extensions/no-pipelining[at=mail]", check="ahead-of-reply")
class SendsTheEnvelopeAtOnce(Careful):
    """Sends MAIL and RCPT together, whatever the server has listed."""

    def mail(
        self, sender: str, recipients: list[str], data: bytes, capabilities: Capabilities
    ) -> None:
        lines = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{each}>" for each in recipients)]
        self.put("mail", "".join(f"{line}\r\n" for line in lines).encode())
        reply = self.hear("mail")
        if reply.kind != 2:
            raise self.refusal("mail", "sender-refused", reply, in_step=False)

    def recipient(self, address: str) -> None:
        if self.hear("rcpt").kind == 2:
            self.accepted_recipients += 1


@convicted("extensions/no-pipelining[at=data]", check="ahead-of-reply")
class SendsTheContentUnasked(Careful):
    """Does not wait for the invitation to send the content."""

    def ask(self, phase: str, command: str) -> Reply:
        if command == "DATA":
            self.put("data", b"DATA\r\n.\r\n")
            raise self.refusal("data", "data-refused", self.hear("data"), in_step=False)
        return super().ask(phase, command)


@convicted("extensions/no-pipelining[at=end-of-data]", check="ahead-of-reply")
class AsksForLifeAhead(Careful):
    """Sends NOOP along with the end of the message, to see whether the connection lives."""

    def end(self) -> None:
        self.put("data", b".\r\nNOOP\r\n")

    def final(self) -> Reply:
        reply = super().final()
        self.hear("end-of-data")
        return reply


@convicted("network/speaks-second", check="ahead-of-greeting")
class SpeaksAheadOfTheGreeting(Careful):
    """Says EHLO as soon as it is connected."""

    def greet(self) -> None:
        self.put("greeting", b"NOOP\r\n")
        super().greet()
        self.hear("greeting")


@convicted("replies/late", check="ahead-of-reply")
class GoesOnBehindATimeOut(Careful):
    """Takes a recipient who is not answered in time for refused, and goes on with the next."""

    def recipient(self, address: str) -> None:
        try:
            super().recipient(address)
        except Failure as failure:
            if failure.class_ != "stalled":
                raise
            self.wire.in_step = True


class _LinesByAnySign(Wire):
    def _line(self, deadline: float) -> bytes:
        while not (found := re.search(rb"\r\n|\n|\r(?=[^\n])", self.buffer)):
            self._more(deadline)
        line, self.buffer = self.buffer[: found.start()], self.buffer[found.end() :]
        return line


@convicted("replies/line-ends*", check="honesty sender.status")
class EndsLinesAtAnySign(OnAnotherWire):
    """Takes CR or LF alone for the end of a line, and what follows for the next reply."""

    wire_class: ClassVar[type[Wire]] = _LinesByAnySign

    def body(self, data: bytes) -> None:
        self.put("data", re.sub(rb"(?m)^\.", b"..", data))
        self.end()


@convicted("session/goodbye", check="quit")
class LeavesWithoutAWord(Careful):
    """Closes the connection when it has what it wants."""

    def quit(self) -> None:
        self.wire.close()


@convicted("session/goodbye", check="goodbye")
class LeavesAtOnce(Careful):
    """Says QUIT and is gone."""

    def quit(self) -> None:
        with contextlib.suppress(OSError):
            self.wire.send(b"QUIT\r\n")
        self.wire.close()
