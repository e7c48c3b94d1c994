"""Servers for the reference sender that are not ours: bare aiosmtpd, and one with a script."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from anyio import to_thread
from anyio.from_thread import BlockingPortal, start_blocking_portal

from harness.fakes.tls import Authority
from harness.protocol import Message, Security
from harness.reference.message import BuiltMessage, build
from harness.reference.settings import SmtpSettings, smtp_settings
from harness.reference.smtp import Delivery, send_message

PATIENCE = 0.3
NOW = datetime(2024, 5, 17, 8, 30, tzinfo=UTC)
USER, PASSWORD = "some-user@mail.example", "p@ss:/?#%+&= wörd"
CREDENTIALS: dict[str, Any] = {"username": USER, "password": PASSWORD}


# What the scripted server does instead of answering.
DROPS = ("CLOSE", "RESET", "SILENCE", "JUNK")

Answer = bytes | str | tuple[bytes | str, ...]
Script = Mapping[str, Answer | list[Answer]]

ANSWERS: Script = {
    "greeting": b"220 mx.example ESMTP\r\n",
    "EHLO": b"250-mx.example\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n",
    "HELO": b"250 mx.example\r\n",
    "STARTTLS": b"220 go ahead\r\n",
    "AUTH": b"235 2.7.0 welcome\r\n",
    "response": b"235 2.7.0 welcome\r\n",
    "MAIL": b"250 2.1.0 ok\r\n",
    "RCPT": b"250 2.1.5 ok\r\n",
    "DATA": b"354 go ahead\r\n",
    "message": b"250 2.0.0 Ok: queued as 4F2A\r\n",
    "QUIT": b"221 2.0.0 bye\r\n",
}


@dataclass
class Seen:
    """What a server saw. `lines` are commands, `in_clear` those of them before TLS."""

    port: int = 0
    connections: int = 0
    lines: list[str] = field(default_factory=list)
    in_clear: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    rest: bytes = b""

    @property
    def verbs(self) -> list[str]:
        return [line.split(" ")[0] for line in self.lines]


class ScriptedServer:
    """Speaks from a table: a verb, and what is said to it each time; the last entry stays."""

    def __init__(self, script: Script, *, context: ssl.SSLContext | None, implicit: bool) -> None:
        self.seen = Seen()
        self._script = {
            key: list(answers) if isinstance(answers, list) else [answers]
            for key, answers in {**ANSWERS, **script}.items()
        }
        self._context = context
        self._implicit = implicit
        self._done = asyncio.Event()
        self._sessions: set[asyncio.Task[Any]] = set()

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.seen.port = server.sockets[0].getsockname()[1]
        return server

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen.connections += 1
        session = asyncio.current_task()
        assert session is not None
        self._sessions.add(session)
        with contextlib.suppress(OSError, ssl.SSLError, asyncio.IncompleteReadError):
            await self._session(reader, writer)
        with contextlib.suppress(OSError, ssl.SSLError):
            writer.close()

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._implicit:
            await self._upgrade(writer)
        encrypted = self._implicit
        verb, said = "greeting", await self._answer("greeting", writer)
        while said and verb != "QUIT" and (line := await reader.readline()):
            text = line.decode(errors="replace").removesuffix("\r\n")
            self.seen.lines.append(text)
            if not encrypted:
                self.seen.in_clear.append(text)
            continuing = verb in ("AUTH", "response") and said.startswith(b"334")
            verb = "response" if continuing else text.split(" ")[0].upper()
            said = await self._answer(verb, writer)
            if verb == "STARTTLS" and said.startswith(b"220"):
                encrypted = await self._shake_hands(reader, writer)
            elif verb == "DATA" and said.startswith(b"354"):
                self.seen.bodies.append(await reader.readuntil(b"\r\n.\r\n"))
                said = await self._answer("message", writer)

    async def _shake_hands(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if "ClientHello" not in self._script:
            await self._upgrade(writer)
            return True
        await reader.read(1)
        await self._answer("ClientHello", writer)
        self.seen.rest = await reader.read()
        raise ConnectionAbortedError

    async def _upgrade(self, writer: asyncio.StreamWriter) -> None:
        assert self._context is not None
        await writer.start_tls(self._context)

    async def _answer(self, key: str, writer: asyncio.StreamWriter) -> bytes:
        """Everything that was said, or nothing when the connection is over."""
        answers = self._script.get(key, [b"500 what?\r\n"])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        said = b""
        for part in answer if isinstance(answer, tuple) else (answer,):
            if isinstance(part, str):
                await self._drop(part, writer)
                return b""
            writer.write(part)
            await writer.drain()
            said += part
        return said

    async def _drop(self, drop: str, writer: asyncio.StreamWriter) -> None:
        assert drop in DROPS
        if drop == "SILENCE":
            await self._done.wait()
        elif drop == "RESET":
            sock: Any = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        elif drop == "JUNK":
            # Clear text beneath TLS; asyncio has no door for that.
            beneath: Any = writer.transport
            beneath._ssl_protocol._transport.write(b"250 2.0.0 all is well\r\n")
            await self._done.wait()

    async def finish(self) -> None:
        """Let everything be seen that was sent."""
        self._done.set()
        if self._sessions:
            await asyncio.wait(self._sessions, timeout=5)


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as running:
        yield running


Play = Callable[..., contextlib.AbstractContextManager[Seen]]


@pytest.fixture
def play(portal: BlockingPortal) -> Play:
    @contextmanager
    def run(
        script: Script | None = None,
        *,
        context: ssl.SSLContext | None = None,
        implicit: bool = False,
    ) -> Iterator[Seen]:
        async def begin() -> tuple[ScriptedServer, asyncio.Server]:
            scripted = ScriptedServer(script or {}, context=context, implicit=implicit)
            if context is not None:
                context.sni_callback = lambda _, name, __: scripted.seen.names.append(name)
            return scripted, await scripted.start()

        async def end(scripted: ScriptedServer, server: asyncio.Server) -> None:
            server.close()
            await scripted.finish()

        scripted, server = portal.call(begin)
        try:
            yield scripted.seen
        finally:
            portal.call(end, scripted, server)

    return run


@pytest.fixture
def shake_hands(portal: BlockingPortal) -> Play:
    """A server that says hello under TLS, once: unlike asyncio's, it sends its alerts."""

    def serve(listener: socket.socket, context: ssl.SSLContext) -> None:
        connection, _ = listener.accept()
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.settimeout(5)
            encrypted = context.wrap_socket(connection, server_side=True)
            encrypted.send(b"220 hello\r\n")
            encrypted.recv(1)

    @contextmanager
    def run(context: ssl.SSLContext) -> Iterator[Seen]:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            done = portal.start_task_soon(to_thread.run_sync, serve, listener, context)
            yield Seen(port=listener.getsockname()[1])
            done.result(timeout=5)

    return run


