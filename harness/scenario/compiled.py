"""The bundled scenarios as cases, kept from one process to the next as compiled modules are.

Reading hundreds of YAML files, holding them against their models and filling in their axes takes a
second or two of processor in every process, and they hardly ever change. What came of it is
pickled into the `__pycache__` of this package, where Python may keep compiled modules at all
(PYTHONDONTWRITEBYTECODE, PYTHONPYCACHEPREFIX); whoever can write there can write our modules too.
It is used where everything that it came of is as it was: the contents of the scenarios, and size
and time of every file of the program, as Python itself goes by.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path

import pydantic

from .case import Case
from .places import SUFFIX, bundled_folder

_PROGRAM = Path(__file__).parent.parent


@cache
def kept_cases() -> Mapping[str, bytes]:
    """By scenario its cases, pickled; none where they are not kept, or of another state."""
    with suppress(OSError, EOFError, pickle.UnpicklingError, ValueError, TypeError):
        mark, parts = pickle.loads(_place().read_bytes())  # noqa: S301  # see above
        if mark == _mark():
            return dict(parts)
    return {}


def cases_in(part: bytes) -> tuple[Case, ...]:
    """The cases of one scenario."""
    found: tuple[Case, ...] = pickle.loads(part)  # noqa: S301  # see above
    return found


def keep(cases: Iterable[Case]) -> None:
    """Keep all cases of the bundled scenarios, where that can be."""
    if sys.dont_write_bytecode:
        return
    by_scenario: dict[str, list[Case]] = {}
    for case in cases:
        by_scenario.setdefault(case.scenario, []).append(case)
    parts = {name: pickle.dumps(tuple(each), protocol=5) for name, each in by_scenario.items()}
    place = _place()
    new = place.with_name(f"{place.name}.{os.getpid()}")  # nobody reads half of it
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            new.write_bytes(pickle.dumps((_mark(), parts), protocol=5))
            new.replace(place)
        finally:
            new.unlink(missing_ok=True)


def _place() -> Path:
    return Path(cache_from_source(__file__)).with_suffix(".cases")


@cache
def _mark() -> bytes:
    """Another one wherever anything is that the cases come of."""
    seen = hashlib.sha256(f"{sys.version} {pydantic.VERSION}".encode())
    for file in sorted(bundled_folder().rglob(f"*{SUFFIX}")):
        seen.update(f"\n{file}\n".encode("utf-8", "surrogateescape"))
        seen.update(file.read_bytes())
    for name, size, changed in sorted(_files(str(_PROGRAM))):
        seen.update(f"\n{name} {size} {changed}".encode("utf-8", "surrogateescape"))
    return seen.digest()


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _files(entry.path)
            else:
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns
