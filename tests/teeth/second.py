"""A second right sender: what a careful programmer makes of `smtplib`, `ssl` and `email`.

It imports nothing of this project and shares no code with the other two, so that where it and
they disagree the documents have to be asked. `--sender python:tests.teeth.second:handle`.
"""

from __future__ import annotations

import base64
import errno
import hmac
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from typing import Any

from .second_settings import Account, SendError, build, hostname, path

FEATURES = [
    "smtp", "security:none", "security:starttls", "security:tls", "verify:false", "server_name",
    "timeout", "attachments", "headers", "connect_to", "envelope_from", "ehlo_name", "uri",
    "access_token", "auth:oauthbearer",
]  # fmt: skip
VERIFY_CLASSES = {
    9: "certificate-not-yet-valid", 10: "certificate-expired", 18: "certificate-untrusted",
    19: "certificate-untrusted", 20: "certificate-untrusted", 21: "certificate-untrusted",
    26: "certificate-unsuitable", 62: "certificate-hostname-mismatch",
    64: "certificate-hostname-mismatch", 66: "certificate-unsuitable",
    67: "certificate-unsuitable", 68: "certificate-unsuitable",
}  # fmt: skip


# The conversation.


class Lines:
    """What `smtplib` reads lines from. A reply has to be there in time as a whole."""

    def __init__(self, sock: socket.socket, timeout: float) -> None:
        self.sock = sock
        self.timeout = timeout
        self.deadline = 0.0
        self.held = b""

    def readline(self, limit: int) -> bytes:
        while b"\n" not in self.held and len(self.held) < limit:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self.sock.settimeout(left)
            got = self.sock.recv(8192)
            if not got:
                break
            self.held += got
        self.sock.settimeout(self.timeout)
        end = self.held.find(b"\n") + 1 or len(self.held)
        line, self.held = self.held[:end], self.held[end:]
        return line

    def close(self) -> None:
        pass


