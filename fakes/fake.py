"""What every fake is: a server in a chosen state, with a record and a trust anchor."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from anyio.from_thread import start_blocking_portal
from pydantic import ValidationError

from .connection import Connection, Conversation
from .errors import FakeError
from .faults import FaultPlan
from .listener import Blackhole, Network, bind, reset_on_close
from .message import CapturedMessage
from .server_state import ServerState
from .tls import Authority
from .tls.client_hello import ClientHello
from .transcript import Closed, Connected, Transcript

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_VERSIONS = {
    "TLSv1.0": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
_CLIENT_CERTIFICATE = {
    "unasked": ssl.CERT_NONE,
    "optional": ssl.CERT_OPTIONAL,
    "required": ssl.CERT_REQUIRED,
}


class Fake(ABC):
    """A server in a chosen state.

    `authority` and `ca_file`: the trust anchor to issue from and its file (one is made up when
    left out). `transcript`: to share one record between fakes. `timeout`: what `x` means in the
    durations of faults, in seconds. `bind_host` and `bind_port`: where to listen (port 0: any
    free one). `label`: its name in the record.
    """

    def __init__(
        self,
        *,
        state: ServerState,
        authority: Authority | None,
        ca_file: Path | None,
        transcript: Transcript | None,
        timeout: float,
        bind_host: str,
        bind_port: int,
        label: str,
    ) -> None:
        self.transcript = transcript if transcript is not None else Transcript()
        self.messages: list[CapturedMessage] = []
        self.host = bind_host
        self.port = bind_port
        self.names = state.names or LOOPBACK_NAMES
        self.label = label
        self.timeout = timeout
        self.plan = FaultPlan.of(state.faults)
        self._server_state = state
        self._authority = authority
        self._ca_file = ca_file
        self._connections: set[Connection] = set()
        self._seen = 0

    @property
    @abstractmethod
    def uses_tls(self) -> bool:
        """Whether a certificate is ever served."""

    @abstractmethod
    def converse(self, nth: int) -> Conversation:
        """What is spoken on the nth connection, from 1."""

    @property
    def ca_file(self) -> Path:
        """The trust anchor as PEM, for the sender to trust; there while the fake runs."""
        if self._ca_file is None:
            raise FakeError("the trust anchor's file exists only while the fake runs")
        return self._ca_file

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Run from any thread, in any framework; ready when the body starts."""
        with (
            start_blocking_portal() as portal,
            portal.wrap_async_context_manager(self.serve()),
        ):
            yield self

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[Self]:
        """Run in this event loop; ready when the body starts.

        Raises:
            FakeError: the port is taken, or the certificate cannot be issued.
        """
        with self._trust():
            if self.uses_tls:
                self.contexts(None)  # what cannot be issued is found out now, by the caller
            bound = bind(self.host, self.port)
            self.port = bound.getsockname()[1]
            network = self._server_state.network
            if network in {Network.REFUSED, Network.UNRESOLVED}:
                try:
                    yield self
                finally:
                    bound.close()
            elif network is Network.DROPPED:
                async with _blackhole(Blackhole(bound)):
                    yield self
            else:
                async with self._listening(bound):
                    yield self

    def contexts(self, hello: ClientHello | None) -> tuple[ssl.SSLContext, str]:
        """The context to serve this hello with, and the kind of its certificate."""
        assert self._authority is not None
        state = self._server_state
        kind = state.certificate
        if state.default_certificate is not None and (
            hello is None or hello.server_name not in self.names
        ):
            kind = state.default_certificate
        lowest, highest = state.tls_versions or (None, None)
        try:
            certificate = self._authority.issue(kind, names=self.names, now=datetime.now(UTC))
        except ValueError as error:
            raise FakeError(str(error)) from error
        asks = state.client_certificate != "unasked"
        context = certificate.server_context(
            minimum_version=_VERSIONS[lowest] if lowest else None,
            maximum_version=_VERSIONS[highest] if highest else None,
            shared=not asks,
        )
        if asks:
            context.load_verify_locations(cadata=self._authority.certificate_pem.decode())
            context.verify_mode = _CLIENT_CERTIFICATE[state.client_certificate]
        return context, str(kind)

    def keep(self, message: CapturedMessage) -> int:
        """Add a message to those taken; its place in the list."""
        self.messages.append(message)
        return len(self.messages) - 1

    @asynccontextmanager
    async def _listening(self, bound: Any) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._accept, sock=bound, backlog=128)
        try:
            yield
        finally:
            server.close()
            for connection in list(self._connections):
                connection.reset()
                await connection.gone()

    def _accept(self) -> asyncio.Protocol:
        if self._server_state.network is Network.RESET:
            return _Rejection(label=self.label, transcript=self.transcript)
        self._seen += 1
        connection = Connection(
            server=self.label,
            transcript=self.transcript,
            conversation=self.converse(self._seen),
        )
        connection.on_gone = self._connections.discard
        self._connections.add(connection)
        return connection

    @contextmanager
    def _trust(self) -> Iterator[None]:
        if self._authority is not None:
            yield
            return
        self._authority = Authority.create()
        with tempfile.TemporaryDirectory(prefix="harness-") as folder:
            self._ca_file = self._authority.write(Path(folder)).ca_file
            try:
                yield
            finally:
                self._ca_file = self._authority = None


def complaint(error: ValidationError, what: str) -> str:
    """What is wrong with the words of a constructor: one clause a mistake, each naming the word."""
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or what}: {problem['msg']}"
        for problem in error.errors()
    )


class _Rejection(asyncio.Protocol):
    """Accept, then reset."""

    def __init__(self, *, label: str, transcript: Transcript) -> None:
        self._label = label
        self._transcript = transcript

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        number = self._transcript.open_connection()
        peer = transport.get_extra_info("peername")
        port = transport.get_extra_info("sockname")[1]
        self._transcript.record(
            number, Connected(server=self._label, port=port, peer=f"{peer[0]}:{peer[1]}")
        )
        reset_on_close(transport.get_extra_info("socket"))
        self._transcript.record(number, Closed(by="fake", how="reset"))
        transport.abort()


@asynccontextmanager
async def _blackhole(hole: Blackhole) -> AsyncIterator[None]:
    try:
        await asyncio.to_thread(hole.fill)
        yield
    finally:
        hole.close()
