"""Where the mail of runs is kept when the Mailpit that showed it was started for them.

A file a run, below `HARNESS_MAIL_DIR`, or the folder that the system has for what programs keep of
their past; the newest ten of them stay.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import MachineError, UsageError

FOLDER_VARIABLE = "HARNESS_MAIL_DIR"
MOST = 10

_NOTE = "mailpit.json"
_MAIL = "mailpit.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """A run whose mail can be looked at. `name` is the tag of all its messages.

    `url` is where it is, or was; `starter` is what started that Mailpit, None where it was there
    before, and is there still.
    """

    name: str
    url: str
    smtp_host: str
    smtp_port: int
    starter: str | None = None
    database: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """The folder of all kept runs."""

    root: Path

    def database_for(self, name: str) -> Path:
        """Where a run's mail is to be kept; its folder is made, and the oldest runs go.

        Raises:
            MachineError: that cannot be.
        """
        folder = self.root / name
        try:
            folder.mkdir(parents=True, mode=0o700)
        except OSError as error:
            raise MachineError(
                f"mail cannot be kept in {folder}: {error.strerror} ({FOLDER_VARIABLE} names "
                f"another folder)"
            ) from error
        for old in self._folders()[MOST:]:
            _remove(old)
        return folder / _MAIL

    def note(self, run: KeptRun) -> None:
        """Keep where a run's mail is."""
        folder = self.root / run.name
        with suppress(OSError):  # the run has its mail all the same
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            document = {name: getattr(run, name) for name in KeptRun.__slots__}
            (folder / _NOTE).write_text(json.dumps(document), encoding="utf-8")

    def forget_what_is_empty(self, name: str) -> None:
        """Remove the folder of a run that came to nothing."""
        with suppress(OSError):  # there is something in it
            (self.root / name).rmdir()

    def runs(self) -> list[KeptRun]:
        """What there is, newest first."""
        found = (_read(folder / _NOTE) for folder in self._folders())
        return [run for run in found if run is not None]

    def find(self, name: str | None) -> KeptRun:
        """The run of that name, or the newest.

        Raises:
            UsageError: there is none.
        """
        runs = self.runs()
        if not runs:
            raise UsageError("no run was mirrored yet: harness run --mailpit auto")
        if name is None:
            return runs[0]
        found = [run for run in runs if run.name == name]
        if not found:
            names = ", ".join(run.name for run in runs)
            raise UsageError(f"there is no run {name!r}; choose from {names}")
        return found[0]

    def _folders(self) -> list[Path]:
        with suppress(OSError):
            return sorted(self.root.glob("run-*"), reverse=True)
        return []


def run_name(now: datetime | None = None) -> str:
    """A name that no other run has; later runs come later in the alphabet."""
    return f"run-{now or datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def archive(environment: Mapping[str, str] = os.environ) -> Archive:
    """The archive of whoever runs this."""
    if named := environment.get(FOLDER_VARIABLE):
        return Archive(root=Path(named).absolute())
    state = environment.get("XDG_STATE_HOME") or "~/.local/state"
    return Archive(root=Path(state).expanduser() / "harness" / "mail")


def _read(file: Path) -> KeptRun | None:
    """None where this is no note of ours."""
    with suppress(OSError, ValueError, TypeError):
        document: Any = json.loads(file.read_text(encoding="utf-8"))
        return KeptRun(**document)
    return None


def _remove(folder: Path) -> None:
    """Remove what a run of ours left, and nothing else that may be there."""
    with suppress(OSError):
        for name in (_NOTE, *(f"{_MAIL}{suffix}" for suffix in ("", "-wal", "-shm", "-journal"))):
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()
