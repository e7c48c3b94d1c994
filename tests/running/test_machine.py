"""A machine that is too busy, or has no more of something, convicts nobody."""

from __future__ import annotations

import asyncio
import errno
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness import machine
from harness.errors import MachineError, SenderError
from harness.events import CaseFinished, CaseStarted, Event, Listener, Note, RunFinished
from harness.execution import RunOrder, execute, unheard
from harness.gate import exit_status
from harness.machine import Lapse, Watch, jobs_that_fit, most_lost
from harness.model import RunResult, Verdict
from harness.protocol import SendRequest
from harness.reference.sender import handle as right
from harness.runner import Options
from harness.scenario.case import Case
from harness.scenario.library import load_library
from harness.senders.base import Sender
from harness.senders.in_process import InProcessSender
from harness.senders.outcome import Crashed, Hung, Outcome, Output

from . import made_up_senders

pytestmark = pytest.mark.wire

CASES = """\
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
axes: {n: [1, 2, 3]}
when: {send: {message: {subject: "number {n}"}}}
then: {sender: {status: sent}, wire: {messages: once}}
"""
DOUBT = "this machine was too busy"


@pytest.fixture
def cases(tmp_path: Path) -> tuple[Case, ...]:
    (tmp_path / "bad.yaml").write_text(CASES, encoding="utf-8")
    return load_library((str(tmp_path),)).cases


@pytest.fixture
def plain(tmp_path: Path) -> tuple[Case, ...]:
    (tmp_path / "plain.yaml").write_text(PLAIN, encoding="utf-8")
    return load_library((str(tmp_path / "plain.yaml"),)).cases


def carry_out(
    cases: tuple[Case, ...], sender: Sender, listener: Listener = unheard, **options: Any
) -> RunResult:
    order = RunOrder(cases=cases, options=Options(**options))
    return asyncio.run(execute(order, lambda _: sender, listener))


def verdicts(result: RunResult) -> list[str]:
    return [str(case.verdict) for case in result.cases]


# What was lost.


@pytest.mark.parametrize(
    ("lapses", "lost"),
    [
        ([], 0.0),
        ([(11.0, 11.5)], 0.5),
        ([(11.0, 11.5), (12.0, 12.25)], 0.75),
        ([(11.0, 11.5), (14.0, 14.25)], 0.5),  # not within one time-out
        ([(8.0, 9.5)], 0.0),  # before the case
        ([(9.0, 10.5)], 0.5),  # only what fell into it
        ([(19.5, 25.0)], 0.5),
        ([(11.0, 18.0)], 2.0),  # never more than the window
    ],
)
def test_what_was_lost_is_counted_within_one_time_out(
    lapses: list[tuple[float, float]], lost: float
) -> None:
    found = [Lapse(due=due, came=came) for due, came in lapses]
    assert most_lost(found, began=10.0, ended=20.0, window=2.0) == pytest.approx(lost)


def test_a_loop_that_has_not_come_back_yet_is_late_already() -> None:
    now = [0.0]

    async def stuck() -> str | None:
        watch = Watch(timeout=2.0, clock=lambda: now[0])
        async with watch.watching():
            assert watch.doubt(0.0, 0.1) is None
            now[0] = 1.0
            return watch.doubt(0.0, 1.0)

    assert str(asyncio.run(stuck())).startswith(
        f"{DOUBT}: 0.9 s were lost within one time-out of 2 s"
    ) or str(asyncio.run(stuck())).startswith(f"{DOUBT}: 1.0 s")


def test_connections_that_could_not_be_accepted_are_noted_and_not_printed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def accepting() -> str | None:
        loop = asyncio.get_running_loop()
        watch = Watch(timeout=2.0, clock=loop.time)
        began = loop.time()
        async with watch.watching():
            for _ in range(100):
                error = OSError(errno.EMFILE, "Too many open files")
                loop.call_exception_handler({"message": "socket.accept()", "exception": error})
            return watch.doubt(began, loop.time())

    assert "Too many open files" in str(asyncio.run(accepting()))
    assert caplog.records == []


# Asked again.


class Starved(InProcessSender):
    """Right, but its first `times` sends keep the loop from turning, and get no answer in time."""

    def __init__(self, times: int) -> None:
        super().__init__("starved", right)
        self.times = times
        self.asked: list[str] = []

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        if document["action"] == "describe":
            return await super().exchange(document, limit=limit)
        self.asked.append(document["case"])
        if self.times > 0:
            self.times -= 1
            time.sleep(0.6)  # noqa: ASYNC251  # this is what a starved loop does
            return await InProcessSender("x", made_up_senders.never).exchange(document, limit=limit)
        return await super().exchange(document, limit=limit)


