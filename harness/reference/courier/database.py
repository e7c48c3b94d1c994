"""The database of a courier: its tables, its version, and how it is opened."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from threading import Event

from harness.reference.courier.failures import QueueError, queue_errors

NAME = "queue.db"
VERSION = 1

# How long another program may have the database, in seconds.
_BUSY = 5.0
_PAUSE = 0.02

# Times are seconds since 1970, lists are JSON. A message has a claim while somebody works on it;
# `handed` is set just before what ends it goes out, `copied` when it has been sent again in spite
# of that, `taken` when some recipient has it. The content is dropped when its state is final.
_TABLES = (
    """CREATE TABLE message (
        id INTEGER PRIMARY KEY,
        message_id TEXT NOT NULL,
        recipients TEXT NOT NULL,
        content TEXT NOT NULL,
        "unique" TEXT NOT NULL,
        date TEXT NOT NULL,
        is_test INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('queued', 'processing', 'sent', 'abandoned')),
        pending TEXT NOT NULL,
        queued_at REAL NOT NULL,
        expires_at REAL NOT NULL,
        due_at REAL NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        taken INTEGER NOT NULL DEFAULT 0,
        held INTEGER NOT NULL DEFAULT 0,
        handed INTEGER NOT NULL DEFAULT 0,
        copied INTEGER NOT NULL DEFAULT 0,
        claim TEXT,
        machine TEXT,
        pid INTEGER,
        started TEXT,
        lease_until REAL
    )""",
    "CREATE INDEX message_due ON message (state, due_at, id)",
    """CREATE TABLE attempt (
        id INTEGER PRIMARY KEY,
        message INTEGER NOT NULL REFERENCES message,
        claim TEXT UNIQUE,
        at REAL NOT NULL,
        phase TEXT,
        class TEXT,
        reply_code INTEGER,
        enhanced_code TEXT,
        http_status INTEGER,
        host TEXT,
        words TEXT,
        queue_id TEXT
    )""",
    "CREATE INDEX attempt_message ON attempt (message, id)",
    f"PRAGMA user_version = {VERSION}",
)


def open_database(folder: Path) -> sqlite3.Connection:
    """The database in `folder`, made where there is none; usable by all threads, one at a time.

    What is committed is on the disk (WAL, synchronous=FULL).

    Raises:
        QueueError: it cannot be opened, is none, or is one of another version (left untouched).
    """
    file = folder / NAME
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # It holds mail: nobody else is to read it, nor the files that SQLite puts beside it.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise QueueError(f"the queue {file} cannot be used: {error.strerror}") from None
    with queue_errors(file):
        connection = sqlite3.connect(
            file, timeout=_BUSY, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(connection, file)
        except BaseException:
            connection.close()
            raise
        return connection


def open_to_read(folder: Path) -> sqlite3.Connection:
    """The database in `folder`, which is neither made nor changed. Raises `QueueError`."""
    file = folder / NAME
    uri = f"{file.absolute().as_uri()}?mode=ro"
    with queue_errors(file):
        connection = sqlite3.connect(uri, uri=True, timeout=_BUSY, isolation_level=None)
        try:
            version = check_version(connection, file)
        except BaseException:
            connection.close()
            raise
    if version == 0:
        connection.close()
        raise QueueError(f"{file} holds no queue yet")
    return connection


def check_version(connection: sqlite3.Connection, file: Path) -> int:
    """The version, which is ours, or 0 for an empty database. Raises `QueueError` for others."""
    # In this order: another program may make the tables, and give the version, in between.
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == VERSION or (version == 0 and tables == 0):
        return int(version)
    raise QueueError(
        f"the queue {file} is of version {version}, and this courier reads version {VERSION}: "
        "it is left as it is"
    )


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    version = check_version(connection, file)
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    if version == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another program may have been faster.
        if check_version(connection, file) == 0:
            for statement in _TABLES:
                connection.execute(statement)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Change to WAL, for which SQLite itself does not wait where two programs do it at once."""
    for _ in range(int(_BUSY / _PAUSE)):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            Event().wait(_PAUSE)
        else:
            return
    connection.execute("PRAGMA journal_mode = WAL")
