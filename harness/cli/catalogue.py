"""`harness requirements` and `harness explain`."""

from __future__ import annotations

import re
import textwrap
from collections import Counter

import click

from harness.error_classes import CLASSES, PHASES
from harness.errors import UsageError
from harness.requirements import Requirement, Situation, State, load_catalogue
from harness.scenario.case import Case
from harness.scenario.library import load_library

_ID = re.compile(r"[A-Za-z0-9]+-[0-9]+")
_WIDTH = 96
_LABEL = 11


@click.command("requirements")
@click.option("--untested", is_flag=True, help="Only those that nothing checks, with the reason.")
def requirements(untested: bool) -> int:
    """List the documented requirements: id, level, whether they are checked, what they say."""
    catalogue = load_catalogue()
    covered = _covered(load_library().cases)
    counts = Counter(row.state for row in catalogue.requirements)
    for row in catalogue.requirements:
        if untested and row.state is State.CHECKED:
            continue
        click.echo(f"{row.id:<10} {row.level:<6} {row.state:<10} {_brief(row)}")
    situations = sum(1 for row in catalogue.situations if row.id in covered)
    click.echo(
        f"\n{len(catalogue.requirements)} requirements: {counts[State.CHECKED]} checked, "
        f"{counts[State.NOT_YET]} not yet, {counts[State.UNTESTABLE]} untestable. "
        f"{len(catalogue.situations)} situations: {situations} covered.",
        err=False,
    )
    return 0


def _brief(row: Requirement) -> str:
    text = row.statement if row.state is not State.UNTESTABLE else f"{row.statement} ({row.reason})"
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
def explain(what: str) -> int:
    """Explain a requirement, a situation, a word of the language, or `errors`.

    A word is one of scenario files, accounts, sender files or the sender protocol, with as much of
    its path as it takes: starttls, auth.offer, faults.do, sendgrid.account, expired, stalled.
    `errors` are the phases and classes of failures.
    """
    if what == "errors":
        _explain_errors()
        return 0
    catalogue = load_catalogue()
    try:
        row = catalogue.row(what.upper())
    except UsageError as error:
        _explain_word(what, tuple(catalogue.rows), otherwise=error)
        return 0
    if isinstance(row, Requirement):
        _explain_requirement(row)
    else:
        _explain_situation(row)
    scenarios = _covered(load_library().cases).get(row.id, [])
    _field("scenarios", ", ".join(scenarios) if scenarios else "none checks it yet")
    return 0


def _explain_requirement(row: Requirement) -> None:
    click.echo(f"{row.id}  {row.level}  {row.kind}")
    _field("document", f"{row.document.page}; section: {row.section}")
    _field("says", row.statement)
    _field("state", f"{row.state}: {row.reason}" if row.reason else row.state)
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
