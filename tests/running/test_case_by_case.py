"""Cases that are asked one at a time, when somebody wants to know."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.case_by_case import CaseByCase
from harness.errors import SenderError
from harness.execution import RunOrder
from harness.machine import Watch
from harness.model import CaseResult
from harness.reference.sender import handle as right
from harness.scenario.case import Case
from harness.scenario.library import load_library
from harness.senders.in_process import InProcessSender
from harness.standing_run import standing_run

pytestmark = pytest.mark.wire

BAD = """\
title: A bad certificate is refused
verifies: [ORY-035]
axes: {certificate: [expired, self-signed]}
given: {smtp: {certificate: "{certificate}"}}
when: {send: {}}
then: {sender: {status: failed}, wire: {auth: never, messages: never}}
control: {smtp: {certificate: good}}
"""
PLAIN = """\
title: A message is sent and taken
verifies: [ORY-035]
axes: {subject: [one, two]}
when: {send: {message: {subject: "{subject}"}}}
then: {sender: {status: sent}, wire: {messages: once}}
"""


@pytest.fixture
def cases(tmp_path: Path) -> tuple[Case, ...]:
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")
    (tmp_path / "plain.yaml").write_text(PLAIN, encoding="utf-8")
    return load_library((str(tmp_path),)).cases


class Noting:
    """The right sender, with a list of what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, request: dict[str, Any]) -> Any:
        if request["action"] == "send":
            self.asked.append(request["case"])
        return right(request)


def ask_in_turn(cases: tuple[Case, ...], handle: Any, *names: str) -> list[CaseResult]:
    """What comes of these cases, in this order."""

    async def asked() -> list[CaseResult]:
        order = RunOrder(cases=cases)
        async with CaseByCase.opened(order, lambda _: InProcessSender("x", handle)) as run:
            return [await run.ask(name) for name in names]

    return asyncio.run(asked())


def test_a_control_is_asked_once_before_the_cases_that_need_it(cases: tuple[Case, ...]) -> None:
    sender = Noting()
    names = ("bad[certificate=expired]", "bad[certificate=self-signed]", "bad[control]")
    results = ask_in_turn(cases, sender, *names)
    assert [result.verdict for result in results] == ["pass"] * 3
    assert [name for name in sender.asked if name.startswith("bad")] == [
        "bad[control]", "bad[certificate=expired]", "bad[certificate=self-signed]"
    ]  # fmt: skip


def test_a_case_that_is_wanted_again_is_asked_again(cases: tuple[Case, ...]) -> None:
    sender = Noting()
    ask_in_turn(cases, sender, "plain[subject=two]", "plain[subject=two]")
    assert sender.asked.count("plain[subject=two]") == 2


def test_a_control_that_fails_is_told_by_its_cases(cases: tuple[Case, ...]) -> None:
    def never(request: dict[str, Any]) -> dict[str, Any]:
        return {"status": "failed", "error": {"message": "no"}}

    [case] = ask_in_turn(cases, never, "bad[certificate=expired]")
    assert case.verdict == "inconclusive"
    assert case.reason == "its control did not pass (fail)"


def test_what_the_machine_spoilt_is_asked_again_alone(
    cases: tuple[Case, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    doubts = ["too busy", None]
    monkeypatch.setattr(Watch, "doubt", lambda *_: doubts.pop(0) if doubts else None)
    quiet: list[str] = []

    @asynccontextmanager
    async def alone() -> AsyncIterator[None]:
        quiet.append("in")
        yield
        quiet.append("out")

    sends: list[tuple[str, int]] = []

    def late(request: dict[str, Any]) -> Any:
        if request["action"] == "send":
            sends.append((request["case"], len(quiet)))
            if len(sends) == 1:
                return {"status": "failed", "error": {"message": "nobody answered in time"}}
        return right(request)

    async def asked() -> CaseResult:
        order = RunOrder(cases=cases)
        opened = CaseByCase.opened(order, lambda _: InProcessSender("x", late), quiet=alone)
        async with opened as run:
            return await run.ask("bad[control]")

    assert asyncio.run(asked()).verdict == "pass"
    assert sends == [("bad[control]", 0), ("bad[control]", 1)]
    assert quiet == ["in", "out"]


def test_a_sender_that_answers_nothing_is_not_asked_everything(cases: tuple[Case, ...]) -> None:
    def broken(request: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("no such table")

    with pytest.raises(SenderError, match=r"the sender answers nothing: .*no such table"):
        ask_in_turn(cases, broken, "plain[subject=one]")


def test_a_function_is_called_in_the_thread_that_asks(cases: tuple[Case, ...]) -> None:
    threads = set()

    async def send(request: dict[str, Any]) -> Any:
        threads.add((threading.current_thread(), id(asyncio.get_running_loop())))
        return right(request)

    with standing_run(RunOrder(cases=cases), send, environment={}) as ask:
        verdicts = [ask(f"plain[subject={number}]").verdict for number in ("one", "two")]
    assert verdicts == ["pass", "pass"]
    [(thread, _)] = threads
    assert thread is threading.current_thread()


def test_what_ends_a_test_within_the_function_ends_no_more_than_that(
    cases: tuple[Case, ...],
) -> None:
    class Over(BaseException):
        pass

    def send(request: dict[str, Any]) -> Any:
        if request.get("case") == "plain[subject=one]":
            raise Over
        return right(request)

    with standing_run(RunOrder(cases=cases), send, environment={}) as ask:
        for _ in range(2):
            with pytest.raises(Over):
                ask("plain[subject=one]")
        assert ask("plain[subject=two]").verdict == "pass"


def test_a_sender_that_cannot_be_opened_is_an_error_of_whoever_opens_it(
    cases: tuple[Case, ...],
) -> None:
    opened = standing_run(RunOrder(cases=cases), "command:no-such-program", environment={})
    with pytest.raises(SenderError, match="no-such-program"), opened:
        pytest.fail("it is open")
