"""Projects of other people, in which pytest runs with the plugin.

Where it matters how the plugin is imported, who else has its modules' names, or what workers of
pytest-xdist do, pytest runs in a process of its own. Elsewhere it runs in this one, where
everything is loaded, which takes a quarter of the time.
"""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import harness


@pytest.fixture(scope="session")
def everything_loaded() -> None:
    """Load the harness: what a pytest inside this one loads first is taken out again behind it."""
    for found in pkgutil.walk_packages(harness.__path__, "harness."):
        if not found.name.endswith("__main__") and ".starter." not in found.name:
            importlib.import_module(found.name)
