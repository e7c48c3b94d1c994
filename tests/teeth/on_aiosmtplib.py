"""A sender on aiosmtplib: what somebody makes of it who has read its documentation and no more.

It imports nothing of this project and shares no code with the other lineages. It reads the fields
of a request, never the URI. What it is convicted of by itself is aiosmtplib's own (`OnAiosmtplib`
in `lineage_aiosmtplib.py`).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
import ssl
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime, make_msgid
from typing import Any, ClassVar

import aiosmtplib

FEATURES = [
    "smtp", "security:none", "security:starttls", "security:tls", "verify:false", "timeout",
    "attachments", "headers", "envelope_from", "ehlo_name",
]  # fmt: skip

# What the library raises with a reply in it, and what that is called in an answer.
REFUSALS: tuple[tuple[type[aiosmtplib.SMTPResponseException], str, str], ...] = (
    (aiosmtplib.SMTPConnectResponseError, "greeting", "greeting-refused"),
    (aiosmtplib.SMTPHeloError, "ehlo", "ehlo-refused"),
    (aiosmtplib.SMTPAuthenticationError, "auth", "auth-rejected"),
    (aiosmtplib.SMTPSenderRefused, "mail", "sender-refused"),
    (aiosmtplib.SMTPRecipientRefused, "rcpt", "recipient-refused"),
    (aiosmtplib.SMTPDataError, "end-of-data", "message-refused"),
)


# As many turns as an event loop needs to close what was given up.
_LAST_TURNS = 5


class Client(aiosmtplib.SMTP):
    """The library's client. Its loop ends with it, so it does not wait for the peer to hang up."""

    def close(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


class AsyncSender:
    """Answers one request. Its parts are methods, so that a wrong sender is one with another."""

    lineage: ClassVar[str] = "aiosmtplib"
    Conversation: ClassVar[type[Client]] = Client

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.request = request
        self.transport: Mapping[str, Any] = request.get("transport") or {}

    def answer(self) -> dict[str, Any]:
        if self.request.get("action") == "describe":
            return {"name": type(self).__name__, "version": "1", "features": FEATURES}
        if self.request.get("action") != "send" or self.transport.get("kind") != "smtp":
            return {"status": "unsupported", "reason": "this sender only sends by SMTP"}
        try:
            return {"status": "sent", **asyncio.run(self.send())}
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            return {"status": "failed", "error": self.told(error)}

    async def send(self) -> dict[str, Any]:
        message = self.message()
        client = self.client()
        try:
            await client.connect()
            await self.log_in(client)
            refused, final = await self.hand_over(client, message)
            await self.leave(client)
        finally:
            client.close()
            for _ in range(_LAST_TURNS):
                await asyncio.sleep(0)
        return {"final_reply": f"250 {final}", "refused": self.refused(refused)}

    # Connecting and logging in.

    def client(self) -> aiosmtplib.SMTP:
        return self.Conversation(
            hostname=self.transport["host"],
            port=self.transport["port"],
            timeout=self.request["timeout"],
            local_hostname=self.transport.get("ehlo_name") or "localhost",
            **self.security(),
        )

    def security(self) -> dict[str, Any]:
        mode = self.transport["security"]
        return {
            "use_tls": mode == "tls",
            "start_tls": mode == "starttls",
            "tls_context": self.context(),
        }

    def context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.request["trust"]["ca_file"])
        context.hostname_checks_common_name = False
        if not self.verifies():
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def verifies(self) -> bool:
        return bool(self.transport.get("verify", True))

    async def log_in(self, client: aiosmtplib.SMTP) -> None:
        username, password = self.transport.get("username"), self.transport.get("password")
        if username and password:
            await client.login(username, password)

    # The message.

    def message(self) -> EmailMessage:
        asked = self.request["message"]
        message = EmailMessage()
        message["Message-ID"] = make_msgid(domain="mail.invalid")
        message["Date"] = localtime()
        message["From"] = box(asked["from"])
        for name, key in (("To", "to"), ("Cc", "cc"), ("Reply-To", "reply_to")):
            if asked.get(key):
                message[name] = [box(each) for each in asked[key]]
        message["Subject"] = asked.get("subject") or ""
        for name, value in (asked.get("headers") or {}).items():
            message[name] = value
        message.set_content(asked.get("text") or "")
        if asked.get("html") is not None:
            message.add_alternative(asked["html"], subtype="html")
        for part in asked.get("attachments") or ():
            maintype, _, subtype = part["content_type"].partition("/")
            content = base64.b64decode(part["content"])
            message.add_attachment(
                content, maintype=maintype, subtype=subtype, filename=part["filename"]
            )
        return message

    def recipients(self) -> list[str]:
        asked = self.request["message"]
        boxes = [*asked["to"], *asked.get("cc", ()), *asked.get("bcc", ())]
        return [each["address"] for each in boxes]

    async def hand_over(self, client: aiosmtplib.SMTP, message: EmailMessage) -> Any:
        asked = self.request["message"]
        sender = asked.get("envelope_from")
        sender = asked["from"]["address"] if sender is None else sender
        return await client.send_message(message, sender=sender, recipients=self.recipients())

    async def leave(self, client: aiosmtplib.SMTP) -> None:
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):  # it is handed over
            await client.quit()

    def refused(self, refused: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            {"address": address, "reply_code": reply.code, "message": reply.message}
            for address, reply in refused.items()
        ]

    # What it says.

    def told(self, error: Exception) -> dict[str, Any]:
        """What was raised, as far as its type tells."""
        where = f"{self.transport['host']}:{self.transport['port']}"
        said: dict[str, Any] = {"message": f"{where}: {self.words(error)}"}
        if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
            error = error.recipients[0]
        if isinstance(error, aiosmtplib.SMTPResponseException):
            for kind, phase, class_ in REFUSALS:
                if isinstance(error, kind):
                    said |= {"phase": phase, "class": class_}
            temporary = {4: True, 5: False}.get(error.code // 100)
            return {**said, "reply_code": error.code, "temporary": temporary}
        return {**said, **self.cause(error)}

    def words(self, error: Exception) -> str:
        parts = (getattr(error, "code", ""), getattr(error, "message", None) or error)
        return " ".join(str(part) for part in parts if part)

    def cause(self, error: Exception) -> dict[str, Any]:
        cause = error.__cause__ or error
        if isinstance(cause, ssl.SSLCertVerificationError):
            return {"phase": "tls", "class": "certificate-invalid", "temporary": False}
        if isinstance(cause, ssl.SSLError):
            return {"phase": "tls", "class": "handshake-failed"}
        if isinstance(cause, socket.gaierror):
            return {"phase": "dns", "class": "name-not-found"}
        if isinstance(cause, ConnectionRefusedError):
            return {"phase": "connect", "class": "connection-refused", "temporary": True}
        if "STARTTLS" in str(error):
            return {"phase": "starttls", "class": "starttls-unavailable", "temporary": False}
        if "AUTH" in str(error):
            return {"phase": "auth", "class": "auth-unavailable", "temporary": False}
        return {}


def box(asked: Mapping[str, str]) -> Address:
    return Address(display_name=asked.get("name") or "", addr_spec=asked["address"])
