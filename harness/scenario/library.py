"""Where scenarios lie: in the folders that the user names, or in the bundled tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from harness.errors import ScenarioError, UsageError
from harness.nearest import meant
from harness.requirements import Catalogue

from .case import Case
from .expansion import expand
from .loading import load

_SUFFIX = ".yaml"
_TREE = "scenarios"


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Cases in order, and notes for the user about where they were found."""

    cases: tuple[Case, ...]
    notes: tuple[str, ...] = field(default=())


def bundled_folder() -> Path:
    """The scenarios that come with the harness: inside the package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "bundled_scenarios"
    return installed if installed.is_dir() else package.parent / _TREE


@cache
def _resolved_bundled_folder() -> Path:
    return bundled_folder().resolve()


def load_library(paths: Sequence[str] = (), *, catalogue: Catalogue | None = None) -> Library:
    """Read every scenario under `paths`; without any, the bundled ones.

    `catalogue` has the rows that they can verify; without one, the bundled.

    Raises:
        UsageError: a path does not exist, or holds no scenario.
        ScenarioError: one `file:line: path: reason` a mistake, over all files.
    """
    notes: list[str] = []
    found: dict[str, tuple[Path, str]] = {}
    for path in paths or (str(bundled_folder()),):
        folder, note = located(path)
        if note:
            notes.append(note)
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
    return expand(load(file, source=source), _identifier(file, below), catalogue=catalogue)


def _read(found: dict[str, tuple[Path, str]], catalogue: Catalogue | None) -> tuple[Case, ...]:
    cases: list[Case] = []
    complaints: list[str] = []
    for identifier, (file, source) in sorted(found.items()):
        try:
            cases += expand(load(file, source=source), identifier, catalogue=catalogue)
        except ScenarioError as error:
            complaints.append(str(error))
    if complaints:
        raise ScenarioError("\n".join(complaints))
    return tuple(cases)


def located(path: str, *, top: Path = Path()) -> tuple[Path, str | None]:
    """The file or folder meant by `path`: the user's own, else the bundled one of that name.

    The user's own is sought below `top`. A note for the user says which it is, where that needs
    saying.

    Raises:
        UsageError: there is neither.
    """
    own = top / path
    if own.exists():
        return own, None
    parts = Path(path).parts
    if parts and parts[0] == _TREE and ".." not in parts:
        bundled = bundled_folder().joinpath(*parts[1:])
        if bundled.exists():
            return bundled, f"{path} is not in this folder: using the bundled scenarios"
    raise UsageError(f"there is no scenario file or folder {path}{_meant_path(Path(path))}")


def _meant_path(path: Path) -> str:
    """The bundled folder or file that may be meant, where there is one of that name."""
    if path.is_absolute() or ".." in path.parts:
        return ""
    below = path if path.parts[:1] != (_TREE,) else path.relative_to(_TREE)
    for named in (below, below.with_name(f"{below.name}{_SUFFIX}")) if below.name else ():
        if (bundled_folder() / named).exists():
            return f"; did you mean {_TREE}/{named.as_posix()}?"
    bundled = bundled_folder()
    choices = [each.relative_to(bundled).as_posix() for each in bundled.rglob("*")]
    return meant(below.as_posix(), choices, below=f"{_TREE}/")


def _files(located: Path, named: str) -> list[tuple[str, Path, str]]:
    """Id, file and the name to show of every scenario under a path."""
    if located.is_file():
        return [(_identifier(located, located.parent), located, named)]
    files = sorted(file for file in located.rglob(f"*{_SUFFIX}") if file.is_file())
    if not files:
        raise UsageError(f"there is no scenario (*{_SUFFIX}) in {named}")
    # What was named need not be where the files lie, and the bundled folder's place tells nothing.
    shown = Path(_TREE) if named == str(bundled_folder()) else Path(named)
    return [
        (_identifier(file, located), file, str(shown / file.relative_to(located))) for file in files
    ]


def _passed_over(located: Path, named: str) -> list[str]:
    """A note on files that look like scenarios and are not read, because of their suffix."""
    files = sorted(located.rglob("*.yml")) if located.is_dir() else []
    if not files:
        return []
    more = f" (and {len(files) - 1} more)" if len(files) > 1 else ""
    shown = Path(named) / files[0].relative_to(located)
    return [f"{shown}{more} is not read: the name of a scenario ends in {_SUFFIX}"]


def _identifier(file: Path, folder: Path) -> str:
    """The path below the nearest folder called `scenarios`, else below `folder`."""
    bundled = _resolved_bundled_folder()
    resolved = file.resolve()
    if resolved.is_relative_to(bundled):
        return resolved.relative_to(bundled).with_suffix("").as_posix()
    for parent in resolved.parents:
        if parent.name == _TREE:
            return resolved.relative_to(parent).with_suffix("").as_posix()
    return file.relative_to(folder).with_suffix("").as_posix()
