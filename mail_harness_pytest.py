"""Where pytest finds the plugin of the harness: a name that no project has for a module of its own.

`python -m pytest` puts the project's folder first on the path. With a `harness.py` in it, an entry
point `harness.pytest_plugin` could not be loaded, and pytest would not start at all. So this module
loads the plugin from the folder beside it, and leaves the name `harness` to the project.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_NAME = "harness"
_PLUGIN = "harness.pytest_plugin"
_HOME = Path(__file__).resolve().parent / _NAME


def _loaded() -> ModuleType:
    if _is_ours():
        return importlib.import_module(_PLUGIN)
    theirs = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_below(name, _NAME)}
    place = [str(_HOME)]
    init = _HOME / "__init__.py"
    spec = importlib.util.spec_from_file_location(_NAME, init, submodule_search_locations=place)
    assert spec is not None
    assert spec.loader is not None
    ours = sys.modules[_NAME] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(ours)
        return importlib.import_module(_PLUGIN)
    finally:
        for name in list(sys.modules):
            if _is_below(name, _NAME) and not _is_below(name, _PLUGIN):
                del sys.modules[name]
        sys.modules.update(theirs)


def _is_ours() -> bool:
    """Whether `import harness` means the package beside this module."""
    present = sys.modules.get(_NAME)
    if present is not None:
        file = getattr(present, "__file__", None)
    else:
        spec = importlib.util.find_spec(_NAME)
        file = spec.origin if spec is not None else None
    return file is not None and Path(file).resolve() == _HOME / "__init__.py"


def _is_below(name: str, root: str) -> bool:
    return name == root or name.startswith(f"{root}.")


# Whoever imports this module gets the plugin itself, with its hooks and fixtures.
sys.modules[__name__] = _loaded()