class _Keeper:
    """Keeps what aiosmtpd hands over."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.logins: list[tuple[str, bytes, bytes]] = []

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.envelopes.append(envelope)
        return "250 2.0.0 Ok: queued as 77"

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        self.logins.append((mechanism, data.login, data.password))
        good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=good)


@dataclass
class AioServer:
    """A running bare aiosmtpd."""

    port: int
    keeper: _Keeper


ServeAio = Callable[..., contextlib.AbstractContextManager[AioServer]]


@pytest.fixture
def serve_aiosmtpd(portal: BlockingPortal) -> ServeAio:
    @contextmanager
    def run(
        *, context: ssl.SSLContext | None = None, implicit: bool = False, **options: Any
    ) -> Iterator[AioServer]:
        keeper = _Keeper()

        def protocol() -> SMTP:
            return SMTP(
                keeper,
                hostname="mx.example",
                authenticator=keeper.authenticate,
                tls_context=None if implicit else context,
                loop=asyncio.get_running_loop(),
                **options,
            )

        async def begin() -> asyncio.Server:
            loop = asyncio.get_running_loop()
            return await loop.create_server(
                protocol, "127.0.0.1", 0, ssl=context if implicit else None
            )

        async def end(server: asyncio.Server) -> None:
            server.close()

        server = portal.call(begin)
        try:
            yield AioServer(port=server.sockets[0].getsockname()[1], keeper=keeper)
        finally:
            portal.call(end, server)

    return run


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("trust") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


ServerContext = Callable[..., ssl.SSLContext]


@pytest.fixture(scope="session")
def good_context(authority: trustme.CA) -> ServerContext:
    def make(*names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*(names or ("localhost", "127.0.0.1"))).configure_cert(context)
        return context

    return make


@pytest.fixture(scope="session")
def kinds() -> Authority:
    return Authority.create()


@pytest.fixture(scope="session")
def kinds_ca_file(kinds: Authority, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(kinds.write(tmp_path_factory.mktemp("kinds")).ca_file)


MakeMessage = Callable[..., BuiltMessage]


@pytest.fixture(scope="session")
def make_message() -> MakeMessage:
    def make(**fields: Any) -> BuiltMessage:
        values: dict[str, Any] = {
            "from": {"name": "Courier", "address": "courier@sender.example"},
            "to": [{"address": "a@one.example"}, {"address": "b@two.example"}],
            "subject": "Hello",
            "text": "First line\n.second line\n",
            **fields,
        }
        return build(Message.model_validate(values), unique="0815", date=NOW)

    return make


Send = Callable[..., Delivery]


@pytest.fixture
def send(ca_file: str, make_message: MakeMessage) -> Send:
    """Send to a port of this machine under a logical name that only `connect_to` knows."""

    def run(
        port: int,
        message: BuiltMessage | None = None,
        *,
        host: str = "mail.example.com",
        credentials: bool = True,
        timeout: float = PATIENCE,
        ca_file: str = ca_file,
        ehlo_name: str | None = None,
        **options: Any,
    ) -> Delivery:
        settings: SmtpSettings = smtp_settings(
            host=host,
            port=587,
            **{**(CREDENTIALS if credentials else {}), "security": Security.NONE, **options},
        )
        return send_message(
            settings,
            message or make_message(),
            timeout=timeout,
            ca_file=ca_file,
            connect_to={f"{host}:587": f"127.0.0.1:{port}"},
            ehlo_name=ehlo_name,
        )

    return run
