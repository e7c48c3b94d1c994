"""Fakes that stay up for days hold what is new, and hold nobody up."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.fakes.faults.plan import Fault, FaultPlan
from harness.fakes.message import CapturedMessage
from harness.fakes.transcript import Event, Sent
from harness.serve.fault_orders import armed, disarmed, rest_of
from harness.serve.kept_mail import KeptMail, KeptMessage
from harness.serve.line_writer import LineWriter
from harness.serve.order import read_arguments
from harness.serve.record import RollingTranscript
from harness.serve.running import ServedFakes

_PATIENCE = 30


def _message(number: int, *, content: bytes = b"x") -> KeptMessage:
    captured = CapturedMessage(
        wire=content, mail_from="", rcpt_tos=(), username=None, secure=True, connection=1
    )
    return KeptMessage(
        id=number,
        fake="smtp",
        by="smtp",
        at=datetime.now(UTC),
        captured=captured,
        content=content,
    )


def test_the_record_holds_the_newest_events_under_their_numbers() -> None:
    told: list[Event] = []
    record = RollingTranscript(listener=told.append, most_events=10, most_octets=1000)
    for _ in range(95):
        record.record(1, Sent(data=b"x", secure=False))
    assert [event.number for event in told] == list(range(1, 96))
    assert 5 <= len(record.events) <= 10
    assert record.events[-1].number == 95
    record.record(1, Sent(data=b"x" * 2000, secure=False))
    assert [event.number for event in record.events] == [96]


def test_the_oldest_messages_make_room_and_their_fakes_are_told() -> None:
    gone: list[int] = []
    mail = KeptMail(when_forgotten=lambda each: gone.append(each.id), most=3, most_octets=100)
    for number in range(1, 6):
        mail.keep(_message(number))
    assert [each.id for each in mail.messages] == [3, 4, 5]
    mail.keep(_message(6, content=b"x" * 99))
    assert [each.id for each in mail.messages] == [5, 6]
    mail.keep(_message(7, content=b"x" * 200))
    assert ([each.id for each in mail.messages], gone) == ([7], [1, 2, 3, 4, 5, 6])
    assert mail.next_id == 8


def test_a_fake_lets_go_of_what_is_forgotten_and_of_old_requests(tmp_path: Path) -> None:
    async def go() -> None:
        fakes = ServedFakes(read_arguments(["sendgrid"]), lambda _: None)
        ca_file = tmp_path / "ca.pem"
        ca_file.write_bytes(fakes.authority.certificate_pem)
        async with fakes.serve(ca_file):
            served = fakes.fakes["sendgrid"]
            assert served.api is not None
            served.smtp.messages.append(_message(1).captured)  # type: ignore[arg-type]
            served.forget(_message(1))
            assert len(served.smtp.messages) == 1  # another message, though it is equal
            served.api.requests.extend([None] * 2_001)  # type: ignore[list-item]
            fakes.look_after()
            assert len(served.api.requests) == 1_001

    asyncio.run(go())


def test_a_reader_that_reads_nothing_holds_nobody_up() -> None:
    may_go_on, stuck = threading.Event(), threading.Event()
    written: list[str] = []

    def write(text: str) -> None:
        stuck.set()
        assert may_go_on.wait(_PATIENCE)
        written.append(text)

    lines = LineWriter(write, lambda: None)
    lines("first")
    assert stuck.wait(_PATIENCE)
    for number in range(10_005):
        lines(str(number))
    assert lines.lost == 5
    may_go_on.set()
    lines.end()
    assert (written[0], written[1], written[-1]) == ("first", "5", "10004")


def test_a_reader_that_went_away_is_told_of_once() -> None:
    told = threading.Event()

    def write(_: str) -> None:
        raise BrokenPipeError

    lines = LineWriter(write, told.set)
    lines("x")
    assert told.wait(_PATIENCE)
    lines.end()


def _fault(**words: object) -> Fault:
    return Fault.model_validate({"at": "rcpt", "do": "reply", "code": 550, **words})


@pytest.mark.parametrize(
    ("words", "acted", "left"),
    [
        ({}, 7, ("always", 550)),
        ({"times": 3}, 1, (2, 550)),
        ({"times": 3}, 3, None),
        ({"times": 2, "then": {"do": "reply", "code": 451}}, 5, ("always", 451)),
        ({"times": 2, "then": {"do": "reply", "code": 451, "times": 2}}, 3, (1, 451)),
        ({"times": 2, "then": {"do": "reply", "code": 451, "times": 2}}, 4, None),
    ],
)
def test_what_is_left_of_a_fault_that_has_acted(
    words: dict[str, object], acted: int, left: tuple[object, int] | None
) -> None:
    rest = rest_of(_fault(**words), acted=acted)
    if left is None:
        assert rest is None
    else:
        assert rest is not None
        assert (rest.times or "always", getattr(rest.action, "code", None)) == left


def test_faults_that_are_used_up_are_not_armed_again() -> None:
    plan = FaultPlan.of([_fault(times=1), _fault(at="data")])
    plan._acted[0] = 1
    assert armed(plan, [{"at": "mail"}]) == (plan.faults[1], {"at": "mail"})
    assert disarmed(plan, 1) == ()
