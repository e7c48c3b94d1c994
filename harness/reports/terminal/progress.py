"""How far a run is, on standard error: a live line on a terminal, a few plain lines elsewhere.

Nobody's run fails because its progress could not be shown, so errors of the stream end here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.text import Text

from harness.escaping import inert, shortened, visible
from harness.events import CaseFinished, CaseStarted, RunStarted
from harness.model import CaseResult, Verdict
from harness.reports.causes import leading
from harness.reports.overview import plural
from harness.reports.terminal.page import encodable_for

_MOST_FAILURES = 20
_FEWEST_CASES_FOR_LINES = 20
_LONGEST_SILENCE = 30.0


class ProgressView(Protocol):
    """Shows how far the run is."""

    def run_started(self, event: RunStarted) -> None:
        """Say what will run."""

    def case_started(self, event: CaseStarted) -> None:
        """Say what is running."""

    def case_finished(self, event: CaseFinished) -> None:
        """Say how it went."""

    def say(self, text: str) -> None:
        """Show a line of its own."""

    def stop(self) -> None:
        """Leave the terminal as it was; harmless when already stopped."""


class PlainProgress:
    """A line each tenth of the run, or each half minute; failures as they happen."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._begun = self._said = clock()
        self._tenth = 0
        self._failed = 0

    def run_started(self, event: RunStarted) -> None:
        """Say what will run."""
        self._begun = self._said = self._clock()
        self.say(opening_line(event))

    def case_started(self, event: CaseStarted) -> None:
        """Nothing: a line a case would be too many."""

    def case_finished(self, event: CaseFinished) -> None:
        """Say how far it is when that is due, and each of the first failures."""
        if is_trouble(event.result):
            self._failed += 1
            if line := trouble_line(event.result, self._failed):
                self.say(line)
        tenth = event.done * 10 // max(event.total, 1)
        is_due = tenth > self._tenth and event.total > _FEWEST_CASES_FOR_LINES
        if is_due or self._clock() - self._said > _LONGEST_SILENCE:
            self._tenth = tenth
            spent = self._clock() - self._begun
            state = f"{event.done} of {event.total} cases, {self._failed} failed, {spent:.0f} s"
            self.say(state)

    def say(self, text: str) -> None:
        """Show a line of its own."""
        self._said = self._clock()
        with suppress(OSError):
            self._stream.write(encodable_for(self._stream, inert(visible(text)) + "\n"))
            self._stream.flush()

    def stop(self) -> None:
        """Nothing is left on the terminal."""


class LiveProgress:
    """One line that is redrawn: how many of how many, failures so far, what is running."""

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._console = Console(
            file=stream,
            force_terminal=True,
            color_system="standard" if colour else None,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._progress = Progress(
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failed]}", markup=False, style="bold red"),
            TimeElapsedColumn(),
            TextColumn(
                "{task.fields[running]}",
                markup=False,
                table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
            ),
            console=self._console,
            transient=True,
            expand=True,
        )
        self._task = self._progress.add_task("", total=None, failed="", running="")
        self._running: dict[str, None] = {}
        self._failed = 0

    def run_started(self, event: RunStarted) -> None:
        """Say what will run."""
        self._progress.update(self._task, total=event.total)
        self._progress.start()
        self.say(opening_line(event))

    def case_started(self, event: CaseStarted) -> None:
        """Show the case that is running."""
        self._running[event.id] = None
        self._show()

    def case_finished(self, event: CaseFinished) -> None:
        """Move on, and leave a line for each of the first failures."""
        self._running.pop(event.result.id, None)
        if is_trouble(event.result):
            self._failed += 1
            if line := trouble_line(event.result, self._failed):
                self._print(Text(inert(line), no_wrap=True, overflow="ellipsis"))
        self._progress.update(self._task, completed=event.done, total=event.total)
        self._show()

    def say(self, text: str) -> None:
        """Show a line above the live one."""
        self._print(Text(inert(visible(text))))

    def stop(self) -> None:
        """Take the live line away and give the cursor back."""
        with suppress(OSError):
            self._progress.stop()

    def _print(self, text: Text) -> None:
        with suppress(OSError):
            self._console.print(text)

    def _show(self) -> None:
        names = [visible(name) for name in self._running]
        more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
        failed = f"{self._failed} failed" if self._failed else ""
        self._progress.update(
            self._task, failed=failed, running=f"{names[0]}{more}" if names else ""
        )


def is_trouble(case: CaseResult) -> bool:
    """Whether a case is worth a line while the run goes."""
    unexpected = case.verdict is Verdict.FAIL and not case.expected_failure
    return unexpected or case.verdict is Verdict.ERROR


def opening_line(event: RunStarted) -> str:
    """Return what is about to happen, in one line."""
    sender = shortened(event.sender, 200)
    return f"harness {event.harness}: {plural(event.total, 'case')} for {sender}, seed {event.seed}"


def trouble_line(case: CaseResult, number: int) -> str | None:
    """Return one line for the failure with this number; None when there were too many."""
    if number > _MOST_FAILURES:
        return None
    finding = leading(case)
    why = finding.observed if finding else case.reason or "no reason was given"
    line = f"{case.verdict.upper()} {visible(case.id)}: {shortened(visible(why), 160)}"
    return f"{line} (further ones are only counted)" if number == _MOST_FAILURES else line
