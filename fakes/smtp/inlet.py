"""What a sender has sent and the session has not read yet.

It stands where aiosmtpd expects a `StreamReader`, with three differences: what is read as a command
or as a challenge's answer is told to the record, message bodies are read in large
pieces rather than line by line, and it can be emptied when TLS begins.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_HIGH_WATER = 1_048_576
_END = b"\r\n.\r\n"


class Inlet:
    """A bounded buffer of octets, read by lines or by bodies.

    `limit`: octets that a line may have. `throttle(True)` is called when too much lies
    unread, `throttle(False)` when it was read.
    """

    def __init__(
        self,
        *,
        limit: int,
        on_command: Callable[[bytes], None],
        on_answer: Callable[[bytes], None],
        throttle: Callable[[bool], None],
    ) -> None:
        self._limit = limit
        self._on_command = on_command
        self._on_answer = on_answer
        self._throttle = throttle
        self._buffer = bytearray()
        self._arrived = asyncio.Event()
        self._throttled = False

    def feed(self, data: bytes) -> None:
        """Take octets from the connection."""
        self._buffer += data
        self._arrived.set()
        if len(self._buffer) > _HIGH_WATER and not self._throttled:
            self._throttled = True
            self._throttle(True)

    def empty(self) -> bytes:
        """Throw away, and return, what lies unread."""
        unread = bytes(self._buffer)
        self._take(len(self._buffer))
        return unread

    async def readuntil(self, separator: bytes = b"\n") -> bytes:
        """A command line, with its end.

        Raises:
            asyncio.LimitOverrunError: it is longer than the limit; `consumed` octets are here.
        """
        line = await self._line(separator)
        self._on_command(line)
        return line

    async def readline(self) -> bytes:
        """The answer to a challenge, with its line end."""
        line = await self._line(b"\n")
        self._on_answer(line)
        return line

    async def read(self, count: int) -> bytes:
        """Up to `count` octets that have come in: aiosmtpd skips overlong lines with it."""
        return self._take(min(count, len(self._buffer)))

    async def read_body(
        self, *, keep: int, stop_after: int | None, partial: Callable[[bytes], None]
    ) -> tuple[bytes, bool, bool]:
        """A message body up to its final dot line.

        Returns the octets (no more than `keep` of them), whether the end was seen (it is not
        when `stop_after` octets were reached first) and whether there were more than `keep`.
        `partial` is told what has come when the connection ends before the body does.
        """
        pieces: list[bytes] = [b"\r\n"]  # the line end of DATA: a body may begin with its end
        kept, total, tail = 0, 0, b"\r\n"
        try:
            while True:
                if not self._buffer:
                    await self._more()
                end = (
                    (tail + bytes(self._buffer)).find(_END) if _may_end(tail, self._buffer) else -1
                )
                at = end + len(_END) - len(tail) if end >= 0 else len(self._buffer)
                if stop_after is not None:
                    at = min(at, stop_after - total)
                piece = self._take(at)
                total += len(piece)
                tail = (tail + piece)[-4:]
                if kept <= keep:
                    pieces.append(piece)
                    kept += len(piece)
                if stop_after is not None and total >= stop_after:
                    return _body(pieces), False, kept > keep
                if end >= 0:
                    return _body(pieces)[:-3], True, kept - 3 > keep
        except asyncio.CancelledError:
            partial(_body(pieces))
            raise

    async def _line(self, separator: bytes) -> bytes:
        searched = 0
        while True:
            at = self._buffer.find(separator, searched)
            if at >= 0:
                return self._take(at + len(separator))
            searched = max(0, len(self._buffer) - len(separator) + 1)
            if len(self._buffer) > self._limit:
                raise asyncio.LimitOverrunError("the line is too long", searched)
            await self._more()

    async def _more(self) -> None:
        self._arrived.clear()
        await self._arrived.wait()

    def _take(self, count: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        if self._throttled and len(self._buffer) <= _HIGH_WATER // 2:
            self._throttled = False
            self._throttle(False)
        return taken


def _may_end(tail: bytes, buffer: bytearray) -> bool:
    """Whether the end can be in here: a cheap look before the buffer is copied."""
    return b".\r\n" in buffer or tail.endswith((b"\r\n.", b"\r\n.\r"))


def _body(pieces: list[bytes]) -> bytes:
    return b"".join(pieces)[2:]
