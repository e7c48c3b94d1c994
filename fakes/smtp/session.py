"""One SMTP session: aiosmtpd's conversation, with the record and the faults put in.

aiosmtpd 1.4.6 parses commands, keeps the state of a transaction and words the replies. What is
overridden here is what it gets wrong for a harness (a size table shared by all sessions, names
of mechanisms compared by case, bodies read line by line, a name look-up a connection) and
what it cannot know (the record, the faults, TLS that is carried by the connection).
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, LoginPassword

from ..acting import Acting
from ..connection import Connection, HandshakeFailed
from ..faults import Action, FaultPlan, Send, Stage, Step
from ..message import CapturedMessage
from ..transcript import (
    AuthOutcome,
    AuthResponse,
    Body,
    Broke,
    Command,
    MessageCaptured,
    Unread,
)
from .credentials import Credentials
from .inlet import Inlet
from .mechanisms import cram_md5, decode
from .state import SmtpState
from .transport import SessionTransport

logging.getLogger("mail.log").setLevel(logging.CRITICAL)

# RFC 4954 section 4 asks for lines of up to 12,288 octets in an AUTH exchange.
_LINE_LIMIT = 12_288 + 2
_STAGES = {
    "EHLO": Stage.EHLO, "HELO": Stage.HELO, "STARTTLS": Stage.STARTTLS, "AUTH": Stage.AUTH,
    "MAIL": Stage.MAIL, "RCPT": Stage.RCPT, "DATA": Stage.DATA, "RSET": Stage.RSET,
    "NOOP": Stage.NOOP, "QUIT": Stage.QUIT,
}  # fmt: skip
_NO_PASSWORD = AuthResult(success=False, handled=True)


class SmtpSession(SMTP):
    """The conversation on one connection.

    `nth` is which connection to this fake it is, from 1. `on_message` is told each message that was
    taken and returns its index. `start_tls` is the fake's: it knows the certificates.
    """

    line_length_limit = _LINE_LIMIT
    session: Any  # aiosmtpd says Optional; in a conversation both are there
    envelope: Any
    _reader: Any
    _tls_protocol: Any

    def __init__(
        self,
        *,
        state: SmtpState,
        credentials: Credentials,
        plan: FaultPlan,
        nth: int,
        timeout: float,
        on_message: Callable[[CapturedMessage], int],
        contexts: Callable[..., Any],
    ) -> None:
        # Before aiosmtpd clears, and grows at each EHLO, the table of the class.
        self.command_size_limits = defaultdict(lambda: 512, AUTH=_LINE_LIMIT, MAIL=1024, RCPT=1024)
        super().__init__(
            handler=object(),
            data_size_limit=state.size,
            enable_SMTPUTF8=state.smtputf8,
            hostname=state.hostname,
            ident="ESMTP",
            timeout=3600,
            auth_require_tls=state.auth_offer == "after-tls",
            auth_exclude_mechanism={"LOGIN", "PLAIN", "CRAM-MD5"} - set(state.auth.mechanisms),
            authenticator=self._check,
            loop=asyncio.get_running_loop(),
        )
        # Said here, because aiosmtpd warns of servers that want AUTH and have no TLS.
        self._auth_required = state.auth_required
        self._state = state
        self._credentials = credentials
        self._plan = plan
        self._nth = nth
        self._fault_timeout = timeout
        self._on_message = on_message
        self._contexts = contexts
        self._pending: Action | None = None
        self._greeted = False
        self.AuthLoginUsernameChallenge, self.AuthLoginPasswordChallenge = state.auth.prompts
        self._connection: Connection
        self._acting: Acting
        self._inlet: Inlet
        self._smtp_methods = {
            name: partial(self._command, name, method)
            for name, method in self._smtp_methods.items()
            if self._knows(name)
        }

    # The conversation's side of a connection.

    def began(self, connection: Connection) -> None:
        """Set up for this connection and begin, with TLS where it is implicit."""
        self._connection = connection
        self._acting = Acting(
            connection=connection, plan=self._plan, nth=self._nth, timeout=self._fault_timeout
        )
        self._inlet = Inlet(
            limit=self.line_length_limit,
            on_command=lambda line: self._record_line(Command, line),
            on_answer=lambda line: self._record_line(AuthResponse, line),
            throttle=lambda on: connection.pause_reading() if on else connection.resume_reading(),
        )
        self.require_starttls = (
            self._state.security == "starttls" and self._state.starttls == "required"
        )
        self.connection_made(SessionTransport(connection))

    def data_received(self, data: bytes) -> None:
        """Plain octets came in."""
        self._inlet.feed(data)

    def ended(self) -> None:
        """The connection is gone."""
        unread = self._inlet.empty()
        if unread:
            self._note_unread(unread, "the connection ended first")
        self.connection_lost(None)

    def _cb_client_connected(self, reader: Any, writer: Any) -> None:
        del reader
        self._reader = self._inlet
        self._writer = writer

    async def _handle_client(self) -> None:
        try:
            await self._acting.fault(Stage.CONNECT)
            if self._state.security == "tls":
                await self._begin_tls(implicit=True)
            await super()._handle_client()
        except (HandshakeFailed, ConnectionResetError):
            return

    async def handle_exception(self, error: Exception) -> str:
        """A bug of the fake's must never look like a fault of the sender's."""
        if isinstance(error, HandshakeFailed):
            return "454 4.7.0 TLS did not come about"  # to nobody: the connection is going down
        self._connection.record(Broke(error=f"{type(error).__name__}: {error}"))
        self._connection.close()
        return "421 4.3.0 this fake broke"

    # Replies and faults.

    async def push(self, status: str | bytes) -> None:
        """Send a reply, or what the fault at hand makes of it."""
        honest = (status.encode("utf-8") if isinstance(status, str) else status) + b"\r\n"
        if not self._greeted:
            self._greeted = True
            self._pending = self._acting.act(Stage.GREETING)
        action, self._pending = self._pending, None
        if action is not None:
            await self._acting.carry_out(action, honest)
            return
        self._connection.send(honest)
        await self._writer.drain()

    async def _command(self, name: str, method: Callable[..., Any], argument: str | None) -> None:
        stage = _STAGES.get(name)
        if stage is None:
            await method(argument)
            return
        if stage is Stage.AUTH:
            self._acting.count_anew(Stage.AUTH)
        if stage is Stage.MAIL:
            self._acting.count_anew(Stage.RCPT)
        action = self._acting.act(stage)
        if action is not None and not action.honest_first(stage):
            await self._acting.carry_out(action, b"")
            return
        self._pending = action
        await method(argument)

    def _knows(self, name: str) -> bool:
        if name == "STARTTLS":
            return self._state.security == "starttls" and self._state.starttls != "absent"
        return name != "AUTH" or self._state.auth_offer != "never"

    # Commands that aiosmtpd does differently.

    async def smtp_EHLO(self, hostname: str | None) -> None:
        """The whole list in one reply."""
        if not hostname:
            await self.push("501 5.5.4 Syntax: EHLO hostname")
            return
        self._set_rset_state()
        self.session.extended_smtp = True
        self.session.host_name = hostname
        *before, last = [self.hostname, *self._keywords()]
        lines = [f"250-{line}" for line in before] + [f"250 {last}"]
        await self.push("\r\n".join(lines))

    def _keywords(self) -> list[str]:
        secure = self._connection.secure
        listed = [f"SIZE {self._state.size}", "8BITMIME"]
        if self._state.smtputf8:
            listed.append("SMTPUTF8")
        advertised = self._state.starttls in {"required", "offered"}
        if self._state.security == "starttls" and advertised and not secure:
            listed.append("STARTTLS")
        if self._offers_auth():
            honest = ("AUTH " + " ".join(self._state.auth.mechanisms),)
            listed += honest if self._state.auth.lines is None else self._state.auth.lines
        return [*listed, *self._state.ehlo]

    def _offers_auth(self) -> bool:
        offer = self._state.auth_offer
        if offer in {"always", "never"}:
            return offer == "always"
        return self._connection.secure == (offer == "after-tls")

    async def smtp_STARTTLS(self, argument: str | None) -> None:
        """Begin TLS; whatever was sent in clear behind the command is thrown away."""
        if argument:
            await self.push("501 5.5.4 Syntax: STARTTLS")
            return
        if self._connection.secure:
            await self.push("503 5.5.1 TLS is already active")
            return
        self._connection.expect_tls()
        pipelined = self._inlet.empty()
        if pipelined:
            self._note_unread(pipelined, "sent in clear behind STARTTLS")
        await self.push("220 2.0.0 Ready to start TLS")
        await self._begin_tls(implicit=False)

    async def _begin_tls(self, *, implicit: bool) -> None:
        action: Action | None = None

        def shape(flight: bytes) -> list[Step]:
            if action is None:
                return [Send(flight)]
            honest = flight if action.honest_first(Stage.HANDSHAKE) else b""
            return action.steps(honest, timeout=self._acting.timeout)

        def choose(hello: Any) -> Any:
            nonlocal action
            action = self._acting.act(Stage.HANDSHAKE)
            return self._contexts(hello)

        await self._connection.start_tls(choose, implicit=implicit, shape=shape)
        # RFC 3207 section 4.2: nothing that was learned in clear counts any longer.
        self._tls_protocol = self._connection
        self._set_rset_state()
        self.session.host_name = None
        self.session.extended_smtp = False
        self.session.authenticated = False

    async def smtp_AUTH(self, argument: str | None) -> None:
        """Compare names of mechanisms without regard to case, as RFC 4422 has them."""
        if not self._offers_auth() and self._state.auth_offer == "before-tls":
            await self.push("502 5.5.1 AUTH is not available")
            return
        name, blank, initial = (argument or "").partition(" ")
        if blank and self._state.auth.initial_response == "refused":
            await self.push("501 5.5.4 no initial response, please")
            return
        if self._state.auth.initial_response == "ignored":
            blank = initial = ""
        await super().smtp_AUTH(f"{name.upper()}{blank}{initial}")

    async def challenge_auth(
        self, challenge: str | bytes, encode_to_b64: bool = True, log_client_response: bool = False
    ) -> Any:
        """Send a challenge and read its answer; the next moment of the exchange begins with it."""
        del log_client_response
        encoded = encode_to_b64 and (challenge == "" or self._state.auth.prompts_encoded)
        answer = await super().challenge_auth(challenge, encode_to_b64=encoded)
        action = self._acting.act(Stage.AUTH)
        if action is not None and not action.honest_first(Stage.AUTH):
            await self._acting.carry_out(action, b"")
            return MISSING
        if action is not None and answer is not MISSING:
            self._pending = action
        return answer

    async def auth_CRAM__MD5(self, _: Any, args: list[str]) -> AuthResult:
        """Challenge and response by RFC 2195."""
        if len(args) > 1:
            await self.push("501 5.5.4 CRAM-MD5 has no initial response")
            return _NO_PASSWORD
        challenge = self._credentials.challenge(self._nth)
        response = await self.challenge_auth(challenge)
        if response is MISSING:
            return _NO_PASSWORD
        username, _blank, digest = decode(response).rpartition(" ")
        expected = cram_md5(self._credentials.password, challenge)
        good = username == self._credentials.username and digest == expected
        return self._outcome("CRAM-MD5", username, accepted=good)

    def _check(
        self, server: Any, session: Any, envelope: Any, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        del server, session, envelope
        username, password = decode(given.login), decode(given.password)
        return self._outcome(
            mechanism, username, accepted=self._credentials.match(username, password)
        )

    def _outcome(self, mechanism: str, username: str, *, accepted: bool) -> AuthResult:
        self._connection.record(
            AuthOutcome(
                mechanism=mechanism,
                username=username,
                accepted=accepted,
                secure=self._connection.secure,
            )
        )
        # Not handled means that aiosmtpd words the refusal, 535 5.7.8, where no message is given.
        success = accepted and mechanism not in self._state.auth.broken
        refusal = None if success else self._state.auth.refusal
        return AuthResult(success=success, handled=False, message=refusal, auth_data=username)

    async def smtp_DATA(self, argument: str | None) -> None:
        """Take a body in large pieces and keep its exact octets."""
        if await self._refuses_data(argument):
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        if self._connection.closing:
            return
        self._connection.records_segments = False
        try:
            wire, complete, too_much = await self._inlet.read_body(
                keep=self._state.size,
                stop_after=self._acting.body_octet(),
                partial=lambda data: self._record_body(data, complete=False),
            )
        finally:
            self._connection.records_segments = True
        self._record_body(wire, complete=complete)
        if complete:
            await self._end_of_data(wire, too_much=too_much)
        else:
            await self._acting.fault(Stage.BODY)

    async def _refuses_data(self, argument: str | None) -> bool:
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return True
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return True
        if argument:
            await self.push("501 5.5.4 Syntax: DATA")
            return True
        return False

    async def _end_of_data(self, wire: bytes, *, too_much: bool) -> None:
        envelope = self.envelope
        self._set_post_data_state()
        action = self._acting.act(Stage.END_OF_DATA)
        if action is not None and not action.honest_first(Stage.END_OF_DATA):
            await self._acting.carry_out(action, b"")
            return
        self._pending = action
        if too_much:
            await self.push("552 5.3.4 Error: too much mail data")
            return
        index = self._capture(envelope, wire)
        await self.push(f"250 2.0.0 Ok: queued as FAKE{index:04X}")

    def _capture(self, envelope: Any, wire: bytes) -> int:
        sender = "" if envelope.mail_from == "<>" else envelope.mail_from
        message = CapturedMessage(
            wire=wire,
            mail_from=sender,
            rcpt_tos=tuple(envelope.rcpt_tos),
            username=self.session.auth_data if self.session.authenticated else None,
            secure=self._connection.secure,
            connection=self._connection.number,
        )
        index = self._on_message(message)
        self._connection.record(MessageCaptured(index=index, message=message))
        return index

    # The record.

    def _record_line(self, kind: type[Command | AuthResponse], line: bytes) -> None:
        self._connection.record(kind(line=line.rstrip(b"\r\n"), secure=self._connection.secure))

    def _record_body(self, data: bytes, *, complete: bool) -> None:
        self._connection.record(Body(data=data, secure=self._connection.secure, complete=complete))

    def _note_unread(self, data: bytes, why: str) -> None:
        self._connection.record(Unread(data=data, secure=self._connection.secure, why=why))
