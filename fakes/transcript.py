"""What happened on the wire, as ordered, immutable events.

Fakes only record; they hold no opinion. An `Event` is a `Fact` with its number, its time (seconds
since the transcript began) and the number of the connection it happened on. Connections are
numbered from 1 over the whole transcript, which several fakes may share.

The facts in this module are those of every protocol, and whoever reads no others judges every
protocol alike. What only one protocol has (its commands, requests and responses) is in
`smtp.facts` and `http.facts`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from .clock import monotonic
from .disclosure import names_an_address
from .message import Captured
from .tls.kinds import CertificateKind, ExpectedReaction

NO_CERTIFICATE = "none"
"""In the place of a kind: the server showed no certificate at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Octets that a sender put on the network. `is_content`: of a message, not about it."""

    data: bytes
    is_content: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened, whatever was spoken.

    The properties say, in the same words for every protocol, what a sender gave away with it.
    """

    @property
    def is_secure(self) -> bool:
        """Whether it happened inside TLS."""
        return bool(getattr(self, "secure", False))

    @property
    def octets(self) -> int:
        """How many octets it keeps, as far as a sender decides about that."""
        return len(getattr(self, "data", b""))

    @property
    def carried(self) -> tuple[Carried, ...]:
        """The octets that came in with it, each octet in one fact of its connection only."""
        return ()

    @property
    def disclosed(self) -> str | None:
        """What of a message or its envelope it shows to whoever reads along, in a word or two."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected(Fact):
    """A connection was accepted by `server` (the fake's name) on `port`."""

    server: str
    port: int
    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Fact):
    """Octets as they came in, one segment.

    `secure`: inside TLS. A message body is not repeated here: it is in `Body`.
    """

    data: bytes
    secure: bool

    @property
    def carried(self) -> tuple[Carried, ...]:
        """The segment."""
        return (Carried(data=self.data, is_content=False),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(Fact):
    """Octets that the fake sent, one reply or part of one.

    An HTTP response that no fault had a hand in is not repeated here: it is in `HttpResponded`.
    """

    data: bytes
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Body(Fact):
    """The content of a message, as it came.

    Over SMTP: what came after 354, dot-stuffed as on the wire, without the final dot line. Over
    HTTP only what there was of a body that never became complete. `complete`: its end came.
    """

    data: bytes
    secure: bool
    complete: bool

    @property
    def carried(self) -> tuple[Carried, ...]:
        """The content."""
        return (Carried(data=self.data, is_content=True),)

    @property
    def disclosed(self) -> str | None:
        """Content, though there be none of it: who is asked for it is told all the same."""
        return "content"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHelloSeen(Fact):
    """A ClientHello.

    `versions` are the TLS versions offered, as `TLSv1.2`; `server_name` is the SNI as sent, None
    when there was none.
    """

    server_name: str | None
    versions: tuple[str, ...]
    implicit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsEstablished(Fact):
    """The handshake is done; from here on the connection is secure."""

    version: str
    cipher: str
    certificate: str

    @property
    def has_to_be_refused(self) -> bool:
        """Whether a sender that verifies turns this certificate down, so that this one did not."""
        if self.certificate == NO_CERTIFICATE:
            return True
        try:
            facts = CertificateKind(self.certificate).facts
        except ValueError:
            return False
        return facts.verified is ExpectedReaction.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFailed(Fact):
    """The handshake, or the TLS connection after it, failed.

    `alert` is the one that the peer sent, if it sent one.
    """

    reason: str
    alert: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCaptured(Fact):
    """A message is taken; the positive answer comes next. `index` is its place in the fake's list.

    `submission` is the same for all that one request or transaction handed over: some vendors
    make a message of each recipient. 0: nothing else came with it.
    """

    index: int
    message: Captured
    submission: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChanged(Fact):
    """A message that had not gone out was called off, or is to go out at another time.

    `index` is its place in the fake's list. `before` is the message as it was recorded last,
    `after` as it is.
    """

    index: int
    before: Captured
    after: Captured
    cancelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged(Fact):
    """The last octet of a positive answer has left: from here on the server answers for it.

    `messages` are the indexes of what was captured, `answer` is the reply, or the status of the
    response. Without messages it was a fault that said yes, and nothing was taken: whether a sender
    may believe it is for the scenario to say.
    """

    messages: tuple[int, ...]
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRefused(Fact):
    """The last octet of an answer that refuses this recipient has left.

    `code` is the reply code, or the status of the response; `words` are the refusal's.
    """

    address: str
    code: int
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultActed(Fact):
    """A fault is about to do its work. Recorded before it does."""

    moment: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentReached(Fact):
    """A fault's moment has come, and this time it lets the fake be honest."""

    moment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread(Fact):
    """Octets that came in and were never read as a command or a request.

    `repeated`: they are in the record as a segment already.
    """

    data: bytes
    secure: bool
    why: str
    repeated: bool = True

    @property
    def carried(self) -> tuple[Carried, ...]:
        """The octets, where no segment has them."""
        return () if self.repeated else (Carried(data=self.data, is_content=False),)

    @property
    def disclosed(self) -> str | None:
        """An address: thrown away by the server, and read by whoever listens."""
        return "an address" if names_an_address(self.data) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Fact):
    """The connection ended. `by` is `sender` or `fake`, `how` is `fin` or `reset`."""

    by: str
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broke(Fact):
    """The fake itself failed. Whatever follows proves nothing about the sender."""

    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModelled(Fact):
    """The sender asked for what the vendor has and the fake has not; the answer says so.

    Whatever the sender did about it is nothing against it.
    """

    call: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flooded(Fact):
    """The record has reached its bounds: nothing is added to it, and nobody is served, any more."""

    events: int
    kept: int


