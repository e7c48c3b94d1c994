"""`harness list`, `harness show` and `harness validate`."""

from __future__ import annotations

import json
from typing import Any

import click

from harness.cli.options import selected, selecting, with_documents
from harness.cli.situations import list_situations
from harness.errors import ScenarioError, UsageError
from harness.gate import NOTHING
from harness.nearest import meant_id
from harness.requirements import Catalogue, load_catalogue
from harness.scenario.case import Case
from harness.scenario.library import Library, load_library
from harness.selection import Selection


@click.command("list")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@selecting
@with_documents
@click.option("--ids", is_flag=True, help="Ids alone, a line each.")
@click.option(
    "--catalogue",
    "by_situation",
    is_flag=True,
    help="Situations, and which scenarios cover them, or why none does.",
)
@click.option("--json", "as_json", is_flag=True, help="With --catalogue: one JSON document.")
def list_cases(
    paths: tuple[str, ...],
    documents: tuple[str, ...],
    ids: bool,
    by_situation: bool,
    as_json: bool,
    **words: Any,
) -> int:
    """List the cases that a selection holds, with the rows that each verifies.

    With --catalogue, every situation of the catalogue by family; --situation 'DLV-*' chooses among
    them, and the other options say which cases count.
    """
    if ids and by_situation:
        raise UsageError("--ids lists cases and --catalogue situations: choose one")
    if as_json and not by_situation:
        raise UsageError("--json goes with --catalogue")
    if by_situation:
        list_situations(paths, words, load_catalogue(documents), as_json=as_json)
        return 0
    cases, notes, _ = selected(paths, words, load_catalogue(documents))
    for note in notes:
        click.echo(f"note: {note}", err=True)
    if cases:
        click.echo("\n".join(case.id if ids else f"{case.id}  ({_rows(case)})" for case in cases))
    if not ids:
        scenarios = len({case.scenario for case in cases})
        controls = sum(1 for case in cases if case.is_control)
        click.echo(f"\n{len(cases)} cases of {scenarios} scenarios, {controls} of them controls")
    return 0 if cases else NOTHING


def _rows(case: Case) -> str:
    return "control" if case.is_control else ", ".join(case.rows)


@click.command("show")
@click.argument("identifier", metavar="ID")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@with_documents
def show(identifier: str, paths: tuple[str, ...], documents: tuple[str, ...]) -> int:
    """Show a case: what is given, what is asked, what must come out, and why.

    ID may be a scenario's, then each of its cases is shown, or a glob.
    """
    catalogue = load_catalogue(documents)
    cases = load_library(paths, catalogue=catalogue).cases
    chosen = Selection(globs=(identifier,)).of(cases, catalogue=catalogue)
    if not chosen:
        hint = meant_id(identifier, [case.id for case in cases])
        raise UsageError(
            f"there is no case or scenario {identifier}{hint or '; harness list shows them'}"
        )
    click.echo("\n\n".join(_described(case, catalogue) for case in chosen))
    return 0


def _described(case: Case, catalogue: Catalogue) -> str:
    lines = [case.id, f"  {case.title}", f"  file      {case.source}"]
    lines += [f"  {row:<9} {catalogue.describe(row)}" for row in case.rows]
    if case.control:
        lines.append(f"  control   {case.control}")
    lines.append(f"  needs     {', '.join(sorted(case.needs))}")
    lines.append(f"  given     {_short(case.given.model_dump(mode='json', exclude_unset=True))}")
    for step in case.steps:
        lines.append(f"  when      {_short(step.model_dump(mode='json', exclude_unset=True))}")
    if case.then is None:
        lines.append("  then      the sender reports sent, and the message is taken once")
    else:
        then = case.then.model_dump(mode="json", by_alias=True, exclude_unset=True)
        lines += [f"  then      {key}: {_short(value)}" for key, value in then.items()]
    return "\n".join(lines)


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="PATH...")
@with_documents
def validate(paths: tuple[str, ...], documents: tuple[str, ...]) -> int:
    """Check scenario files without running them; mistakes as file:line: path: reason.

    PATH may be left out where there is a document to check.
    """
    if not paths and not documents:
        raise click.UsageError("Missing argument 'PATH...'.")
    try:
        catalogue = load_catalogue(documents)
        library = load_library(paths, catalogue=catalogue) if paths else Library(cases=())
    except ScenarioError as error:
        click.echo(str(error))
        raise UsageError(_counted(len(str(error).splitlines()), "mistake")) from error
    for note in library.notes:
        click.echo(f"note: {note}", err=True)
    if documents:
        bundled = load_catalogue()
        files = _counted(len(catalogue.documents) - len(bundled.documents), "document")
        rows = _counted(len(catalogue.requirements) - len(bundled.requirements), "requirement")
        found = f"{files} with {rows}"
        click.echo(f"{found}: nothing to complain about")
    if paths:
        scenarios = len({case.scenario for case in library.cases})
        found = f"{_counted(scenarios, 'scenario')} with {_counted(len(library.cases), 'case')}"
        click.echo(f"{found}: nothing to complain about")
    return 0


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


COMMANDS = {"list": list_cases, "show": show, "validate": validate}
