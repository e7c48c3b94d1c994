"""Senders that are right in nothing, or go on where nobody should: what wrong ones use."""

from __future__ import annotations

import contextlib
import ssl
from email.message import EmailMessage
from typing import Any, ClassVar

from .careful import Capabilities, Careful
from .careful_settings import Settings
from .careful_wire import Failure, Garbled, Lost, Reply


class Deaf(Careful):
    """Right in nothing: says all that a client says, whatever it hears, and listens to nobody.

    Where even it gets no message taken, in any of the ways below, nobody does.
    """

    mode: ClassVar[str | None] = None
    logs_in: ClassVar[bool] = True
    last: Reply | None = None

    def settings(self) -> Settings:
        told = self.request["transport"]
        names_user = self.logs_in and told.get("username") and told.get("password")
        return Settings(
            host=str(told.get("host") or "localhost").strip().rstrip(".").lower(),
            port=int(told.get("port") or 587),
            username=told["username"] if names_user else None,
            password=told["password"] if names_user else None,
            security=self.mode or told.get("security") or "starttls",
            verify=False,
            server_name=None,
            ehlo_name=None,
        )

    def endpoint(self) -> tuple[str, int]:
        """The address of the name that comes nearest, though it be none."""
        for logical, real in self.request.get("connect_to", {}).items():
            name, _, port = logical.rpartition(":")
            if (name.strip(" []").rstrip(".").lower(), int(port)) == (self.to.host, self.to.port):
                real_host, _, real_port = real.rpartition(":")
                return real_host.strip("[]"), int(real_port)
        return self.to.host, self.to.port

    def envelope_from(self) -> str:
        return "a@harness.test"

    def recipients(self) -> list[str]:
        return ["b@harness.test"]

    def compose(self) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"] = "a@harness.test", "b@harness.test"
        message.set_content("all the same\n")
        return message

    def connect(self) -> None:
        super().connect()
        self.wire.timeout = 0.2 * self.timeout

    def hear(self, phase: str) -> Reply:
        self.last = None
        with contextlib.suppress(Lost, Garbled, OSError):
            self.last = self.wire.reply()
        self.wire.buffer = b""
        code = {"greeting": 220, "starttls": 220, "data": 354, "auth": 235}.get(phase, 250)
        return Reply(code, ("x",))

    def ask(self, phase: str, command: str) -> Reply:
        self.put(phase, f"{command}\r\n".encode())
        return self.hear(phase)

    def ehlo(self) -> Capabilities:
        self.ask("ehlo", "EHLO [127.0.0.1]")
        if self.last is None or self.last.kind != 2:
            self.ask("ehlo", "HELO [127.0.0.1]")
        return {"STARTTLS": [], "AUTH": ["PLAIN"]}

    def recipient(self, address: str) -> None:
        for _ in range(3):
            self.ask("rcpt", f"RCPT TO:<{address}>")
        self.accepted_recipients = 1

    def check_nothing_injected(self) -> None:
        self.wire.buffer = b""

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        return context

    def body(self, data: bytes) -> None:
        self.put("data", data)
        self.end()


def _ways() -> tuple[type[Careful], ...]:
    """Deaf as is configured, and in each other mode, with and without a log-in."""
    others = (
        type(f"Deaf{mode}{logs_in}", (Deaf,), {"mode": mode, "logs_in": logs_in})
        for mode in (None, "none", "starttls", "tls")
        for logs_in in (True, False)
    )
    return (Deaf, Deaf, *others)


WAYS = _ways()


class GoesOnBehindWhatWasInjected(Careful):
    """Drops what came ahead of TLS, and goes on."""

    def check_nothing_injected(self) -> None:
        self.wire.unasked()
        self.wire.buffer = b""


class TriesTheOldPassword(Careful):
    """Logs in with a password that held once, and leaves."""

    def password(self) -> str:
        return "the older one"

    def transact(self, *_: Any) -> Reply:
        raise Failure("mail", None, "it was let in")


class LogsInInClearAndLeaves(Careful):
    """Logs in ahead of TLS, and leaves."""

    def open(self) -> Capabilities:
        self.greet()
        capabilities = self.ehlo()
        self.put(
            "auth",
            b"AUTH PLAIN "
            + self.base64(f"\0{self.to.username}\0{self.to.password}").encode()
            + b"\r\n",
        )
        self.hear("auth")
        return capabilities

    def transact(self, *_: Any) -> Reply:
        raise Failure("mail", None, "that was enough")


class CutsTheMessage(Careful):
    """Sends the beginning of a message."""

    def check_size(self, size: int, limits: list[str]) -> None:
        """It is cut to size."""

    def octets(self, message: EmailMessage) -> bytes:
        return b"Subject: cut\r\n\r\ncut\r\n"
