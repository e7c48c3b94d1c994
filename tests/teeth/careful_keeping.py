"""The careful courier that keeps its connections: each for the same server, log-in and rules only.

A connection that was ended meanwhile is found out when it is used again; then a new one is made, at
once, and that is no attempt at the message.
"""

from __future__ import annotations

import contextlib
from collections.abc import Hashable
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from .careful import Capabilities
from .careful_courier import Attempt, CarefulCourier
from .careful_wire import Failure, Garbled, Lost, Reply, Wire

Kept = tuple[Wire, Capabilities]


class Pool:
    """Connections that nobody uses now."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.free: dict[Hashable, list[Kept]] = {}
        self.is_closed = False

    def take(self, key: Hashable) -> Kept | None:
        with self.lock:
            found = self.free.get(key)
            return found.pop() if found else None

    def put(self, key: Hashable, kept: Kept) -> None:
        with self.lock:
            if not self.is_closed:
                self.free.setdefault(key, []).append(kept)
                return
        kept[0].close()

    def close(self) -> None:
        with self.lock:
            self.is_closed = True
            for each in self.free.values():
                for wire, _ in each:
                    wire.close()


class KeepingAttempt(Attempt):
    """An attempt on a connection that is there already, where there is one."""

    pool: Pool
    is_begun = False

    def deliver(self) -> Reply:
        self.to = self.settings()
        sender, recipients, data = self.envelope_from(), self.recipients(), self.compose()
        kept = self.pool.take(self.key())
        if kept is not None:
            try:
                return self.used(kept, sender, recipients, self.octets(data))
            except Failure as failure:
                if not self.was_stale(failure):
                    raise
                kept[0].close()
        self.connect()
        try:
            capabilities = self.open()
        except BaseException:
            self.quit()
            raise
        return self.used((self.wire, capabilities), sender, recipients, self.octets(data))

    def key(self) -> Hashable:
        """All that decides what a connection may be used for."""
        return self.to, self.endpoint()

    def was_stale(self, failure: Failure) -> bool:
        """Whether the connection, and not the message, is why it failed."""
        ended = {"connection-lost", "service-unavailable", "protocol-error", "stalled"}
        return not self.is_begun and failure.class_ in ended

    def mail(self, *told: Any) -> None:
        super().mail(*told)
        self.is_begun = True

    def used(self, kept: Kept, sender: str, recipients: list[str], data: bytes) -> Reply:
        self.wire, capabilities = kept
        self.wire.timeout = self.timeout
        self.accepted_recipients = 0
        self.is_begun = False
        try:
            reply = self.transact(sender, recipients, data, capabilities)
        except BaseException:
            if self.wire.in_step and self.calls_off():
                self.pool.put(self.key(), kept)
            else:
                self.wire.close()
            raise
        self.pool.put(self.key(), kept)
        return reply

    def calls_off(self) -> bool:
        """Whether the server has forgotten the message, so that another one can begin."""
        with contextlib.suppress(OSError, Lost, Garbled):
            self.wire.send(b"RSET\r\n")
            return self.wire.reply().kind == 2
        return False


class KeepsConnections(CarefulCourier):
    """Right, and with kept connections."""

    attempt_class: ClassVar[type[Attempt]] = KeepingAttempt

    def __init__(self, folder: Path) -> None:
        self.pool = Pool()
        super().__init__(folder)

    def stop(self, *, patience: float) -> None:
        super().stop(patience=patience)
        self.pool.close()

    def attempt(self, *told: Any) -> Attempt:
        attempt = super().attempt(*told)
        assert isinstance(attempt, KeepingAttempt)
        attempt.pool = self.pool
        return attempt
