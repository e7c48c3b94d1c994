"""What the judge looks at: everything that a case left behind, as values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from harness.fakes.message import Captured
from harness.fakes.transcript import Event, MessageCaptured
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
class SendRecord:
    """One time that the sender was asked to send.

    `answer` is there only where it answered. `words` is everything that it said, one text; `unkept`
    names the secrets that it also said, in what was too long to be kept. `complaints` are what its
    author got wrong in the answer, which decides nothing. `first` and `last` are the numbers of the
    events that fall into it.
    """

    request: SendRequest
    reaction: Reaction
    answer: Answer | None
    words: str
    summary: str
    first: int
    last: int
    complaints: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A case that has run.

    `main` is the label of the fake that the sender was told of; `host` the name it was told.
    `in_clear` tells whether it was told to send in clear, `untrusted` whether a certificate was
    shown to it that has to be refused.
    """

    events: tuple[Event, ...]
    sends: tuple[SendRecord, ...]
    secrets: Secrets
    main: str
    host: str
    in_clear: bool
    untrusted: bool = False

    @property
    def last(self) -> SendRecord:
        """The last send: what `then.sender` is about."""
        return self.sends[-1]

    @property
    def messages(self) -> tuple[Captured, ...]:
        """What was taken, in order."""
        return tuple(captured.message for _, captured in self.of(MessageCaptured))

    def of(self, kind: type[F]) -> Iterator[tuple[Event, F]]:
        """Every event whose fact is a `kind`, with the fact."""
        for event in self.events:
            if isinstance(event.fact, kind):
                yield event, event.fact


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
