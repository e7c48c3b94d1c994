"""A run as the command line asks for it: its options, and what came of it."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from harness.baseline_file import expected
from harness.cli.options import FiniteRange, Selected, selected, selecting, with_documents
from harness.cli.signals import Stop
from harness.errors import HarnessError
from harness.escaping import visible
from harness.events import Note
from harness.evidence import EvidenceFolder
from harness.execution import (
    OpenSender,
    RunOrder,
    by_spec,
    command_line,
    execute,
    spread_out,
)
from harness.gate import exit_status
from harness.mirroring import NO_MIRROR, Mirror
from harness.model import RunResult
from harness.reports import Reports, open_reports, parse_report_spec, shows_passed
from harness.requirements import Catalogue, load_catalogue
from harness.runner import Options

F = TypeVar("F", bound=Callable[..., Any])

_UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}
_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(s|m|min|h)?")


class Duration(click.FloatRange):
    """A time in seconds, or with its unit: `90`, `90s`, `10m`, `1h`."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The time in seconds."""
        found = _DURATION.fullmatch(str(value))
        if found is None or not float(found[1]):
            self.fail(f"{value!r} is no time: 90s, 10m and 1h are, and 90 is seconds.", param, ctx)
        return float(found[1]) * _UNITS[found[2] or ""]


_OPTIONS = (
    click.argument("paths", nargs=-1, metavar="[PATH]..."),
    click.option("--sender", metavar="SPEC", help="What to judge; default: reference."),
    selecting,
    with_documents,
    click.option("--jobs", type=click.IntRange(min=1), help="Cases at a time."),
    click.option("--seed", type=int, default=0, show_default=True),
    click.option(
        "--time-scale",
        type=FiniteRange(min=0.05),
        default=1.0,
        show_default=True,
        help="Stretch every time-out and delay.",
    ),
    click.option("--report", "reports", multiple=True, metavar="FORMAT[=PATH]"),
    click.option("--evidence", type=click.Path(path_type=Path, file_okay=False), metavar="DIR"),
    click.option("--strict", is_flag=True, help="A failed SHOULD fails the run."),
    click.option(
        "--max-fail",
        type=click.IntRange(min=1),
        metavar="N",
        help="Ask no more after N cases that failed or were in error.",
    ),
    click.option("-x", "max_fail", flag_value=1, type=int, help="The same as --max-fail 1."),
    click.option(
        "--time-limit",
        type=Duration(),
        metavar="TIME",
        help="Ask no more after this time (90s, 10m, 1h); what was not asked is no pass.",
    ),
)


def running(command: F) -> F:
    """Add the arguments and options of a run, but for its baseline."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run came to.

    `result` is None where trouble ended it; `known` are the ids of the cases that were read,
    selected or not.
    """

    status: int
    result: RunResult | None
    known: tuple[str, ...]


def carried_out(words: dict[str, Any]) -> Ran:
    """Run what the options say; the reports tell of it."""
    catalogue = load_catalogue(words["documents"])
    chosen = selected(words["paths"], words, catalogue)
    notes = list(chosen.notes)
    if words["sender"] is None:
        notes.append("no --sender was given: the reference sender, which comes with it, is judged")
    mirror = click.get_current_context().with_resource(_mirror(words.get("mailpit")))
    options = _options(words, chosen, notes, mirror)
    spec = words["sender"] or "reference"
    reports = _open_reports(words, catalogue, spec)
    order = RunOrder(
        cases=chosen.cases,
        catalogue=catalogue,
        seed=words["seed"],
        time_scale=words["time_scale"],
        options=options,
    )
    sender = by_spec(spec, environment=os.environ, jobs=options.jobs)
    status, result = _told(reports, notes, order, sender)
    return Ran(status=status, result=result, known=chosen.known)


def _mirror(word: str | None) -> AbstractContextManager[Mirror]:
    if word is None:
        return nullcontext(NO_MIRROR)
    from harness.mailpit.for_run import mirror_for_run  # noqa: PLC0415  # only when used

    return mirror_for_run(word)


def _options(words: dict[str, Any], chosen: Selected, notes: list[str], mirror: Mirror) -> Options:
    expectations, stale = expected(
        words.get("baseline"), chosen.known, is_everything=not words["paths"]
    )
    notes += stale
    return Options(
        jobs=words["jobs"],
        strict=words["strict"],
        evidence=EvidenceFolder(words["evidence"]) if words["evidence"] else None,
        notes=tuple(notes),
        max_fail=words["max_fail"],
        time_limit=words["time_limit"],
        is_unnamed=words["sender"] is None,
        expectations=expectations,
        stale=stale,
        mirror=mirror,
        keeps_passed=any(map(shows_passed, words["reports"])),
    )


def _open_reports(words: dict[str, Any], catalogue: Catalogue, spec: str) -> Reports:
    return open_reports(
        [parse_report_spec(text) for text in words["reports"]],
        environ=os.environ,
        describe_row=catalogue.describe,
        describe_document=lambda prefix: catalogue.owners.get(prefix, ""),
        command=command_line(
            spec,
            paths=words["paths"],
            documents=words["documents"],
            seed=words["seed"],
            time_scale=words["time_scale"],
        ),
    )


def _told(
    reports: Reports, notes: list[str], order: RunOrder, sender: OpenSender
) -> tuple[int, RunResult | None]:
    """Carry out a run; the exit status is the one that its reports tell."""
    try:
        with reports:
            for note in notes:
                reports(Note(text=note))
            with spread_out(order, sender) as base:
                run = execute(order, sender, reports, base=base)
                result = asyncio.run(_until_told_to_stop(run))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    except HarnessError as error:
        if reports.announced is None:
            raise
        click.echo(f"harness: {visible(str(error))}", err=True)
        return reports.announced, None
    return exit_status(result) if reports.announced is None else reports.announced, result


async def _until_told_to_stop(run_of_cases: Coroutine[Any, Any, RunResult]) -> RunResult:
    """On a signal, report what had run, and go."""
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    stop = click.get_current_context().find_object(Stop) or Stop()
    stop.instead = lambda: loop.call_soon_threadsafe(task.cancel)
    try:
        return await run_of_cases
    finally:
        stop.instead = lambda: None  # all has been told by now
