"""The providers there are, found by package scan."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

from .rules import Provider

_PACKAGE = __name__.rpartition(".")[0]


@cache
def providers() -> dict[str, Provider[Any]]:
    """Every provider's rules by name: the `PROVIDER` of each package beside this module."""
    package = importlib.import_module(_PACKAGE)
    found: dict[str, Provider[Any]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.ispkg:
            provider = importlib.import_module(f"{_PACKAGE}.{module.name}").PROVIDER
            found[provider.name] = provider
    return found