def test_what_a_starved_loop_spoilt_is_asked_again_after_the_others(
    plain: tuple[Case, ...],
) -> None:
    told: list[Event] = []

    def listen(event: Event) -> None:
        told.append(event)

    sender = Starved(1)
    result = carry_out(plain, sender, listen, jobs=1)
    assert verdicts(result) == ["pass"] * 3
    assert sender.asked == ["plain[n=1]", "plain[n=2]", "plain[n=3]", "plain[n=1]"]
    finished = [event.result.id for event in told if isinstance(event, CaseFinished)]
    assert finished == ["plain[n=2]", "plain[n=3]", "plain[n=1]"]
    assert len([event for event in told if isinstance(event, CaseStarted)]) == 3
    [note] = [event.text for event in told if isinstance(event, Note)]
    assert note.startswith(f"1 case is asked again, one at a time: {DOUBT}")


def test_what_is_spoilt_when_asked_alone_too_is_an_error_of_the_machine(
    plain: tuple[Case, ...],
) -> None:
    result = carry_out(plain[:1], Starved(2))
    [case] = result.cases
    assert (case.verdict, case.level, case.findings) == (Verdict.ERROR, None, ())
    assert str(case.reason).startswith(DOUBT)
    assert "--time-scale" in str(case.reason)
    assert case.conversation == ()
    assert exit_status(result) == 3


def test_cases_wait_for_a_control_that_is_asked_again(cases: tuple[Case, ...]) -> None:
    sender = Starved(1)
    result = carry_out(cases, sender, jobs=4)
    assert verdicts(result) == ["pass"] * 3
    assert sender.asked[:2] == ["bad[control]", "bad[control]"]


@pytest.mark.parametrize(
    ("handle", "verdict"), [(made_up_senders.never, "fail"), (made_up_senders.liar, "fail")]
)
def test_a_wrong_sender_is_convicted_on_a_machine_with_time(
    handle: made_up_senders.Handle, verdict: str, plain: tuple[Case, ...]
) -> None:
    assert verdicts(carry_out(plain[:1], InProcessSender("wrong", handle))) == [verdict]


