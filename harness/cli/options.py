"""Options that several verbs share."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click

from harness.errors import UsageError
from harness.model import Level, Verdict
from harness.requirements import Catalogue
from harness.scenario.case import Case
from harness.scenario.library import load_library
from harness.selection import Selection, Shard

F = TypeVar("F", bound=Callable[..., Any])

_BY_NAME = (
    "globs", "expression", "requirements", "situations", "tags", "providers", "excluded",
)  # fmt: skip
_OPTIONS = (
    click.option("--select", "globs", multiple=True, metavar="GLOB", help="Cases by id."),
    click.option("-k", "expression", metavar="EXPR", help="Cases by words in their id."),
    click.option("--requirement", "requirements", multiple=True, metavar="ID"),
    click.option("--situation", "situations", multiple=True, metavar="ID"),
    click.option("--tag", "tags", multiple=True, metavar="TAG"),
    click.option("--provider", "providers", multiple=True, metavar="NAME"),
    click.option(
        "--level",
        type=click.Choice([level.lower() for level in Level], case_sensitive=False),
        help="Cases that verify a row of this level or a higher one.",
    ),
    click.option("--exclude", "excluded", multiple=True, metavar="GLOB", help="Not these, by id."),
    click.option(
        "--shard",
        metavar="K/N",
        help="The K-th of N parts, which together are the whole; adding cases moves none.",
    ),
    click.option(
        "--failed",
        "failed_in",
        type=click.Path(path_type=Path),
        metavar="REPORT",
        help="What failed, or was in error, in this JSON report.",
    ),
)


class Selected(NamedTuple):
    """The cases that are meant, notes on the search, and the ids of all that were read."""

    cases: tuple[Case, ...]
    notes: tuple[str, ...]
    known: tuple[str, ...]


def _failed_in(path: Path) -> frozenset[str]:
    from harness.reports.reading import read_report  # noqa: PLC0415  # only where it is asked for

    wrong = {Verdict.FAIL, Verdict.ERROR}
    return frozenset(case.id for case in read_report(path).cases if case.verdict in wrong)


class FiniteRange(click.FloatRange):
    """A number within a range; neither `inf` nor `nan`, which compares with nothing, is one."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The number."""
        found = float(super().convert(value, param, ctx))
        if not math.isfinite(found):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return found


with_documents = click.option(
    "--document",
    "documents",
    multiple=True,
    metavar="FILE",
    help="Requirements of your own, which scenarios can verify; repeatable.",
)


def selecting(command: F) -> F:
    """Add the options that select cases."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def selected(paths: tuple[str, ...], words: dict[str, Any], catalogue: Catalogue) -> Selected:
    """The cases that paths and options select. `words` has other options too.

    Raises:
        UsageError: one of several options matches nothing. Where nothing at all is selected, a note
            says what matches nothing: that has an exit status of its own.
    """
    level, shard = words["level"], words["shard"]
    library = load_library(paths, catalogue=catalogue)
    selection = Selection(
        **{name: words[name] for name in _BY_NAME},
        only=_failed_in(words["failed_in"]) if words["failed_in"] is not None else None,
        level=Level(level.upper()) if level else None,
        shard=Shard.parse(shard) if shard is not None else None,
    )
    chosen = selection.of(library.cases, catalogue=catalogue)
    nothing = selection.matching_nothing(library.cases)
    if nothing and chosen:
        raise UsageError("; ".join(nothing))
    if not chosen and not nothing:
        nothing = ("no case is meant by all of these options together",)
    ids = tuple(case.id for case in library.cases)
    return Selected(cases=chosen, notes=(*library.notes, *nothing), known=ids)
