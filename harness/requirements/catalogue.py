"""Both catalogues, read from the data files of this folder and looked up by id."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from types import MappingProxyType
from typing import Any, TypeVar

import yaml

from harness.errors import UsageError
from harness.model import Level
from harness.requirements.rows import (
    Expectation,
    ExpectationByMode,
    Kind,
    Requirement,
    Row,
    Severity,
    Situation,
    SourceDocument,
    State,
)

_Built = TypeVar("_Built", Requirement, Situation)

# The C loader reads everything in some 40 ms, the Python one takes ten times as long.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, kw_only=True)
class SituationFamily:
    """A group of situations; `key` is the first part of their ids."""

    key: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All requirements and situations. Iterates over the rows in the order of their sources."""

    requirements: tuple[Requirement, ...]
    situations: tuple[Situation, ...]
    families: tuple[SituationFamily, ...]
    rows: Mapping[str, Row]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows.values())

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, row_id: object) -> bool:
        return row_id in self.rows

    def row(self, row_id: str) -> Row:
        """The requirement or situation of this id. An unknown one is a `UsageError`."""
        try:
            return self.rows[row_id]
        except KeyError:
            raise UsageError(self._unknown(row_id)) from None

    def requirement(self, row_id: str) -> Requirement:
        """The requirement of this id. An unknown one, or a situation's, is a `UsageError`."""
        row = self.row(row_id)
        if isinstance(row, Requirement):
            return row
        raise UsageError(f"{row_id} is a situation, not a requirement")

    def situation(self, row_id: str) -> Situation:
        """The situation of this id. An unknown one, or a requirement's, is a `UsageError`."""
        row = self.row(row_id)
        if isinstance(row, Situation):
            return row
        raise UsageError(f"{row_id} is a requirement, not a situation")

    def describe(self, row_id: str) -> str:
        """Return the one-line paraphrase of a row; "" for one that is not known."""
        if row_id not in self:
            return ""
        row = self.row(row_id)
        return row.statement if isinstance(row, Requirement) else row.title

    def level(self, row_id: str) -> Level:
        """How binding the row of this id is."""
        return self.row(row_id).level

    def _unknown(self, row_id: str) -> str:
        nearest = difflib.get_close_matches(row_id.upper(), self.rows, n=3)
        known = (
            f"the nearest are {', '.join(nearest)}"
            if nearest
            else f"ids begin with {', '.join(_prefixes(self))}"
        )
        return f"no requirement or situation has the id {row_id!r}; {known}"


@cache
def load_catalogue() -> Catalogue:
    """Read both catalogues; they are read once in a process."""
    requirements: list[Requirement] = []
    situations: list[Situation] = []
    families: list[SituationFamily] = []
    for name in ("auth0.yaml", "ory.yaml"):
        data = _read(name)
        build_requirement = partial(_requirement, document=SourceDocument(data["document"]))
        requirements += _build(name, data["rows"], build_requirement)
    for name in _situation_files():
        data = _read(name)
        families.append(SituationFamily(key=data["family"], title=data["title"]))
        build_situation = partial(_situation, family=data["family"])
        situations += _build(name, data["rows"], build_situation)
    return Catalogue(
        requirements=tuple(requirements),
        situations=tuple(situations),
        families=tuple(families),
        rows=_index([*requirements, *situations]),
    )


def _prefixes(catalogue: Catalogue) -> list[str]:
    documents = [document.value.upper() for document in SourceDocument]
    return [f"{prefix}-" for prefix in (*documents, *(f.key for f in catalogue.families))]


def _index(rows: Iterable[Row]) -> Mapping[str, Row]:
    index: dict[str, Row] = {}
    for row in rows:
        if index.setdefault(row.id, row) is not row:
            raise ValueError(f"{row.id} is there twice")
    return MappingProxyType(index)


def _situation_files() -> list[str]:
    """The files of the situations; the number at the start of a name gives the order."""
    folder = resources.files(__package__) / "situations"
    return sorted(f"situations/{file.name}" for file in folder.iterdir())


def _read(name: str) -> Any:
    data = (resources.files(__package__) / name).read_text(encoding="utf-8")
    loader = _Loader(data)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _build(
    name: str, rows: Iterable[Mapping[str, Any]], build: Callable[[Mapping[str, Any]], _Built]
) -> Iterator[_Built]:
    """Build each row, and say which one it is that cannot be built."""
    for row in rows:
        try:
            yield build(row)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{name}: {row.get('id', 'row without id')}: {error}") from error


def _requirement(row: Mapping[str, Any], *, document: SourceDocument) -> Requirement:
    words = {
        "level": Level(row["level"]),
        "kind": Kind(row["kind"]),
        "state": State(row["state"]),
    }
    return Requirement(**{**row, **words, "document": document})


def _situation(row: Mapping[str, Any], *, family: str) -> Situation:
    words: dict[str, Any] = {"severity": Severity(row["severity"])}
    if "modes" in row:
        modes = {mode: Expectation(word) for mode, word in row["modes"].items()}
        words["modes"] = ExpectationByMode(**modes)
    return Situation(**{**row, **words, "family": family})