F = TypeVar("F")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A fact with its place in the record."""

    number: int
    at: float
    connection: int
    fact: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much one record may hold: so many events, and so many octets in them."""

    events: int
    octets: int


@dataclass(slots=True)
class Transcript:
    """The record of one world. Append-only until it is cleared; it may be read while fakes run.

    `segments`: how many came in from the network so far, each of them recorded or not. `bounds`:
    where it ends, None for nowhere; `when_full` is called once, when it `is_full`. `hearer` is told
    each event.
    """

    clock: Callable[[], float] = monotonic
    events: list[Event] = field(default_factory=list)
    segments: int = 0
    _began: float | None = None
    _connections: int = 0
    _submissions: int = 0
    bounds: Bounds | None = None
    when_full: Callable[[], object] | None = None
    hearer: Callable[[Event], object] | None = None
    is_full: bool = False
    _octets: int = 0

    def open_connection(self) -> int:
        """The number of a new connection."""
        self._connections += 1
        return self._connections

    def open_submission(self) -> int:
        """The number of a new submission: a request or transaction that hands over messages."""
        self._submissions += 1
        return self._submissions

    def record(self, connection: int, fact: Fact) -> Event:
        """Append a fact. Where the record is full nothing happens, and the last event is given."""
        if self.is_full:
            return self.events[-1]
        event = self._append(connection, fact)
        if self.bounds is not None:
            self._octets += fact.octets
            if len(self.events) >= self.bounds.events or self._octets > self.bounds.octets:
                self._append(connection, Flooded(events=len(self.events), kept=self._octets))
                self.is_full = True
                if self.when_full is not None:
                    self.when_full()
        return event

    def _append(self, connection: int, fact: Fact) -> Event:
        now = self.clock()
        if self._began is None:
            self._began = now
        event = Event(
            number=len(self.events) + 1, at=now - self._began, connection=connection, fact=fact
        )
        self.events.append(event)
        if self.hearer is not None:
            self.hearer(event)
        return event

    def clear(self) -> None:
        """Forget what happened so far; connections are still numbered on."""
        self.events.clear()
        self._octets, self.is_full = 0, False

    def of(self, kind: type[F]) -> Iterator[tuple[Event, F]]:
        """Every event whose fact is a `kind`, with that fact, in order."""
        for event in self.events:
            if isinstance(event.fact, kind):
                yield event, event.fact

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)
