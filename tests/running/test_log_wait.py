"""Waiting for a delivery log: until it says what is waited for, within a bound, and no longer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from harness.checks.record import Reaction, SendRecord
from harness.log_wait import DeliveryLog, Looked, answer_by_the_log
from harness.protocol import Answer, SendRequest
from harness.senders.in_process import InProcessSender

QUEUED = {"status": "queued"}
TO = "recipient@harness.test"


def entry(state: str, *attempts: dict[str, Any], to: str = TO) -> dict[str, Any]:
    return {"state": state, "to": [to], "attempts": list(attempts)}


FAILED = {"phase": "rcpt", "class": "recipient-refused", "reply_code": 451}


class Answers:
    """Answers with one log after the other, and then always with the last one."""

    def __init__(self, logs: Iterable[Any]) -> None:
        self.logs = list(logs)
        self.looks = 0

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        assert request["action"] == "deliveries"
        self.looks += 1
        return {"deliveries": self.logs.pop(0) if len(self.logs) > 1 else self.logs[0]}


def looked(
    answers: Answers,
    sends: Iterable[SendRecord],
    until: Any = "final",
    *,
    limit: float = 60.0,
    knows_what_was_there: bool = False,
) -> Looked:
    numbers: Iterator[int] = iter(range(1, 1000))

    async def settled() -> int:
        return next(numbers)

    async def run() -> Looked:
        sender = InProcessSender("made up", answers)
        sender.stated_delivery_limit = limit
        log = DeliveryLog(sender=sender, case="a", timeout=2.0, settled=settled)
        if knows_what_was_there:
            await log.forget_what_is_there()
        return await log.wait(list(sends), until)

    return asyncio.run(run())


def make_send(answer: dict[str, Any]) -> SendRecord:
    told = {
        "case": "a",
        "transport": None,
        "trust": {"ca_file": "ca.pem", "ca_pkcs12": "ca.p12", "ca_pkcs12_password": "x"},
        "message": {"from": {"address": "sender@harness.test"}, "to": [{"address": TO}]},
    }
    return SendRecord(
        request=SendRequest.model_validate(told),
        reaction=Reaction.ANSWERED,
        answer=Answer.model_validate(answer),
        words="",
        summary="",
        first=1,
        last=1,
    )


@pytest.fixture
def send() -> SendRecord:
    return make_send(QUEUED)


def test_it_is_read_until_each_message_has_come_to_its_end(send: SendRecord) -> None:
    answers = Answers([[], [entry("queued")], [entry("processing")], [entry("sent")]])
    found = looked(answers, [send])
    assert found.rested
    assert answers.looks == 4
    assert [[each.state for each in entries] for _, entries in found.seen] == [
        [],
        ["queued"],
        ["processing"],
        ["sent"],
    ]


def test_what_does_not_change_is_seen_once(send: SendRecord) -> None:
    answers = Answers([[entry("queued")], [entry("queued")], [entry("queued")], [entry("sent")]])
    found = looked(answers, [send])
    assert [number for number, _ in found.seen] == [1, 4]


def test_one_that_never_comes_to_rest_is_left_at_its_limit(send: SendRecord) -> None:
    found = looked(Answers([[entry("processing")]]), [send], limit=0.1)
    assert not found.rested
    assert found.limit == 0.1
    assert found.entries is not None


def test_a_log_that_is_none_is_not_waited_for(send: SendRecord) -> None:
    answers = Answers(["nothing"])
    found = looked(answers, [send])
    assert found.entries is None
    assert answers.looks == 1


@pytest.mark.parametrize(
    ("until", "logs", "looks"),
    [
        ("now", [[]], 1),
        ("tried", [[entry("queued")], [entry("queued", FAILED)]], 2),
        ("tried", [[entry("queued")], [entry("sent", {})]], 2),
        ("tried again", [[entry("queued", FAILED)], [entry("queued", *[FAILED] * 3)]], 2),
        ("tried again", [[entry("queued", FAILED)], [entry("abandoned", FAILED)]], 2),
        ("final", [[entry("queued", FAILED)], [entry("abandoned", FAILED)]], 2),
    ],
)
def test_it_ends_when_enough_was_tried(
    until: str, logs: list[Any], looks: int, send: SendRecord
) -> None:
    answers = Answers(logs)
    assert looked(answers, [send], until).rested
    assert answers.looks == looks


def test_a_message_that_was_turned_down_at_once_is_not_waited_for() -> None:
    assert looked(Answers([[]]), [make_send({"status": "failed"})]).rested


def test_what_was_in_it_before_is_of_other_cases(send: SendRecord) -> None:
    old = {**entry("sent"), "message_id": "<old@a>"}
    new = {**entry("queued"), "message_id": "<new@a>"}
    done = {**new, "state": "sent"}
    found = looked(Answers([[old], [old, new], [old, done]]), [send], knows_what_was_there=True)
    assert [each.message_id for each in found.entries or ()] == ["<new@a>"]


@pytest.mark.parametrize(
    ("last", "status", "attempts"),
    [
        (entry("sent", FAILED, {}), "sent", 2),
        (entry("abandoned", FAILED), "failed", 1),
        (entry("queued", FAILED), "failed", 1),
    ],
)
def test_what_the_log_says_is_the_answer_to_the_send(
    last: dict[str, Any], status: str, attempts: int, send: SendRecord
) -> None:
    found = looked(Answers([[last]]), [send], "tried")
    assert send.answer is not None
    answer = answer_by_the_log(send.answer, send, found)
    assert answer is not None
    assert (answer.status, answer.attempts) == (status, attempts)


def test_of_a_message_that_nothing_is_said_of_there_is_no_answer(send: SendRecord) -> None:
    assert send.answer is not None
    for last in ([], [entry("queued")]):
        assert answer_by_the_log(send.answer, send, looked(Answers([last]), [send], "now")) is None
