"""A report that breaks by a mistake of ours costs neither the run nor another report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import StringIO

import pytest

from harness.errors import MachineError
from harness.events import Event
from harness.model import RunResult
from harness.reports import open_reports

Events = Callable[[RunResult], Iterable[Event]]


class Breaking:
    """A report that cannot be rendered."""

    name = "made-up report"
    closed = False

    def __call__(self, event: Event) -> None:
        raise RecursionError("maximum recursion depth exceeded")

    def close(self) -> None:
        self.closed = True


def test_the_page_is_shown_and_tells_the_status_that_the_process_ends_with(
    every_verdict: RunResult, events_of: Events
) -> None:
    stdout, broken = StringIO(), Breaking()
    reports = open_reports([], environ={}, stdout=stdout, stderr=StringIO())
    reports.add(broken)
    for event in events_of(every_verdict):
        reports(event)
    with pytest.raises(MachineError, match="the made-up report is lost: a mistake in the harness"):
        reports.close()
    assert broken.closed
    assert f"exit status {reports.announced}: " in stdout.getvalue()
