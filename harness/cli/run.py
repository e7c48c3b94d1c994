"""`harness run`: the main job."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from harness.cli.options import selected, selecting, with_documents
from harness.events import Note
from harness.evidence import EvidenceFolder
from harness.execution import RunOrder, by_spec, execute
from harness.gate import exit_status
from harness.model import RunResult
from harness.reports import open_reports, parse_report_spec
from harness.requirements import load_catalogue
from harness.runner import Options


@click.command("run")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--sender", default="reference", show_default=True, metavar="SPEC")
@selecting
@with_documents
@click.option("--jobs", type=click.IntRange(min=1), help="Cases at a time.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--time-scale",
    type=click.FloatRange(min=0.05),
    default=1.0,
    show_default=True,
    help="Stretch every time-out and delay.",
)
@click.option("--report", "reports", multiple=True, metavar="FORMAT[=PATH]")
@click.option("--evidence", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--strict", is_flag=True, help="A failed SHOULD fails the run.")
def run(**words: Any) -> int:
    """Run scenarios against a sender and report what each proves.

    PATH is a scenario file or a folder of them; without one, the bundled scenarios run. The
    sender is `reference`, `python:module:callable`, `command:PROGRAM`, `command+lines:PROGRAM`,
    `http://…`, `https://…`, `template:PROGRAM {host} {port} …` or `file:PATH`.

    Exit status: 0 all as expected, 1 a requirement failed, 2 usage or scenario error, 3 harness or
    environment trouble, 4 nothing selected or nothing decided, 130 interrupted.
    """
    settings = {
        name: words.pop(name)
        for name in ("sender", "jobs", "seed", "time_scale", "reports", "evidence", "strict")
    }
    paths = words.pop("paths")
    documents = words.pop("documents")
    catalogue = load_catalogue(documents)
    cases, notes = selected(paths, words, catalogue)
    specs = [parse_report_spec(text) for text in settings["reports"]]
    folder = EvidenceFolder(settings["evidence"]) if settings["evidence"] else None
    own = [word for document in documents for word in ("--document", document)]
    with open_reports(
        specs,
        environ=os.environ,
        describe_row=catalogue.describe,
        command=shlex.join(["harness", "run", *paths, *own, "--sender", settings["sender"]]),
    ) as reports:
        for note in notes:
            reports(Note(text=note))
        options = Options(
            jobs=settings["jobs"], strict=settings["strict"], evidence=folder, notes=tuple(notes)
        )
        order = RunOrder(
            cases=cases,
            catalogue=catalogue,
            seed=settings["seed"],
            time_scale=settings["time_scale"],
            options=options,
        )
        sender = by_spec(settings["sender"], environment=os.environ, jobs=options.jobs)
        result = asyncio.run(_until_told_to_stop(execute(order, sender, reports)))
    return exit_status(result)


async def _until_told_to_stop(run_of_cases: Coroutine[Any, Any, RunResult]) -> RunResult:
    """Take SIGTERM, by which CI stops a job, for what Ctrl-C is: report what had run, and go."""
    task = asyncio.current_task()
    assert task is not None
    with suppress(NotImplementedError):  # Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await run_of_cases


COMMANDS = {"run": run}
