"""Wrong senders on aiosmtplib: each has the mistake of somebody who writes on this library.

They share no line with the senders on `socket` or on `smtplib`, and read no URI.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from typing import Any

import aiosmtplib

from .convictions import convicted
from .on_aiosmtplib import AsyncSender, Client


@convicted(
    "replies/unknown-acceptance[at=end-of-data,*", "replies/extra", check="honesty sender.status"
)
@convicted("replies/unknown-acceptance[at=rcpt,*", check="sender.status messages")
@convicted("auth/initial-response[habit=ignored]", check="sender.status messages")
@convicted("config/half-credentials[*", check="sender.status mail")
@convicted("auth0/setting-missing[setting=from]", check="answers")
class OnAiosmtplib(AsyncSender):
    """`SMTP(…, start_tls=True)`, `login(…)`, `send_message(…)`: what is wrong is the library's.

    It takes no code but the one that RFC 5321 names for a command, reads no more than one reply at
    a time, and gives up on AUTH PLAIN where the server asks again; that half the credentials are
    missing it is never told.
    """


# TLS.


@convicted(
    "starttls/stripped[*login=credentials]",
    check="credentials-in-clear content-in-clear sender.status auth mail",
)
class LetsTheLibraryDecide(AsyncSender):
    """Leaves `start_tls` at its default: TLS where it is offered."""

    def security(self) -> dict[str, Any]:
        return {**super().security(), "start_tls": None}


@convicted(
    "tls/certificate[*,certificate=expired]",
    "tls/certificate[*,certificate=untrusted-root]",
    check="credentials-to-a-stranger content-to-a-stranger sender.status auth mail",
)
class ValidatesNoCertificates(AsyncSender):
    """`validate_certs=False`, which was for a test machine."""

    def security(self) -> dict[str, Any]:
        security = super().security()
        del security["tls_context"]
        return {**security, "validate_certs": False}


@convicted(
    "tls/certificate[*,certificate=wrong-host]",
    check="credentials-to-a-stranger content-to-a-stranger sender.status auth mail",
)
class ChecksNoNames(AsyncSender):
    """Takes any certificate of an authority that it trusts."""

    def context(self) -> ssl.SSLContext:
        context = super().context()
        context.check_hostname = False
        return context


@convicted(
    "tls/certificate-good[mode=starttls,certificate=good]",
    "tls/certificate-good[mode=tls,certificate=good]",
    check="sender.status messages logged-in",
)
class ForgetsTheTrustAnchor(AsyncSender):
    """Trusts the authorities of its machine, and not the one that it was told of."""

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context()


@convicted("tls/certificate-skipped[*,certificate=expired]", check="sender.status messages")
class VerifiesRegardless(AsyncSender):
    """Has no use for `verify: false`."""

    def verifies(self) -> bool:
        return True


@convicted("tls/old-versions[*", check="sender.status messages auth")
class AcceptsTls10(AsyncSender):
    """Lowers what OpenSSL asks for, until an old server worked."""

    def context(self) -> ssl.SSLContext:
        context = super().context()
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        return context


@convicted(
    "starttls/no-handshake[end=close,*",
    check="credentials-in-clear content-in-clear sender.status auth mail",
)
class ComesBackInClear(AsyncSender):
    """Where TLS did not come about it connects once more, without."""

    async def send(self) -> dict[str, Any]:
        try:
            return await super().send()
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError):
            self.transport = {**self.transport, "security": "none"}
            return await super().send()


# Logging in.


@convicted("auth/rejected[*", check="sender.status mail")
class GoesOnUnauthenticated(AsyncSender):
    """Catches what `login` raises, because some servers need none."""

    async def log_in(self, client: aiosmtplib.SMTP) -> None:
        with suppress(aiosmtplib.SMTPAuthenticationError):
            await super().log_in(client)


@convicted("auth/login-only[*", check="sender.status messages logged-in")
class CallsAuthPlain(AsyncSender):
    """Calls `auth_plain`, which worked with the first server."""

    async def log_in(self, client: aiosmtplib.SMTP) -> None:
        if self.transport.get("username"):
            await client.ehlo()
            await client.auth_plain(self.transport["username"], self.transport["password"])


@convicted("auth/rejected[*", check="discretion")
class LogsItsArguments(AsyncSender):
    """Puts the arguments of the call into the words of the error."""

    def words(self, error: Exception) -> str:
        words = super().words(error)
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            words += f" in login({self.transport['username']!r}, {self.transport['password']!r})"
        return words


# The transaction.


@convicted(
    "ory/sent-means-handed-over[reply=451]",
    "ory/sent-means-handed-over[reply=552]",
    check="honesty sender.status",
)
class SwallowsWhatDataRaises(AsyncSender):
    """`except SMTPException: log.warning(…)`, and then "sent"."""

    async def hand_over(self, client: aiosmtplib.SMTP, message: EmailMessage) -> Any:
        try:
            return await super().hand_over(client, message)
        except aiosmtplib.SMTPDataError:
            return {}, "ok"


@convicted(
    "ory/sent-once-taken[goodbye=refused]",
    "session/goodbye-trouble[goodbye=500]",
    check="honesty sender.status",
)
class FailsWhereTheGoodbyeDoes(AsyncSender):
    """Has `quit` among what must not fail."""

    async def leave(self, client: aiosmtplib.SMTP) -> None:
        await client.quit()


@convicted("extensions/every-recipient-refused", check="honesty sender.status")
class ReportsNobody(AsyncSender):
    """Takes refused recipients for no reason to say that it failed."""

    async def hand_over(self, client: aiosmtplib.SMTP, message: EmailMessage) -> Any:
        try:
            return await super().hand_over(client, message)
        except aiosmtplib.SMTPRecipientsRefused:
            return {}, "ok"


@convicted("extensions/some-recipients-refused", check="sender.told.refused")
class DropsTheErrorsOfRecipients(AsyncSender):
    """Does not look at what `send_message` returns."""

    def refused(self, refused: Mapping[str, Any]) -> list[dict[str, Any]]:
        return []


@convicted("ory/sent-once-taken[*", check="messages")
class SendsOnEveryConnectionItHas(AsyncSender):
    """Hands over twice: a retry stands around a function that retries by itself."""

    async def send(self) -> dict[str, Any]:
        await super().send()
        return await super().send()


@convicted("network/silent[*", check="answers")
class HasNoTimeout(AsyncSender):
    """`timeout=None`."""

    def client(self) -> aiosmtplib.SMTP:
        client = super().client()
        client.timeout = None
        return client


# The message.


@convicted("message/dots[where=alone]", check="lines message")
class WritesTheBodyItself(AsyncSender):
    """Writes a message as it is, without the dots that SMTP asks for."""

    class Conversation(Client):
        async def data(self, message: str | bytes, /, **more: Any) -> Any:
            assert self.protocol is not None
            await self.execute_command(b"DATA")
            octets = message if isinstance(message, bytes) else message.encode()
            whole = re.sub(rb"\r?\n", b"\r\n", octets) + b".\r\n"
            self.protocol._response_pending = True
            self.protocol.write(whole)
            reply = await self.protocol.read_response(timeout=self.timeout)
            if reply.code != 250:
                raise aiosmtplib.SMTPDataError(reply.code, reply.message)
            return reply


@convicted("message/blind-copy", check="bcc")
class ShowsBlindCopies(AsyncSender):
    """Writes Bcc into the message, and builds the octets by itself."""

    async def hand_over(self, client: aiosmtplib.SMTP, message: EmailMessage) -> Any:
        asked = self.request["message"]
        if asked.get("bcc"):
            message["Bcc"] = ", ".join(each["address"] for each in asked["bcc"])
        sender, octets = asked["from"]["address"], message.as_bytes()
        return await client.sendmail(sender, self.recipients(), octets)


@convicted("message/line-break-in-the-subject[end=crlf]", check="added-headers")
class PastesItsHeaders(AsyncSender):
    """Puts the head together as text."""

    async def hand_over(self, client: aiosmtplib.SMTP, message: EmailMessage) -> Any:
        asked = self.request["message"]
        octets = message.as_bytes()
        octets = f"Subject: {asked['subject']}\r\n".encode() + octets
        return await client.sendmail(asked["from"]["address"], self.recipients(), octets)

    def message(self) -> EmailMessage:
        asked = self.request["message"]
        self.request = {**self.request, "message": {**asked, "subject": ""}}
        message = super().message()
        del message["Subject"]
        self.request = {**self.request, "message": asked}
        return message


@convicted("auth0/from-forms[form=named]", check="from")
class LeavesOutTheName(AsyncSender):
    """Has the bare address in From."""

    def message(self) -> EmailMessage:
        message = super().message()
        message.replace_header("From", self.request["message"]["from"]["address"])
        return message


# What it says.


@convicted("auth/rejected[*", check="sender.error.temporary")
class HasOneSortOfFailure(AsyncSender):
    """Means to try again whatever the code."""

    def told(self, error: Exception) -> dict[str, Any]:
        return {**super().told(error), "temporary": True}


@convicted("auth/rejected-words[*", check="sender.error.says")
class SaysTheNameOfTheException(AsyncSender):
    """Tells `type(error).__name__`, and not what the server said."""

    def words(self, error: Exception) -> str:
        return type(error).__name__
