"""A TLS handshake on a connection, from the first octet of the ClientHello to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

from .tls.ciphers import shows_no_certificate
from .tls.client_hello import ClientHello, handshake_message, parse_client_hello
from .tls.layer import Failure, ServedTls, TlsError, TlsLayer
from .transcript import NO_CERTIFICATE, ClientHelloSeen, Fact, TlsEstablished, TlsFailed, Unread

_HELLO_LIMIT = 65536
# Two reads of asyncio's, and more than any client sends ahead of its turn.
_KEPT_LIMIT = 1_048_576

Choose = Callable[[ClientHello], ServedTls]
"""Gives what a hello is answered with."""


class HandshakeFailed(ConnectionResetError):  # noqa: N818 - an outcome, not an error of ours
    """TLS did not come about; the record says why, and the connection is on its way down.

    For what is spoken on the connection this is the loss of it.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class Handshake:
    """What has come in of a handshake, and how far it has got."""

    def __init__(self, *, record: Callable[[Fact], None], write: Callable[[bytes], None]) -> None:
        self._record = record
        self._write = write
        self._came = bytearray()
        self._arrived = asyncio.Event()
        self._layer: TlsLayer | None = None
        self._pending = False
        self._flooded = False

    def feed(self, data: bytes) -> None:
        """Take octets from the network, up to a bound while nobody reads them.

        The rest is not kept, which is put on record once, and the handshake has failed.
        """
        if self._flooded:
            return
        if len(self._came) + len(data) > _KEPT_LIMIT:
            self._flooded = True
            why = f"more than {_KEPT_LIMIT} octets ahead of the handshake; the rest is not kept"
            self._record(Unread(data=self.take()[:_HELLO_LIMIT], secure=False, why=why))
        else:
            self._came += data
        self._arrived.set()

    def take(self) -> bytes:
        """What came before the handshake was begun; it is not part of it any longer."""
        early = bytes(self._came)
        self._came.clear()
        return early

    async def run(
        self,
        choose: Choose,
        *,
        implicit: bool,
        first_flight: Callable[[bytes], Awaitable[None]] | None = None,
    ) -> TlsLayer:
        """Shake hands. `first_flight` sends the server's first flight, where a fault is to.

        Raises:
            HandshakeFailed: it did not come about; the record says why.
        """
        self._pending = True
        hello = await self._hello(implicit=implicit)
        served = choose(hello)
        layer = self._layer = TlsLayer(served, random=hello.random)
        try:
            await self._shake(layer, first_flight)
        except TlsError as error:
            self._write(layer.outgoing())
            self._fail(error.failure)
        self._pending = False
        shown = NO_CERTIFICATE if shows_no_certificate(layer.cipher) else served.certificate
        self._record(TlsEstablished(version=layer.version, cipher=layer.cipher, certificate=shown))
        return layer

    def cut(self) -> None:
        """The connection has ended: record what that means for the handshake."""
        failure = Failure(reason="the connection ended during the handshake", alert=None)
        if self._layer is None:
            self._note_unread()
        elif self._pending:
            try:  # a fault may have kept the last octets from being looked at
                self._layer.feed(self.take())
                self._layer.shake()
            except TlsError as error:
                failure = error.failure
        if self._pending:
            self._pending = False
            self._record(TlsFailed(reason=failure.reason, alert=failure.alert))

    async def _hello(self, *, implicit: bool) -> ClientHello:
        """Wait for a whole ClientHello without taking it out of the buffer."""
        while True:
            self._check_not_flooded()
            try:
                message = handshake_message(bytes(self._came))
            except ValueError:
                message = None
                self._refuse_hello()
            if message is not None:
                break
            if len(self._came) > _HELLO_LIMIT:
                self._refuse_hello()
            await self._more()
        try:
            hello = parse_client_hello(message)
        except ValueError:
            hello = ClientHello(server_name=None, versions=())
        self._record(
            ClientHelloSeen(
                server_name=hello.server_name, versions=hello.versions, implicit=implicit
            )
        )
        return hello

    async def _shake(
        self, layer: TlsLayer, first_flight: Callable[[bytes], Awaitable[None]] | None
    ) -> None:
        while True:
            layer.feed(self.take())
            done = layer.shake()
            flight = layer.outgoing()
            if flight and first_flight is not None:
                await first_flight(flight)
                first_flight = None
            else:
                self._write(flight)
            if done:
                return
            if not self._came:
                await self._more()
            self._check_not_flooded()

    def _check_not_flooded(self) -> None:
        if self._flooded:
            self._fail(Failure(reason="too much came ahead of the handshake", alert=None))

    async def _more(self) -> None:
        self._arrived.clear()
        await self._arrived.wait()

    def _refuse_hello(self) -> NoReturn:
        self._note_unread()
        self._fail(Failure(reason="the sender did not begin a TLS handshake", alert=None))

    def _note_unread(self) -> None:
        came = self.take()
        if came:
            why = "came instead of a TLS handshake"
            self._record(Unread(data=came[:_HELLO_LIMIT], secure=False, why=why, repeated=False))

    def _fail(self, failure: Failure) -> NoReturn:
        self._pending = False
        self._record(TlsFailed(reason=failure.reason, alert=failure.alert))
        raise HandshakeFailed(failure)
