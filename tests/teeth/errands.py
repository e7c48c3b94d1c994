"""What nobody asked for: to come, do one thing, and hand nothing over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from .careful import Capabilities, Careful
from .careful_settings import Settings
from .careful_wire import Failure, Reply
from .reckless import Deaf


class Leaving(Deaf):
    """Comes as configured and leaves, without having logged in."""

    logs_in = False

    def connect(self) -> None:
        super().connect()
        self.wire.timeout = 0.5 * self.timeout  # long enough for a busy machine

    def transact(self, *_: Any) -> Reply:
        self.once_there()
        raise Failure("mail", None, "that was all")

    def once_there(self) -> None:
        """What it came for."""


class LeavingAtOnce(Leaving):
    """Comes, and leaves without a word."""

    def open(self) -> Capabilities:
        self.wire.in_step = False
        return {}


class Beginning(Leaving):
    """Begins a message."""

    def once_there(self) -> None:
        self.ask("mail", "MAIL FROM:<>")


class BeginningInClear(Beginning):
    """Begins it in clear."""

    mode = "none"


class Asking(Leaving):
    """Begins to log in, and thinks better of it."""

    def once_there(self) -> None:
        self.ask("auth", "AUTH PLAIN")
        self.ask("auth", "*")


class AskingInClear(Asking):
    """Begins to in clear."""

    mode = "none"


class Upgrading(Leaving):
    """Asks for STARTTLS."""

    mode = "none"

    def once_there(self) -> None:
        self.ask("starttls", "STARTTLS")
        self.wire.in_step = False


class LoggingIn(Careful):
    """Logs in, and leaves."""

    def transact(self, *_: Any) -> Reply:
        raise Failure("mail", None, "that was all")


class Mistyping(LoggingIn):
    """Logs in with another password."""

    def password(self) -> str:
        return "another"


class LeavingForAnotherProtocol(LeavingAtOnce):
    """Begins as a TLS handshake does."""

    octets_first: ClassVar[bytes] = b"\x16 \r\n"

    def open(self) -> Capabilities:
        self.put("greeting", self.octets_first)
        return super().open()


class LeavingInClear(LeavingForAnotherProtocol):
    """Begins with a command."""

    octets_first = b"QUIT\r\n"


class AskingOften(Leaving):
    """Begins to log in, time and again."""

    def once_there(self) -> None:
        for _ in range(5):
            self.ask("auth", "AUTH PLAIN")
            self.ask("auth", "*")


class LoggingInInClear(LoggingIn):
    """Logs in without TLS."""

    def settings(self) -> Settings:
        return replace(super().settings(), security="none")


class AddressingInClear(Leaving):
    """Says in clear for whom the message is."""

    mode = "none"

    def once_there(self) -> None:
        self.ask("mail", f"MAIL FROM:<{Careful.envelope_from(self)}>")
        self.ask("rcpt", f"RCPT TO:<{Careful.recipients(self)[0]}>")


class GreetingTheOldWay(Leaving):
    """Says HELO."""

    mode = "none"

    def ehlo(self) -> Capabilities:
        self.ask("ehlo", "HELO [127.0.0.1]")
        return {}
