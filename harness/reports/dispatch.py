"""From `--report FORMAT[=PATH]` to one listener that feeds every report of a run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self, TextIO

from harness.errors import MachineError, UsageError
from harness.events import Event, Note, RunFinished
from harness.gate import TROUBLE, exit_status, worst_status
from harness.model import RunResult
from harness.reports.annotations import Annotations
from harness.reports.formats import (
    Context,
    Format,
    LineFormat,
    WholeFormat,
    no_description,
    report_formats,
)
from harness.reports.targets import GrowingFile, StreamTarget, Target, open_file, reason
from harness.streams import forget_unread_output


class ReportSpec(NamedTuple):
    """A report that was asked for. `path` is None for standard output."""

    format: str
    path: Path | None


class OpenReport(Protocol):
    """A report that has a place to go to."""

    name: str

    def __call__(self, event: Event) -> None:
        """Take in `event`."""

    def close(self) -> None:
        """Give up what is not finished."""


def parse_report_spec(text: str) -> ReportSpec:
    """Read `FORMAT[=PATH]`, as given to `--report`; no PATH, or `-`, is standard output."""
    name, separator, path = text.partition("=")
    formats = report_formats()
    if name not in formats:
        choices = ", ".join(formats)
        raise UsageError(f"unknown report format {name!r} in {text!r}; the choices are {choices}")
    if separator and not path:
        raise UsageError(
            f"the report {text!r} names no path: {name}=PATH, or {name} alone for standard output"
        )
    return ReportSpec(format=name, path=Path(path) if path not in {"", "-"} else None)


def shows_passed(text: str) -> bool:
    """Whether the report that `--report` asks for shows what was said in cases that passed."""
    form = report_formats()[parse_report_spec(text).format]
    return isinstance(form, WholeFormat) and form.shows_passed


def open_report(
    spec: ReportSpec, *, stdout: TextIO | None = None, context: Context | None = None
) -> OpenReport:
    """Open one report for writing, before the run.

    Raises `MachineError`, naming the path and the reason, where it cannot be written.
    """
    form = report_formats()[spec.format]
    if spec.path is None:
        target: Target = StreamTarget(stdout or sys.stdout)
    else:
        target = open_file(spec.path, growing=isinstance(form, LineFormat))
    context = context or Context()
    folder = spec.path.parent if spec.path else Path()
    label = f"{spec.format} report on {spec.path or 'standard output'}"
    return _open(form, label, target, replace(context, folder=folder.absolute()))


def open_reports(
    specs: Sequence[ReportSpec],
    *,
    environ: Mapping[str, str],
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
    describe_row: Callable[[str], str] = no_description,
    describe_document: Callable[[str], str] = no_description,
    command: str | None = None,
    status: Callable[[RunResult], int] = exit_status,
) -> Reports:
    """Open every report of a run: those asked for, the terminal's, and what GitHub's jobs get.

    Results go to `stdout` and progress to `stderr`; when a report takes standard output for
    itself, the results for a person go to `stderr` too. `environ` is asked for `NO_COLOR`,
    `FORCE_COLOR`, `TERM`, `COLUMNS`, `GITHUB_STEP_SUMMARY` and `GITHUB_ACTIONS`. `status` is what
    the last line gives as exit status.
    """
    from harness.reports.terminal import TerminalReport  # noqa: PLC0415 - rich, only when used

    _refuse_clashes(specs)
    stdout, stderr = stdout or sys.stdout, stderr or sys.stderr
    takes_stdout = any(spec.path is None for spec in specs)
    context = Context(
        describe_row=describe_row,
        describe_document=describe_document,
        command=command,
        status=status,
    )
    for_people = stderr if takes_stdout else stdout
    terminal = TerminalReport(
        results=for_people,
        progress=stderr,
        environ=environ,
        context=context,
        may_draw=not (takes_stdout and stdout.isatty()),
    )
    reports = Reports(terminal, status=status)
    _add_written(reports, specs, stdout=stdout, context=context)
    reports.add_step_summary(environ.get("GITHUB_STEP_SUMMARY", ""), context)
    if environ.get("GITHUB_ACTIONS") == "true":
        reports.add(Annotations(StreamTarget(for_people)))
    return reports


def open_written_reports(specs: Sequence[ReportSpec], context: Context) -> Reports:
    """Open the reports that were asked for and nothing else: for a run that has no terminal.

    Raises:
        MachineError: one of them cannot be written.
    """
    _refuse_clashes(specs)
    reports = Reports(None)
    _add_written(reports, specs, context=context)
    return reports


def _add_written(
    reports: Reports,
    specs: Sequence[ReportSpec],
    *,
    stdout: TextIO | None = None,
    context: Context,
) -> None:
    """Add the reports that were asked for; all are given up where one cannot be written."""
    try:
        for spec in specs:
            reports.add(open_report(spec, stdout=stdout, context=context))
    except MachineError:
        reports.discard()
        raise


class Reports:
    """Every report of a run as one listener and one context manager.

    A report that can no longer be written is given up, and the others go on; leaving the context
    (or `close`) then raises `MachineError` with what was lost. A reader that went away, as `head`
    does, has lost nothing that it wanted. `announced` is the exit status that the reports tell,
    None until they do.
    """

    def __init__(
        self, terminal: TerminalListener | None, *, status: Callable[[RunResult], int] = exit_status
    ) -> None:
        self._terminal = terminal
        self._status = status
        self._open: list[OpenReport] = []
        self._warnings: list[str] = []
        self.lost: list[str] = []
        self.announced: int | None = None

    def add(self, report: OpenReport) -> None:
        """Feed `report` too, before the terminal."""
        self._open.append(report)

    def add_step_summary(self, path: str, context: Context) -> None:
        """Append the Markdown report to `path` when it is set.

        Nobody asked for it by name, and the variable often leaks into a container that lacks the
        file: so one that cannot be written is a note and not an error.
        """
        if not path:
            return
        try:
            target = GrowingFile(Path(path), append=True)
        except OSError as error:
            self._warnings.append(
                f"no step summary: GITHUB_STEP_SUMMARY={path} cannot be written: {reason(error)}"
            )
            return
        self.add(_open(report_formats()["markdown"], f"step summary {path}", target, context))

    def __call__(self, event: Event) -> None:
        """Tell every report of `event`; the terminal last, so that it knows what was lost."""
        for report in tuple(self._open):
            self._deliver(report, event)
        while self._warnings:
            self._tell(Note(text=self._warnings.pop(0)))
        if self._terminal and isinstance(event, RunFinished):
            status = self._status(event.result)
            self._terminal.status = worst_status([status, *([TROUBLE] if self.lost else [])])
        self._tell(event)
        if isinstance(event, RunFinished):
            status = self._status(event.result)
            self.announced = worst_status([status, *([TROUBLE] if self.lost else [])])

    def close(self) -> None:
        """Give up what is not finished, and raise `MachineError` when a report was lost."""
        self.discard()
        if self.lost:
            raise MachineError("; ".join(self.lost))

    def discard(self) -> None:
        """Give up what is not finished, and raise nothing."""
        for report in self._open:
            with suppress(OSError):
                report.close()
        self._open.clear()
        if self._terminal:
            self._terminal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self.discard()

    def _deliver(self, report: OpenReport, event: Event) -> None:
        try:
            report(event)
        except BrokenPipeError:
            self._give_up(report)
            forget_unread_output()
        except OSError as error:
            self._lose(report, reason(error))
        except Exception as error:  # noqa: BLE001  # the run, and the other reports, go on
            self._lose(report, f"a mistake in the harness itself: {type(error).__name__}: {error}")

    def _lose(self, report: OpenReport, why: str) -> None:
        self._give_up(report)
        self.lost.append(f"the {report.name} is lost: {why}")
        self._warnings.append(self.lost[-1])

    def _give_up(self, report: OpenReport) -> None:
        self._open.remove(report)
        with suppress(OSError):  # it is lost already
            report.close()

    def _tell(self, event: Event) -> None:
        if self._terminal is None:
            return
        try:
            self._terminal(event)
        except BrokenPipeError:
            self._terminal = None
            forget_unread_output()
        except OSError as error:
            self._terminal = None
            self.lost.append(f"the results on the terminal are lost: {reason(error)}")


class TerminalListener(OpenReport, Protocol):
    """The terminal's report: it gives the exit status, which others may know better."""

    status: int | None


