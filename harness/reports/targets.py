"""Where a report goes: a file that appears whole, a file that grows, or a stream.

Each is opened before the run starts, so that a path that cannot be written is known before an
hour of cases and not after it.
"""

from __future__ import annotations

import itertools
import os
import stat
from pathlib import Path
from typing import BinaryIO, Protocol, TextIO

from harness.errors import MachineError
from harness.leftovers import clean, hold


class Target(Protocol):
    """Somewhere to write to. `finish` makes what was written final; `discard` gives up."""

    def write(self, text: str) -> None:
        """Add `text`."""

    def finish(self) -> None:
        """Make it final."""

    def discard(self) -> None:
        """Leave nothing half-done behind; harmless when already finished."""


class WholeFile:
    """A regular file that is replaced in one step, when all of it has been written.

    Until then the text is in a hidden file beside it, and a reader sees the old report or none.
    """

    def __init__(self, path: Path) -> None:
        self._final = path.resolve()  # a link to a file stays a link
        self._part, self._file = _open_beside(self._final)

    def write(self, text: str) -> None:
        """Add `text`."""
        self._file.write(text.encode("utf-8", "backslashreplace"))

    def finish(self) -> None:
        """Put the file in its place, with the permissions of the one that was there."""
        self._file.close()
        if self._final.exists():
            self._part.chmod(stat.S_IMODE(self._final.stat().st_mode))
        self._part.replace(self._final)

    def discard(self) -> None:
        """Remove the hidden file."""
        try:
            self._file.close()
        finally:
            self._part.unlink(missing_ok=True)


class GrowingFile:
    """A file, pipe or device that takes each piece at once."""

    def __init__(self, path: Path, *, append: bool = False) -> None:
        self._file = path.open("ab" if append else "wb")

    def write(self, text: str) -> None:
        """Add `text` and let readers see it."""
        self._file.write(text.encode("utf-8", "backslashreplace"))
        self._file.flush()

    def finish(self) -> None:
        """Close it."""
        self._file.close()

    def discard(self) -> None:
        """Close it; what was written stays."""
        self._file.close()


class StreamTarget:
    """A stream that is not ours to close, standard output as a rule; UTF-8 where it takes bytes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Add `text` and flush."""
        raw: BinaryIO | None = getattr(self._stream, "buffer", None)
        if raw is None:
            self._stream.write(text)
        else:
            self._stream.flush()
            raw.write(text.encode("utf-8", "backslashreplace"))
        self._stream.flush()

    def finish(self) -> None:
        """Leave the stream open."""

    def discard(self) -> None:
        """Leave the stream open."""


def open_file(path: Path, *, growing: bool) -> Target:
    """Open `path` for a report, in a folder that exists.

    A pipe or device is written in place: replacing it by a file would be no favour.
    """
    try:
        _refuse_what_cannot_be(path)
        in_place = growing or (path.exists() and not path.is_file())
        return GrowingFile(path) if in_place else WholeFile(path)
    except OSError as error:
        raise MachineError(f"cannot write the report {path}: {reason(error)}") from error


def reason(error: OSError) -> str:
    """Return the operating system's words for `error`, without the path."""
    return error.strerror or str(error) or type(error).__name__


def _refuse_what_cannot_be(path: Path) -> None:
    if not path.parent.is_dir():
        raise MachineError(
            f"cannot write the report {path}: there is no folder {path.parent} (make it first)"
        )
    if path.is_dir():
        raise MachineError(f"cannot write the report {path}: it is a folder")
    if path.is_file():
        path.open("ab").close()  # one that is write-protected is not replaced behind its back


def _open_beside(final: Path) -> tuple[Path, BinaryIO]:
    # Not tempfile: its files are private to the user, and a report is for others to read.
    clean(final.parent, ".harness-report-*.part")
    for attempt in itertools.count():
        part = final.parent / f".harness-report-{os.getpid()}-{attempt}.part"
        try:
            file = part.open("xb")
        except FileExistsError:
            continue
        hold(file)
        # Another run may have taken it for a leftover before it was held.
        if part.exists():
            return part, file
        file.close()
    raise AssertionError("unreachable: the loop has no end of its own")
