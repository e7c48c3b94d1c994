"""`harness diff`: what became of each case from one run to the next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from harness.escaping import inert, shortened, visible
from harness.gate import AS_EXPECTED, FAILED
from harness.reports.comparison import Became, CaseChange, Comparison, compared
from harness.reports.document import ReportDocument
from harness.reports.reading import read_report

_LONGEST = 300


@click.command("diff")
@click.argument("before", metavar="A.json", type=click.Path(path_type=Path))
@click.argument("now", metavar="B.json", type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Every change, however many there are.")
def diff(before: Path, now: Path, everything: bool) -> int:
    """Tell what got worse, better, fails otherwise, is new or gone from A.json to B.json.

    Both are JSON reports (harness run --report json=FILE). Ports, ids and times make no difference.

    Exit status: 0 nothing got worse, 1 something did (a new failure too), 2 a file is no report.
    """
    old, new = read_report(before), read_report(now)
    found = compared(old, new)
    lines = [*_about(old, new), *_changes(found, everything=everything), *_rows(found)]
    click.echo(inert("\n".join([*lines, _in_one_line(found)])))
    return FAILED if found.is_worse else AS_EXPECTED


def _about(old: ReportDocument, new: ReportDocument) -> Iterator[str]:
    """What makes the two hard to compare."""
    for what, was, is_ in (
        ("sender", old.sender, new.sender),
        ("harness", old.harness, new.harness),
    ):
        if was != is_:
            yield f"note: {what} {visible(was)} then, {visible(is_)} now"
    for name, report in (("the first", old), ("the second", new)):
        if report.interrupted:
            yield f"note: {name} run asked {len(report.cases)} of {report.total} cases"


def _changes(found: Comparison, *, everything: bool) -> Iterator[str]:
    for kind in Became:
        changes = found.of(kind)
        if not changes:
            continue
        yield f"{kind.upper()}  {_count(len(changes), 'case')}"
        shown = changes if everything else changes[: _most(kind)]
        yield from (f"  {_line(change)}" for change in shown)
        if rest := len(changes) - len(shown):
            yield f"  and {rest} more (--all)"
        yield ""


def _most(kind: Became) -> int:
    """What is bad is shown at length; of the rest a few."""
    return 100 if kind in {Became.WORSE, Became.OTHERWISE} else 20


def _line(change: CaseChange) -> str:
    return f"{visible(change.case)}: {shortened(visible(change.words), _LONGEST)}"


def _rows(found: Comparison) -> Iterator[str]:
    if found.rows:
        yield f"REQUIREMENTS  {_count(len(found.rows), 'verdict')} changed"
        for row in found.rows:
            yield f"  {row.row:<12}{row.level:<8}{row.before}, now {row.now}"
        yield ""


def _in_one_line(found: Comparison) -> str:
    counts = [f"{len(found.of(kind))} {kind}" for kind in Became if found.of(kind)]
    return ", ".join([*counts, f"{found.same} as before"])


def _count(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}s"


COMMANDS = {"diff": diff}