def test_a_leak_is_one_however_busy_the_machine_was(
    plain: tuple[Case, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Watch, "doubt", lambda *_: DOUBT)
    result = carry_out(plain[:1], InProcessSender("wrong", made_up_senders.liar))
    assert verdicts(result) == ["fail"]


class CutOff(InProcessSender):
    """Hangs in its first send, as one of many programs on few processors may."""

    hung = False

    async def send(self, request: SendRequest, *, limit: float) -> Outcome:
        if not self.hung:
            self.hung = True
            return Hung(limit=limit)
        return await super().send(request, limit=limit)


@pytest.mark.parametrize(("jobs", "verdict"), [(1, "fail"), (2, "pass")])
def test_who_is_cut_off_among_more_jobs_than_suit_it_is_asked_alone(
    jobs: int, verdict: str, plain: tuple[Case, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = CutOff("x", right)
    sender.default_jobs = 1
    monkeypatch.setattr(sender, "limit_for", lambda _: 0.0)
    monkeypatch.setattr(InProcessSender, "exchange", _patient(InProcessSender.exchange))
    monkeypatch.setattr(Watch, "doubt", lambda *_: None)  # this machine may be busy indeed
    assert verdicts(carry_out(plain[:1] + plain[1:2], sender, jobs=jobs))[0] == verdict


def _patient(exchange: Any) -> Any:
    async def longer(self: Any, document: Any, *, limit: float) -> Outcome:
        outcome: Outcome = await exchange(self, document, limit=max(limit, 30.0))
        return outcome

    return longer


# Open files.


def test_fewer_jobs_run_where_more_files_may_not_be_open(
    plain: tuple[Case, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "files_left", lambda: 14 + 6 * 2)
    monkeypatch.setattr(machine, "_limit", lambda: 64)
    told: list[Event] = []

    def listen(event: Event) -> None:
        told.append(event)

    assert verdicts(carry_out(plain, InProcessSender("x", right), listen, jobs=50)) == (
        ["pass"] * 3
    )
    assert [event.text for event in told if isinstance(event, Note)] == [
        "--jobs 2 instead of 50: more is beyond this machine's limit of open files (ulimit -n)"
    ]


def test_a_limit_for_not_even_one_case_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "files_left", lambda: 9)
    monkeypatch.setattr(machine, "_limit", lambda: 20)
    with pytest.raises(MachineError, match=r"may open 20 files here, and a run needs 31: raise"):
        jobs_that_fit(1)
    monkeypatch.setattr(machine, "files_left", lambda: None)
    assert jobs_that_fit(7) == 7


class Short(InProcessSender):
    """Cannot be started for want of a descriptor, the first `times` times."""

    times = 1

    async def send(self, request: SendRequest, *, limit: float) -> Outcome:
        if self.times > 0 and "n=1" in request.case:
            self.times -= 1
            error = OSError(errno.EMFILE, "Too many open files")
            raise SenderError("program cannot be started: Too many open files") from error
        return await super().send(request, limit=limit)


@pytest.mark.parametrize(("times", "verdict"), [(1, "pass"), (2, "error")])
def test_a_program_that_cannot_be_started_for_want_of_files_is_asked_again(
    times: int, verdict: str, plain: tuple[Case, ...]
) -> None:
    sender = Short("x", right)
    sender.times = times
    result = carry_out(plain, sender, jobs=1)
    assert verdicts(result) == [verdict, "pass", "pass"]
    assert ("Too many open files" in str(result.cases[0].reason)) is (verdict == "error")


# One case's mistakes, and senders that cannot be driven.


class Breaking(InProcessSender):
    """Brings the harness itself to an exception in one case."""

    async def send(self, request: SendRequest, *, limit: float) -> Outcome:
        if "n=2" in request.case:
            password = getattr(request.transport, "password", "")
            raise RecursionError(f"maximum recursion depth exceeded with {password}")
        return await super().send(request, limit=limit)


def test_a_mistake_of_ours_is_an_error_of_that_case_alone(plain: tuple[Case, ...]) -> None:
    told: list[Event] = []

    def listen(event: Event) -> None:
        told.append(event)

    result = carry_out(plain, Breaking("x", right), listen)
    assert verdicts(result) == ["pass", "error", "pass"]
    assert isinstance(told[-1], RunFinished)
    case = result.cases[1]
    assert case.reason == (
        "a mistake in the harness itself, please report it: RecursionError: "
        "maximum recursion depth exceeded with [a password]"
    )
    assert "Traceback" in case.output
    assert "pw-" not in case.output


class Silent(InProcessSender):
    """Crashes whatever it is asked."""

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        del document, limit
        words = b'  File "p.py", line 1\nSyntaxError: invalid syntax\n'
        return Crashed(how="ended with exit status 1", output=Output(stderr=words))


def test_a_sender_that_answers_nothing_is_given_up_with_the_cause(plain: tuple[Case, ...]) -> None:
    result = carry_out(plain, Silent("x", right))
    assert verdicts(result) == ["error", "error"]
    assert result.ended_early == (
        "the sender answers nothing: crashed: ended with exit status 1 "
        "(SyntaxError: invalid syntax)"
    )
    assert result.caveats == (result.ended_early, "2 of 3 cases ran")
    assert exit_status(result) == 3


class OnlySmtp(InProcessSender):
    """Crashes at `describe`, and answers what comes after it."""

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        if document["action"] == "describe":
            return Crashed(how="knows no describe")
        return await super().exchange(document, limit=limit)


def test_a_sender_that_knows_no_describe_is_asked_everything(plain: tuple[Case, ...]) -> None:
    result = carry_out(plain, OnlySmtp("x", right))
    assert verdicts(result) == ["pass"] * 3
    assert result.is_whole


@pytest.mark.parametrize(("most", "ran"), [(1, 1), (2, 2), (None, 3)])
def test_no_more_is_asked_after_so_many_failures(
    most: int | None, ran: int, plain: tuple[Case, ...]
) -> None:
    sender = InProcessSender("x", made_up_senders.never)
    result = carry_out(plain, sender, jobs=1, max_fail=most)
    assert verdicts(result) == ["fail"] * ran
    assert result.is_whole is (most is None)
    assert exit_status(result) == 1


def test_a_hung_describe_is_no_measured_start_and_is_told_of_meanwhile(
    plain: tuple[Case, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(OnlySmtp):
        async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
            if document["action"] == "describe":
                await told_of.wait()
                return Hung(limit=limit)
            return await super().exchange(document, limit=limit)

    told_of = asyncio.Event()
    notes: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Note):
            notes.append(event.text)
            told_of.set()

    monkeypatch.setattr("harness.first_request.PATIENCE", 0.01)
    sender = Slow("x", right)
    assert verdicts(carry_out(plain, sender, listen)) == ["pass"] * 3
    assert notes == ["still waiting for the sender's answer to `describe` (up to 30 s)"]
    assert sender.measured_start == 0.0


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
