from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest

from harness.protocol import SendRequest
from harness.senders.in_process import InProcessSender
from harness.senders.outcome import Answered, Crashed, Hung, NoAnswer

pytestmark = pytest.mark.anyio

LIMIT = 20.0


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def calling(function: Callable[[dict[str, Any]], object]) -> InProcessSender:
    return InProcessSender("reference", function)


async def test_the_function_gets_the_document_and_answers(request_to_send: SendRequest) -> None:
    async with calling(lambda request: {"status": "sent", "reason": request["case"]}) as sender:
        outcome = await sender.send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Answered)
    assert outcome.answer.reason == request_to_send.case


async def test_an_exception_is_a_crash_with_its_traceback(request_to_send: SendRequest) -> None:
    outcome = await calling(lambda _: 1 / 0).send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, Crashed)
    assert outcome.how == "raised ZeroDivisionError: division by zero"
    assert b"Traceback" in outcome.output.stderr


async def test_what_is_no_dict_is_no_answer(request_to_send: SendRequest) -> None:
    outcome = await calling(lambda _: None).send(request_to_send, limit=LIMIT)
    assert isinstance(outcome, NoAnswer)


async def test_a_hang_is_abandoned_and_others_go_on(
    request_to_send: SendRequest, gate: threading.Event
) -> None:
    def handle(request: dict[str, Any]) -> object:
        if request["timeout"] == 9.0:
            gate.wait()
        return {"status": "sent"}

    sender = calling(handle)
    stuck = request_to_send.model_copy(update={"timeout": 9.0})
    assert isinstance(await sender.send(stuck, limit=0.2), Hung)
    assert isinstance(await sender.send(request_to_send, limit=LIMIT), Answered)


async def test_a_hundred_requests_run_side_by_side(request_to_send: SendRequest) -> None:
    barrier = threading.Barrier(100)

    def handle(request: dict[str, Any]) -> object:
        barrier.wait(LIMIT)
        return {"status": "sent"}

    sender = calling(handle)
    outcomes = []

    async def send() -> None:
        outcomes.append(await sender.send(request_to_send, limit=LIMIT))

    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(send)
    assert {type(outcome) for outcome in outcomes} == {Answered}
