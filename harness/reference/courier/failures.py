"""What goes wrong with a courier's own folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import MachineError
from harness.reference.failure import ConfigError

# These pass: another program has the database, or the disk is full.
_PASSING = frozenset([sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL])


class QueueError(MachineError):
    """The queue cannot be read or written. `temporary`: later it may be possible."""

    def __init__(self, message: str, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.temporary = temporary

    @classmethod
    def of(cls, error: sqlite3.Error, *, where: object) -> QueueError:
        """What SQLite says, and of which file."""
        code = getattr(error, "sqlite_errorcode", 0)
        return cls(f"the queue {where} cannot be used: {error}", temporary=code & 0xFF in _PASSING)


@contextmanager
def queue_errors(where: object) -> Iterator[None]:
    """What SQLite raises, as a `QueueError` that names the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise QueueError.of(error, where=where) from None


class LostLeaseError(Exception):
    """Another program has taken the message over: this one must not go on."""


class NoProviderError(ConfigError):
    """Nothing may be sent: no provider is configured, or it is switched off."""
