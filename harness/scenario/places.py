"""Where scenarios lie: in the folders that a user names, or in the bundled tree.

Whoever only wants to know that imports nothing else.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from harness.errors import UsageError
from harness.nearest import meant

SUFFIX = ".yaml"
TREE = "scenarios"


def bundled_folder() -> Path:
    """The scenarios that come with the harness: inside the package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "bundled_scenarios"
    return installed if installed.is_dir() else package.parent / TREE


@cache
def resolved_bundled_folder() -> Path:
    """The same without links."""
    return bundled_folder().resolve()


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
    if parts and parts[0] == TREE and ".." not in parts:
        bundled = bundled_folder().joinpath(*parts[1:])
        if bundled.exists():
            return bundled, f"{path} is not in this folder: using the bundled scenarios"
    raise UsageError(f"there is no scenario file or folder {path}{_meant_path(Path(path))}")


def _meant_path(path: Path) -> str:
    """The bundled folder or file that may be meant, where there is one of that name."""
    if path.is_absolute() or ".." in path.parts:
        return ""
    below = path if path.parts[:1] != (TREE,) else path.relative_to(TREE)
    for named in (below, below.with_name(f"{below.name}{SUFFIX}")) if below.name else ():
        if (bundled_folder() / named).exists():
            return f"; did you mean {TREE}/{named.as_posix()}?"
    bundled = bundled_folder()
    choices = [each.relative_to(bundled).as_posix() for each in bundled.rglob("*")]
    return meant(below.as_posix(), choices, below=f"{TREE}/")
