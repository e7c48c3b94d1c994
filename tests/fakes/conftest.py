"""What the tests of the fakes share: running fakes, and clients that hide nothing."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from harness.fakes import Smtp
from harness.fakes.smtp.fake import Smtp as SmtpFake
from harness.fakes.tls import Authority
from harness.fakes.transcript import Fact

from .memory import assert_sound, fed

_PATIENCE = 10.0


class Wire:
    """A client that does what it is told, octet for octet."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=_PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unread = b""

    def send(self, *pieces: bytes) -> None:
        """Send each piece in a segment of its own, as far as the kernel has it so."""
        for piece in pieces:
            self.socket.sendall(piece)

    def line(self) -> bytes:
        """The next line with its end; what there is of it at the end of the connection."""
        while b"\n" not in self._unread:
            data = self.socket.recv(65536)
            if not data:
                break
            self._unread += data
        line, end, self._unread = self._unread.partition(b"\n")
        return line + end

    def reply(self) -> bytes:
        """The next reply, all its lines."""
        lines = [self.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.line())
        return b"".join(lines)

    def say(self, line: bytes | str) -> bytes:
        """Send a line, give the reply."""
        self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return self.reply()

    def octets(self, count: int) -> bytes:
        """Exactly so many octets."""
        while len(self._unread) < count:
            data = self.socket.recv(65536)
            assert data, f"the end came after {self._unread!r}"
            self._unread += data
        octets, self._unread = self._unread[:count], self._unread[count:]
        return octets

    def rest(self) -> bytes:
        """Everything up to the end of the connection."""
        while data := self.socket.recv(65536):
            self._unread += data
        rest, self._unread = self._unread, b""
        return rest

    def silent(self) -> bool:
        """Whether nothing has come so far. It proves little: what is late is silent, too."""
        self.socket.settimeout(0.05)
        try:
            self._unread += self.socket.recv(65536)
        except TimeoutError:
            pass
        finally:
            self.socket.settimeout(_PATIENCE)
        return not self._unread

    def secure(self, context: ssl.SSLContext, name: str | None = "localhost") -> None:
        """Begin TLS now."""
        assert not self._unread, f"in clear came {self._unread!r}"
        self.socket = context.wrap_socket(self.socket, server_hostname=name)

    def envelope(self, *recipients: str, sender: str = "a@one.example") -> None:
        """MAIL and RCPT, which have to be taken."""
        assert self.say(f"MAIL FROM:<{sender}>").startswith(b"250"), "MAIL"
        for recipient in recipients or ("b@two.example",):
            assert self.say(f"RCPT TO:<{recipient}>").startswith(b"250"), "RCPT"

    def deliver(self, body: bytes) -> bytes:
        """A whole transaction; `body` is stuffed already. Gives the reply to the final dot."""
        self.envelope()
        assert self.say("DATA").startswith(b"354"), "DATA"
        self.send(body + b".\r\n")
        return self.reply()

    def close(self) -> None:
        """Leave."""
        self.socket.close()


@pytest.fixture(scope="session")
def troubles() -> list[str]:
    """What the event loop of the fakes complained of."""
    return []


@pytest.fixture(scope="session")
def portal(troubles: list[str]) -> Iterator[BlockingPortal]:
    def listen_to_complaints() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: troubles.append(str(context))
        )

    with start_blocking_portal() as running:
        running.call(listen_to_complaints)
        yield running


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.create()


@pytest.fixture(scope="session")
def ca_file(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority.write(tmp_path_factory.mktemp("anchor")).ca_file


@pytest.fixture
def client_context(ca_file: Path) -> Callable[..., ssl.SSLContext]:
    """A client's context that verifies."""

    def make(
        *, lowest: ssl.TLSVersion | None = None, highest: ssl.TLSVersion | None = None
    ) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(ca_file)
        context.minimum_version = lowest or ssl.TLSVersion.TLSv1_2
        context.maximum_version = highest or ssl.TLSVersion.MAXIMUM_SUPPORTED
        return context

    return make


@pytest.fixture
def serving(
    portal: BlockingPortal, authority: Authority, ca_file: Path, troubles: list[str]
) -> Callable[..., AbstractContextManager[SmtpFake]]:
    """Run a fake for the body of a `with`; when it is over, look at its record as a whole."""

    @contextmanager
    def serve(*, may_break: bool = False, **words: Any) -> Iterator[SmtpFake]:
        fake = Smtp(authority=authority, ca_file=ca_file, **words)
        with portal.wrap_async_context_manager(fake.serve()):
            yield fake
        assert not troubles, troubles
        if not may_break:
            assert_sound(fake.transcript)

    return serve


@pytest.fixture
def connected(
    serving: Callable[..., AbstractContextManager[SmtpFake]],
) -> Callable[..., AbstractContextManager[tuple[SmtpFake, Wire]]]:
    """Run a fake and connect to it; the greeting is not read."""

    @contextmanager
    def connect(**words: Any) -> Iterator[tuple[SmtpFake, Wire]]:
        with serving(**words) as fake:
            wire = Wire(fake.host, fake.port)
            try:
                yield fake, wire
            finally:
                wire.close()

    return connect


@pytest.fixture
def dial() -> Iterator[Callable[[SmtpFake], Wire]]:
    """Connect to a fake, once more."""
    with ExitStack() as stack:

        def connect(fake: SmtpFake) -> Wire:
            wire = Wire(fake.host, fake.port)
            stack.callback(wire.close)
            return wire

        yield connect


@pytest.fixture
def settled(portal: BlockingPortal) -> Callable[[SmtpFake], None]:
    """Wait until every connection to a fake has ended, and is recorded to its end."""

    async def wait(fake: SmtpFake) -> None:
        with anyio.fail_after(_PATIENCE):
            for connection in list(fake._connections):
                await connection.gone()

    return lambda fake: portal.call(wait, fake)


@pytest.fixture
def facts() -> Callable[..., list[Any]]:
    """The facts of some kinds in a fake's record, in order."""

    def find(fake: SmtpFake, *kinds: type[Fact]) -> list[Any]:
        return [event.fact for event in fake.transcript if isinstance(event.fact, kinds)]

    return find


@pytest.fixture(scope="session")
def in_memory(
    authority: Authority, ca_file: Path
) -> Iterator[Callable[..., tuple[SmtpFake, bytes]]]:
    """Feed pieces to a fake without a socket; give it back with all that it sent.

    `turns` says how many turns the event loop has after each piece (in a cycle).
    """

    async def feed(
        words: Mapping[str, Any], pieces: Iterable[bytes], turns: tuple[int, ...]
    ) -> tuple[SmtpFake, bytes]:
        fake = Smtp(authority=authority, ca_file=ca_file, **words)
        _, written = await fed(fake, pieces, turns=turns)
        assert_sound(fake.transcript)
        return fake, written

    with asyncio.Runner() as runner:

        def run(
            words: Mapping[str, Any], pieces: Iterable[bytes], *, turns: tuple[int, ...] = (4,)
        ) -> tuple[SmtpFake, bytes]:
            return runner.run(feed(words, pieces, turns))

        yield run
