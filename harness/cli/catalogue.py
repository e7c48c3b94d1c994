"""`harness requirements` and `harness explain`."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Container

import click

from harness.cli.options import with_documents
from harness.errors import UsageError
from harness.requirements import Requirement, Situation, State, load_catalogue
from harness.scenario.case import Case
from harness.scenario.library import load_library

_ID = re.compile(r"[A-Za-z0-9-]+-[0-9]+")
_WIDTH = 96
_LABEL = 11


@click.command("requirements")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@with_documents
@click.option("--untested", is_flag=True, help="Only those that nothing checks, with the reason.")
def requirements(paths: tuple[str, ...], documents: tuple[str, ...], untested: bool) -> int:
    """List the documented requirements: id, level, whether they are checked, what they say.

    PATH is a scenario file or a folder of them, whose scenarios count as checks; without one, the
    bundled scenarios do.
    """
    catalogue = load_catalogue(documents)
    covered = _covered(load_library(paths, catalogue=catalogue).cases)
    states = {row.id: _state(row, covered) for row in catalogue.requirements}
    counts = Counter(states.values())
    for row in catalogue.requirements:
        if untested and states[row.id] is State.CHECKED:
            continue
        brief = _brief(row, states[row.id])
        click.echo(f"{row.id:<10} {row.level:<6} {states[row.id]:<10} {brief}")
    situations = sum(1 for row in catalogue.situations if row.id in covered)
    click.echo(
        f"\n{len(catalogue.requirements)} requirements: {counts[State.CHECKED]} checked, "
        f"{counts[State.NOT_YET]} not yet, {counts[State.UNTESTABLE]} untestable. "
        f"{len(catalogue.situations)} situations: {situations} covered.",
        err=False,
    )
    return 0


def _state(row: Requirement, covered: Container[str]) -> State:
    """Whether the scenarios at hand check a requirement, whatever its document says of others."""
    if row.state is State.UNTESTABLE:
        return row.state
    return State.CHECKED if row.id in covered else State.NOT_YET


def _brief(row: Requirement, state: State) -> str:
    """What a row says, in a line; ahead of it, what it waits for before anything can check it."""
    said = {State.CHECKED: "{0}", State.NOT_YET: "({1}) {0}", State.UNTESTABLE: "{0} ({1})"}[state]
    text = said.format(row.statement, row.reason) if row.reason else row.statement
    return textwrap.shorten(text, _WIDTH - 29, placeholder=" …")


def _covered(cases: tuple[Case, ...]) -> dict[str, list[str]]:
    """From each row to the scenarios that verify it."""
    found: dict[str, list[str]] = {}
    for case in cases:
        for row in case.rows:
            scenarios = found.setdefault(row, [])
            if case.scenario not in scenarios:
                scenarios.append(case.scenario)
    return found


@click.command("explain")
@click.argument("what", metavar="ID|WORD|errors")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@with_documents
def explain(what: str, paths: tuple[str, ...], documents: tuple[str, ...]) -> int:
    """Explain a requirement, a situation, a word of the language, or `errors`.

    A word is one of scenario files, accounts, sender files or the sender protocol, with as much of
    its path as it takes: starttls, auth.offer, faults.do, sendgrid.account, expired, stalled.
    `errors` are the phases and classes of failures.

    PATH is where to look for scenarios that verify it; without one, among the bundled ones.
    """
    if what == "errors":
        _explain_errors()
        return 0
    catalogue = load_catalogue(documents)
    try:
        row = catalogue.row(what.upper())
    except UsageError as error:
        _explain_word(what, tuple(catalogue.rows), otherwise=error)
        return 0
    covered = _covered(load_library(paths, catalogue=catalogue).cases)
    if isinstance(row, Requirement):
        _explain_requirement(row, _state(row, covered))
    else:
        _explain_situation(row)
    waiting = row.waits_for if isinstance(row, Situation) else None
    none = f"none: {waiting} ({waiting.meaning})" if waiting else "none checks it yet"
    _field("scenarios", ", ".join(covered.get(row.id, ())) or none)
    return 0


def _explain_requirement(row: Requirement, state: State) -> None:
    click.echo(f"{row.id}  {row.level}  {row.kind}")
    document = f"{row.document.title} ({row.document.address}, {row.document.date})"
    _field("document", f"{document}; section: {row.section}" if row.section else document)
    _field("says", row.statement)
    _field("state", f"{state}: {row.reason}" if row.reason else state)
    _field("note", row.note)


def _explain_situation(row: Situation) -> None:
    derived = ", severity derived by us" if row.severity_derived else ""
    click.echo(f"{row.id}  {row.level}  severity {row.severity}: {row.severity.meaning}{derived}")
    _field("situation", row.title)
    _field("server", row.fake)
    _field("right", row.right)
    if row.modes is not None:
        modes = row.modes
        _field(
            "by mode", f"verifying: {modes.verify}; skipping: {modes.skip}; named: {modes.named}"
        )
    _field("decided by", row.decides)
    _field("note", row.note)


def _explain_word(what: str, rows: tuple[str, ...], *, otherwise: UsageError) -> None:
    """Explain a word; `otherwise` is what to say where it is none and looks like an id."""
    from harness.cli.words import explained  # noqa: PLC0415  # rows do without all the models

    try:
        explanations = explained(what, rows=rows)
    except UsageError as error:
        raise (otherwise if _ID.fullmatch(what) else error) from error
    for number, found in enumerate(explanations):
        if number:
            click.echo()
        click.echo(found.heading)
        width = max(_LABEL, *(len(label) for label, _ in found.lines))
        for label, text in found.lines:
            _field(label, text, width=width)


def _explain_errors() -> None:
    from harness.error_classes import CLASSES, PHASES  # noqa: PLC0415  # with the whole protocol

    click.echo("Phases, in the order of a session")
    for phase, meaning in PHASES.items():
        click.echo(f"  {phase:<30} {meaning}")
    for where, classes in CLASSES.items():
        click.echo(f"\nClasses: {where}")
        for name, meaning in classes.items():
            indent = "  " if name.parent else ""
            click.echo(f"  {indent + name:<30} {meaning}")
    click.echo("\nA parent is as good as its child; a phase without a class is a valid answer.")


def _field(label: str, text: str | None, *, width: int = _LABEL) -> None:
    if not text:
        return
    lines = textwrap.wrap(" ".join(text.split()), _WIDTH - width - 3)
    for number, line in enumerate(lines):
        click.echo(f"  {label if number == 0 else '':<{width}} {line}")


COMMANDS = {"requirements": requirements, "explain": explain}
