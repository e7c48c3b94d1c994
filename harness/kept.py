"""What was made of bundled files, kept from one process to the next as compiled modules are.

Reading hundreds of YAML files, holding them against their models and filling in their axes takes a
second or two of processor in every process, and they hardly ever change. What came of it is
pickled into the `__pycache__` beside the module that reads them, where Python may keep compiled
modules at all (PYTHONDONTWRITEBYTECODE, PYTHONPYCACHEPREFIX); whoever can write there can write
our modules too. It is used where everything that it came of is as it was: the contents of the
files, and size and time of every file of the program, as Python itself goes by.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from importlib.util import cache_from_source, find_spec
from pathlib import Path
from typing import Any

_PROGRAM = Path(__file__).parent


def kept(place: Path, mark: bytes) -> Any:
    """What was kept at `place` under this mark; None where nothing was, or under another."""
    # Nothing is unpickled under another mark: its classes need not be there any more.
    with suppress(OSError, EOFError, pickle.UnpicklingError, ValueError, TypeError):
        content = place.read_bytes()
        if content.startswith(mark):
            return pickle.loads(content[len(mark) :])  # noqa: S301  # see above
    return None


def keep(place: Path, mark: bytes, what: Any) -> None:
    """Keep `what`, where that can be, under the mark that its files had before they were read."""
    if sys.dont_write_bytecode:
        return
    new = place.with_name(f"{place.name}.{os.getpid()}")  # nobody reads half of it
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            new.write_bytes(mark + pickle.dumps(what, protocol=5))
            new.replace(place)
        finally:
            new.unlink(missing_ok=True)


def place_beside(module: str, suffix: str) -> Path:
    """Where the module of this file keeps what it made."""
    return Path(cache_from_source(module)).with_suffix(suffix)


def mark_of(files: Iterable[str]) -> bytes:
    """Another one wherever one of `files` or the program is another."""
    seen = hashlib.sha256(_program())
    for file in files:
        with open(file, "rb") as opened:  # noqa: PTH123  # a path each takes as long as reading
            content = opened.read()
        seen.update(f"\n{file} {len(content)}\n".encode("utf-8", "surrogateescape"))
        seen.update(content)
    return seen.digest()


@cache
def _program() -> bytes:
    """Another one wherever the Python, our modules, or the one that makes our models is another."""
    models = find_spec("pydantic")
    found = [*files_below(str(_PROGRAM)), *([models.origin] if models and models.origin else ())]
    stated = [sys.version]
    for file in found:
        status = os.stat(file)  # noqa: PTH116  # as above
        stated.append(f"{file} {status.st_size} {status.st_mtime_ns}")
    return "\n".join(stated).encode("utf-8", "surrogateescape")


def files_below(folder: str, suffix: str = "") -> list[str]:
    """Every file below a folder but what Python compiled, in order."""
    return sorted(file for file in _files(folder) if file.endswith(suffix))


def _files(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir():
                yield entry.path
            elif entry.name != "__pycache__":
                yield from _files(entry.path)