class Client(smtplib.SMTP):
    """`smtplib` with an address in place of the name, TLS by name, and strict turns."""

    def __init__(self, account: Account, request: Mapping[str, Any]) -> None:
        self.account = account
        self.request = request
        self.phase = "connect"
        super().__init__(
            local_hostname=request["transport"].get("ehlo_name") or "[127.0.0.1]",
            timeout=request["timeout"],
        )
        # What `starttls` hands to the handshake: for SNI and for the certificate.
        self._host = account.server_name or account.host

    def open(self) -> None:
        code, greeting = self.connect(self.account.host, self.account.port)
        self.expect(code, greeting, 220, "greeting-refused")

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        real = self.real_address(host, port)
        sock = socket.create_connection(real, timeout)
        if self.account.security == "tls":
            self.phase = "tls"
            sock = self.context().wrap_socket(sock, server_hostname=self._host)
        self.phase = "greeting"
        return sock

    def real_address(self, host: str, port: int) -> tuple[str, int]:
        rows = self.request.get("connect_to") or {}
        for logical, real in rows.items():
            name, _, number = logical.rpartition(":")
            if hostname(name.strip("[]")) == host and int(number) == port:
                real_name, _, real_number = real.rpartition(":")
                return real_name.strip("[]"), int(real_number)
        return host, port

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("Connection closed")
        if self.file is None:
            self.file = Lines(self.sock, self.request["timeout"])
        self.file.deadline = time.monotonic() + self.request["timeout"]
        code, text = super().getreply()
        if code == 421:
            raise self.failure("service-unavailable", code, text)
        is_last = self.phase == "end-of-data"  # what comes behind it changes nothing
        if not 200 <= code <= 599 or (self.file.held and not is_last):
            # No code at all, or more than one reply where one is due.
            words = "the reply makes no sense: " + readable(text)
            raise SendError(self.phase, "protocol-error", words)
        return code, text

    def say_hello(self) -> None:
        self.phase = "ehlo"
        code, text = self.ehlo()
        may_helo = self.account.security != "starttls" and self.account.username is None
        if code in (500, 502) and may_helo:
            code, text = self.helo()
        if code // 100 != 2:
            raise self.failure("ehlo-refused", code, text)

    def upgrade(self) -> None:
        self.phase = "starttls"
        if not self.has_extn("starttls"):
            words = "the server does not offer STARTTLS, so the connection would not be secure"
            raise SendError("starttls", "starttls-unavailable", words, temporary=False)
        context = self.context()
        code, text = self.docmd("STARTTLS")
        self.expect(code, text, 220, "starttls-refused")
        self.phase = "tls"
        assert self.sock is not None
        self.sock = context.wrap_socket(self.sock, server_hostname=self._host)
        self.file = None
        self.say_hello()

    def context(self) -> ssl.SSLContext:
        return tls_context(self.account, self.request)

    def expect(self, code: int, text: bytes, wanted: int, class_: str) -> None:
        if code != wanted:
            raise self.failure(class_, code, text)

    def failure(self, class_: str, code: int, text: bytes) -> SendError:
        self.close()
        if code // 100 not in (4, 5):
            class_ = "protocol-error"
        words = f"{self.phase}: the server said {code} {readable(text)}"
        temporary = {4: True, 5: False}.get(code // 100)
        return SendError(self.phase, class_, words, temporary=temporary, code=code)

    # Logging in.

    def log_in(self, username: str, password: str) -> None:
        self.phase = "auth"
        offered = self.esmtp_features.get("auth", "").upper().split()
        methods = {
            "CRAM-MD5": self.log_in_cram_md5,
            "PLAIN": self.log_in_plain,
            "LOGIN": self.log_in_login,
        }
        usable = [name for name in methods if name in offered]
        if not usable:
            words = f"cannot log in: the server offers {' '.join(offered) or 'no AUTH'}"
            words += f", this client has {' '.join(methods)}"
            raise SendError("auth", "auth-unavailable", words, temporary=False)
        for name in usable:
            code, said = methods[name](username, password)
            if code == 235:
                return
            if code not in (500, 502, 504, 534):
                break
        if code == 334:
            self.docmd("*")
        class_ = "auth-temporary" if code // 100 == 4 else "auth-rejected"
        raise self.failure(class_, code, said)

    def log_in_plain(self, username: str, password: str) -> tuple[int, bytes]:
        credentials = b64(f"\0{username}\0{password}")
        code, text = 501, b""
        if len(credentials) < 480:
            code, text = self.docmd("AUTH", f"PLAIN {credentials}")
        if code == 501:
            code, text = self.docmd("AUTH", "PLAIN")
        return self.docmd(credentials) if code == 334 else (code, text)

    def log_in_login(self, username: str, password: str) -> tuple[int, bytes]:
        code, text = self.docmd("AUTH", "LOGIN")
        for answer in (b64(username), b64(password)):
            if code == 235:
                words = "the server took the log-in before it was made: " + readable(text)
                raise SendError("auth", "protocol-error", words)
            if code != 334:
                return code, text
            code, text = self.docmd(answer)
        return code, text

    def log_in_cram_md5(self, username: str, password: str) -> tuple[int, bytes]:
        code, text = self.docmd("AUTH", "CRAM-MD5")
        if code != 334:
            return code, text
        try:
            challenge = base64.b64decode(text, validate=True)
        except ValueError:
            return self.docmd("*")
        digest = hmac.new(password.encode(), challenge, "md5").hexdigest()
        return self.docmd(b64(f"{username} {digest}"))

    def log_in_with_token(self, username: str, token: str) -> None:
        self.phase = "auth"
        offered = self.esmtp_features.get("auth", "").upper().split()
        responses = {
            "OAUTHBEARER": f"n,a={username},\1auth=Bearer {token}\1\1",
            "XOAUTH2": f"user={username}\1auth=Bearer {token}\1\1",
        }
        name = next((name for name in responses if name in offered), None)
        if name is None:
            words = f"cannot log in with a token: the server offers {' '.join(offered)}"
            raise SendError("auth", "auth-unavailable", words, temporary=False)
        why: list[str] = []

        def respond(challenge: bytes | None = None) -> str:
            if challenge is None:
                return responses[name]
            why.append(challenge.decode())
            return "\1" if name == "OAUTHBEARER" else ""

        try:
            self.auth(name, respond)
        except smtplib.SMTPAuthenticationError as refused:
            class_ = "auth-temporary" if refused.smtp_code // 100 == 4 else "auth-rejected"
            error = refused.smtp_error
            last = error if isinstance(error, bytes) else error.encode()
            said = " ".join(why).encode() + b" " + last
            raise self.failure(class_, refused.smtp_code, said) from None

    # Sending.

    def hand_over(self, message: EmailMessage, wanted: Mapping[str, Any]) -> dict[str, Any]:
        sender = wanted.get("envelope_from")
        sender = path(wanted["from"]["address"]) if sender is None else sender and path(sender)
        boxes = [*wanted["to"], *wanted.get("cc", ()), *wanted.get("bcc", ())]
        recipients = list(dict.fromkeys(path(box["address"]) for box in boxes))
        content = message.as_bytes()
        self.phase = "mail"
        code, text = self.docmd(*self.mail_command(content, sender, recipients))
        if code // 100 != 2:
            raise self.failure("sender-refused", code, text)
        refused = self.envelope(recipients)
        self.phase = "data"
        code, text = self.docmd("DATA")
        self.expect(code, text, 354, "data-refused")
        self.send(re.sub(rb"(?m)^\.", b"..", content))
        self.phase = "end-of-data"
        self.send(b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")
        code, text = self.getreply()
        if code // 100 != 2:
            raise self.failure("message-refused", code, text)
        return {"final_reply": f"{code} {readable(text)}", "refused": refused}

    def mail_command(self, content: bytes, sender: str, recipients: list[str]) -> tuple[str, str]:
        limit = self.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(content):
            text = f"the message is larger than the server's limit of {limit}"
            raise SendError("message", "message-too-large", text, temporary=False)
        command = ("MAIL", f"FROM:<{sender}>")
        if all(address.isascii() for address in (sender, *recipients)):
            return command
        if not self.has_extn("smtputf8"):
            text = "an address needs SMTPUTF8, which the server does not have"
            raise SendError("message", "smtputf8-required", text, temporary=False)
        self.command_encoding = "utf-8"
        return "MAIL", f"FROM:<{sender}> SMTPUTF8"

    def envelope(self, recipients: list[str]) -> list[dict[str, Any]]:
        self.phase = "rcpt"
        refused = []
        for recipient in recipients:
            code, text = self.rcpt(recipient)
            if code // 100 != 2:
                words = readable(text)
                refused.append({"address": recipient, "reply_code": code, "message": words})
        if len(refused) == len(recipients):
            raise self.failure("recipient-refused", code, text)
        return refused


def tls_context(account: Account, request: Mapping[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=request["trust"]["ca_file"])
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False
    if not account.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def readable(text: bytes) -> str:
    return " ".join(text.decode("utf-8", "replace").split())


# The answer.


class Second:
    """Answers one request of the sender protocol.

    Its parts are methods, so that a wrong sender is this one with one of them replaced.
    """

    lineage = "smtplib and email"
    Conversation: type[Client] = Client

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.request = request
        self.attempts: list[str] = []

    def answer(self) -> dict[str, Any]:
        request = self.request
        if request.get("action") == "describe":
            return {"name": type(self).__name__, "version": "1", "features": FEATURES}
        if request.get("action") != "send" or request["transport"]["kind"] != "smtp":
            return {"status": "unsupported", "reason": "this sender only sends by SMTP"}
        try:
            return {"status": "sent", **self.send(), "attempts": len(self.attempts)}
        except SendError as failed:
            return self.failed(failed)

    def failed(self, failed: SendError) -> dict[str, Any]:
        error = {
            "phase": failed.phase,
            "class": failed.class_,
            "temporary": failed.temporary,
            "reply_code": failed.code,
            "message": without_secrets(failed.message, self.request),
        }
        return {"status": "failed", "attempts": len(self.attempts), "error": error}

    def send(self) -> dict[str, Any]:
        account = self.account()
        message = self.compose()
        if re.search(r"[\r\n]", self.request["transport"].get("ehlo_name") or ""):
            raise SendError("config", "config-invalid", "the EHLO name has a line break")
        client = self.Conversation(account, self.request)
        self.attempts.append(account.host)
        with explained(client):
            self.open(client, account)
            result = client.hand_over(message, self.request["message"])
            with suppress(OSError, SendError):
                client.quit()
        return result

    def account(self) -> Account:
        token = self.request["transport"].get("access_token")
        return Account.parse(self.request["transport"]["uri"], with_password=token is None)

    def compose(self) -> EmailMessage:
        return build(self.request["message"])

    def open(self, client: Client, account: Account) -> None:
        client.open()
        client.say_hello()
        if account.security == "starttls":
            client.upgrade()
        self.log_in(client, account)

    def log_in(self, client: Client, account: Account) -> None:
        token = self.request["transport"].get("access_token")
        if account.username and token:
            client.log_in_with_token(account.username, token)
        if account.username and account.password:
            client.log_in(account.username, account.password)


def handle(request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer one document of the sender protocol."""
    return Second(request).answer()


@contextmanager
def explained(client: Client) -> Iterator[None]:
    """What `smtplib`, `ssl` and `socket` raise, in the words of the protocol."""
    where = f"{client.account.host}:{client.account.port}"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        class_ = VERIFY_CLASSES.get(error.verify_code, "certificate-invalid")
        words = f"{where}: the certificate is not accepted: {error.verify_message}"
        if class_ == "certificate-hostname-mismatch":
            words += " (none of its subject alternative names, SAN, is the expected one)"
        raise SendError("tls", class_, words, temporary=False) from None
    except ssl.SSLError as error:
        raise tls_error(client, error) from None
    except socket.gaierror as error:
        class_ = "dns-temporary" if error.errno == socket.EAI_AGAIN else "name-not-found"
        raise SendError("dns", class_, f"{where}: {error.strerror}") from None
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        raise connection_error(client, error, where) from None
    finally:
        client.close()


def tls_error(client: Client, error: ssl.SSLError) -> SendError:
    reason = error.reason or ""
    class_ = "handshake-failed"
    if "PROTOCOL" in reason:
        class_ = "protocol-version"
    if "KEY_TOO_SMALL" in reason or "MD_TOO_WEAK" in reason:
        class_ = "certificate-unsuitable"
    if client.phase == "end-of-data":
        class_ = "outcome-unknown"
    elif client.phase not in ("tls", "greeting", "ehlo"):
        class_ = "connection-lost"
    phase = "tls" if client.phase in ("greeting", "ehlo") else client.phase
    return SendError(phase, class_, f"TLS failed at {client.phase}: {reason}")


def connection_error(client: Client, error: OSError, where: str) -> SendError:
    if client.phase == "end-of-data":
        words = f"{where}: the connection broke before the final reply; outcome unknown"
        return SendError("end-of-data", "outcome-unknown", words)
    cause = error.__context__ if isinstance(error, smtplib.SMTPServerDisconnected) else error
    if isinstance(cause, TimeoutError):
        class_ = "connection-timeout" if client.phase == "connect" else "stalled"
        words = f"{where}: timed out at {client.phase}"
    elif isinstance(cause, ConnectionRefusedError):
        class_, words = "connection-refused", f"{where}: connection refused"
    elif isinstance(cause, ConnectionResetError):  # which may come before connect() has returned
        class_, words = "connection-reset", f"{where}: connection reset at {client.phase}"
    elif client.phase == "connect" and isinstance(cause, OSError):
        class_, words = "unreachable", f"{where}: {errno.errorcode.get(cause.errno or 0)}"
    else:
        class_, words = "connection-lost", f"{where}: connection lost at {client.phase}: {error}"
    return SendError(client.phase, class_, words, temporary=True)


def without_secrets(text: str, request: Mapping[str, Any]) -> str:
    """A server may quote what it was sent: it must not get into logs by that way."""
    token = request["transport"].get("access_token")
    with suppress(SendError):
        account = Account.parse(request["transport"]["uri"], with_password=token is None)
        secret = token or account.password
        if secret:
            for form in (secret, b64(f"\0{account.username}\0{secret}"), b64(secret)):
                text = text.replace(form, "***")
    return text
