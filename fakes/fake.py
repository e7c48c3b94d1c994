"""What every fake is: a server in a chosen state, with a record and a trust anchor."""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from anyio import CancelScope
from anyio.from_thread import start_blocking_portal
from pydantic import BaseModel, ValidationError

from .clock import SteadyLoop
from .connection import Connection, Conversation
from .errors import FakeError
from .faults import FaultPlan
from .listener import Blackhole, Network, bind, reset_on_close, spelt
from .message import Captured
from .server_state import ServerState
from .tls import Authority, CertificateKind
from .tls.client_hello import ClientHello
from .transcript import Closed, Connected, Transcript

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_OWN_WORDS = (
    "authority", "ca_file", "transcript", "timeout", "bind_host", "bind_port", "label",
)  # fmt: skip
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_BACKLOG = 128
# One to run the task of an accepted connection, one to call connection_made().
_TURNS_OF_AN_ACCEPT = 2
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


C = TypeVar("C", bound=Captured)


class Fake(ABC, Generic[C]):
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
        self.messages: list[C] = []
        self.host = bind_host
        self.port = bind_port
        self._bind_port = bind_port
        self.names = state.names or LOOPBACK_NAMES
        self.label = label
        self.timeout = timeout
        self.plan = FaultPlan.of(state.faults)
        self._server_state = state
        self._authority = authority
        self._ca_file = ca_file
        self._asking_contexts: dict[CertificateKind, ssl.SSLContext] = {}
        self._connections: set[Connection] = set()
        self._seen = 0
        self._runs = False
        self._reserved: socket.socket | None = None
        self._hole: Blackhole | None = None

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
            start_blocking_portal(backend_options={"loop_factory": SteadyLoop}) as portal,
            portal.wrap_async_context_manager(self.serve()),
        ):
            yield self

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[Self]:
        """Run in this event loop; ready when the body starts.

        A fake can run again after it has stopped: its faults and its count of connections begin
        anew, messages and record go on.

        Raises:
            FakeError: the port is taken, the certificate cannot be issued, or it runs already.
        """
        with self._once(), self._trust():
            self._issue()
            bound = self._reserved or self._bound()
            self._reserved = None
            network = self._server_state.network
            if network in {Network.REFUSED, Network.UNRESOLVED}:
                try:
                    yield self
                finally:
                    bound.close()
            elif network is Network.DROPPED:
                filled, self._hole = self._hole, None
                async with _blackhole(bound, filled):
                    yield self
            else:
                async with self._listening(bound):
                    yield self

    def reserve(self) -> None:
        """Take the port ahead of `serve`, which has to follow: whoever connects waits for it.

        For a fake that was given its authority. Where its port drops what comes, it does so now.

        Raises:
            FakeError: the port is taken or cannot be made to drop what comes, or the certificate
                cannot be issued.
        """
        self._issue()
        bound = self._bound()
        if self._server_state.network in {Network.OPEN, Network.RESET}:
            bound.listen(_BACKLOG)
        elif self._server_state.network is Network.DROPPED:
            self._hole = _filled(bound)
        self._reserved = bound

    def _issue(self) -> None:
        """Make the certificates: what cannot be issued is found out by the caller."""
        if self.uses_tls:
            self._context(self._server_state.certificate)
            self.contexts(None)

    def _bound(self) -> socket.socket:
        bound = bind(self.host, self._bind_port)
        self.port = bound.getsockname()[1]
        return bound

    def contexts(self, hello: ClientHello | None) -> tuple[ssl.SSLContext, str]:
        """The context to serve this hello with, and the kind of its certificate."""
        kind = self._server_state.certificate
        default = self._server_state.default_certificate
        asked = hello.server_name if hello is not None else None
        # Names compare without regard to case (RFC 6066 section 3).
        if default is not None and (asked or "").lower() not in map(str.lower, self.names):
            kind = default
        return self._context(kind), str(kind)

    def _context(self, kind: CertificateKind) -> ssl.SSLContext:
        assert self._authority is not None
        if kind in self._asking_contexts:
            return self._asking_contexts[kind]
        state = self._server_state
        lowest, highest = state.tls_versions or (None, None)
        try:
            certificate = self._authority.issue(kind, names=self.names)
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
            self._asking_contexts[kind] = context
        return context

    def keep(self, message: C) -> int:
        """Add a message to those taken; its place in the list."""
        self.messages.append(message)
        return len(self.messages) - 1

    @asynccontextmanager
    async def _listening(self, bound: Any) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(self._accept, sock=bound, backlog=_BACKLOG)
        try:
            yield
        finally:
            # Stopping is short, and a caller that is being cancelled must leave nothing behind.
            with CancelScope(shield=True):
                # Accept no more, and let asyncio make what it has accepted: a connection that it
                # makes for a closed server comes to nothing, and is never closed.
                loop.remove_reader(bound)
                for _ in range(_TURNS_OF_AN_ACCEPT):
                    await asyncio.sleep(0)
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
    def _once(self) -> Iterator[None]:
        if self._runs:
            raise FakeError(f"{self.label} is running already, on {self.host} port {self.port}")
        self._runs = True
        self.plan = FaultPlan.of(self._server_state.faults)
        self._seen = 0
        try:
            yield
        finally:
            self._runs = False

    @contextmanager
    def _trust(self) -> Iterator[None]:
        if self._authority is not None and self._ca_file is not None:
            yield
            return
        given = self._authority
        self._authority = given or Authority.create()
        with tempfile.TemporaryDirectory(prefix="harness-") as folder:
            self._ca_file = self._authority.write(Path(folder)).ca_file
            try:
                yield
            finally:
                self._ca_file, self._authority = None, given
                self._asking_contexts.clear()


def complaint(error: ValidationError, what: str, state: type[BaseModel] | None = None) -> str:
    """What is wrong with the words of a constructor: one clause a mistake, each naming the word.

    With the model that the words are for, a word that it does not have gets the choices.
    """
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or what}: {_trouble(problem, state)}"
        for problem in error.errors()
    )


def _trouble(problem: ErrorDetails, state: type[BaseModel] | None) -> str:
    if problem["type"] != "extra_forbidden":
        return problem["msg"]
    *path, word = (str(part) for part in problem["loc"])
    words = _words(state, path)
    alike = get_close_matches(word, words, n=1)
    meant = f", did you mean {alike[0]}?" if alike else ""
    choices = f" (choose from {', '.join(words)})" if words else ""
    return f"there is no such word{meant}{choices}"


def _words(state: type[BaseModel] | None, path: list[str]) -> list[str]:
    """The words of a model, or of the model that one of its words holds."""
    model: object = state
    for part in path:
        fields = getattr(model, "model_fields", {})
        model = fields[part].annotation if part in fields else None
    return list(getattr(model, "model_fields", {})) + ([] if path else list(_OWN_WORDS))


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
        self._transcript.record(number, Connected(server=self._label, port=port, peer=spelt(peer)))
        reset_on_close(transport.get_extra_info("socket"))
        self._transcript.record(number, Closed(by="fake", how="reset"))
        transport.abort()


@asynccontextmanager
async def _blackhole(bound: socket.socket, filled: Blackhole | None) -> AsyncIterator[None]:
    hole = filled or Blackhole(bound)
    try:
        if filled is None:
            await asyncio.to_thread(hole.fill)
        yield
    finally:
        hole.close()


def _filled(bound: socket.socket) -> Blackhole:
    hole = Blackhole(bound)
    try:
        hole.fill()
    except FakeError:
        hole.close()
        raise
    return hole
