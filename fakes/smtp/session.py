"""One SMTP session: commands, in the order that `order` allows, with record and faults put in.

Who owns a reply: `aiosmtpd_adapter` those to lines that are no command, `order` those to a command
out of turn, `words` (or a vendor's dialect) those to one that is carried out, `transaction` those
to the arguments of MAIL and RCPT, `login` those of AUTH. A fault overrules or shapes any of them in
`replies`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import chain

from ..faults import Stage
from ..message import CapturedMessage
from ..transcript import MessageCaptured
from .address import split_path
from .aiosmtpd_adapter import Answer
from .body import BodyReader
from .chunks import Chunks, chunk_head
from .dispatch import CommandSession
from .order import Verb
from .state import Extension
from .transaction import MOST_RECIPIENTS, PathRules, RefusedArgumentError, Transaction

# RFC 3461 section 4 (DSN), RFC 8689 section 2 and RFC 6710 section 3.
_PARAMETERS: Mapping[Extension, tuple[str, ...]] = {
    "DSN": ("RET=", "ENVID=", "NOTIFY=", "ORCPT="),
    "REQUIRETLS": ("REQUIRETLS",),
    "MT-PRIORITY": ("MT-PRIORITY=",),
    "PIPELINING": (),
    "CHUNKING": (),
}
# RFC 3030 section 2.
_MIXED = "503 5.5.1 Error: DATA behind BDAT"
_TLS_RECORD = b"\x16\x03"


class SmtpSession(CommandSession):
    """The conversation on one connection: what every command does. See `CommandSession`."""

    @property
    def answers(self) -> Mapping[Verb, Answer]:
        """What answers each command."""
        return {
            Verb.EHLO: self._ehlo, Verb.HELO: self._helo, Verb.STARTTLS: self._starttls,
            Verb.AUTH: self._auth, Verb.MAIL: self._mail, Verb.RCPT: self._rcpt,
            Verb.DATA: self._data, Verb.BDAT: self._bdat, Verb.RSET: self._rset,
            Verb.NOOP: self._noop,
            Verb.HELP: self._help, Verb.VRFY: self._vrfy, Verb.EXPN: self._expn,
            Verb.QUIT: self._quit,
        }  # fmt: skip

    # Introductions, TLS, AUTH.

    async def _ehlo(self, hostname: str | None) -> None:
        """The whole list in one reply."""
        if not hostname:
            await self.push("501 5.5.4 Syntax: EHLO hostname")
            return
        if self._username is not None and not await self._hears_ehlo_again():
            return
        self._greeted(Verb.EHLO)
        await self._replies.send_lines(250, self._listed())

    async def _hears_ehlo_again(self) -> bool:
        """Whether an EHLO after a log-in is answered as any other; if not, it has been."""
        afterwards = self._state.auth.ehlo_afterwards
        if afterwards == "refused":
            await self.push("503 5.5.1 Error: EHLO after a log-in")
        elif afterwards == "hang-up":
            self._connection.close()
        return afterwards == "accepted"

    async def _helo(self, hostname: str | None) -> None:
        if not hostname:
            await self.push("501 Syntax: HELO hostname")
            return
        self._greeted(Verb.HELO)
        await self.push(self.words.helo or f"250 {self.hostname}")

    def _greeted(self, verb: Verb) -> None:
        self._move(verb)
        self._extended = verb is Verb.EHLO
        self.said_hello(extended=self._extended)

    def _listed(self) -> list[str]:
        state = self._state
        limit = str(self.size) if state.size_words is None else state.size_words
        listed = [self.hostname, f"SIZE {limit}".rstrip()]
        if state.eightbitmime:
            listed.append("8BITMIME")
        if state.smtputf8:
            listed.append("SMTPUTF8")
        advertised = state.starttls in {"required", "offered"}
        if state.security == "starttls" and advertised and not self._connection.secure:
            listed.append("STARTTLS")
        return [*listed, *self._login.lines, *state.extensions, *state.ehlo]

    async def _starttls(self, argument: str | None) -> None:
        """Begin TLS; whatever was sent in clear behind the command is thrown away."""
        if argument:
            await self.push("501 5.5.4 Syntax: STARTTLS")
            return
        if self._connection.secure:
            await self.push("503 5.5.1 TLS is already active")
            return
        await self._replies.send(self.words.starttls, before_the_last=self._turn_to_tls)
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

    async def _auth(self, argument: str | None) -> None:
        """Log in with one of the state's mechanisms."""
        if not self._extended:
            await self.push("503 5.5.1 Error: send EHLO first")
            return
        if self._username is not None:
            await self.push("503 5.5.1 Already authenticated")
            return
        self._username = await self._login.attempt(argument or "")

    # A mail transaction.

    async def _mail(self, argument: str | None) -> None:
        if self._taken == self._state.messages_per_connection:
            await self.push(self.words.no_more)
            self.leave()
            return
        try:
            mailbox = self._path_rules().reverse_path(argument)
        except RefusedArgumentError as refused:
            await self.push(str(refused))
            return
        refusal = self.sender_refusal(mailbox)
        if refusal is not None:
            await self.push(refusal)
            return
        self._move(Verb.MAIL)
        self._transaction.mail_from = mailbox
        await self.push(self.words.sender)

    def sender_refusal(self, mailbox: str) -> str | None:
        """The reply that refuses an envelope sender ("" is the null one); None takes it."""
        del mailbox
        return None

    async def _rcpt(self, argument: str | None) -> None:
        try:
            mailbox = self._path_rules().forward_path(argument)
        except RefusedArgumentError as refused:
            await self.push(str(refused))
            return
        refusal = self.recipient_refusal(mailbox)
        if refusal is not None:
            await self.push(refusal)
            return
        self._move(Verb.RCPT)
        self._transaction.rcpt_tos.append(mailbox)
        await self.push(self.words.recipient)

    def _path_rules(self) -> PathRules:
        return PathRules(
            extended=self._extended,
            smtputf8=self._state.smtputf8,
            eightbitmime=self._state.eightbitmime,
            size=self.size,
            passed_over=self.passed_over,
            words=self.words,
        )

    @property
    def passed_over(self) -> tuple[str, ...]:
        """How parameters of MAIL and RCPT begin that are taken, and change nothing here."""
        # RFC 4954 section 5: who offers AUTH takes this one.
        of_login = ("AUTH=",) if self._login.offered else ()
        offered = (words for name, words in _PARAMETERS.items() if name in self._state.offered)
        return (*of_login, *chain.from_iterable(offered))

    def recipient_refusal(self, mailbox: str) -> str | None:
        """The reply that refuses a recipient; None takes it."""
        del mailbox
        if len(self._transaction.rcpt_tos) >= MOST_RECIPIENTS:
            return self.words.too_many_recipients
        return None

    async def _data(self, argument: str | None) -> None:
        """Take a body in large pieces and keep its exact octets."""
        refusal = "501 5.5.4 Syntax: DATA" if argument else self.data_refusal()
        if refusal is not None:
            await self.push(refusal)
            return
        await self.push(self.words.go_ahead)
        if self._connection.closing:
            return
        body = await self._bodies.take()
        if body is not None:
            await self._end_of_data(body)

    def data_refusal(self) -> str | None:
        """The reply that refuses DATA; None goes ahead."""
        return _MIXED if self._transaction.chunks.begun else None

    async def _end_of_data(self, body: BodyReader) -> None:
        transaction = self._transaction
        if not transaction.rcpt_tos:
            self._move(Verb.RSET)
            await self.push("554 5.5.1 Error: no valid recipients")
            return
        self._move(Verb.DATA)
        if await self._replies.overruled(Stage.END_OF_DATA):
            return
        if body.too_big:
            await self.push(self.words.too_large)
            return
        await self.push(self.accept(self._message(transaction, body.data)))
        await self._idle()

    async def _idle(self) -> None:
        """What happens while the sender has nothing to ask."""
        self._impatience.is_idle = True
        await self._injector.fault(Stage.IDLE)
        self._impatience.is_idle = False

    async def _bdat(self, argument: str | None) -> None:
        """Take a chunk. It is read whatever becomes of it, as it follows at once."""
        head = chunk_head(argument)
        if head is None:
            await self.push("501 5.5.4 Syntax: BDAT size [LAST]")
            return
        chunks = self._transaction.chunks
        chunks.begun += 1
        self._connection.records_segments = False
        try:
            take = partial(chunks.take, limit=self.size)
            await self._input.read_octets(head.size, take=take)
        finally:
            self._connection.records_segments = True
        out_of_turn = self._out_of_turn(Verb.BDAT)
        if out_of_turn is not None:
            self._record_chunks(complete=False)
            self._transaction.chunks = Chunks()
            await self.push(out_of_turn)
            return
        if await self._replies.overruled(Stage.BDAT):
            chunks.refused = True
            return
        refusal = self._chunk_refusal(chunks)
        if refusal is not None:
            chunks.refused = True
            await self.push(refusal)
        elif head.is_last:
            await self._last_chunk(chunks)
        else:
            await self.push(f"250 2.0.0 {head.size} octets received")

    def _chunk_refusal(self, chunks: Chunks) -> str | None:
        if chunks.refused:
            return "503 5.5.1 Error: a chunk was refused, send RSET"
        return self.words.too_large if chunks.octets > self.size else None

    async def _last_chunk(self, chunks: Chunks) -> None:
        transaction, wire = self._transaction, chunks.stuffed()
        self._record_chunks(complete=True)
        self._move(Verb.DATA)
        await self.push(self.accept(self._message(transaction, wire)))
        await self._idle()

    def accept(self, message: CapturedMessage) -> str:
        """Keep a message, and say so: the reply to the end of data."""
        return f"250 2.0.0 Ok: queued as FAKE{self.keep(message):04X}"

    def keep(self, message: CapturedMessage) -> int:
        """Add a message to those taken, on record; its place in the list."""
        self._taken += 1
        index = self._on_message(message)
        self._connection.record(MessageCaptured(index=index, message=message))
        self._decisions.expect_for_message(index)
        return index

    def take_again(self, index: int) -> None:
        """Answer once more for a message that is among those taken already."""
        self._taken += 1
        self._decisions.expect_for_message(index)

    def _message(self, transaction: Transaction, wire: bytes) -> CapturedMessage:
        return CapturedMessage(
            wire=wire,
            mail_from=transaction.mail_from or "",
            rcpt_tos=tuple(transaction.rcpt_tos),
            username=self._username,
            secure=self._connection.secure,
            connection=self._connection.number,
        )

    # The rest.

    async def _rset(self, argument: str | None) -> None:
        if argument:
            await self.push("501 Syntax: RSET")
            return
        self._move(Verb.RSET)
        await self.push(self.words.done)

    async def _noop(self, argument: str | None) -> None:
        del argument
        await self.push(self.words.done)

    async def _help(self, argument: str | None) -> None:
        """Which commands there are."""
        del argument
        known = " ".join(sorted(verb for verb in Verb if self._knows(verb)))
        await self.push(self.words.help or f"214 2.0.0 {known}")

    async def _vrfy(self, argument: str | None) -> None:
        if not argument:
            await self.push("501 Syntax: VRFY <address>")
        elif split_path(argument) is None:
            await self.push(f"502 Could not VRFY {argument}")
        else:
            await self.push(self.words.vrfy)

    async def _expn(self, argument: str | None) -> None:
        del argument
        await self.push(self.words.expn)

    async def _quit(self, argument: str | None) -> None:
        if argument:
            await self.push("501 Syntax: QUIT")
            return
        await self.push(self.words.bye)
        self.leave()
