"""What a sender has sent and the session has not read yet.

It stands where aiosmtpd expects a `StreamReader`, with three differences: what is read as a command
or as a challenge's answer is told to the record, message bodies are read in large
pieces rather than line by line, and it can be emptied when TLS begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from .body import BodyReader

_HIGH_WATER = 1_048_576
_LINE_END = b"\n"


class EndlessLineError(ConnectionResetError):
    """A line without an end: for the session this is the loss of the connection.

    `beginning` is what was kept of it.
    """

    def __init__(self, beginning: bytes) -> None:
        super().__init__("a line without an end")
        self.beginning = beginning


class OverlongLineError(ValueError):
    """A line was longer than the limit. It is read; `beginning` is what was kept of it."""

    def __init__(self, beginning: bytes) -> None:
        super().__init__("the line is too long")
        self.beginning = beginning


class InputBuffer:
    """A bounded buffer of octets, read by lines or by bodies.

    `limit`: octets that a line may have, without its end. After `patience` seconds without an octet
    whoever reads is done: `on_silence` ends the session; None: it waits for ever. `throttle(True)`
    is called when too much lies unread, `throttle(False)` when it was read. Once `is_over()`, no
    line is given any more: nobody would answer it.
    """

    def __init__(
        self,
        *,
        limit: int,
        patience: float | None,
        on_silence: Callable[[], Awaitable[None]],
        on_command: Callable[[bytes], None],
        on_answer: Callable[[bytes], None],
        throttle: Callable[[bool], None],
        is_over: Callable[[], bool],
    ) -> None:
        self._limit = limit
        self._patience = patience
        self._on_silence = on_silence
        self._on_command = on_command
        self._on_answer = on_answer
        self._throttle = throttle
        self._is_over = is_over
        self._buffer = bytearray()
        self._arrived = asyncio.Event()
        self._throttled = False
        self._refused_line = False

    def __len__(self) -> int:
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take octets from the connection."""
        self._buffer += data
        self._arrived.set()
        if len(self._buffer) > _HIGH_WATER and not self._throttled:
            self._throttled = True
            self._throttle(True)

    def empty(self) -> bytes:
        """Throw away, and return, what lies unread."""
        return self._take(len(self._buffer))

    def first(self, count: int) -> bytes:
        """The first octets that lie unread; they stay."""
        return bytes(self._buffer[:count])

    def last(self, count: int) -> bytes:
        """The last octets that lie unread; they stay."""
        return bytes(self._buffer[max(0, len(self._buffer) - count) :])

    async def readuntil(self, separator: bytes = _LINE_END) -> bytes:
        """A command line, with its end.

        Raises:
            asyncio.LimitOverrunError: it is longer than the limit.
        """
        if self._refused_line:
            # aiosmtpd asks for the rest of an overlong line before it answers; it is read.
            self._refused_line = False
            return _LINE_END
        try:
            line = await self._line()
        except OverlongLineError as error:
            self._refused_line = True
            self._on_command(error.beginning)
            raise asyncio.LimitOverrunError(str(error), 0) from error
        self._on_command(line)
        return line

    async def read(self, count: int) -> bytes:
        """Nothing: with this aiosmtpd skips a part of an overlong line, and it is read."""
        return b""

    async def readline(self) -> bytes:
        """The answer to a challenge, with its line end.

        Raises:
            OverlongLineError: it is longer than the limit.
        """
        try:
            line = await self._line()
        except OverlongLineError as error:
            self._on_answer(error.beginning)
            raise
        self._on_answer(line)
        return line

    async def read_body(self, body: BodyReader, *, until: int | None) -> None:
        """Feed a body until it is complete or has `until` octets."""
        while not body.complete and body.octets != until:
            if not self._buffer:
                await self._more()
            count = len(self._buffer) if until is None else until - body.octets
            taken = body.feed(bytes(self._buffer[:count]))
            self._drop(taken)

    async def read_octets(self, count: int, *, take: Callable[[bytes], object]) -> None:
        """Give `take` so many octets, in pieces, as they come."""
        while count:
            if not self._buffer:
                await self._more()
            piece = self._take(min(count, len(self._buffer)))
            count -= len(piece)
            take(piece)

    async def _line(self) -> bytes:
        if self._is_over():
            await asyncio.Event().wait()  # until the session is cancelled
        searched = 0
        while (at := self._buffer.find(_LINE_END, searched)) < 0:
            searched = len(self._buffer)
            if searched > self._limit:
                await self._refuse_line()
            await self._more()
        line = self._take(at + 1)
        if len(line.rstrip(b"\r\n")) > self._limit:
            raise OverlongLineError(line[: self._limit])
        return line

    async def _refuse_line(self) -> None:
        beginning = bytes(self._buffer[: self._limit])
        dropped = 0
        while (at := self._buffer.find(_LINE_END)) < 0:
            dropped += len(self._buffer)
            self._drop(len(self._buffer))
            if dropped > _HIGH_WATER:
                raise EndlessLineError(beginning)
            await self._more()
        self._drop(at + 1)
        raise OverlongLineError(beginning)

    async def _more(self) -> None:
        self._arrived.clear()
        try:
            async with asyncio.timeout(self._patience):
                await self._arrived.wait()
        except TimeoutError:
            await self._on_silence()
            await asyncio.Event().wait()  # until the session is cancelled

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        self._drop(count)
        return taken

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        if self._throttled and len(self._buffer) <= _HIGH_WATER // 2:
            self._throttled = False
            self._throttle(False)
