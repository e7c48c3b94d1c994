"""One SMTP session: aiosmtpd's conversation, with the record and the faults put in.

aiosmtpd 1.4.6 reads commands, keeps the state of a transaction and words the replies. What is
overridden here is what it gets wrong for a harness (a size table shared by all sessions,
bodies read line by line, addresses parsed by a library for headers, names of mechanisms compared
by case) and what it cannot know (the record, the faults, TLS that is carried by the connection).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from aiosmtpd.smtp import SMTP

from ..connection import Connection
from ..fault_injector import FaultInjector
from ..faults import FaultPlan, Stage
from ..handshake import Choose, HandshakeFailed
from ..message import CapturedMessage
from ..transcript import Broke, MessageCaptured, Unread
from .address import NULL_PATH, split_path
from .auth import PresentedCredentials, Terms
from .body import BodyReader
from .body_receiver import BodyReceiver
from .decisions import Decisions
from .facts import AuthOutcome, AuthResponse, Command
from .input_buffer import EndlessLineError, InputBuffer
from .library import CommandLimits, NoHandler, hush
from .login import Login
from .replies import Replies
from .state import SmtpState
from .transport import SessionTransport

hush()

# RFC 4954 section 4 asks for base64 of up to 12,288 octets; the words of AUTH come before it.
_LINE_LIMIT = 12_288 + 64
# As long as a session is of use to anybody; aiosmtpd wants to know.
_SESSION_LIMIT = 3600
_TLS_RECORD = b"\x16\x03"
_STAGES = {
    "EHLO": Stage.EHLO, "HELO": Stage.HELO, "STARTTLS": Stage.STARTTLS, "AUTH": Stage.AUTH,
    "MAIL": Stage.MAIL, "RCPT": Stage.RCPT, "DATA": Stage.DATA, "RSET": Stage.RSET,
    "NOOP": Stage.NOOP, "QUIT": Stage.QUIT,
}  # fmt: skip


class SmtpSession(SMTP):
    """The conversation on one connection.

    `nth` is which connection to this fake it is, from 1. `on_message` is told each message that was
    taken and returns its index. `contexts` is the fake's: it knows the certificates.
    """

    line_length_limit = _LINE_LIMIT
    starttls_reply = "220 2.0.0 Ready to start TLS"
    data_reply = "354 End data with <CR><LF>.<CR><LF>"
    too_large_reply = "552 5.3.4 Error: too much mail data"
    session: Any  # aiosmtpd says Optional; in a conversation both are there
    envelope: Any
    _reader: Any
    _tls_protocol: Any

    def __init__(
        self,
        *,
        state: SmtpState,
        terms: Terms,
        plan: FaultPlan,
        nth: int,
        timeout: float,
        on_message: Callable[[CapturedMessage], int],
        contexts: Choose,
    ) -> None:
        self.command_size_limits = CommandLimits(AUTH=_LINE_LIMIT, MAIL=1024, RCPT=1024)
        super().__init__(
            handler=NoHandler(),
            data_size_limit=state.size,
            enable_SMTPUTF8=state.smtputf8,
            hostname=state.hostname,
            ident="ESMTP",
            timeout=_SESSION_LIMIT,
            loop=asyncio.get_running_loop(),
        )
        # Said here, because aiosmtpd warns of servers that want AUTH and have no TLS.
        self._auth_required = state.auth_required
        self.require_starttls = state.security == "starttls" and state.starttls == "required"
        self._state = state
        self._terms = terms
        self._plan = plan
        self._nth = nth
        self._fault_timeout = timeout
        self._on_message = on_message
        self._contexts = contexts
        self._connection: Connection
        self._injector: FaultInjector
        self._decisions: Decisions
        self._replies: Replies
        self._input: InputBuffer
        self._login: Login
        self._bodies: BodyReceiver
        self._smtp_methods = {
            name: partial(self._command, _STAGES.get(name), method)
            for name, method in self._smtp_methods.items()
            if self._knows(name)
        }

    def __dir__(self) -> tuple[str, ...]:
        """The names of commands: aiosmtpd looks for them among all, with each connection."""
        return _COMMANDS

    # The conversation's side of a connection.

    def began(self, connection: Connection) -> None:
        """Set up for this connection and begin, with TLS where it is implicit."""
        self._connection = connection
        self._injector = FaultInjector(
            connection=connection, plan=self._plan, nth=self._nth, timeout=self._fault_timeout
        )
        self._decisions = Decisions(connection)
        self._replies = Replies(connection=connection, injector=self._injector)
        self._input = InputBuffer(
            limit=self.line_length_limit,
            on_command=lambda line: self._record_line(Command, line),
            on_answer=lambda line: self._record_line(AuthResponse, line),
            throttle=lambda on: connection.pause_reading() if on else connection.resume_reading(),
            is_over=lambda: connection.closing,
        )
        self._login = Login(
            state=self._state,
            terms=self._terms,
            replies=self._replies,
            input_buffer=self._input,
            is_secure=lambda: connection.secure,
            presented=self._record_outcome,
        )
        self._bodies = BodyReceiver(
            connection=connection,
            injector=self._injector,
            input_buffer=self._input,
            size_limit=self._state.size,
        )
        if self._state.security == "tls":
            connection.expect_tls()
        self.connection_made(SessionTransport(connection))

    def data_received(self, data: bytes) -> None:
        """Octets came in."""
        self._input.feed(data)

    def hung_up(self) -> None:
        """Note what nobody will read, ahead of what comes too late."""
        self._note_left_over()

    def ended(self) -> None:
        """The connection is gone."""
        self._bodies.cut()
        self._note_left_over()
        self.connection_lost(None)

    async def finished(self) -> None:
        """Wait until the conversation's task has ended."""
        if self._handler_coroutine is not None:
            await asyncio.wait([self._handler_coroutine])

    def _cb_client_connected(self, reader: Any, writer: Any) -> None:
        del reader
        self._reader = self._input
        self._writer = writer

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Once a session, rather than with each command."""
        if self._timeout_handle is None:
            super()._reset_timeout(duration)

    async def _handle_client(self) -> None:
        try:
            await self._injector.fault(Stage.CONNECT)
            if self._connection.closing:
                return
            if self._state.security == "tls":
                await self._begin_tls(implicit=True)
            self._replies.greet_with_faults()
            await super()._handle_client()
        except EndlessLineError as flood:
            self._note_unread(flood.beginning, "a line without an end; the fake hung up")
            self._connection.close()
        except HandshakeFailed:
            return
        except Exception as error:  # noqa: BLE001 - see handle_exception
            await self.handle_exception(error)

    async def handle_exception(self, error: Exception) -> str:
        """A bug of the fake's must never look like a fault of the sender's."""
        self._connection.record(Broke(error=f"{type(error).__name__}: {error}"))
        self._connection.close()
        return "421 4.3.0 this fake broke"  # to nobody

    # Replies and faults.

    async def push(self, status: str | bytes) -> None:
        """Send a reply, or what the fault at hand makes of it."""
        await self._replies.send(status)

    async def _command(
        self, stage: Stage | None, method: Callable[..., Any], argument: str | None
    ) -> None:
        if stage is Stage.AUTH:
            self._injector.count_anew(Stage.AUTH)
        if stage is Stage.MAIL:
            self._injector.count_anew(Stage.RCPT)
        if stage is Stage.RCPT:
            path = split_path(self._strip_command_keyword("TO:", argument or "") or "")
            self._decisions.expect_for_recipient(path[0] if path else argument or "")
        if stage is None or not await self._replies.overruled(stage):
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
        await self._replies.send_lines(250, self._listed())

    def _listed(self) -> list[str]:
        listed = [self.hostname, f"SIZE {self._state.size}", "8BITMIME"]
        if self._state.smtputf8:
            listed.append("SMTPUTF8")
        advertised = self._state.starttls in {"required", "offered"}
        if self._state.security == "starttls" and advertised and not self._connection.secure:
            listed.append("STARTTLS")
        return [*listed, *self._login.lines, *self._state.ehlo]

    async def smtp_HELP(self, argument: str | None) -> None:
        """Which commands there are."""
        del argument
        await self.push("214 2.0.0 " + " ".join(sorted(self._smtp_methods)))

    async def smtp_STARTTLS(self, argument: str | None) -> None:
        """Begin TLS; whatever was sent in clear behind the command is thrown away."""
        if argument:
            await self.push("501 5.5.4 Syntax: STARTTLS")
            return
        if self._connection.secure:
            await self.push("503 5.5.1 TLS is already active")
            return
        await self._replies.send(self.starttls_reply, before_the_last=self._turn_to_tls)
        if not self._connection.closing:
            await self._begin_tls(implicit=False)

    def _turn_to_tls(self) -> None:
        early = self._input.empty()
        self._connection.expect_tls()
        if early.startswith(_TLS_RECORD):
            # A sender that did not wait. Its handshake can go on; that it came early is noted.
            self._note_unread(early, "a ClientHello behind STARTTLS, ahead of the reply")
            self._connection.data_received(early)
        else:
            self._note_unread(early, "sent in clear behind STARTTLS, ahead of the reply")

    async def _begin_tls(self, *, implicit: bool) -> None:
        await self._injector.start_tls(self._contexts, implicit=implicit)
        # RFC 3207 section 4.2: nothing that was learned in clear counts any longer.
        self._tls_protocol = self._connection
        self._set_rset_state()
        self.session.host_name = None
        self.session.extended_smtp = False
        self.session.authenticated = False

    async def smtp_AUTH(self, argument: str | None) -> None:
        """Log in with one of the state's mechanisms."""
        if await self.check_helo_needed("EHLO"):
            return
        if not self.session.extended_smtp:
            await self.push("503 5.5.1 Error: send EHLO first")
            return
        if self.session.authenticated:
            await self.push("503 5.5.1 Already authenticated")
            return
        username = await self._login.attempt(argument or "")
        if username is not None:
            self.session.authenticated = True
            self.session.auth_data = username

    async def smtp_RCPT(self, arg: str | None) -> None:
        """The null path is no recipient; the rest is aiosmtpd's."""
        path = split_path(self._strip_command_keyword("TO:", arg or "") or "")
        if path is not None and path[0] == NULL_PATH:
            await self.push("553 5.1.3 Error: nobody has the null path")
            return
        await super().smtp_RCPT(arg)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        if not arg:
            return "", ""
        return split_path(arg) or (None, None)

    def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
        if not all(param.isascii() for param in params):
            return None
        if self._login.offered:
            # RFC 4954 section 5: who offers AUTH takes this one; nothing here depends on it.
            params = [param for param in params if not param.startswith("AUTH=")]
        return super()._getparams(params)

    async def smtp_DATA(self, argument: str | None) -> None:
        """Take a body in large pieces and keep its exact octets."""
        if await self._refuses_data(argument):
            return
        await self.push(self.data_reply)
        if self._connection.closing:
            return
        body = await self._bodies.take()
        if body is not None:
            await self._end_of_data(body)

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

    async def _end_of_data(self, body: BodyReader) -> None:
        envelope = self.envelope
        self._set_post_data_state()
        if await self._replies.overruled(Stage.END_OF_DATA):
            return
        if body.too_big:
            await self.push(self.too_large_reply)
            return
        await self.push(self.accept(self._message(envelope, body.data)))
        await self._injector.fault(Stage.IDLE)

    def accept(self, message: CapturedMessage) -> str:
        """Keep a message, and say so: the reply to the end of data."""
        return f"250 2.0.0 Ok: queued as FAKE{self.keep(message):04X}"

    def keep(self, message: CapturedMessage) -> int:
        """Add a message to those taken, on record; its place in the list."""
        index = self._on_message(message)
        self._connection.record(MessageCaptured(index=index, message=message))
        self._decisions.expect_for_message(index)
        return index

    def _message(self, envelope: Any, wire: bytes) -> CapturedMessage:
        return CapturedMessage(
            wire=wire,
            mail_from="" if envelope.mail_from == NULL_PATH else envelope.mail_from,
            rcpt_tos=tuple(envelope.rcpt_tos),
            username=self.session.auth_data if self.session.authenticated else None,
            secure=self._connection.secure,
            connection=self._connection.number,
        )

    # The record.

    def _record_line(self, kind: type[Command | AuthResponse], line: bytes) -> None:
        self._connection.record(kind(line=line.rstrip(b"\r\n"), secure=self._connection.secure))

    def _record_outcome(self, mechanism: str, presented: PresentedCredentials) -> None:
        self._connection.record(
            AuthOutcome(
                mechanism=mechanism,
                username=presented.username,
                accepted=presented.right,
                secure=self._connection.secure,
            )
        )

    def _note_left_over(self) -> None:
        if not self._bodies.is_taking:  # a body is recorded as one
            self._note_unread(self._input.empty(), "the connection ended first")

    def _note_unread(self, data: bytes, why: str) -> None:
        if data:
            self._connection.record(Unread(data=data, secure=self._connection.secure, why=why))


_COMMANDS = tuple(name for name in dir(SmtpSession) if name.startswith("smtp_"))
