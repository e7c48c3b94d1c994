"""Ports that do not serve: one that resets whoever connects, one that drops what comes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .errors import FakeError
from .listener import Blackhole, reset_on_close, spelt
from .transcript import Closed, Connected, Transcript


class Rejection(asyncio.Protocol):
    """Accept, then reset."""

    def __init__(self, *, label: str, transcript: Transcript) -> None:
        self._label = label
        self._transcript = transcript

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put both on record, and be gone."""
        assert isinstance(transport, asyncio.Transport)
        number = self._transcript.open_connection()
        peer = transport.get_extra_info("peername")
        port = transport.get_extra_info("sockname")[1]
        self._transcript.record(number, Connected(server=self._label, port=port, peer=spelt(peer)))
        reset_on_close(transport.get_extra_info("socket"))
        self._transcript.record(number, Closed(by="fake", how="reset"))
        transport.abort()


@asynccontextmanager
async def blackhole(bound: socket.socket, filled: Blackhole | None) -> AsyncIterator[None]:
    """Let the port of `bound` drop what comes; `filled`: it does already."""
    hole = filled or Blackhole(bound)
    try:
        if filled is None:
            await asyncio.to_thread(hole.fill)
        yield
    finally:
        hole.close()


def filled_hole(bound: socket.socket) -> Blackhole:
    """Let the port drop what comes from now on.

    Raises:
        FakeError: this system answers all the same.
    """
    hole = Blackhole(bound)
    try:
        hole.fill()
    except FakeError:
        hole.close()
        raise
    return hole
