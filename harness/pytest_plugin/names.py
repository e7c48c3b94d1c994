"""Imports the harness, whatever else is called `harness` in a project."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

NAME = "harness"
MAILPIT = "harness_mail_in_mailpit"
"""What pytest's plugin manager calls the part that shows mail in Mailpit."""
HOME = Path(__file__).resolve().parent.parent
_PLUGIN = __name__.rpartition(".")[0]


def leave_the_name() -> None:
    """Take `harness` out of the loaded modules, where nothing but the plugin is loaded yet."""
    ours = sys.modules.get(NAME)
    loaded = [name for name in sys.modules if name.startswith(f"{NAME}.")]
    if ours is not None and _is_ours(ours) and all(map(_is_of_the_plugin, loaded)):
        del sys.modules[NAME]


class Names:
    """Imports the harness, whatever else is called `harness` here.

    A guest leaves the name to others in any case: while tests are collected, nobody knows yet
    what else will be called so.
    """

    def __init__(self, *, is_guest: bool = False) -> None:
        self._ours: dict[str, ModuleType] = {}
        self._is_guest = is_guest
        self._is_inside = False

    @contextlib.contextmanager
    def ours(self) -> Iterator[None]:
        """Within, `import harness` means this package."""
        if self._is_inside or not self.are_shadowed():
            yield
            return
        self._is_inside = True
        theirs = _take_out()
        sys.modules.update(self._ours)
        sys.meta_path.insert(0, _Finder)
        try:
            yield
        finally:
            sys.meta_path.remove(_Finder)
            self._ours = _take_out()
            self._is_inside = False
            sys.modules.update(theirs)

    def are_shadowed(self) -> bool:
        """Whether something else has the name."""
        if self._ours or self._is_guest:
            return True
        present = sys.modules.get(NAME)
        if present is not None:
            return not _is_ours(present)
        spec = importlib.util.find_spec(NAME)
        return spec is None or not _is_home(spec.origin)


class _Finder(PathFinder):
    """Finds this package under its name before anything else of that name."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Any = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if fullname != NAME:
            return None
        return importlib.util.spec_from_file_location(
            NAME, HOME / "__init__.py", submodule_search_locations=[str(HOME)]
        )


def _take_out() -> dict[str, ModuleType]:
    """Remove whatever is called `harness` or below it, but for this plugin, and return it."""
    names = [name for name in sys.modules if name == NAME or name.startswith(f"{NAME}.")]
    return {name: sys.modules.pop(name) for name in names if not _is_of_the_plugin(name)}


def _is_of_the_plugin(name: str) -> bool:
    return name == _PLUGIN or name.startswith(f"{_PLUGIN}.")


def _is_ours(module: ModuleType) -> bool:
    return _is_home(getattr(module, "__file__", None))


@lru_cache(maxsize=64)  # asked several times a test, and following links takes longer than the rest
def _is_home(file: str | None) -> bool:
    return file is not None and Path(file).resolve() == HOME / "__init__.py"
