"""One connection: between the socket and the protocol that is spoken on it.

Everything that an honest server would never do happens here: octets are recorded before
they are acted on, TLS begins exactly when it is told to, replies can be cut and delayed, and a
connection can end in a reset.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable
from typing import Protocol

from .faults.steps import Close, Reset, Send, Step, Wait
from .listener import reset_on_close
from .tls.client_hello import ClientHello, handshake_message, looks_like_tls, parse_client_hello
from .tls.layer import Failure, TlsError, TlsLayer
from .transcript import (
    ClientHelloSeen,
    Closed,
    Connected,
    Fact,
    Received,
    Sent,
    TlsEstablished,
    TlsFailed,
    Transcript,
    Unread,
)

_HELLO_LIMIT = 65536


class Conversation(Protocol):
    """What is spoken on a connection."""

    def began(self, connection: Connection) -> None:
        """The connection stands; nothing was exchanged yet."""

    def data_received(self, data: bytes) -> None:
        """Plain octets came in."""

    def ended(self) -> None:
        """The connection is gone."""

    def pause_writing(self) -> None:
        """The peer does not read; wait before writing more."""

    def resume_writing(self) -> None:
        """The peer reads again."""


class HandshakeFailed(Exception):  # noqa: N818 - it is an outcome, not an error of ours
    """TLS did not come about; the connection is recorded and on its way down."""


class Connection(asyncio.Protocol):
    """The socket's side of one connection of a fake called `server`."""

    def __init__(self, *, server: str, transcript: Transcript, conversation: Conversation) -> None:
        self._server = server
        self._transcript = transcript
        self._conversation = conversation
        self._transport: asyncio.Transport | None = None
        self._tls: TlsLayer | None = None
        self._raw: bytearray | None = None  # octets of a handshake that is under way
        self._progress = asyncio.Event()
        self._ended_by: Closed | None = None
        self._gone = asyncio.Event()
        self.number = 0
        self.records_segments = True
        self.on_gone: Callable[[Connection], object] | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Number the connection and begin the conversation."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.number = self._transcript.open_connection()
        peer = transport.get_extra_info("peername")
        port = transport.get_extra_info("sockname")[1]
        self.record(Connected(server=self._server, port=port, peer=f"{peer[0]}:{peer[1]}"))
        self._conversation.began(self)

    def data_received(self, data: bytes) -> None:
        """Take a segment from the network: into the handshake, or decrypted to the conversation."""
        if self._raw is not None:
            self._raw += data
            self._progress.set()
        elif self._tls is not None:
            self._decrypt(data)
        else:
            self._hand_over(data)

    def eof_received(self) -> bool | None:
        """Note who ended it; the transport then closes."""
        self._note_end("sender", "fin")
        self._progress.set()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Note how it ended and tell the conversation."""
        if self._raw:
            why = "came instead of a TLS handshake"
            self.record(Unread(data=bytes(self._raw[:_HELLO_LIMIT]), secure=False, why=why))
        self._note_end("sender", "reset" if exc is not None else "fin")
        assert self._ended_by is not None
        self.record(self._ended_by)
        self._gone.set()
        self._progress.set()
        self._conversation.ended()
        if self.on_gone is not None:
            self.on_gone(self)

    def pause_writing(self) -> None:
        """Pass the peer's back-pressure on."""
        self._conversation.pause_writing()

    def resume_writing(self) -> None:
        """Pass the end of back-pressure on."""
        self._conversation.resume_writing()

    # What a conversation calls.

    @property
    def secure(self) -> bool:
        """Whether the connection is inside TLS now."""
        return self._tls is not None and self._tls.established

    @property
    def closing(self) -> bool:
        """Whether the connection has ended or is about to."""
        return self._transport is None or self._transport.is_closing() or self._gone.is_set()

    def record(self, fact: Fact) -> None:
        """Add a fact about this connection to the record."""
        self._transcript.record(self.number, fact)

    def send(self, data: bytes, *, recorded: bool = False) -> None:
        """Record octets and send them, inside TLS once it stands.

        `recorded`: what they say is in the record already.
        """
        if self.closing or not data:
            return
        if self._raw and self._tls is None:
            early = bytes(self._raw[:_HELLO_LIMIT])
            self.record(Unread(data=early, secure=False, why="sent behind STARTTLS too early"))
        if not recorded:
            self.record(Sent(data=data, secure=self.secure))
        if self._tls is not None:
            self._tls.write(data)
            self._flush()
        else:
            self._write(data)

    def close(self) -> None:
        """End in order: close_notify inside TLS, then FIN."""
        if self.closing:
            return
        self._note_end("fake", "fin")
        if self._tls is not None and self._tls.established:
            self._tls.close()
            self._flush()
        assert self._transport is not None
        self._transport.close()

    def reset(self) -> None:
        """End with a TCP reset."""
        if self.closing:
            return
        assert self._transport is not None
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
        """Wait until the connection has ended."""
        await self._gone.wait()

    async def perform(self, steps: Iterable[Step], *, raw: bool = False) -> None:
        """Carry out a fault's steps. `raw`: write below TLS and without a record of words."""
        for step in steps:
            match step:
                case Send(data):
                    self._write(data) if raw else self.send(data)
                case Wait(None):
                    await self.gone()
                case Wait(pause):
                    assert pause is not None
                    await asyncio.sleep(pause)
                case Close():
                    self.close()
                case Reset():
                    self.reset()

    # TLS.

    def expect_tls(self) -> None:
        """From now on what comes in belongs to a handshake.

        Called before the reply that invites the sender to begin, so that its ClientHello
        cannot be taken for plain text.
        """
        self._raw = bytearray()

    async def start_tls(
        self,
        choose: Callable[[ClientHello | None], tuple[ssl.SSLContext, str]],
        *,
        implicit: bool,
        shape: Callable[[bytes], list[Step]] | None = None,
    ) -> None:
        """Shake hands. `choose` gives the context and the name of the certificate to serve.

        `shape` turns the server's first flight into a fault's steps.

        Raises:
            HandshakeFailed: it did not come about; the record says why.
        """
        if self._raw is None:
            self.expect_tls()
        hello = await self._read_hello(implicit=implicit)
        context, certificate = choose(hello)
        self._tls = TlsLayer(context)
        try:
            await self._shake(shape)
        except TlsError as error:
            self._flush()
            self._fail(error.failure)
        rest, self._raw = bytes(self._raw or b""), None
        self.record(
            TlsEstablished(
                version=self._tls.version, cipher=self._tls.cipher, certificate=certificate
            )
        )
        # Always once: what the sender sent behind its last handshake message lies in the layer.
        self._decrypt(rest)

    async def _read_hello(self, *, implicit: bool) -> ClientHello | None:
        """Wait for a whole ClientHello without taking it out of the buffer."""
        assert self._raw is not None
        while True:
            message = handshake_message(bytes(self._raw))
            if message is not None:
                break
            if self._raw and (
                not looks_like_tls(bytes(self._raw)) or len(self._raw) > _HELLO_LIMIT
            ):
                self._fail(Failure(reason="the sender did not begin a TLS handshake", alert=None))
            await self._more(than=0)
        try:
            hello = parse_client_hello(message)
        except ValueError:
            hello = ClientHello(server_name=None, versions=())
        self.record(
            ClientHelloSeen(
                server_name=hello.server_name, versions=hello.versions, implicit=implicit
            )
        )
        return hello

    async def _shake(self, shape: Callable[[bytes], list[Step]] | None) -> None:
        assert self._tls is not None
        assert self._raw is not None
        while True:
            self._tls.feed(bytes(self._raw))
            self._raw.clear()
            done = self._tls.shake()
            flight = self._tls.outgoing()
            if shape is not None and flight:
                await self.perform(shape(flight), raw=True)
                shape = None
            else:
                self._write(flight)
            if done:
                return
            await self._more(than=0)

    async def _more(self, *, than: int) -> None:
        """Wait for the buffer of a handshake to grow beyond `than` octets."""
        assert self._raw is not None
        while len(self._raw) <= than and self._ended_by is None:
            self._progress.clear()
            await self._progress.wait()
        if len(self._raw) <= than:
            self._fail(Failure(reason="the connection ended during the handshake", alert=None))

    def _fail(self, failure: Failure) -> None:
        self.record(TlsFailed(reason=failure.reason, alert=failure.alert))
        if self._tls is None:
            # The fake has said nothing yet; hanging up is all a TLS server can do.
            self.close()
        elif self._transport is not None and not self.closing:
            self._note_end("fake", "fin")
            self._transport.close()
        raise HandshakeFailed(failure.reason)

    # Inside.

    def _decrypt(self, data: bytes) -> None:
        assert self._tls is not None
        self._tls.feed(data)
        try:
            plain, said_goodbye = self._tls.read()
        except TlsError as error:
            self.record(TlsFailed(reason=error.failure.reason, alert=error.failure.alert))
            self._flush()
            if self._transport is not None:
                self._transport.close()
            return
        self._flush()
        if plain:
            self._hand_over(plain)
        if said_goodbye:
            self._note_end("sender", "fin")
            if self._transport is not None:
                self._transport.close()

    def _hand_over(self, data: bytes) -> None:
        if self.records_segments:
            self.record(Received(data=data, secure=self.secure))
        self._conversation.data_received(data)

    def _flush(self) -> None:
        assert self._tls is not None
        self._write(self._tls.outgoing())

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _note_end(self, by: str, how: str) -> None:
        if self._ended_by is None:
            self._ended_by = Closed(by=by, how=how)
