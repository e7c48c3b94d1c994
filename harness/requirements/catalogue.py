"""The catalogue: requirements and situations, read from data files and looked up by id."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from harness.errors import ScenarioError, UsageError
from harness.kept import files_below, keep, kept, mark_of, place_beside
from harness.model import Level
from harness.requirements.rows import (
    Requirement,
    Row,
    Situation,
    SituationFamily,
    SourceDocument,
    prefixes,
)

_FOLDER = Path(__file__).resolve().parent
_OWN = "a document of your own is read with --document FILE, and by pytest with harness_documents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All requirements and situations. Iterates over the rows in the order of their sources."""

    documents: tuple[SourceDocument, ...]
    requirements: tuple[Requirement, ...]
    situations: tuple[Situation, ...]
    families: tuple[SituationFamily, ...]
    rows: Mapping[str, Row]

    @classmethod
    def of(
        cls,
        requirements: tuple[Requirement, ...],
        situations: tuple[Situation, ...],
        families: tuple[SituationFamily, ...],
    ) -> Catalogue:
        """The catalogue of these rows. It is a `ValueError` where an id is there twice."""
        return cls(
            documents=tuple(dict.fromkeys(row.document for row in requirements)),
            requirements=requirements,
            situations=situations,
            families=families,
            rows=_index([*requirements, *situations]),
        )

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
        return prefixes(self.documents, self.families)

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
    if not documents:
        return catalogue
    from harness.requirements.documents import read_document  # noqa: PLC0415  # with its models

    found: list[str] = []
    for file in {Path(document).resolve(): str(document) for document in documents}.values():
        try:
            rows = read_document(Path(file), taken=catalogue.owners)
        except ScenarioError as error:
            found.append(str(error))
        else:
            catalogue = Catalogue.of(
                (*catalogue.requirements, *rows), catalogue.situations, catalogue.families
            )
    if found:
        raise ScenarioError("\n".join(found))
    return catalogue


@cache
def _bundled() -> Catalogue:
    mark = mark_of(files_below(str(_FOLDER), ".yaml"))
    place = place_beside(__file__, ".rows")
    found = kept(place, mark)
    if found is None:
        from harness.requirements.bundled import read_bundled  # noqa: PLC0415  # once a state

        found = tuple(read_bundled(_FOLDER))  # without a name that would have to be imported
        keep(place, mark, found)
    return Catalogue.of(*found)


def _index(rows: Iterable[Row]) -> Mapping[str, Row]:
    index: dict[str, Row] = {}
    for row in rows:
        if index.setdefault(row.id, row) is not row:
            raise ValueError(f"{row.id} is there twice")
    return MappingProxyType(index)
