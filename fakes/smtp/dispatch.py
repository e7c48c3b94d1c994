"""The frame of an SMTP session: who may say what when, with the record and the faults put in.

What the commands do is the business of `SmtpSession`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from ..connection import Connection
from ..duration import seconds
from ..errors import FakeError
from ..fault_injector import FaultInjector
from ..faults import FaultPlan, Stage
from ..faults.actions.standard import AnswerWithRefusal
from ..handshake import Choose, HandshakeFailed
from ..message import CapturedMessage
from ..transcript import Body, Broke, Unread
from .address import split_path
from .aiosmtpd_adapter import Answer, LineProtocol
from .auth import PresentedCredentials, Terms
from .body_receiver import BodyReceiver
from .chunks import Chunks
from .decisions import Decisions
from .facts import AuthOutcome, AuthResponse, Command
from .impatience import Impatience
from .input_buffer import EndlessLineError, InputBuffer
from .login import Login
from .order import MOVES, OUT_OF_TURN, Turn, Verb
from .replies import Replies
from .state import SmtpState
from .transaction import Transaction
from .transport import SessionTransport
from .words import Words

# RFC 4954 section 4 asks for base64 of up to 12,288 octets; the words of AUTH come before it.
_LINE_LIMIT = 12_288 + 64
_COMMAND_LIMITS = MappingProxyType({"AUTH": _LINE_LIMIT, "MAIL": 1024, "RCPT": 1024})
_STAGES = {
    Verb.EHLO: Stage.EHLO, Verb.HELO: Stage.HELO, Verb.STARTTLS: Stage.STARTTLS,
    Verb.AUTH: Stage.AUTH, Verb.MAIL: Stage.MAIL, Verb.RCPT: Stage.RCPT, Verb.DATA: Stage.DATA,
    Verb.RSET: Stage.RSET, Verb.NOOP: Stage.NOOP, Verb.QUIT: Stage.QUIT,
}  # fmt: skip
# The stages of which the faults count the moments anew with each command.
_COUNTED_ANEW = {Verb.AUTH: (Stage.AUTH,), Verb.MAIL: (Stage.RCPT, Stage.BDAT)}


class CommandSession(LineProtocol):
    """One connection, command after command.

    `nth` is which connection to this fake it is, from 1. `on_message` is told each message that was
    taken and returns its index. `contexts` is the fake's: it knows the certificates. `hostname`
    and `ident` are what follows 220; default: the state's host name and ESMTP.
    """

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
        words: Words | None = None,
        hostname: str | None = None,
        ident: str = "ESMTP",
    ) -> None:
        super().__init__(
            hostname=state.hostname if hostname is None else hostname,
            ident=ident,
            limits=_COMMAND_LIMITS,
            line_limit=_LINE_LIMIT,
            smtputf8=state.smtputf8,
            tls_first=state.security == "starttls" and state.starttls == "required",
        )
        self.words = words or Words()
        self._state = state
        self._terms = terms
        self._plan = plan
        self._nth = nth
        self._fault_timeout = timeout
        self._on_message = on_message
        self._contexts = contexts
        self._phase = Turn.NEW
        self._extended = False
        self._username: str | None = None
        self._transaction = Transaction()
        self._taken = 0
        self._connection: Connection
        self._injector: FaultInjector
        self._decisions: Decisions
        self._replies: Replies
        self._input: InputBuffer
        self._login: Login
        self._bodies: BodyReceiver
        self._impatience: Impatience

    def refusal(self, told: AnswerWithRefusal) -> str:
        """The whole line of a refusal that a fault names: only a vendor's server has any."""
        raise FakeError(f"{told.case}: this server is no provider's, and has no refusals")

    # The conversation's side of a connection.

    def began(self, connection: Connection) -> None:
        """Set up for this connection and begin, with TLS where it is implicit."""
        self._connection = connection
        self._injector = FaultInjector(
            connection=connection, plan=self._plan, nth=self._nth, timeout=self._fault_timeout
        )
        self._decisions = Decisions(connection)
        self._replies = Replies(
            connection=connection, injector=self._injector, refusal=self.refusal
        )
        self._input = InputBuffer(
            limit=self.line_length_limit,
            patience=self._patience(),
            on_silence=self._give_up,
            on_command=lambda line: self._record_line(Command, line),
            on_answer=lambda line: self._record_line(AuthResponse, line),
            throttle=lambda on: connection.pause_reading() if on else connection.resume_reading(),
            is_over=lambda: connection.closing,
        )
        self._login = Login(
            state=self._state,
            terms=replace(self._terms, binding=connection.channel_binding),
            replies=self._replies,
            input_buffer=self._input,
            is_secure=lambda: connection.secure,
            presented=self._record_outcome,
        )
        self._bodies = BodyReceiver(
            connection=connection,
            injector=self._injector,
            input_buffer=self._input,
            size_limit=lambda: self.size,
        )
        self._impatience = Impatience(
            connection, self._input, is_taking_content=lambda: self._bodies.is_taking
        )
        connection.before_sending = self._impatience.note
        if self._state.security == "tls":
            connection.expect_tls()
        self.begin(
            SessionTransport(connection), input_buffer=self._input, commands=self._commands()
        )

    def data_received(self, data: bytes) -> None:
        """Octets came in."""
        self._input.feed(data)

    def hung_up(self) -> None:
        """Note what nobody will read, ahead of what comes too late."""
        self._note_left_over()

    def ended(self) -> None:
        """The connection is gone."""
        self._bodies.cut()
        self._record_chunks(complete=False)
        self._note_left_over()
        self.end()

    async def converse(self) -> None:
        """The whole conversation, with TLS ahead of it where that is implicit."""
        try:
            await self._injector.fault(Stage.CONNECT)
            if self._connection.closing:
                return
            if self._state.security == "tls":
                await self._begin_tls(implicit=True)
            self._replies.greet_with_faults()
            await super().converse()
        except EndlessLineError as flood:
            self._note_unread(flood.beginning, "a line without an end; the fake hung up")
            self._connection.close()
        except HandshakeFailed:
            return
        except Exception as error:  # noqa: BLE001 - see `broke`
            self.broke(error)

    def _patience(self) -> float | None:
        idle = self._state.idle
        return seconds(idle, timeout=self._fault_timeout) if idle is not None else None

    async def _give_up(self) -> None:
        """Tell a sender that is silent for too long, and hang up."""
        await self.push(self.words.idle)
        self._connection.close()

    def broke(self, error: Exception) -> None:
        """A bug of the fake's must never look like a fault of the sender's."""
        self._connection.record(Broke(error=f"{type(error).__name__}: {error}"))
        self._connection.close()

    # Any command.

    async def push(self, status: str | bytes) -> None:
        """Send a reply, or what the fault at hand makes of it."""
        await self._replies.send(status)

    @property
    def answers(self) -> Mapping[Verb, Answer]:
        """What answers each command."""
        raise NotImplementedError

    def _commands(self) -> dict[str, Answer]:
        """The commands that there are, and what answers them."""
        return {
            verb: partial(self._answer, verb, answer)
            for verb, answer in self.answers.items()
            if self._knows(verb)
        }

    def _knows(self, verb: Verb) -> bool:
        if verb is Verb.STARTTLS:
            return self._state.security == "starttls" and self._state.starttls != "absent"
        if verb is Verb.BDAT:
            return "CHUNKING" in self._state.offered
        return verb is not Verb.AUTH or self._state.auth_offer != "never"

    async def _answer(self, verb: Verb, answer: Answer, argument: str | None) -> None:
        """Answer a command, unless a fault does it or it is out of turn."""
        if self._state.pipelining == "broken":
            self._note_unread(self._input.empty(), "lost, as this server breaks pipelining")
        for stage in _COUNTED_ANEW.get(verb, ()):
            self._injector.count_anew(stage)
        self._injector.recipients = self._recipients_at(verb, argument or "")
        if verb is Verb.RCPT:
            self._decisions.expect_for_recipient(_recipient(argument or ""))
        if verb in _STAGES and await self._replies.overruled(_STAGES[verb]):
            return
        refusal = self._out_of_turn(verb)
        if refusal is not None and verb is not Verb.BDAT:  # its octets have to be read first
            await self.push(refusal)
            return
        await answer(argument)

    def _recipients_at(self, verb: Verb, argument: str) -> tuple[str, ...]:
        """Whom a command is about."""
        if verb is Verb.RCPT:
            return (_recipient(argument),)
        return tuple(self._transaction.rcpt_tos) if verb in {Verb.DATA, Verb.BDAT} else ()

    def _out_of_turn(self, verb: Verb) -> str | None:
        """The reply to a command that may not come now; None where it may."""
        out_of_turn = OUT_OF_TURN[self._phase].get(verb)
        if self._phase is Turn.NEW and out_of_turn is not None:
            return out_of_turn
        if self._username is None and verb in self.needs_login:
            return self.words.unauthenticated
        if verb is Verb.DATA and self._phase is Turn.SENDER and self._takes_content_for_nobody:
            return None
        return out_of_turn

    @property
    def size(self) -> int:
        """The limit of a message now, in octets."""
        afterwards = self._state.auth.size_afterwards if self._username is not None else None
        return self._state.size if afterwards is None else afterwards

    @property
    def _takes_content_for_nobody(self) -> bool:
        return self._state.data_without_recipients == "taken"

    @property
    def needs_login(self) -> frozenset[Verb]:
        """The commands that are refused to who has not logged in."""
        if not self._state.auth_required:
            return frozenset()
        return frozenset((Verb.MAIL, Verb.RCPT, Verb.DATA, Verb.BDAT, Verb.VRFY))

    def _move(self, verb: Verb) -> None:
        """A command was carried out: go where it leads."""
        self._phase = MOVES[self._phase][verb]
        if self._phase in {Turn.NEW, Turn.READY}:
            self._record_chunks(complete=False)
            self._transaction = Transaction()

    async def _begin_tls(self, *, implicit: bool) -> None:
        await self._injector.start_tls(self._contexts, implicit=implicit)
        # RFC 3207 section 4.2: nothing that was learned in clear counts any longer.
        self.tls_stands()
        self._move(Verb.STARTTLS)
        self._extended = False
        self.said_hello(extended=False)
        self._username = None

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

    def _record_chunks(self, *, complete: bool) -> None:
        """Record what has come in chunks of a message, once."""
        chunks = self._transaction.chunks
        if chunks.begun and chunks.octets:
            data, secure = chunks.stuffed(), self._connection.secure
            self._connection.record(Body(data=data, secure=secure, complete=complete))
            self._transaction.chunks = Chunks(begun=chunks.begun, refused=chunks.refused)

    def _note_left_over(self) -> None:
        if not self._bodies.is_taking:  # a body is recorded as one
            self._note_unread(self._input.empty(), "the connection ended first")

    def _note_unread(self, data: bytes, why: str) -> None:
        if data:
            self._connection.record(Unread(data=data, secure=self._connection.secure, why=why))


def _recipient(argument: str) -> str:
    """Whom `TO:<path>` names, as far as it can be read."""
    path = split_path(argument.partition(":")[2])
    return path[0] if path is not None else argument
