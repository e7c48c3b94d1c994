"""One connection: between the socket and the protocol that is spoken on it.

Everything that an honest server would never do happens here: octets are recorded before
they are acted on, TLS begins exactly when it is told to, replies can be cut and delayed, and a
connection can end in a reset.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from .answer import OutgoingAnswer
from .errors import FakeError
from .faults.steps import (
    ChangeKeys,
    Close,
    Reset,
    SendBelowTls,
    SendOctets,
    SendTlsRecord,
    Step,
    Wait,
)
from .handshake import Choose, Handshake, HandshakeFailed
from .listener import reset_on_close, spelt
from .pauses import Pauses
from .tls.layer import Failure, TlsLayer
from .transcript import (
    Closed,
    Connected,
    Fact,
    Received,
    Sent,
    TlsFailed,
    Transcript,
    Unread,
)

# How long, in seconds, a sender that was hung up on may go on talking. Closing a socket while
# its octets still come in sends RST, and with that the last words can be lost on their way.
_PATIENCE = 2.0
_TOO_LATE_LIMIT = 65536


class Conversation(Protocol):
    """What is spoken on a connection."""

    def began(self, connection: Connection) -> None:
        """The connection stands; nothing was exchanged yet."""

    def data_received(self, data: bytes) -> None:
        """Octets came in, decrypted where there is TLS."""

    def hung_up(self) -> None:
        """The fake ends the connection: what lies unread stays so, and what comes now is late."""

    def ended(self) -> None:
        """The connection is gone; the last thing to be recorded of it comes next."""

    async def finished(self) -> None:
        """Wait until nothing of the conversation runs any longer, after it has ended."""


class Connection(asyncio.Protocol):
    """The socket's side of one connection of a fake called `server`.

    `says_goodbye`: whether TLS ends in close_notify wherever the fake hangs up.
    """

    def __init__(self, *, server: str, transcript: Transcript, conversation: Conversation) -> None:
        self._server = server
        self._transcript = transcript
        self._conversation = conversation
        self._transport: asyncio.Transport | None = None
        self._handshake: Handshake | None = None
        self._tls: TlsLayer | None = None
        self._hung_up = False
        self._unwanted = False
        self._patience: asyncio.TimerHandle | None = None
        self._too_late = 0
        self._ended_by: Closed | None = None
        self._answer: OutgoingAnswer | None = None
        self._gone = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self.number = 0
        self.peer = ""
        self.records_segments = True
        self.says_goodbye = True
        self.before_sending: Callable[[], object] | None = None
        self.on_gone: Callable[[Connection], object] | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Number the connection and begin the conversation."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._unwanted or self._transcript.is_full:
            transport.abort()
            return
        self.number = self._transcript.open_connection()
        peer = transport.get_extra_info("peername")
        port = transport.get_extra_info("sockname")[1]
        self.peer = spelt(peer)
        self.record(Connected(server=self._server, port=port, peer=self.peer))
        self._conversation.began(self)

    def data_received(self, data: bytes) -> None:
        """Take a segment from the network: into the handshake, or decrypted to the conversation."""
        if self._transcript.is_full:
            self.reset()
            return
        self._transcript.segments += 1
        if self._tls is not None:
            self._decrypt(data)
        elif self._handshake is not None:
            self._handshake.feed(data)
        else:
            self._hand_over(data)

    def eof_received(self) -> bool | None:
        """Note who ended it; the transport then closes."""
        self._note_end("sender", "fin")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the conversation, and note how it ended."""
        self._gone.set()
        self._writable.set()
        if self._patience is not None:
            self._patience.cancel()
        if self.number:
            if self._handshake is not None:
                self._handshake.cut()
            self._conversation.ended()
            self._note_end("sender", "reset" if exc is not None else "fin")
            assert self._ended_by is not None
            self.record(self._ended_by)
        if self.on_gone is not None:
            self.on_gone(self)

    def pause_writing(self) -> None:
        """The peer does not read: let `drained` wait."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._writable.set()

    # What a conversation calls.

    @property
    def secure(self) -> bool:
        """Whether the connection is inside TLS now."""
        return self._tls is not None

    def channel_binding(self, kind: str) -> bytes | None:
        """See `TlsLayer.channel_binding`; None outside TLS."""
        return self._tls.channel_binding(kind) if self._tls is not None else None

    @property
    def closing(self) -> bool:
        """Whether the connection has ended or is about to."""
        return self._hung_up or self._transport is None or self._transport.is_closing()

    def record(self, fact: Fact) -> None:
        """Add a fact about this connection to the record."""
        self._transcript.record(self.number, fact)

    def send(self, data: bytes, *, recorded: bool = False) -> None:
        """Record octets and send them, inside TLS once it stands.

        `recorded`: what they say is in the record already. `before_sending` is called first.
        """
        if self.closing or not data:
            return
        if self.before_sending is not None:
            self.before_sending()
        if not recorded:
            self.record(Sent(data=data, secure=self.secure))
        if self._tls is not None:
            self._tls.write(data)
            self._flush(self._tls)
        else:
            self._write(data)
        if self._answer is not None:
            self._answer.left(data)

    def begin_answer(self, answer: OutgoingAnswer | None) -> None:
        """What is sent from now on belongs to this answer; None: to none."""
        self._answer = answer

    async def drained(self) -> None:
        """Wait while the peer does not read what was sent."""
        await self._writable.wait()

    def close(self, *, close_notify: bool = True) -> None:
        """End in order: close_notify inside TLS, then FIN."""
        if self.closing:
            return
        self._note_end("fake", "fin")
        if self._tls is not None and close_notify and self.says_goodbye:
            self._tls.close()
            self._flush(self._tls)
        self._conversation.hung_up()
        self._hang_up()

    def reset(self) -> None:
        """End with a TCP reset."""
        if self._transport is None:
            # asyncio may never come to making it, once its server is closed.
            self._unwanted = True
            self._gone.set()
        elif not self._gone.is_set():
            self._note_end("fake", "reset")
            reset_on_close(self._transport.get_extra_info("socket"))
            self._transport.abort()

    def pause_reading(self) -> None:
        """Let the sender wait: what it sends stays in its own buffers."""
        if not self.closing and self._transport is not None:
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        if not self.closing and self._transport is not None:
            self._transport.resume_reading()

    async def gone(self) -> None:
        """Wait until the connection has ended, and the conversation with it."""
        await self._gone.wait()
        await self._conversation.finished()

    async def perform(self, steps: Iterable[Step]) -> None:
        """Carry out a fault's steps."""
        pauses = Pauses()
        for step in steps:
            await self._do(step, pauses)

    async def perform_beneath(self, steps: Iterable[Step], *, handshake: bytes) -> None:
        """Carry out a fault's steps below TLS, in place of a part of its handshake.

        What is not the handshake's own is recorded as words in clear.
        """
        pauses = Pauses()
        for step in steps:
            if not isinstance(step, SendOctets):
                await self._do(step, pauses)
            elif step.data in handshake:
                self._write(step.data)
            else:
                self._write_in_clear(step.data)

    # TLS.

    def expect_tls(self) -> None:
        """From now on what comes in belongs to a handshake.

        Called before the reply that invites the sender to begin, so that its ClientHello
        cannot be taken for plain text.
        """
        self._handshake = Handshake(record=self.record, write=self._write)

    async def start_tls(
        self,
        choose: Choose,
        *,
        implicit: bool,
        first_flight: Callable[[bytes], Awaitable[None]] | None = None,
    ) -> None:
        """Shake hands. `first_flight` sends the server's first flight, where a fault is to.

        Raises:
            HandshakeFailed: it did not come about; the record says why.
        """
        if self._handshake is None:
            self.expect_tls()
            assert self._handshake is not None
        try:
            tls = await self._handshake.run(choose, implicit=implicit, first_flight=first_flight)
        except HandshakeFailed as problem:
            self._give_up(problem.failure)
            raise
        rest = self._handshake.take()
        self._tls, self._handshake = tls, None
        # Always once: what the sender sent behind its last handshake message lies in the layer.
        self._decrypt(rest)

    def _decrypt(self, data: bytes) -> None:
        assert self._tls is not None
        self._tls.feed(data)
        reading = self._tls.read()
        if not self._hung_up:
            self._flush(self._tls)
        if reading.plain:
            self._hand_over(reading.plain)
        if self._hung_up:
            return
        if reading.failure is not None:
            failure = reading.failure
            self.record(TlsFailed(reason=failure.reason, alert=failure.alert))
            self._give_up(failure)
        elif reading.goodbye:
            self._note_end("sender", "fin")
            # Not before the conversation has had its turn at what came with the goodbye.
            asyncio.get_running_loop().call_soon(self.close)

    def _give_up(self, failure: Failure) -> None:
        if not self.closing:
            self._note_end("sender" if failure.alert else "fake", "fin")
            # The conversation has its turn first at what came together with the failure.
            asyncio.get_running_loop().call_soon(self._conversation.hung_up)
            self._hang_up()

    def _flush(self, tls: TlsLayer) -> None:
        self._write(tls.outgoing())

    # Inside.

    async def _do(self, step: Step, pauses: Pauses) -> None:
        match step:
            case Wait(None):
                await self._gone.wait()
            case Wait(pause):
                assert pause is not None
                await pauses.wait(pause)
            case SendBelowTls(data):
                self._write_in_clear(data)
            case SendTlsRecord(record):
                self._write(record)
            case ChangeKeys(requested):
                self._change_keys(requested=requested)
            case Close(close_notify):
                self.close(close_notify=close_notify)
            case Reset():
                self.reset()
            case SendOctets(data):
                self.send(data)
                await self.drained()

    def _change_keys(self, *, requested: bool) -> None:
        if self.closing:
            return
        if self._tls is None:
            raise FakeError("key-update: there is no TLS yet whose keys could be new")
        self._write(self._tls.update_keys(requested=requested))

    def _hand_over(self, data: bytes) -> None:
        if self._hung_up:
            self._note_too_late(data)
            return
        if self.records_segments:
            self.record(Received(data=data, secure=self.secure))
        self._conversation.data_received(data)

    def _note_too_late(self, data: bytes) -> None:
        """What comes after hanging up did cross the network, but nobody reads it."""
        kept = data[: max(0, _TOO_LATE_LIMIT - self._too_late)]
        self._too_late += len(kept)
        if kept:
            self.record(Received(data=kept, secure=self.secure))
            self.record(Unread(data=kept, secure=self.secure, why="came after the fake hung up"))

    def _write_in_clear(self, data: bytes) -> None:
        if data and not self.closing:
            self.record(Sent(data=data, secure=False))
            self._write(data)

    def _write(self, data: bytes) -> None:
        if data and not self.closing:
            assert self._transport is not None
            self._transport.write(data)

    def _hang_up(self) -> None:
        """Send FIN, and read on until the sender has seen it, or for a while."""
        assert self._transport is not None
        self._hung_up = True
        self._writable.set()
        self._transport.resume_reading()
        with contextlib.suppress(OSError):  # a connection that is lost already says so itself
            self._transport.write_eof()
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(_PATIENCE, self._transport.abort)

    def _note_end(self, by: str, how: str) -> None:
        if self._ended_by is None:
            self._ended_by = Closed(by=by, how=how)
