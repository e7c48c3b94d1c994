"""The terminal's report: progress while the run goes, and a summary when it has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TextIO

from harness.escaping import inert
from harness.events import CaseFinished, CaseStarted, Event, Note, RunFinished, RunStarted
from harness.model import RunResult
from harness.reports.formats import Context
from harness.reports.terminal.page import Page, encodable_for, is_terminal, wants_colour, width_of
from harness.reports.terminal.progress import LiveProgress, PlainProgress, ProgressView
from harness.reports.terminal.summary import add_summary

__all__ = ["TerminalReport", "summary_text"]


class TerminalReport:
    """Listens to a run for a person.

    The summary goes to `results`, everything before it to `progress`. `may_draw` is False where a
    live line would be torn by something else that is written to the same terminal. `status` is
    the exit status to announce; None for the one that the context gives.
    """

    name = "summary on the terminal"

    def __init__(
        self,
        *,
        results: TextIO,
        progress: TextIO,
        environ: Mapping[str, str],
        context: Context | None = None,
        may_draw: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.status: int | None = None
        self._results = results
        self._environ = environ
        self._context = context or Context()
        self._said: set[str] = set()
        self._progress: ProgressView
        if may_draw and is_terminal(progress, environ):
            self._progress = LiveProgress(progress, colour=wants_colour(progress, environ))
        else:
            self._progress = PlainProgress(progress, clock=clock)

    def __call__(self, event: Event) -> None:
        """Show `event`."""
        match event:
            case RunStarted():
                self._progress.run_started(event)
            case CaseStarted():
                self._progress.case_started(event)
            case CaseFinished():
                self._progress.case_finished(event)
            case Note():
                self._said.add(event.text)
                self._progress.say(f"note: {event.text}")
            case RunFinished():
                self._progress.stop()
                self._show(event.result)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._progress.stop()

    def _show(self, result: RunResult) -> None:
        status = self._context.status(result) if self.status is None else self.status
        notes = tuple(note for note in result.notes if note not in self._said)
        text = summary_text(
            replace(result, notes=notes),
            status=status,
            width=width_of(self._results, self._environ),
            colour=wants_colour(self._results, self._environ),
            context=self._context,
        )
        self._results.write(encodable_for(self._results, text))
        self._results.flush()


def summary_text(
    result: RunResult, *, status: int, width: int, colour: bool, context: Context
) -> str:
    """Return the summary of a run as text for a terminal of this width."""
    page = Page(width=width, colour=colour)
    add_summary(page, result, status=status, context=context)
    return inert(page.text())
