"""What the judge looks at: everything that a case left behind, as values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from harness.delivery_protocol import (
    Configured,
    ConfigureRequest,
    DeliveriesRequest,
    DeliveryEntry,
    StateRequest,
    TestSendRequest,
)
from harness.fakes.message import Captured
from harness.fakes.transcript import Event, MessageCaptured, MessageChanged, TlsEstablished
from harness.protocol import Answer, SendRequest
from harness.secrets import Secrets

F = TypeVar("F")


class Reaction(StrEnum):
    """What a sender did when it was asked."""

    ANSWERED = "answered"
    UNSUPPORTED = "unsupported"
    CRASHED = "crashed"
    HUNG = "hung"
    NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRecord:
    """One time that the sender was asked something.

    `words` is everything that it said, one text; `unkept` names the secrets that it also said, in
    what was too long to be kept. `complaints` are what its author got wrong in the answer, which
    decides nothing. `first` and `last` are the numbers of the events that fall into it.
    """

    request: SendRequest | TestSendRequest | ConfigureRequest | StateRequest | DeliveriesRequest
    reaction: Reaction
    words: str
    summary: str
    first: int
    last: int
    complaints: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRecord(AskedRecord):
    """One time that the sender was asked to send.

    `answer` is there only where it answered; where that was `queued`, and nothing else asks its
    log, it is what the log came to. `killed`: the sender was ended while it was at it.
    `unsettled`: the log had no end of it within so many seconds, which is a limit of ours and not
    one that the sender states.
    """

    request: SendRequest
    answer: Answer | None
    killed: bool = False
    unsettled: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRecord(AskedRecord):
    """One time that the sender was asked for a test message."""

    __test__ = False  # pytest takes the name for its own

    request: TestSendRequest
    answer: Answer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsRecord(AskedRecord):
    """One time that settings were handed to the sender, or read back from it."""

    request: ConfigureRequest | StateRequest
    answer: Configured | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreRecord(SettingsRecord):
    """One time that settings were handed to the sender, to be stored.

    `server` is the label of the fake that is in use by them; None where there is to be none.
    """

    request: ConfigureRequest
    server: str | None

    @property
    def is_stored(self) -> bool:
        """Whether the sender has them now."""
        return self.answer is not None and self.answer.status == "stored"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRecord(AskedRecord):
    """What the delivery log said when it was waited for, at most `limit` seconds.

    `deliveries` are the entries that were not there when the case began; None where it gave no log.
    `rested`: it came to what was waited for; where not, that convicts a sender which states that
    limit itself (`is_stated`). `seen` are the states of each message at each look, by
    the number of the event before it. `taken_at` is when it was read, in seconds since 1970.
    """

    request: DeliveriesRequest
    deliveries: tuple[DeliveryEntry, ...] | None
    rested: bool
    limit: float
    is_stated: bool
    taken_at: float
    seen: tuple[tuple[int, tuple[DeliveryEntry, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What was taken at one stroke, of one request or transaction.

    Some vendors make a message of each recipient; what the sender handed over is all of them.
    """

    events: tuple[Event, ...]
    messages: tuple[Captured, ...]

    @property
    def recipients(self) -> tuple[str, ...]:
        """The recipients of all of it, each once, in order."""
        return tuple(dict.fromkeys(name for each in self.messages for name in each.rcpt_tos))


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A case that has run.

    `asked` is what the sender was asked, in order. `main` is the label of the fake that the sender
    was told of; `host` the name it was told.
    `in_clear` tells whether it was told to send in clear, `verifies` whether it was told to verify
    certificates, each time.
    """

    events: tuple[Event, ...]
    asked: tuple[AskedRecord, ...]
    secrets: Secrets
    main: str
    host: str
    in_clear: bool
    verifies: bool = True
    _strangers: frozenset[int] = field(init=False, repr=False)
    _called_off: frozenset[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_called_off", _called_off(self.events))
        established = self.of(TlsEstablished) if self.verifies else ()
        found = {event.connection for event, fact in established if fact.has_to_be_refused}
        object.__setattr__(self, "_strangers", frozenset(found))

    @property
    def sends(self) -> tuple[SendRecord, ...]:
        """Each time that it was asked to send."""
        return tuple(each for each in self.asked if isinstance(each, SendRecord))

    @property
    def told(self) -> tuple[SendRecord | TestRecord, ...]:
        """Each time that it was to say what became of a message, or of one that it made itself."""
        return tuple(each for each in self.asked if isinstance(each, SendRecord | TestRecord))

    @property
    def stores(self) -> tuple[StoreRecord, ...]:
        """Each time that it stored settings."""
        stores = (each for each in self.asked if isinstance(each, StoreRecord))
        return tuple(each for each in stores if each.is_stored)

    @property
    def logs(self) -> tuple[LogRecord, ...]:
        """Each time that its delivery log was waited for."""
        return tuple(each for each in self.asked if isinstance(each, LogRecord))

    @property
    def has_a_queue(self) -> bool:
        """Whether messages may go out later than they are asked for, and side by side."""
        return bool(self.logs) or any(
            each.answer is not None and each.answer.status == "queued" for each in self.told
        )

    @property
    def last(self) -> AskedRecord:
        """What it was asked last."""
        return self.asked[-1]

    @property
    def last_told(self) -> SendRecord | TestRecord | None:
        """The last message: what `then.sender` is about."""
        return self.told[-1] if self.told else None

    @property
    def messages(self) -> tuple[Captured, ...]:
        """What was taken, in order."""
        return tuple(captured.message for _, captured in self.kept())

    def kept(self) -> Iterator[tuple[Event, MessageCaptured]]:
        """Every message that was taken, but those that were called off before they went out."""
        off = self._called_off
        for event, captured in self.of(MessageCaptured):
            if id(captured.message) not in off:
                yield event, captured

    def captured_in(self, send: AskedRecord) -> Iterator[tuple[Event, Captured]]:
        """Every message that was taken in this send, with its event."""
        for event, captured in self.kept():
            if send.first <= event.number <= send.last:
                yield event, captured.message

    @property
    def meets_strangers(self) -> bool:
        """Whether TLS was set up with a certificate that a sender has to refuse."""
        return bool(self._strangers)

    def is_exposed(self, event: Event) -> bool:
        """Whether what came in with it reached somebody whom the configuration does not let read.

        That is, in clear though it was told to use TLS, or inside TLS with a peer that it cannot
        have verified.
        """
        if event.fact.is_secure:
            return event.connection in self._strangers
        return not self.in_clear

    @property
    def handovers(self) -> tuple[Handover, ...]:
        """What was taken, in order, as it was handed over."""
        together: dict[tuple[int, int], list[tuple[Event, MessageCaptured]]] = {}
        for event, fact in self.kept():
            key = (fact.submission, 0) if fact.submission else (0, event.number)
            together.setdefault(key, []).append((event, fact))
        return tuple(
            Handover(
                events=tuple(event for event, _ in taken),
                messages=tuple(fact.message for _, fact in taken),
            )
            for taken in together.values()
        )

    def during(self, send: AskedRecord) -> Iterator[Event]:
        """The events of one send."""
        yield from self.events[send.first - 1 : send.last]

    def of(self, kind: type[F]) -> Iterator[tuple[Event, F]]:
        """Every event whose fact is a `kind`, with the fact."""
        for event in self.events:
            if isinstance(event.fact, kind):
                yield event, event.fact


def _called_off(events: Sequence[Event]) -> frozenset[int]:
    """The identities of the messages that were called off in the end, as they were taken."""
    first: dict[int, int] = {}
    off: set[int] = set()
    for event in events:
        if isinstance(event.fact, MessageChanged):
            before, after = id(event.fact.before), id(event.fact.after)
            first[after] = first.get(before, before)
            (off.add if event.fact.cancelled else off.discard)(first[after])
    return frozenset(off)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """The answer to one question.

    `leak`: credentials or content were exposed, which convicts a sender even where its control
    failed.
    """

    met: bool
    expected: str
    observed: str
    events: tuple[int, ...] = ()
    leak: bool = False


def numbers(events: Sequence[Event]) -> tuple[int, ...]:
    """The numbers of events, to cite them."""
    return tuple(event.number for event in events)
