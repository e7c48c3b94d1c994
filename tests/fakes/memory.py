"""Feeding a fake piece by piece: without a socket, as asyncio would, or through one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from harness.fakes.fake import Fake
from harness.fakes.transcript import Broke, Closed, Connected, Transcript

_PATIENCE = 10.0


class Memory(asyncio.Transport):
    """A transport without a socket: what the protocol writes is kept."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__({"peername": ("192.0.2.1", 1), "sockname": ("192.0.2.2", 2)})
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._closing = False
        self.written = bytearray()
        protocol.connection_made(self)

    def is_closing(self) -> bool:
        return self._closing

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def write_eof(self) -> None:
        self._loop.call_soon(self.close)  # the other side has nothing more to say

    def can_write_eof(self) -> bool:
        return True

    def pause_reading(self) -> None:
        """It feeds on regardless."""

    def resume_reading(self) -> None:
        """It feeds on regardless."""

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    abort = close


async def fed(
    fake: Fake[Any], pieces: Iterable[bytes], *, turns: tuple[int, ...]
) -> tuple[bytes, bytes]:
    """Feed a fake over one connection, and leave; what it took in, and all that it sent.

    `turns` says how many turns the event loop has after each piece (in a cycle). What comes when
    the fake has closed the connection is not taken in.
    """
    connection = fake._accept()
    assert isinstance(connection, asyncio.Protocol)
    transport = Memory(connection)
    taken = bytearray()
    for place, piece in enumerate(pieces):
        if not transport.is_closing():
            connection.data_received(piece)
            taken += piece
        for _ in range(turns[place % len(turns)]):
            await asyncio.sleep(0)
    for _ in range(8):
        await asyncio.sleep(0)
    if not transport.is_closing():
        connection.eof_received()
        transport.close()
    async with asyncio.timeout(_PATIENCE):
        for one in list(fake._connections):
            await one.gone()
    return bytes(taken), bytes(transport.written)


async def sent_over_a_socket(fake: Fake[Any], pieces: Iterable[bytes], *, reset: bool) -> bytes:
    """Send pieces to a fake that listens, and leave in order, or at once by a reset; what came."""
    async with asyncio.timeout(_PATIENCE), fake.serve():
        reader, writer = await asyncio.open_connection(fake.host, fake.port)
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            if reset:
                writer.transport.abort()
            else:
                writer.write_eof()
            came = await reader.read()
        except ConnectionError:
            came = b""
        writer.close()
        for one in list(fake._connections):
            await one.gone()
    return came


def assert_sound(transcript: Transcript) -> None:
    """What is true of every record: nothing broke, and connections have a beginning and an end."""
    broke = [fact.error for _, fact in transcript.of(Broke)]
    assert not broke, broke
    assert [event.number for event in transcript] == list(range(1, len(transcript) + 1))
    for number in {event.connection for event in transcript}:
        mine = [event.fact for event in transcript if event.connection == number]
        kinds = [type(fact) for fact in mine]
        assert kinds[0] is Connected, mine
        assert kinds[-1] is Closed, mine
        assert kinds.count(Connected) == kinds.count(Closed) == 1, mine
