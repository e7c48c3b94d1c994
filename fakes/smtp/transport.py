"""The transport that aiosmtpd believes it writes to."""

from __future__ import annotations

import asyncio
from typing import Any

from ..connection import Connection


class SessionTransport(asyncio.Transport):
    """Hands everything on to the connection, which records it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Nothing is known here: the record knows the peer."""
        return default

    def is_closing(self) -> bool:
        """Whether the connection has ended or is about to."""
        return self._connection.closing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send octets."""
        self._connection.send(bytes(data))

    def close(self) -> None:
        """End the connection in order."""
        self._connection.close()

    def abort(self) -> None:
        """End the connection with a reset."""
        self._connection.reset()

    def pause_reading(self) -> None:
        """Nothing to do: the input buffer keeps its own bound."""

    def resume_reading(self) -> None:
        """Nothing to do: the input buffer keeps its own bound."""
