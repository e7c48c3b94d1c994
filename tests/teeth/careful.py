"""The careful sender: SMTP on `socket` and `ssl`, right in every respect that scenarios ask about.

Its other half, the providers' APIs, is in `careful_api`.

It imports nothing of the harness. Every behaviour is a small method, so that a wrong sender is a
subclass with one of them replaced. One object serves one request.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from .careful_connection import Connected
from .careful_resend import ByResend
from .careful_scram import ByScram
from .careful_wire import Failure, Garbled, Lost, Reply

Capabilities = dict[str, list[str]]
Document = dict[str, Any]

FEATURES = (
    "smtp", "security:none", "security:starttls", "security:tls", "verify:false", "server_name",
    "timeout", "attachments", "headers", "connect_to", "envelope_from", "ehlo_name", "uri",
    "access_token", "auth:oauthbearer", "auth:scram-sha-256", "auth:scram-sha-256-plus",
)  # fmt: skip
_NEXT_MECHANISM = {500, 502, 504, 534}


class Careful(Connected, ByResend, ByScram):
    """Answers one request of the sender protocol."""

    accepted_recipients: int = 0
    is_transaction_done = False

    def answer(self) -> Document:
        match self.request.get("action"):
            case "describe":
                return {"name": type(self).__name__, "version": "1", "features": self.features()}
            case "send" if self.request["transport"]["kind"] == "smtp":
                return self.send()
            case "send" if self.request["transport"]["kind"] == "api":
                return self.send_by_api()
        return {"status": "unsupported", "reason": "this sender sends by SMTP and by APIs"}

    def features(self) -> list[str]:
        """Every API that it has a call for is one that it can send by."""
        providers = [name.removeprefix("call_") for name in dir(self) if name.startswith("call_")]
        return [*FEATURES, *(f"api:{provider}" for provider in providers)]

    def send(self) -> Document:
        self.refused: list[Document] = []
        try:
            final = self.deliver()
        except Failure as failure:
            return self.failed(failure)
        return self.sent(final)

    def deliver(self) -> Reply:
        self.to = self.settings()
        sender, recipients, message = self.envelope_from(), self.recipients(), self.compose()
        self.connect()
        try:
            capabilities = self.open()
            return self.transact(sender, recipients, self.octets(message), capabilities)
        finally:
            self.quit()

    # Up to the envelope.

    def open(self) -> Capabilities:
        if self.to.security == "tls":
            self.start_tls()
        self.greet()
        capabilities = self.ehlo()
        if self.to.security == "starttls":
            capabilities = self.upgrade(capabilities)
        if self.to.username is not None:
            self.authenticate(capabilities)
        return capabilities

    def greet(self) -> None:
        reply = self.hear("greeting")
        if reply.code != 220:
            raise self.refusal("greeting", "greeting-refused", reply)

    def ehlo(self) -> Capabilities:
        reply = self.ask("ehlo", f"EHLO {self.ehlo_name()}")
        if reply.code in {500, 502} and self.may_do_without_extensions():
            reply = self.ask("ehlo", f"HELO {self.ehlo_name()}")
            reply = Reply(reply.code, reply.lines[:1])
        if reply.kind != 2:
            raise self.refusal("ehlo", "ehlo-refused", reply)
        return self.capabilities(reply)

    def may_do_without_extensions(self) -> bool:
        return self.to.security != "starttls" and self.to.username is None

    def ehlo_name(self) -> str:
        if self.to.ehlo_name:
            return self.to.ehlo_name
        address = self.wire.sock.getsockname()[0].partition("%")[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"

    def capabilities(self, reply: Reply) -> Capabilities:
        """Keyword in upper case → its parameters. The first line is a greeting, not a keyword."""
        found: Capabilities = {}
        for line in reply.lines[1:]:
            keyword, *parameters = line.split() or [""]
            name, equals, first = keyword.upper().partition("=")
            if name == "AUTH" and equals:
                keyword, parameters = name, [first, *parameters]
            found.setdefault(keyword.upper(), []).extend(parameters)
        return found

    def upgrade(self, capabilities: Capabilities) -> Capabilities:
        if not self.offers_starttls(capabilities):
            return self.without_starttls(capabilities)
        reply = self.ask_starttls()
        if not self.is_go_ahead(reply):
            return self.starttls_refused(reply, capabilities)
        self.check_nothing_injected()
        self.start_tls()
        return self.ehlo_again(capabilities)

    def offers_starttls(self, capabilities: Capabilities) -> bool:
        return "STARTTLS" in capabilities

    def without_starttls(self, capabilities: Capabilities) -> Capabilities:
        words = f"{self.to.server} does not offer STARTTLS, and TLS is required"
        raise Failure("starttls", "starttls-unavailable", words, temporary=False)

    def ask_starttls(self) -> Reply:
        return self.ask("starttls", "STARTTLS")

    def is_go_ahead(self, reply: Reply) -> bool:
        return reply.code == 220

    def starttls_refused(self, reply: Reply, capabilities: Capabilities) -> Capabilities:
        raise self.refusal("starttls", "starttls-refused", reply)

    def check_nothing_injected(self) -> None:
        if self.wire.unasked():
            self.wire.in_step = False
            words = f"{self.to.server} sent more than its reply to STARTTLS"
            raise Failure("starttls", "protocol-error", words)

    def ehlo_again(self, before: Capabilities) -> Capabilities:
        """What was listed before TLS counts for nothing inside it."""
        return self.ehlo()

    # Authentication.

    def authenticate(self, capabilities: Capabilities) -> None:
        usable = self.usable_mechanisms(capabilities)
        if not usable:
            self.without_auth(capabilities)
            return
        for mechanism in usable:
            reply = self.exchange(mechanism)
            if self.is_logged_in(reply):
                return
            if reply.code not in _NEXT_MECHANISM:
                break
        self.auth_refused(reply)

    def usable_mechanisms(self, capabilities: Capabilities) -> list[str]:
        offered = self.offered_mechanisms(capabilities)
        return [name for name in self.mechanism_order() if name in offered]

    def offered_mechanisms(self, capabilities: Capabilities) -> list[str]:
        return [name.upper() for name in capabilities.get("AUTH", [])]

    def mechanism_order(self) -> Sequence[str]:
        if self.to.access_token is not None:
            return ("OAUTHBEARER", "XOAUTH2") if self.wire.secure else ()
        if self.wire.secure:
            return ("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5")
        return ("SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN")

    def without_auth(self, capabilities: Capabilities) -> None:
        offered = " ".join(self.offered_mechanisms(capabilities)) or "no AUTH"
        mine = " ".join(self.mechanism_order())
        words = f"credentials are configured, and {self.to.server} offers {offered}"
        raise Failure("auth", "auth-unavailable", f"{words} (this sender: {mine})", temporary=False)

    def is_logged_in(self, reply: Reply) -> bool:
        return reply.kind == 2

    def auth_refused(self, reply: Reply) -> None:
        class_ = "auth-temporary" if reply.kind == 4 else "auth-rejected"
        raise self.refusal("auth", class_, reply)

    def exchange(self, mechanism: str) -> Reply:
        exchanges: dict[str, Callable[[], Reply]] = {
            "PLAIN": self.auth_plain,
            "LOGIN": self.auth_login,
            "CRAM-MD5": self.auth_cram_md5,
            "SCRAM-SHA-256": self.auth_scram,
            "SCRAM-SHA-256-PLUS": self.auth_scram_plus,
            "OAUTHBEARER": self.auth_oauthbearer,
            "XOAUTH2": self.auth_xoauth2,
        }
        return exchanges[mechanism]()

    def username(self) -> str:
        return self.to.username or ""

    def password(self) -> str:
        return self.to.password or ""

    def auth_plain(self) -> Reply:
        response = self.base64(f"\0{self.username()}\0{self.password()}")
        if len(response) < 490:
            reply = self.ask("auth", f"AUTH PLAIN {response}")
            if reply.code not in {334, 501}:
                return reply
            if reply.code == 334:
                return self.respond(reply, [response])
        return self.respond(self.ask("auth", "AUTH PLAIN"), [response])

    def auth_login(self) -> Reply:
        """The prompts' words differ from server to server, and count for nothing."""
        reply = self.ask("auth", "AUTH LOGIN")
        return self.respond(reply, [self.base64(self.username()), self.base64(self.password())])

    def auth_cram_md5(self) -> Reply:
        reply = self.ask("auth", "AUTH CRAM-MD5")
        if reply.code != 334:
            return reply
        try:
            challenge = base64.b64decode(reply.lines[0], validate=True)
        except binascii.Error:
            raise self.cancelled(reply, "sent a challenge that is not base64") from None
        digest = hmac.new(self.password().encode(), challenge, "md5").hexdigest()
        return self.respond(reply, [self.base64(f"{self.username()} {digest}")])

    def auth_oauthbearer(self) -> Reply:
        name = self.username().replace("=", "=3D").replace(",", "=2C")
        bearer = f"n,a={name},\1auth=Bearer {self.to.access_token}\1\1"
        return self.why_refused(self.ask("auth", f"AUTH OAUTHBEARER {self.base64(bearer)}"), "AQ==")

    def auth_xoauth2(self) -> Reply:
        bearer = f"user={self.username()}\1auth=Bearer {self.to.access_token}\1\1"
        return self.why_refused(self.ask("auth", f"AUTH XOAUTH2 {self.base64(bearer)}"), "")

    def why_refused(self, reply: Reply, acknowledgement: str) -> Reply:
        """The refusal itself, with the words of the document that went ahead of it."""
        if reply.code != 334:
            return reply
        why = base64.b64decode(reply.lines[0]).decode()
        refusal = self.ask("auth", acknowledgement)
        return Reply(refusal.code, (why, *refusal.lines))

    def respond(self, reply: Reply, responses: list[str]) -> Reply:
        for response in responses:
            if reply.kind == 2:
                raise self.too_early(reply)
            if reply.code != 334:
                return reply
            reply = self.ask("auth", response)
        if reply.code == 334:
            raise self.cancelled(reply, "asks for more than there is")
        return reply

    def too_early(self, reply: Reply) -> Failure:
        self.wire.in_step = False
        words = f"{self.to.server} took the log-in before it was made: {self.said(reply)}"
        return Failure("auth", "protocol-error", words, reply=reply)

    def cancelled(self, reply: Reply, what: str) -> Failure:
        with contextlib.suppress(Failure):
            self.ask("auth", "*")
        words = f"{self.to.server} {what}: {self.said(reply)}"
        return Failure("auth", "protocol-error", words, reply=reply)

    @staticmethod
    def base64(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    # The envelope and the message.

    def transact(
        self, sender: str, recipients: list[str], data: bytes, capabilities: Capabilities
    ) -> Reply:
        self.mail(sender, recipients, data, capabilities)
        for recipient in recipients:
            self.recipient(recipient)
        if not self.accepted_recipients:
            raise self.nobody(recipients)
        reply = self.ask("data", "DATA")
        if reply.code != 354:
            raise self.refusal("data", "data-refused", reply)
        self.body(data)
        return self.final()

    def mail(
        self, sender: str, recipients: list[str], data: bytes, capabilities: Capabilities
    ) -> None:
        parameters = ""
        if "SIZE" in capabilities:
            self.check_size(len(data), capabilities["SIZE"])
            parameters += f" SIZE={len(data)}"
        if not all(address.isascii() for address in (sender, *recipients)):
            if "SMTPUTF8" not in capabilities:
                words = f"an address needs SMTPUTF8, which {self.to.server} does not offer"
                raise Failure("message", "smtputf8-required", words, temporary=False)
            parameters += " SMTPUTF8"
        reply = self.ask("mail", f"MAIL FROM:<{sender}>{parameters}")
        if reply.kind != 2:
            raise self.refusal("mail", "sender-refused", reply)

    def check_size(self, size: int, limits: list[str]) -> None:
        limit = int(limits[0]) if limits and re.fullmatch(r"[0-9]{1,18}", limits[0]) else 0
        if limit and size > limit:
            words = f"the message has {size} octets, {self.to.server} takes {limit}"
            raise Failure("message", "message-too-large", words, temporary=False)

    def recipient(self, address: str) -> None:
        reply = self.ask("rcpt", f"RCPT TO:<{address}>")
        if reply.kind == 2:
            self.accepted_recipients += 1
        elif reply.kind in {4, 5}:
            said = {"reply_code": reply.code, "message": self.said(reply)}
            self.refused.append({"address": address, **said})
        else:
            raise self.refusal("rcpt", "recipient-refused", reply)

    def nobody(self, recipients: list[str]) -> Failure:
        words = "; ".join(f"<{one['address']}>: {one['message']}" for one in self.refused)
        code = self.refused[0]["reply_code"]
        return Failure(
            "rcpt",
            "recipient-refused",
            f"{self.to.server} refused every recipient: {words}",
            temporary=any(one["reply_code"] < 500 for one in self.refused),
            reply=Reply(code, (self.refused[0]["message"].partition(" ")[2],)),
        )

    def body(self, data: bytes) -> None:
        stuffed = re.sub(rb"(?m)^\.", b"..", data)
        for start in range(0, len(stuffed), 65536):
            self.put("data", stuffed[start : start + 65536])
            if self.wire.unasked():
                raise self.refusal("data", "message-refused", self.hear("data"), in_step=False)
        self.end()

    def end(self) -> None:
        """From here on the server may have the message."""
        self.put("data", b".\r\n")

    def final(self) -> Reply:
        reply = self.hear("end-of-data")
        if reply.kind != 2:
            raise self.refusal("end-of-data", "message-refused", reply)
        return reply

    def quit(self) -> None:
        """What becomes of QUIT changes nothing."""
        if self.wire.in_step:
            with contextlib.suppress(OSError, Lost, Garbled):
                self.wire.send(b"QUIT\r\n")
                self.wire.reply()
        self.wire.close()

    # Turns.

    def ask(self, phase: str, command: str) -> Reply:
        if self.wire.unasked():
            reply = self.hear(phase)
            self.wire.in_step = False
            words = f"{self.to.server} spoke out of turn: {self.said(reply)}"
            raise Failure(phase, "protocol-error", words, reply=reply)
        # A server may have said why and hung up: its words are read even if ours do not arrive.
        with contextlib.suppress(Lost):
            self.put(phase, f"{command}\r\n".encode(), is_loss_told=False)
        return self.hear(phase)

    def put(self, phase: str, octets: bytes, *, is_loss_told: bool = True) -> None:
        try:
            self.wire.send(octets)
        except Lost as lost:
            if not is_loss_told:
                raise
            raise self.lost(phase, lost) from None
        except OSError as error:
            raise self.broken(phase, error) from None

    def hear(self, phase: str) -> Reply:
        try:
            reply = self.wire.reply()
        except Lost as lost:
            raise self.lost(phase, lost) from None
        except OSError as error:
            raise self.broken(phase, error) from None
        except Garbled as garbled:
            self.wire.in_step = False
            raise Failure(
                phase, "protocol-error", self.clean(f"{self.to.server}: {garbled}")
            ) from None
        if reply.code == 421:
            raise self.refusal(phase, "service-unavailable", reply, in_step=False)
        return reply

    def lost(self, phase: str, lost: Lost) -> Failure:
        self.wire.in_step = False
        words = lost.words.decode("utf-8", "replace").strip()
        how = "reset" if lost.reset else "closed"
        message = self.clean(f"{self.to.server} {how} the connection at {phase}: {words}")
        if phase == "end-of-data":
            return Failure(phase, "outcome-unknown", f"{message}; nobody knows the outcome")
        return Failure(phase, "connection-lost", message, temporary=True)

    def broken(self, phase: str, error: OSError) -> Failure:
        self.wire.in_step = False
        server = self.to.server
        if phase == "end-of-data":
            return Failure(phase, "outcome-unknown", f"{server} did not answer; outcome unknown")
        if isinstance(error, ssl.SSLError) and not error.reason:
            # The system's word and not OpenSSL's: a reset met a write.
            return self.lost(phase, Lost(reset=True))
        if isinstance(error, ssl.SSLError):
            early = phase in {"greeting", "ehlo"} and "ALERT" in (error.reason or "")
            words = f"{server} broke TLS at {phase} ({error.reason})"
            return Failure("tls", "handshake-failed" if early else "protocol-error", words)
        hint = "; is it a port for implicit TLS (smtps://)?" if phase == "greeting" else ""
        words = f"{server} was silent at {phase} for {self.timeout:g} s (time-out){hint}"
        return Failure(phase, "stalled", words, temporary=True)

    def refusal(self, phase: str, class_: str, reply: Reply, *, in_step: bool = True) -> Failure:
        self.wire.in_step = in_step
        if reply.kind not in {4, 5}:
            class_, self.wire.in_step = "protocol-error", False
        temporary = reply.kind == 4 if reply.kind in {4, 5} else None
        words = f"{self.to.server} refused at {phase}: {self.said(reply)}"
        return Failure(phase, class_, words, temporary=temporary, reply=reply)

    # What it says.

    def said(self, reply: Reply) -> str:
        return self.clean(str(reply))

    def clean(self, text: str) -> str:
        """The text without secrets and control characters."""
        for secret in self.secrets():
            text = text.replace(secret, "[secret]")
        return "".join(c if c.isprintable() else " " for c in text)

    def secrets(self) -> list[str]:
        forms = []
        for secret in filter(None, (self.to.password, self.to.access_token)):
            forms += [secret, quote(secret, safe=""), self.base64(secret)]
            forms.append(self.base64(f"\0{self.to.username}\0{secret}"))
        return [form for form in forms if len(form) > 3]

    def sent(self, final: Reply) -> Document:
        return {
            "status": "sent",
            "attempts": self.attempts,
            "final_reply": self.said(final),
            "refused": self.refused,
        }

    def failed(self, failure: Failure) -> Document:
        error: Document = {
            "phase": failure.phase,
            "class": failure.class_,
            "temporary": failure.temporary,
            "message": failure.words,
        }
        if failure.reply is not None:
            error["reply_code"] = failure.reply.code
            error["enhanced_code"] = failure.reply.enhanced
        said = {key: value for key, value in error.items() if value is not None}
        return {"status": "failed", "attempts": self.attempts, "error": said}


def handler(sender: type[Careful]) -> Callable[[Mapping[str, Any]], Document]:
    """A callable for the sender protocol, with a memory of its own."""
    memory: dict[str, Any] = {}

    def handle(request: Mapping[str, Any]) -> Document:
        return sender(request, memory).answer()

    return handle


def handle(request: Mapping[str, Any]) -> Document:
    """For `--sender python:tests.teeth.careful:handle`."""
    return Careful(request, {}).answer()
