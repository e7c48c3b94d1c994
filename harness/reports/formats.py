"""What a report format is, and which ones there are."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.events import Event
from harness.gate import exit_status
from harness.model import RunResult


def no_description(_row: str) -> str:
    """Describe no row: for whoever has no catalogue at hand."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a format may want to know besides the result.

    `folder` is where the report will be: paths in it are relative to that. `describe_row` gives
    the one-line paraphrase of a requirement or situation, or "" for one that it does not know,
    `describe_document` the title of the document whose ids begin with a prefix.
    `command` is the command line that runs one case again, up to its `--select`, or makes such a
    line of a case's id; None for the plain one with the sender of the run. `status` gives the exit
    status to announce.
    """

    folder: Path = field(default_factory=Path)
    describe_row: Callable[[str], str] = no_description
    describe_document: Callable[[str], str] = no_description
    command: str | Callable[[str], str] | None = None
    status: Callable[[RunResult], int] = exit_status


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeFormat:
    """A format that is written once, when the run has ended.

    `shows_passed`: also what was said in the cases that passed.
    """

    name: str
    about: str
    render: Callable[[RunResult, Context], str]
    shows_passed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFormat:
    """A format that is written while the run goes; `line` is None for an event it leaves out."""

    name: str
    about: str
    line: Callable[[Event, Context], str | None]


Format = WholeFormat | LineFormat


def report_formats() -> Mapping[str, Format]:
    """Return every format by its name: the `FORMAT` of each module beside this one."""
    package = importlib.import_module("harness.reports")
    found = (
        getattr(importlib.import_module(f"harness.reports.{module.name}"), "FORMAT", None)
        for module in pkgutil.iter_modules(package.__path__)
        if not module.ispkg  # the terminal's: it draws with rich, and nobody names it
    )
    return by_name(each for each in found if isinstance(each, WholeFormat | LineFormat))


def by_name(formats: Iterable[Format]) -> Mapping[str, Format]:
    """Formats by their names.

    Raises:
        ValueError: two have one name, and one of them would never be written.
    """
    found: dict[str, Format] = {}
    for each in sorted(formats, key=lambda each: each.name):
        if found.setdefault(each.name, each) is not each:
            raise ValueError(f"two report formats are called {each.name}")
    return found
