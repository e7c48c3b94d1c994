"""A mirror changes no verdict and holds up no run, whatever becomes of it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from harness.execution import RunOrder, execute, unheard
from harness.mailpit.client import MailpitError
from harness.mailpit.mirror import MailpitMirror
from harness.mailpit.mirror_copy import MirrorLabels
from harness.mailpit.place import MailpitPlace
from harness.mailpit.submission import MailpitRefusedError
from harness.mirroring import NO_MIRROR, Mirror
from harness.model import RunResult
from harness.reference.sender import handle
from harness.runner import Options
from harness.scenario.library import load_library
from harness.senders.in_process import InProcessSender

_TLS = "tls/certificate[mode=starttls"
_OVER_SMTP = {f"{_TLS},control]", f"{_TLS},certificate=expired]"}
_CASES = tuple(
    case
    for case in load_library(()).cases
    if case.scenario == "api/any/accepted" or case.id in _OVER_SMTP
)


class MadeUpInbox:
    """Takes messages as `show` does, in one of the ways in which a Mailpit may do so."""

    def __init__(self, take: Callable[[int], str]) -> None:
        self.place = MailpitPlace(url="http://mail.test", smtp_host="mail.test", smtp_port=1025)
        self.labels: list[MirrorLabels] = []
        self._take = take

    def show(self, message: Any, labels: MirrorLabels, *, secrets: Any) -> str:
        self.labels.append(labels)
        return self._take(len(self.labels))


def _run(mirror: Mirror) -> RunResult:
    order = RunOrder(cases=_CASES, seed=3, time_scale=0.5, options=Options(jobs=4, mirror=mirror))
    sender = InProcessSender("right", handle)
    return asyncio.run(execute(order, lambda _: sender, unheard))


def _decided(result: RunResult) -> list[Any]:
    return [(case.id, case.verdict, case.reason, case.findings) for case in result.cases]


@pytest.fixture(scope="module")
def alone() -> RunResult:
    """The same run without a mirror."""
    return _run(NO_MIRROR)


def _page(number: int) -> str:
    return f"http://mail.test/view/{number}"


def _failing(error: Exception, after: int = 0) -> Callable[[int], str]:
    def take(number: int) -> str:
        if number > after:
            raise error
        return _page(number)

    return take


def test_each_message_is_shown_with_its_provider_case_and_verdict(alone: RunResult) -> None:
    inbox = MadeUpInbox(_page)
    result = _run(MailpitMirror(inbox=inbox, group="run-1"))  # type: ignore[arg-type]
    assert _decided(result) == _decided(alone)
    shown = {page for case in result.cases for page in case.mail}
    assert shown == {_page(n + 1) for n in range(len(inbox.labels))}
    by_case = {labels.case: labels for labels in inbox.labels}
    for case in result.cases:
        if case.mail:
            assert by_case[case.id].verdict == case.verdict.value
    assert {each.provider for each in inbox.labels} >= {
        "smtp", "ses", "sendgrid", "sparkpost", "mailgun", "mandrill", "postmark", "resend",
    }  # fmt: skip
    assert (
        f"{len(shown)} messages of this run in Mailpit: http://mail.test/search" in result.notes[0]
    )


@pytest.mark.parametrize(
    ("take", "said"),
    [
        (
            _failing(MailpitError("it went away"), after=2),
            "could not be shown in Mailpit: it went away",
        ),
        (_failing(MailpitRefusedError("too large")), "refused by Mailpit, and not shown there"),
        (_failing(ZeroDivisionError("ours")), "could not be shown in Mailpit: ZeroDivisionError"),
    ],
)
def test_a_mirror_that_fails_is_one_note(
    alone: RunResult, take: Callable[[int], str], said: str
) -> None:
    inbox = MadeUpInbox(take)
    result = _run(MailpitMirror(inbox=inbox, group="run-1"))  # type: ignore[arg-type]
    assert _decided(result) == _decided(alone)
    assert len(result.notes) == 2
    assert said in result.notes[1]


def test_a_mirror_that_hangs_is_left_behind(alone: RunResult) -> None:
    may_end = threading.Event()

    def hang(number: int) -> str:
        may_end.wait(60)
        return _page(number)

    mirror = MailpitMirror(inbox=MadeUpInbox(hang), group="run-1", patience=0.1)  # type: ignore[arg-type]

    async def run() -> RunResult:
        try:
            order = RunOrder(cases=_CASES, seed=3, time_scale=0.5, options=Options(mirror=mirror))
            return await execute(order, lambda _: InProcessSender("right", handle), unheard)
        finally:
            may_end.set()

    result = asyncio.run(run())
    assert _decided(result) == _decided(alone)
    assert "it is too slow" in result.notes[1]


class WaitsForEver(Mirror):
    """A mirror whose wait somebody has to end."""

    def __init__(self) -> None:
        self.waits = asyncio.Event()

    async def finish(self) -> None:
        self.waits.set()
        await asyncio.Event().wait()


def test_who_stops_the_wait_for_a_mirror_gets_the_report_all_the_same(alone: RunResult) -> None:
    async def run() -> RunResult:
        mirror = WaitsForEver()
        order = RunOrder(cases=_CASES, seed=3, time_scale=0.5, options=Options(mirror=mirror))
        sender = InProcessSender("right", handle)
        running = asyncio.create_task(execute(order, lambda _: sender, unheard))
        await mirror.waits.wait()
        running.cancel()
        return await running

    result = asyncio.run(run())
    assert _decided(result) == _decided(alone)
    assert result.interrupted


def test_no_more_waits_than_there_is_room_for(alone: RunResult) -> None:
    inbox = MadeUpInbox(_page)
    result = _run(MailpitMirror(inbox=inbox, group="run-1", largest=0))  # type: ignore[arg-type]
    assert _decided(result) == _decided(alone)
    assert not inbox.labels
    assert "too many for Mailpit at a time, left out" in result.notes[1]
