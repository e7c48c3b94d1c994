"""What happened on the wire, as ordered, immutable events.

Fakes only record; they hold no opinion. An `Event` is a `Fact` with its number, its time (seconds
since the transcript began) and the number of the connection it happened on. Connections are
numbered from 1 over the whole transcript, which several fakes may share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from .clock import monotonic
from .http.exchange import Request, Response
from .message import Captured


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A connection was accepted by `server` (the fake's name) on `port`."""

    server: str
    port: int
    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Octets as they came in, one segment.

    `secure`: inside TLS. A message body is not repeated here: it is in `Body`.
    """

    data: bytes
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One line that the fake read as a command, without its line end."""

    line: bytes
    secure: bool

    @property
    def verb(self) -> str:
        """The first word in upper case: `EHLO`, `MAIL` and so on."""
        return self.line.split(b" ", 1)[0].decode("latin-1").strip().upper()

    @property
    def argument(self) -> str:
        """What follows the first blank."""
        return self.line.partition(b" ")[2].decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthResponse:
    """One line that the sender answered to a 334 challenge, without its line end."""

    line: bytes
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthOutcome:
    """Credentials were presented and compared. Neither password nor digest is kept here."""

    mechanism: str
    username: str
    accepted: bool
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Octets that the fake sent, one reply or part of one."""

    data: bytes
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What came after 354, dot-stuffed as on the wire, without the final dot line.

    `complete` tells whether the final dot line came.
    """

    data: bytes
    secure: bool
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHelloSeen:
    """A ClientHello.

    `versions` are the TLS versions offered, as `TLSv1.2`; `server_name` is the SNI as sent, None
    when there was none.
    """

    server_name: str | None
    versions: tuple[str, ...]
    implicit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsEstablished:
    """The handshake is done; from here on the connection is secure."""

    version: str
    cipher: str
    certificate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFailed:
    """The handshake, or the TLS connection after it, failed.

    `alert` is the one that the peer sent, if it sent one.
    """

    reason: str
    alert: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCaptured:
    """A message is taken; the 2xx reply comes next. `index` is its place in the fake's list."""

    index: int
    message: Captured


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultActed:
    """A fault is about to do its work. Recorded before it does."""

    moment: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Octets that came in and were never read as a command."""

    data: bytes
    secure: bool
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequested:
    """A whole HTTP request came in."""

    request: Request
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponded:
    """An HTTP response went out. How well it is known that the vendor answers so is in it."""

    response: Response
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The connection ended. `by` is `sender` or `fake`, `how` is `fin` or `reset`."""

    by: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broke:
    """The fake itself failed. Whatever follows proves nothing about the sender."""

    error: str


Fact = (
    Connected
    | Received
    | Command
    | AuthResponse
    | AuthOutcome
    | Sent
    | Body
    | ClientHelloSeen
    | TlsEstablished
    | TlsFailed
    | MessageCaptured
    | FaultActed
    | Unread
    | HttpRequested
    | HttpResponded
    | Closed
    | Broke
)

F = TypeVar("F")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact with its place in the record."""

    number: int
    at: float
    connection: int
    fact: Fact


@dataclass(slots=True)
class Transcript:
    """The record of one world. Append-only; reading it while fakes run is allowed.

    `segments`: how many came in from the network so far, each of them recorded or not.
    """

    clock: Callable[[], float] = monotonic
    events: list[Event] = field(default_factory=list)
    segments: int = 0
    _began: float | None = None
    _connections: int = 0

    def open_connection(self) -> int:
        """The number of a new connection."""
        self._connections += 1
        return self._connections

    def record(self, connection: int, fact: Fact) -> Event:
        """Append a fact."""
        now = self.clock()
        if self._began is None:
            self._began = now
        event = Event(
            number=len(self.events) + 1, at=now - self._began, connection=connection, fact=fact
        )
        self.events.append(event)
        return event

    def of(self, kind: type[F]) -> Iterator[tuple[Event, F]]:
        """Every event whose fact is a `kind`, with that fact, in order."""
        for event in self.events:
            if isinstance(event.fact, kind):
                yield event, event.fact

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)
