"""`harness replay`: the verdicts of a run once more, from its evidence alone."""

from __future__ import annotations

import os
from pathlib import Path

import click

from harness.baseline_file import expected
from harness.cli.options import with_documents
from harness.escaping import visible
from harness.events import Note, RunFinished
from harness.gate import USAGE, exit_status, worst_status
from harness.model import RunResult
from harness.replay import Replay
from harness.replay import replay as judged_again
from harness.reports import open_reports, parse_report_spec
from harness.requirements import load_catalogue
from harness.scenario.library import load_library

_MOST_SHOWN = 20


@click.command("replay")
@click.argument("evidence", type=click.Path(path_type=Path), metavar="EVIDENCE")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@with_documents
@click.option("--report", "reports", multiple=True, metavar="FORMAT[=PATH]")
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The failures that are expected, as of harness run.",
)
@click.option("--strict", is_flag=True, help="A failed SHOULD fails the run.")
def replay(
    evidence: Path,
    paths: tuple[str, ...],
    documents: tuple[str, ...],
    reports: tuple[str, ...],
    baseline: Path | None,
    strict: bool,
) -> int:
    """Judge a run again from its evidence: no sender is asked, no socket is opened.

    EVIDENCE is the folder that harness run --evidence filled; PATH are the scenarios of that run,
    the bundled ones without. Reports are those of a run.

    Exit status: as of harness run, and 2 where evidence is missing, was changed, or is of another
    version: file:line: reason.
    """
    catalogue = load_catalogue(documents)
    library = load_library(paths, catalogue=catalogue)
    expectations, stale = expected(
        baseline, [case.id for case in library.cases], is_everything=not paths
    )
    again = judged_again(
        evidence,
        library.cases,
        catalogue,
        strict=strict,
        expectations=expectations,
        stale=stale,
    )

    def status(result: RunResult) -> int:
        return worst_status([exit_status(result), *([USAGE] if again.problems else [])])

    with open_reports(
        [parse_report_spec(text) for text in reports],
        environ=os.environ,
        describe_row=catalogue.describe,
        status=status,
    ) as listening:
        for note in (*library.notes, *stale, *_notes(again)):
            listening(Note(text=note))
        listening(RunFinished(result=again.result))
    _tell_problems(again)
    return status(again.result)


def _notes(again: Replay) -> list[str]:
    judged = len(again.result.cases) - len(again.problems) - len(again.otherwise)
    told = [f"judged again: {judged} of {len(again.result.cases)} verdicts are as the run told"]
    verdicts = {case.id: case.verdict for case in again.result.cases}
    changed = [f"{case}: {was} then, {verdicts[case]} now" for case, was in again.otherwise.items()]
    return [*told, *changed[:_MOST_SHOWN]]


def _tell_problems(again: Replay) -> None:
    """As editors read it: file:line first."""
    for problem in again.problems[:_MOST_SHOWN]:
        click.echo(visible(problem), err=True)
    if rest := len(again.problems) - _MOST_SHOWN:
        click.echo(f"and {rest} more", err=True) if rest > 0 else None


COMMANDS = {"replay": replay}
