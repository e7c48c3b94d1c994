"""What a killed run left behind, and how the next one knows that its owner is gone.

Whoever makes a temporary folder or file holds a lock on it, which the kernel lets go with the last
breath of the process. A number of a process proves nothing: another machine or container that
shares the folder has numbers of its own. Where there are no such locks (Windows) nothing is
cleaned, and of what belongs to another user nothing is touched.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from harness.errors import MachineError

_PREFIX = "harness-run-"
_LOCK = "lock"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder of this process's own, removed at the end; those of killed processes go too.

    Raises:
        MachineError: there is no place for temporary files.
    """
    clean(_place(), f"{_PREFIX}*/{_LOCK}")
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as name:
        folder = Path(name)
        with (folder / "new").open("xb") as held:
            hold(held)
            # Not called a lock before it is one, so that nobody takes the folder for a leftover.
            (folder / "new").rename(folder / _LOCK)
            yield folder


def _place() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:  # as in a container whose file system is read-only
        raise MachineError(
            "there is no folder for temporary files: mount one at /tmp, "
            "or name one that can be written to in TMPDIR"
        ) from None


def hold(file: BinaryIO) -> bool:
    """Lock an open file of ours until it is closed; False where somebody else has it."""
    try:
        import fcntl  # noqa: PLC0415  # not on Windows
    except ImportError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def clean(folder: Path, pattern: str) -> None:
    """Remove what matches `pattern` and nobody holds: a file, or the folder of a file `lock`."""
    with suppress(OSError):
        for found in sorted(folder.glob(pattern)):
            with suppress(OSError):
                _remove(found)


def _remove(found: Path) -> None:
    # Opened without following a link, which somebody else may have put there.
    descriptor = os.open(found, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "r+b") as file:
        status = os.fstat(file.fileno())
        is_ours = stat.S_ISREG(status.st_mode) and status.st_uid == _user()
        if not is_ours or not hold(file):
            return
        if found.name == _LOCK:
            shutil.rmtree(found.parent)
        else:
            found.unlink()


def _user() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0
