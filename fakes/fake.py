"""What every fake is: a server in a chosen state, with a record and a trust anchor."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, Generic, Self, TypeVar

from .closed_ports import Rejection, blackhole, filled_hole
from .connection import Connection, Conversation
from .constructor_words import OWN_WORDS
from .errors import FakeError
from .faults import FaultPlan
from .listener import Blackhole, Network, bind, check_reach, check_sockets
from .loop_thread import loop_thread, surely
from .mail.readable import ReadableMessage
from .mail_taking import MailTaker, in_words
from .sealed import Sealed, is_settable, unsettable
from .served_contexts import ServedContexts
from .server_state import ServerState
from .tls import Authority
from .tls.client_hello import ClientHello
from .tls.layer import ServedTls
from .transcript import Transcript

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_BACKLOG = 128
# One to run the task of an accepted connection, one to call connection_made().
_TURNS_OF_AN_ACCEPT = 2


C = TypeVar("C", bound=ReadableMessage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a fake is at one time; a connection keeps what it began with.

    `names` are those that a certificate is made for. `words` are what all of it was made of.
    """

    words: Mapping[str, Any]
    state: ServerState
    names: tuple[str, ...]
    plan: FaultPlan


class Fake(MailTaker[C], Generic[C], metaclass=Sealed):
    """A server in a chosen state.

    `words` say which; the rest holds as long as the fake lives. `authority` and `ca_file`: the
    trust anchor to issue from and its file (one is made up when left out). `transcript`: to share
    one record between fakes. `timeout`: what `x` means in the durations of faults, in seconds.
    `bind_host` and `bind_port`: where to listen (port 0: any free one). What is not loopback needs
    `bind_anywhere`, and is warned of. `label`: its name in the record.

    Raises:
        FakeError: the words make no sense, or `bind_host` can be reached from other machines.
    """

    _is_made = False

    def __init__(
        self,
        *,
        words: Mapping[str, Any],
        authority: Authority | None,
        ca_file: Path | None,
        transcript: Transcript | None,
        timeout: float,
        bind_host: str,
        bind_port: int,
        bind_anywhere: bool,
        label: str,
    ) -> None:
        super().__init__()
        check_reach(bind_host, anywhere=bind_anywhere)
        self.transcript = transcript if transcript is not None else Transcript()
        self.host = bind_host
        self.bind_anywhere = bind_anywhere
        self._port = self._bind_port = bind_port
        self.label = label
        self.timeout = timeout
        # One changes a fake at a time, and no connection begins while it becomes another.
        self._changing, self._turning = Lock(), Lock()
        self._first_words = words
        state = self._read(words)
        self._standing = self._first_standing = Standing(
            words=words, state=state, names=self._names(state), plan=FaultPlan.of(state.faults)
        )
        self._authority = authority
        self._served = ServedContexts(authority) if authority is not None else None
        self._ca_file = ca_file
        self._connections: set[Connection] = set()
        self._seen = 0
        self._runs = False
        self._reserved: socket.socket | None = None
        self._hole: Blackhole | None = None

    @abstractmethod
    def _serves_tls(self, state: ServerState) -> bool:
        """Whether a certificate is ever served in this state."""

    @property
    def uses_tls(self) -> bool:
        """Whether a certificate is ever served."""
        return self._serves_tls(self.state)

    @abstractmethod
    def converse(self, nth: int) -> Conversation:
        """What is spoken on the nth connection, from 1."""

    @abstractmethod
    def _read(self, words: Mapping[str, Any]) -> ServerState:
        """The state that `words` say.

        Raises:
            FakeError: they make no sense; it names each of them.
        """

    def _names(self, state: ServerState) -> tuple[str, ...]:
        """The names that a certificate is made for in this state."""
        return state.names or LOOPBACK_NAMES

    @property
    def state(self) -> ServerState:
        """The state that it is in."""
        return self._standing.state

    @property
    def names(self) -> tuple[str, ...]:
        """The names that its certificate is made for."""
        return self._standing.names

    @property
    def plan(self) -> FaultPlan:
        """Its faults, and how often each has acted."""
        return self._standing.plan

    @property
    def port(self) -> int:
        """Where it listens, once it runs."""
        return self._port

    def __setattr__(self, name: str, value: Any) -> None:
        if self._is_made and not name.startswith("_") and not is_settable(type(self), name):
            raise unsettable(name, of=self, words=type(self._standing.state).model_fields)
        super().__setattr__(name, value)

    def change(self, **words: Any) -> None:
        """Put it into another state, at once, from any thread, whether it runs or not.

        `words` are those of the constructor that say the state, each in place of what it was.
        Connections that begin afterwards see the new state, and nothing of the old one; those that
        stand keep the state that they began with. Faults begin anew where they are among the words.
        Port, messages and record go on.

        Raises:
            FakeError: the words make no sense, the certificate cannot be issued, or `network` would
                have to be another kind of socket while the fake runs. Then nothing has changed.
        """
        if lasting := words.keys() & set(OWN_WORDS):
            raise FakeError(f"{', '.join(sorted(lasting))}: holds as long as the fake lives")
        with self._changing:
            self._become({**self._standing.words, **words}, anew="faults" in words)

    def restore(self) -> None:
        """Put it back into the state that it was made in, its faults as if they had never acted.

        The rest: see `change`.
        """
        with self._changing:
            self._become(self._first_words, anew=True)

    def _become(self, words: Mapping[str, Any], *, anew: bool) -> None:
        """Enter the state that `words` say; `anew`: with faults that have not acted yet."""
        before, state = self._standing, self._read(words)
        standing = Standing(
            words=words,
            state=state,
            names=self._names(state),
            plan=FaultPlan.of(state.faults) if anew else before.plan,
        )
        if self._runs or self._reserved is not None:
            check_sockets(before.state.network, state.network)
            self._issue(standing)
        with self._turning:
            self._standing = standing

    def clear(self) -> None:
        """Forget what came and was taken, and be again as it was made, while it goes on running.

        The record is forgotten with whatever else is in it; connections that stand go on.
        """
        self._in_its_loop(self._clear)

    def _clear(self) -> None:
        self._forget()
        self.transcript.clear()
        with self._changing, self._turning:
            first = self._first_standing
            self._standing = replace(first, plan=FaultPlan.of(first.state.faults))

    def __repr__(self) -> str:
        if not self._is_made:
            return object.__repr__(self)
        where = f"on {self.host} port {self.port}" if self._runs else "that does not run"
        words = in_words(dict(self._standing.words))
        return f"<{type(self).__name__}{words} {where}, {self._tally()}>"

    @property
    def ca_file(self) -> Path:
        """The trust anchor as PEM, for the sender to trust; there while the fake runs."""
        if self._ca_file is None:
            raise FakeError("the trust anchor's file exists only while the fake runs")
        return self._ca_file

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Run from any thread, in any framework; ready when the body starts."""
        with loop_thread() as thread, thread.entered(self.serve()):
            yield self

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[Self]:
        """Run in this event loop; ready when the body starts.

        A fake can run again after it has stopped: its faults and its count of connections begin
        anew, messages and record go on.

        Raises:
            FakeError: the port is taken, the certificate cannot be issued, or it runs already.
        """
        with self._once(), self._trust(), self._in_this_loop():
            self._issue(self._standing)
            bound = self._reserved or self._bound()
            self._reserved = None
            network = self.state.network
            if network in {Network.REFUSED, Network.UNRESOLVED}:
                try:
                    yield self
                finally:
                    bound.close()
            elif network is Network.DROPPED:
                filled, self._hole = self._hole, None
                async with blackhole(bound, filled):
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
        self._issue(self._standing)
        bound = self._bound()
        if self.state.network in {Network.OPEN, Network.RESET}:
            bound.listen(_BACKLOG)
        elif self.state.network is Network.DROPPED:
            self._hole = filled_hole(bound)
        self._reserved = bound

    def _issue(self, standing: Standing) -> None:
        """Make the certificates: what cannot be issued is found out by the caller."""
        if self._serves_tls(standing.state):
            assert self._served is not None
            self._served.check(standing.state, standing.names)

    def _bound(self) -> socket.socket:
        bound = bind(self.host, self._bind_port)
        self._port = bound.getsockname()[1]
        return bound

    def contexts(self, nth: int) -> Callable[[ClientHello | None], ServedTls]:
        """Gives what a hello on the nth connection is answered with.

        As the fake is now: a connection takes it when it begins.
        """
        assert self._served is not None
        return partial(self._served.choose, self.state, self.names, nth)

    @asynccontextmanager
    async def _listening(self, bound: Any) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(self._accept, sock=bound, backlog=_BACKLOG)
        except BaseException:  # cancelled in the middle, asyncio leaves it to us
            bound.close()
            raise
        try:
            yield
        finally:
            # Stopping is short, and a caller that is being cancelled must leave nothing behind.
            await surely(self._stop(server, bound))

    async def _stop(self, server: asyncio.Server, bound: Any) -> None:
        # Accept no more, and let asyncio make what it has accepted: a connection that it makes for
        # a closed server comes to nothing, and is never closed.
        asyncio.get_running_loop().remove_reader(bound)
        for _ in range(_TURNS_OF_AN_ACCEPT):
            await asyncio.sleep(0)
        server.close()
        for connection in list(self._connections):
            connection.reset()
            await connection.gone()

    def _accept(self) -> asyncio.Protocol:
        if self.state.network is Network.RESET:
            return Rejection(label=self.label, transcript=self.transcript)
        self._seen += 1
        with self._turning:
            conversation, goodbye = self.converse(self._seen), self.state.close_notify
        connection = Connection(
            server=self.label, transcript=self.transcript, conversation=conversation
        )
        connection.says_goodbye = goodbye
        connection.on_gone = self._connections.discard
        self._connections.add(connection)
        return connection

    @contextmanager
    def _once(self) -> Iterator[None]:
        if self._runs:
            raise FakeError(f"{self.label} is running already, on {self.host} port {self.port}")
        self._runs = True
        with self._changing, self._turning:
            self._standing = replace(self._standing, plan=FaultPlan.of(self.state.faults))
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
        given, served = self._authority, self._served
        self._authority = given or Authority.create()
        self._served = served or ServedContexts(self._authority)
        with tempfile.TemporaryDirectory(prefix="harness-") as folder:
            self._ca_file = self._authority.write(Path(folder)).ca_file
            try:
                yield
            finally:
                self._ca_file, self._authority, self._served = None, given, served