class _WholeReport:
    def __init__(self, form: WholeFormat, name: str, target: Target, context: Context) -> None:
        self.name = name
        self._form, self._target, self._context = form, target, context

    def __call__(self, event: Event) -> None:
        if not isinstance(event, RunFinished):
            return
        self._target.write(self._form.render(event.result, self._context))
        self._target.finish()

    def close(self) -> None:
        self._target.discard()


class _LineReport:
    def __init__(self, form: LineFormat, name: str, target: Target, context: Context) -> None:
        self.name = name
        self._form, self._target, self._context = form, target, context

    def __call__(self, event: Event) -> None:
        line = self._form.line(event, self._context)
        if line is not None:
            self._target.write(line + "\n")
        if isinstance(event, RunFinished):
            self._target.finish()

    def close(self) -> None:
        self._target.discard()


def _open(form: Format, name: str, target: Target, context: Context) -> OpenReport:
    if isinstance(form, WholeFormat):
        return _WholeReport(form, name, target, context)
    return _LineReport(form, name, target, context)


def _refuse_clashes(specs: Sequence[ReportSpec]) -> None:
    seen: dict[Path | None, str] = {}
    for spec in specs:
        place = spec.path.absolute() if spec.path else None
        if place in seen:
            where = spec.path or "standard output"
            raise UsageError(f"the reports {seen[place]} and {spec.format} both go to {where}")
        seen[place] = spec.format
