"""The bundled documents and situations, read from the data files of this package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from harness.requirements.documents import read_document
from harness.requirements.rows import (
    Expectation,
    ExpectationByMode,
    Requirement,
    Severity,
    Situation,
    SituationFamily,
    Waiting,
    prefixes,
)

# The C loader reads everything in some 40 ms, the Python one takes ten times as long.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class BundledRows(NamedTuple):
    """What the files hold, in their order."""

    requirements: tuple[Requirement, ...]
    situations: tuple[Situation, ...]
    families: tuple[SituationFamily, ...]


def read_bundled(folder: Path) -> BundledRows:
    """Read every data file of the package, which lies in `folder`."""
    situations: list[Situation] = []
    families: list[SituationFamily] = []
    for file in sorted((folder / "situations").glob("[0-9]*.yaml")):  # the number gives the order
        data = _read(file)
        families.append(SituationFamily(key=data["family"], title=data["title"]))
        situations += (_situation(row, file.name, family=data["family"]) for row in data["rows"])
    situations = _with_reasons(situations, _read(folder / "situations" / "uncovered.yaml"))
    requirements: list[Requirement] = []
    for file in sorted(folder.glob("*.yaml")):
        taken = prefixes((each.document for each in requirements), families)
        requirements += read_document(file, taken=taken, source=file.name)
    return BundledRows(tuple(requirements), tuple(situations), tuple(families))


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
