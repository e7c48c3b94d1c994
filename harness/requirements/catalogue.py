"""The catalogue: requirements and situations, read from data files and looked up by id."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from harness.errors import ScenarioError, UsageError
from harness.model import Level
from harness.requirements.documents import read_document
from harness.requirements.rows import (
    Expectation,
    ExpectationByMode,
    Requirement,
    Row,
    Severity,
    Situation,
    SourceDocument,
    Waiting,
)

_FOLDER = Path(__file__).resolve().parent
_OWN = "a document of your own is read with --document FILE, and by pytest with harness_documents"

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

    documents: tuple[SourceDocument, ...]
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

    @property
    def owners(self) -> Mapping[str, str]:
        """Whose ids begin with what: by prefix, without the hyphen."""
        documents = {document.prefix: document.title for document in self.documents}
        return {
            **documents,
            **{each.key: f"the situations: {each.title}" for each in self.families},
        }

    def _unknown(self, row_id: str) -> str:
        owners = self.owners
        prefix = row_id.upper().rpartition("-")[0]
        close = difflib.get_close_matches(row_id.upper(), self.rows, n=3)
        known = (
            f"the nearest are {', '.join(close)}"
            if close
            else f"ids begin with {', '.join(f'{owner}-' for owner in owners)}"
        )
        own = "" if prefix in owners else f"; {_OWN}"
        return f"no requirement or situation has the id {row_id!r}; {known}{own}"


def load_catalogue(documents: Sequence[str | Path] = ()) -> Catalogue:
    """The bundled catalogue, with the requirements of a project's own documents where given.

    What is bundled is read once in a process.

    Raises:
        ScenarioError: one `file:line: path: reason` a mistake, over all `documents`.
    """
    catalogue = _bundled()
    found: list[str] = []
    for file in {Path(document).resolve(): str(document) for document in documents}.values():
        try:
            rows = read_document(Path(file), taken=catalogue.owners)
        except ScenarioError as error:
            found.append(str(error))
        else:
            catalogue = _with_document(catalogue, rows)
    if found:
        raise ScenarioError("\n".join(found))
    return catalogue


def _with_document(catalogue: Catalogue, rows: tuple[Requirement, ...]) -> Catalogue:
    requirements = (*catalogue.requirements, *rows)
    return replace(
        catalogue,
        documents=(*catalogue.documents, rows[0].document),
        requirements=requirements,
        rows=_index([*requirements, *catalogue.situations]),
    )


@cache
def _bundled() -> Catalogue:
    situations: list[Situation] = []
    families: list[SituationFamily] = []
    folder = _FOLDER / "situations"
    for file in sorted(folder.glob("[0-9]*.yaml")):  # the number gives the order
        data = _read(file)
        families.append(SituationFamily(key=data["family"], title=data["title"]))
        situations += (_situation(row, file.name, family=data["family"]) for row in data["rows"])
    situations = _with_reasons(situations, _read(folder / "uncovered.yaml"))
    catalogue = Catalogue(
        documents=(),
        requirements=(),
        situations=tuple(situations),
        families=tuple(families),
        rows=_index(situations),
    )
    for file in sorted(_FOLDER.glob("*.yaml")):
        rows = read_document(file, taken=catalogue.owners, source=file.name)
        catalogue = _with_document(catalogue, rows)
    return catalogue


def _with_reasons(
    situations: Iterable[Situation], uncovered: Mapping[str, Sequence[str]]
) -> list[Situation]:
    """Say of each that is named under a reason what it waits for.

    Raises:
        ValueError: a reason is none of the list, or an id is unknown or there twice.
    """
    reasons: dict[str, Waiting] = {}
    for reason, ids in uncovered.items():
        for each in ids:
            if each in reasons:
                raise ValueError(f"uncovered.yaml: {each} is there twice")
            reasons[each] = Waiting(reason)
    found = [
        replace(each, waits_for=reasons.pop(each.id)) if each.id in reasons else each
        for each in situations
    ]
    if reasons:
        raise ValueError(f"uncovered.yaml: no situation has the id {', '.join(reasons)}")
    return found


def _index(rows: Iterable[Row]) -> Mapping[str, Row]:
    index: dict[str, Row] = {}
    for row in rows:
        if index.setdefault(row.id, row) is not row:
            raise ValueError(f"{row.id} is there twice")
    return MappingProxyType(index)


def _read(file: Path) -> Any:
    loader = _Loader(file.read_text(encoding="utf-8"))
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _situation(row: Mapping[str, Any], file: str, *, family: str) -> Situation:
    """Build a situation, or say which one it is that cannot be built."""
    try:
        words: dict[str, Any] = {"severity": Severity(row["severity"])}
        if "modes" in row:
            modes = {mode: Expectation(word) for mode, word in row["modes"].items()}
            words["modes"] = ExpectationByMode(**modes)
        return Situation(**{**row, **words, "family": family})
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file}: {row.get('id', 'row without id')}: {error}") from error
