"""`harness run`: the main job."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import click

from harness.cli.options import FiniteRange, selected, selecting, with_documents
from harness.cli.signals import Stop
from harness.errors import HarnessError
from harness.escaping import visible
from harness.events import Note
from harness.evidence import EvidenceFolder
from harness.execution import RunOrder, by_spec, execute
from harness.gate import exit_status
from harness.model import RunResult
from harness.reports import Reports, open_reports, parse_report_spec
from harness.requirements import load_catalogue
from harness.runner import Options

_SETTINGS = (
    "sender", "jobs", "seed", "time_scale", "reports", "evidence", "strict", "max_fail",
)  # fmt: skip


@click.command("run")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--sender", metavar="SPEC", help="What to judge; default: reference.")
@selecting
@with_documents
@click.option("--jobs", type=click.IntRange(min=1), help="Cases at a time.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--time-scale",
    type=FiniteRange(min=0.05),
    default=1.0,
    show_default=True,
    help="Stretch every time-out and delay.",
)
@click.option("--report", "reports", multiple=True, metavar="FORMAT[=PATH]")
@click.option("--evidence", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--strict", is_flag=True, help="A failed SHOULD fails the run.")
@click.option(
    "--max-fail",
    type=click.IntRange(min=1),
    metavar="N",
    help="Ask no more after N cases that failed or were in error.",
)
@click.option("-x", "max_fail", flag_value=1, type=int, help="The same as --max-fail 1.")
def run(**words: Any) -> int:
    """Run scenarios against a sender and report what each proves.

    PATH is a scenario file or a folder of them; without one, the bundled scenarios run. The
    sender is `reference`, `python:module:callable`, `command:PROGRAM`, `command+lines:PROGRAM`,
    `http://…`, `https://…`, `template:PROGRAM {host} {port} …` or `file:PATH`.

    Exit status: 0 all as expected, 1 a requirement failed, 2 usage or scenario error, 3 harness or
    environment trouble, 4 nothing selected or nothing decided, 130 interrupted.
    """
    settings = {name: words.pop(name) for name in _SETTINGS}
    paths = words.pop("paths")
    documents = words.pop("documents")
    catalogue = load_catalogue(documents)
    cases, notes = selected(paths, words, catalogue)
    own = [word for document in documents for word in ("--document", document)]
    spec = settings["sender"] or "reference"
    reports = open_reports(
        [parse_report_spec(text) for text in settings["reports"]],
        environ=os.environ,
        describe_row=catalogue.describe,
        describe_document=lambda prefix: catalogue.owners.get(prefix, ""),
        command=shlex.join(["harness", "run", *paths, *own, "--sender", spec]),
    )
    if settings["sender"] is None:
        notes.append("no --sender was given: the reference sender, which comes with it, is judged")
    folder = EvidenceFolder(settings["evidence"]) if settings["evidence"] else None
    options = Options(
        jobs=settings["jobs"],
        strict=settings["strict"],
        evidence=folder,
        notes=tuple(notes),
        max_fail=settings["max_fail"],
        is_unnamed=settings["sender"] is None,
    )
    order = RunOrder(
        cases=cases,
        catalogue=catalogue,
        seed=settings["seed"],
        time_scale=settings["time_scale"],
        options=options,
    )
    sender = by_spec(spec, environment=os.environ, jobs=options.jobs)
    return _carried_out(reports, notes, execute(order, sender, reports))


def _carried_out(
    reports: Reports, notes: list[str], run_of_cases: Coroutine[Any, Any, RunResult]
) -> int:
    """Carry out a run; the exit status is the one that its reports tell."""
    try:
        with reports:
            for note in notes:
                reports(Note(text=note))
            result = asyncio.run(_until_told_to_stop(run_of_cases))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    except HarnessError as error:
        if reports.announced is None:
            raise
        click.echo(f"harness: {visible(str(error))}", err=True)
        return reports.announced
    return exit_status(result) if reports.announced is None else reports.announced


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


COMMANDS = {"run": run}
