"""The queue of a courier: who may work on a message, and what became of each."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

from harness.protocol import Message
from harness.reference.courier.database import NAME, open_database
from harness.reference.courier.decision import Claim, Decision, LogEntry, unreadable
from harness.reference.courier.failures import LostLeaseError, queue_errors
from harness.reference.courier.leases import LeaseOwner
from harness.reference.courier.log import LoggedMessage, read_log

AfterDeath = Callable[[Claim, bool, bool], Decision]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """What is put into the queue. `date` is ISO 8601; see `Claim` for the rest."""

    message_id: str
    message: Message
    unique: str
    date: str
    pending: tuple[str, ...]
    expires_at: float
    is_test: bool = False


class CourierQueue:
    """The queue in a folder, for all threads of this program, and beside other programs.

    What a call has done is on the disk when it returns. Each raises `QueueError` where the
    database cannot be read or written: then nothing was done. Times are seconds since 1970; `lease`
    is in seconds.
    """

    def __init__(self, folder: Path, *, lease: float, owner: LeaseOwner | None = None) -> None:
        self._file = folder / NAME
        self._lease = lease
        self._owner = owner or LeaseOwner.myself()
        self._lock = RLock()
        self._mine: set[str] = set()
        self._database = open_database(folder)
        self._database.row_factory = sqlite3.Row

    def close(self) -> None:
        """Give the database back; what is being worked on stays claimed."""
        with self._lock:
            self._database.close()

    def add(self, new: NewMessage, *, now: float) -> None:
        """Take a message in."""
        with self._writing() as database:
            self._insert(database, new, now)

    def add_claimed(self, new: NewMessage, *, now: float) -> Claim:
        """Take a message in that the caller itself is going to send."""
        with self._writing() as database:
            row = self._insert(database, new, now)
            return self._take(database, row, now)

    def claim(self, *, now: float) -> Claim | None:
        """The message whose turn it is, for the caller alone; None where there is none."""
        with self._writing() as database:
            due = database.execute(
                "SELECT id FROM message WHERE state = 'queued' AND due_at <= ? "
                "ORDER BY due_at, id LIMIT 1",
                (now,),
            ).fetchone()
            if due is None:
                return None
            try:
                return self._take(database, due["id"], now)
            except ValueError:
                # One that cannot be read must not be in the way of the others.
                _apply(database, due["id"], lost := unreadable(now=now))
                _write_entry(database, due["id"], None, lost.entry)
                return None

    def mark_handed(self, claim: Claim, *, now: float) -> None:
        """Write down that what ends the message goes out next. It may be said twice.

        Raises:
            LostLeaseError: another program has taken the message over.
        """
        with self._writing() as database:
            done = database.execute(
                "UPDATE message SET handed = 1, lease_until = ? WHERE id = ? AND claim = ?",
                (now + self._lease, claim.row, claim.token),
            )
            if done.rowcount == 0:
                raise LostLeaseError

    def finish(self, row: int, token: str, decision: Decision) -> None:
        """Write down what an attempt led to. Done twice, it is done once.

        Where the message was taken over meanwhile, and nobody has begun with it, a success still
        counts: who has got a message does not get another.
        """
        with self._writing() as database:
            known = database.execute("SELECT 1 FROM attempt WHERE claim = ?", (token,)).fetchone()
            message = database.execute("SELECT * FROM message WHERE id = ?", (row,)).fetchone()
            if message is not None and known is None:
                is_waiting = message["state"] == "queued" and decision.state == "sent"
                if message["claim"] == token or is_waiting:
                    _apply(database, row, decision)
                _write_entry(database, row, token, decision.entry)
        self.forget(token)

    def forget(self, token: str) -> None:
        """Claim a message no longer; what is written of it stays."""
        with self._lock:
            self._mine.discard(token)

    def renew(self, *, now: float) -> None:
        """Hold what this program is working on for another lease."""
        with self._lock:
            mine = [(now + self._lease, token) for token in self._mine]
        if mine:
            with self._writing() as database:
                database.executemany("UPDATE message SET lease_until = ? WHERE claim = ?", mine)

    def take_over(self, after_death: AfterDeath, *, now: float) -> int:
        """Decide on every message whose worker is dead or silent; how many there were."""
        with self._writing() as database:
            working = database.execute("SELECT * FROM message WHERE state = 'processing'")
            left = [row for row in working.fetchall() if self._is_left(row, now)]
            for row in left:
                try:
                    decision = after_death(_claim(row), bool(row["handed"]), bool(row["copied"]))
                except ValueError:
                    decision = unreadable(now=now)
                _apply(database, row["id"], decision)
                _write_entry(database, row["id"], None, decision.entry)
            return len(left)

    def release_held(self, *, now: float) -> None:
        """What waits for a provider need not wait any longer."""
        with self._writing() as database:
            database.execute(
                "UPDATE message SET due_at = ? WHERE state = 'queued' AND held = 1", (now,)
            )

    def next_due(self) -> float | None:
        """When the next message is due; None where none waits."""
        with self._reading() as database:
            due: float | None = database.execute(
                "SELECT min(due_at) FROM message WHERE state = 'queued'"
            ).fetchone()[0]
            return due

    def log(self) -> tuple[LoggedMessage, ...]:
        """Every message, the first one first, and its attempts."""
        with self._reading() as database:
            return read_log(database)

    def _insert(self, database: sqlite3.Connection, new: NewMessage, now: float) -> int:
        done = database.execute(
            'INSERT INTO message (message_id, recipients, content, "unique", date, is_test, '
            "state, pending, queued_at, expires_at, due_at) "
            "VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?)",
            (
                new.message_id,
                json.dumps(new.message.recipients),
                new.message.model_dump_json(by_alias=True),
                new.unique,
                new.date,
                new.is_test,
                json.dumps(new.pending),
                now,
                new.expires_at,
                now,
            ),
        )
        assert done.lastrowid is not None
        return done.lastrowid

    def _take(self, database: sqlite3.Connection, row: int, now: float) -> Claim:
        token = secrets.token_hex(16)
        owner = self._owner
        database.execute(
            "UPDATE message SET state = 'processing', attempts = attempts + 1, handed = 0, "
            "claim = ?, machine = ?, pid = ?, started = ?, lease_until = ? WHERE id = ?",
            (token, owner.machine, owner.pid, owner.started, now + self._lease, row),
        )
        self._mine.add(token)
        taken = database.execute("SELECT * FROM message WHERE id = ?", (row,)).fetchone()
        return _claim(taken)

    def _is_left(self, row: sqlite3.Row, now: float) -> bool:
        if row["claim"] in self._mine:
            return False  # this very program has it, however late it is
        owner = LeaseOwner(machine=row["machine"], pid=row["pid"], started=row["started"])
        return row["lease_until"] <= now or self._owner.knows_dead(owner)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, queue_errors(self._file):
            yield self._database

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """All of it, or nothing."""
        with self._reading() as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            finally:
                if database.in_transaction:
                    with suppress(sqlite3.Error):
                        database.execute("ROLLBACK")


def _claim(row: sqlite3.Row) -> Claim:
    return Claim(
        row=row["id"],
        token=row["claim"],
        message_id=row["message_id"],
        message=Message.model_validate_json(row["content"]),
        unique=row["unique"],
        date=row["date"],
        pending=tuple(json.loads(row["pending"])),
        attempts=row["attempts"],
        expires_at=row["expires_at"],
        taken=bool(row["taken"]),
        held=bool(row["held"]),
        is_test=bool(row["is_test"]),
    )


def _apply(database: sqlite3.Connection, row: int, decision: Decision) -> None:
    database.execute(
        "UPDATE message SET state = ?, pending = ?, due_at = ?, taken = ?, held = ?, "
        "copied = max(copied, ?), attempts = attempts - ?, handed = 0, claim = NULL, "
        "machine = NULL, pid = NULL, started = NULL, lease_until = NULL, "
        "content = CASE WHEN ? THEN content ELSE '' END WHERE id = ?",
        (
            decision.state,
            json.dumps(decision.pending),
            decision.due_at,
            decision.taken,
            decision.held,
            decision.copied,
            0 if decision.counts else 1,
            decision.state == "queued",
            row,
        ),
    )


def _write_entry(
    database: sqlite3.Connection, row: int, token: str | None, entry: LogEntry | None
) -> None:
    if entry is None:
        return
    database.execute(
        "INSERT INTO attempt (message, claim, at, phase, class, reply_code, enhanced_code, "
        "http_status, host, words, queue_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row,
            token,
            entry.at,
            entry.phase,
            entry.class_,
            entry.reply_code,
            entry.enhanced_code,
            entry.http_status,
            entry.host,
            entry.words,
            entry.queue_id,
        ),
    )
