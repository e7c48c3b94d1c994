"""Where the careful courier keeps what it must not forget: a JSON file for each thing.

A file is written beside and then renamed, so that whoever reads it, and whoever comes after a
`kill -9`, finds it whole. A message belongs to whoever has its lock, which the system takes back
from the dead.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class Store:
    """One folder, which several processes may use."""

    def __init__(self, folder: Path) -> None:
        self.settings_file = folder / "settings.json"
        self.messages = folder / "messages"
        self.messages.mkdir(parents=True, exist_ok=True)

    def settings(self) -> Document | None:
        return self.read(self.settings_file)

    def keep_settings(self, settings: Document) -> None:
        self.write(self.settings_file, settings)

    def new_name(self) -> str:
        """A name for a message, which sorts behind those of the messages before."""
        return f"{time.time_ns():020}-{secrets.token_hex(4)}"

    def keep(self, name: str, entry: Document) -> None:
        self.write(self.messages / f"{name}.json", entry)

    def names(self) -> list[str]:
        return sorted(file.stem for file in self.messages.glob("*.json"))

    def entry(self, name: str) -> Document:
        found = self.read(self.messages / f"{name}.json")
        assert found is not None, "no message is ever removed"
        return found

    @contextlib.contextmanager
    def claimed(self, name: str) -> Iterator[bool]:
        """Whether the message is ours alone, until the end of the block."""
        with (self.messages / f"{name}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def read(self, file: Path) -> Document | None:
        try:
            found: Document = json.loads(file.read_text("utf-8"))
        except FileNotFoundError:
            return None
        return found

    def write(self, file: Path, document: Document) -> None:
        beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        with beside.open("w", encoding="utf-8") as written:
            json.dump(document, written)
            written.flush()
            os.fsync(written.fileno())
        beside.replace(file)
