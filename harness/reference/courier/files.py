"""Files that are whole at any moment."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

# What a program that was killed left behind is nobody's any more by then, in seconds.
_LEFT = 3_600.0


def write_whole(file: Path, text: str) -> None:
    """Put `text` in the place of what the file holds, for its owner alone to read.

    Whoever reads sees the one or the other, also after a loss of power. Raises OSError; then the
    file is as before.
    """
    _remove_left(file)
    beside = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
            new.write(text.encode())
            new.flush()
            os.fsync(new.fileno())
        beside.replace(file)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
    sync_folder(file.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    if sys.platform == "win32":
        return  # it cannot be asked for there
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_left(file: Path) -> None:
    """What was to take this file's place long ago, and may hold secrets."""
    with suppress(OSError):
        newest = file.stat().st_mtime
        for other in file.parent.glob(f".{file.name}.*"):
            if other.stat().st_mtime < newest - _LEFT:
                other.unlink()
