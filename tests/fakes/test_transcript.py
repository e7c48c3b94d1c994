"""The record itself."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import get_args

import pytest

from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import Closed, Event, Fact, Sent, Transcript


def test_events_are_numbered_and_timed_from_the_first() -> None:
    times = iter([100.0, 100.5, 103.0])
    transcript = Transcript(clock=lambda: next(times))
    first, second = transcript.open_connection(), transcript.open_connection()
    assert (first, second) == (1, 2)
    transcript.record(1, Sent(data=b"220\r\n", secure=False))
    transcript.record(2, Sent(data=b"220\r\n", secure=True))
    last = transcript.record(1, Closed(by="fake", how="fin"))
    assert [(event.number, event.at, event.connection) for event in transcript] == [
        (1, 0.0, 1), (2, 0.5, 2), (3, 3.0, 1),
    ]  # fmt: skip
    assert last is transcript.events[2]
    assert len(transcript) == 3


def test_facts_of_a_kind_come_with_their_events() -> None:
    transcript = Transcript(clock=lambda: 0.0)
    sent = Sent(data=b"x", secure=False)
    transcript.record(1, Closed(by="fake", how="fin"))
    transcript.record(1, sent)
    assert [(event.number, fact) for event, fact in transcript.of(Sent)] == [(2, sent)]


def test_events_and_facts_cannot_be_changed() -> None:
    event = Event(number=1, at=0.0, connection=1, fact=Sent(data=b"x", secure=False))
    with pytest.raises(FrozenInstanceError):
        event.number = 2  # type: ignore[misc]  # that is the point
    for kind in get_args(Fact):
        assert kind.__dataclass_params__.frozen, kind


@pytest.mark.parametrize(
    ("line", "verb", "argument"),
    [
        (b"MAIL FROM:<a@b>", "MAIL", "FROM:<a@b>"),
        (b"noop", "NOOP", ""),
        (b"", "", ""),
        (b" EHLO x", "", "EHLO x"),
        (b"quit\t", "QUIT", ""),
        (b"\xff\xfe x", "\xff\xde", "x"),
        (b"RCPT TO:<\xff>", "RCPT", "TO:<\ufffd>"),
    ],
)
def test_a_command_tells_its_verb_and_argument(line: bytes, verb: str, argument: str) -> None:
    command = Command(line=line, secure=False)
    assert command.verb == verb.upper()
    assert command.argument == argument
