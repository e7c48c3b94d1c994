"""The questions that can be put to the record of a case: one idea a module, found by scan.

Each is a pure function from the record to an observation. `wire_checks()` are those that a
scenario asks by key; `always` has those that are asked of every case; `report` those about what
the sender says.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

from .check import Check
from .record import Observation, Reaction, Record, SendRecord

__all__ = ["Check", "Observation", "Reaction", "Record", "SendRecord", "wire_checks"]


@cache
def wire_checks() -> dict[str, Check[Any]]:
    """Every check that a scenario can ask, by its key under `then: wire:`."""
    found: dict[str, Check[Any]] = {}
    for module in pkgutil.iter_modules(__path__):
        for check in getattr(importlib.import_module(f"{__name__}.{module.name}"), "CHECKS", ()):
            if check.key in found:
                raise ValueError(f"two checks have the key {check.key}: one would never be asked")
            found[check.key] = check
    return found
