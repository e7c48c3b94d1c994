"""Which cases there are: those of the folders that a user names, or of the bundled tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from harness.errors import ScenarioError, UsageError
from harness.requirements import Catalogue, load_catalogue

from .case import Case
from .compiled import keep_cases, kept_cases
from .places import SUFFIX, TREE, bundled_folder, located, resolved_bundled_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Cases in order, and notes for the user about where they were found."""

    cases: tuple[Case, ...]
    notes: tuple[str, ...] = field(default=())


def load_library(paths: Sequence[str] = (), *, catalogue: Catalogue | None = None) -> Library:
    """Read every scenario under `paths`; without any, the bundled ones.

    `catalogue` has the rows that they can verify; without one, the bundled. A bundled file is read
    once in a process, unless it is held against another catalogue.

    Raises:
        UsageError: a path does not exist, or holds no scenario.
        ScenarioError: one `file:line: path: reason` a mistake, over all files.
    """
    if not paths and _is_plain(catalogue) and kept_cases():
        return Library(cases=_everything())
    notes: list[str] = []
    found: dict[str, tuple[Path, str]] = {}
    for path in paths or (str(bundled_folder()),):
        folder, note = located(path)
        if note:
            notes.append(note)
        if (resolved := folder.resolve()).is_relative_to(resolved_bundled_folder()):
            folder = resolved  # the bundled scenarios, whatever they were called
        notes += _passed_over(folder, path)
        for identifier, file, source in _files(folder, path):
            other = found.setdefault(identifier, (file, source))
            if other[0] is not file and other[0].resolve() != file.resolve():
                raise UsageError(f"two scenarios are called {identifier}: {other[1]} and {source}")
    return Library(cases=_read(found, catalogue), notes=tuple(notes))


def cases_of(
    file: Path, *, below: Path, source: str, catalogue: Catalogue | None = None
) -> tuple[Case, ...]:
    """The cases of one file, with the ids that they have where the folder `below` is read whole.

    `source` is what the file is called in complaints.

    Raises:
        ScenarioError: as `load_library`.
    """
    return _read_in(file, source, _identifier(file, below), catalogue)


def _read_in(
    file: Path, source: str, identifier: str, catalogue: Catalogue | None = None
) -> tuple[Case, ...]:
    # What reads scenarios has all the models, and whoever has cases that were kept needs none.
    from .expansion import expand  # noqa: PLC0415
    from .loading import load  # noqa: PLC0415

    return expand(load(file, source=source), identifier, catalogue=catalogue)


def _is_plain(catalogue: Catalogue | None) -> bool:
    return catalogue is None or catalogue is load_catalogue()


def _everything() -> tuple[Case, ...]:
    """The bundled cases, all of which are kept."""
    bundled = bundled_folder()
    return tuple(
        case
        for name in sorted(kept_cases())
        for case in _bundled_cases(
            bundled / f"{name}{SUFFIX}", str(Path(TREE, f"{name}{SUFFIX}")), name
        )
    )


def _read(found: dict[str, tuple[Path, str]], catalogue: Catalogue | None) -> tuple[Case, ...]:
    bundled, is_plain = bundled_folder(), _is_plain(catalogue)
    cases: list[Case] = []
    complaints: list[str] = []
    for identifier, (file, source) in sorted(found.items()):
        try:
            if is_plain and file.is_relative_to(bundled):
                cases += _bundled_cases(file, source, identifier)
            else:
                cases += _read_in(file, source, identifier, catalogue)
        except ScenarioError as error:
            complaints.append(str(error))
    if complaints:
        raise ScenarioError("\n".join(complaints))
    if is_plain and found and not kept_cases() and _is_everything(found):
        keep_cases(cases)
    return tuple(cases)


def _is_everything(found: dict[str, tuple[Path, str]]) -> bool:
    """Whether these are the bundled scenarios, and all of them."""
    bundled = bundled_folder()
    return all(file.is_relative_to(bundled) for file, _ in found.values()) and len(found) == sum(
        1 for _ in bundled.rglob(f"*{SUFFIX}")
    )


@cache
def _bundled_cases(file: Path, source: str, identifier: str) -> tuple[Case, ...]:
    cases = kept_cases().get(identifier)
    if cases is None:
        return _read_in(file, source, identifier)
    return tuple(case if case.source == source else replace(case, source=source) for case in cases)


def _files(place: Path, named: str) -> list[tuple[str, Path, str]]:
    """Id, file and the name to show of every scenario under a path."""
    if place.is_file():
        return [(_identifier(place, place.parent), place, named)]
    files = sorted(file for file in place.rglob(f"*{SUFFIX}") if file.is_file())
    if not files:
        raise UsageError(f"there is no scenario (*{SUFFIX}) in {named}")
    # What was named need not be where the files lie, and the bundled folder's place tells nothing.
    shown = Path(TREE) if named == str(bundled_folder()) else Path(named)
    return [
        (_identifier(file, place), file, str(shown / file.relative_to(place))) for file in files
    ]


def _passed_over(place: Path, named: str) -> list[str]:
    """A note on files that look like scenarios and are not read, because of their suffix."""
    files = sorted(place.rglob("*.yml")) if place.is_dir() else []
    if not files:
        return []
    more = f" (and {len(files) - 1} more)" if len(files) > 1 else ""
    shown = Path(named) / files[0].relative_to(place)
    return [f"{shown}{more} is not read: the name of a scenario ends in {SUFFIX}"]


def _identifier(file: Path, folder: Path) -> str:
    """The path below the nearest folder called `scenarios`, else below `folder`."""
    bundled = resolved_bundled_folder()
    resolved = file.resolve()
    if resolved.is_relative_to(bundled):
        return resolved.relative_to(bundled).with_suffix("").as_posix()
    for parent in resolved.parents:
        if parent.name == TREE:
            return resolved.relative_to(parent).with_suffix("").as_posix()
    return file.relative_to(folder).with_suffix("").as_posix()
