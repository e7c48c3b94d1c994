"""The delivery log of a courier: what became of each message, and why."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from harness.reference.courier.decision import LogEntry
from harness.reference.courier.schedule import iso


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedMessage:
    """What the log says of one message. Times are seconds since 1970.

    `sent` means that a server took it, and nothing more. `due_at` is when it is tried next.
    """

    message_id: str
    state: str
    to: tuple[str, ...]
    queued_at: float
    due_at: float
    attempts: tuple[LogEntry, ...]

    def document(self) -> dict[str, Any]:
        """The entry as the sender protocol has it."""
        return {
            "message_id": self.message_id,
            "state": self.state,
            "to": list(self.to),
            "attempts": [_attempt(each) for each in self.attempts],
        }


def read_log(database: sqlite3.Connection) -> tuple[LoggedMessage, ...]:
    """Every message of the queue, the first one first."""
    database.execute("BEGIN")
    try:
        messages = database.execute(
            "SELECT id, message_id, state, recipients, queued_at, due_at FROM message ORDER BY id"
        ).fetchall()
        attempts = database.execute(
            "SELECT message, at, phase, class, reply_code, enhanced_code, http_status, host, "
            "words, queue_id FROM attempt ORDER BY id"
        ).fetchall()
    finally:
        database.execute("COMMIT")
    of: dict[int, list[LogEntry]] = {}
    for message, *values in attempts:
        of.setdefault(message, []).append(_entry(*values))
    return tuple(
        LoggedMessage(
            message_id=message_id,
            state=state,
            to=tuple(json.loads(recipients)),
            queued_at=queued_at,
            due_at=due_at,
            attempts=tuple(of.get(row, ())),
        )
        for row, message_id, state, recipients, queued_at, due_at in messages
    )


def _entry(at: float, phase: str, class_: str, *values: Any) -> LogEntry:
    reply_code, enhanced_code, http_status, host, words, queue_id = values
    return LogEntry(
        at=at,
        phase=phase,
        class_=class_,
        reply_code=reply_code,
        enhanced_code=enhanced_code,
        http_status=http_status,
        host=host,
        words=words,
        queue_id=queue_id,
    )


def _attempt(entry: LogEntry) -> dict[str, Any]:
    said = {
        "at": iso(entry.at),
        "phase": entry.phase,
        "class": entry.class_,
        "reply_code": entry.reply_code,
        "enhanced_code": entry.enhanced_code,
        "http_status": entry.http_status,
        "host": entry.host,
        "message": entry.words,
        "queue_id": entry.queue_id,
    }
    return {name: value for name, value in said.items() if value is not None}
