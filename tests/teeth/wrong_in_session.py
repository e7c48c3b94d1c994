"""Senders that do all that is right, and one thing more, or less, in the same session."""

from __future__ import annotations

import ssl
from email.message import EmailMessage

from .anywhere import Anywhere, Document
from .careful import Capabilities
from .careful_wire import Reply


class InSession(Anywhere):
    """A hook: `is_wrong` holds outside of controls."""

    is_wrong = False

    def wrongly(self) -> Document:
        self.is_wrong = True
        return self.rightly()


class TwiceInOneSession(InSession):
    """Sends the message a second time before it leaves."""

    def transact(
        self, sender: str, recipients: list[str], data: bytes, capabilities: Capabilities
    ) -> Reply:
        reply = super().transact(sender, recipients, data, capabilities)
        if self.is_wrong:
            self.accepted_recipients, refused = 0, self.refused
            super().transact(sender, recipients, data, capabilities)
            self.refused = refused
        return reply


class SaysAnotherName(InSession):
    """Has another name in SNI, and verifies nothing, which would fail."""

    def sni(self) -> str | None:
        return "another.harness.test" if self.is_wrong else super().sni()

    def check_name(self, context: ssl.SSLContext) -> None:
        if not self.is_wrong:
            super().check_name(context)


class SaysNoopFirst(InSession):
    """Tries out TLS with a NOOP before it greets."""

    def ehlo(self) -> Capabilities:
        if self.is_wrong and self.wire.secure:
            self.ask("ehlo", "NOOP")
        return super().ehlo()


class AsksForTlsInsideTls(InSession):
    """Says STARTTLS inside TLS."""

    def ehlo(self) -> Capabilities:
        found = super().ehlo()
        if self.is_wrong and self.wire.secure:
            self.ask("starttls", "STARTTLS")
        return found


class MistypesFirst(InSession):
    """Logs in as somebody else, and then as it should."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if self.is_wrong:
            self.ask("auth", "AUTH PLAIN " + self.base64("\0somebody\0else"))
        super().authenticate(capabilities)


class SkipsTheLogIn(InSession):
    """Sends without a log-in, where that may do."""

    def authenticate(self, capabilities: Capabilities) -> None:
        if not self.is_wrong:
            super().authenticate(capabilities)


class ChangesTheSubject(Anywhere):
    """Has a subject of its own."""

    def wrongly(self) -> Document:
        self.request = {**self.request, "message": {**self.asked, "subject": "something else"}}
        return self.rightly()


class AddsALine(Anywhere):
    """Adds a line to the text."""

    def wrongly(self) -> Document:
        text = f"{self.asked.get('text') or ''}one line more\n"
        self.request = {**self.request, "message": {**self.asked, "text": text}}
        return self.rightly()


class EndsALineBadly(InSession):
    """Ends the first line with a line feed alone."""

    def octets(self, message: EmailMessage) -> bytes:
        data = super().octets(message)
        return data.replace(b"\r\n", b"\n", 1) if self.is_wrong else data
