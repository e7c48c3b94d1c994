"""A client that costs little: it writes, and waits for the whole answer."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable


def whole_reply(octets: bytes) -> bool:
    """Whether these octets end in the last line of an SMTP reply."""
    if not octets.endswith(b"\r\n"):
        return False
    last = octets.rfind(b"\r\n", 0, -2) + 2 if b"\r\n" in octets[:-2] else 0
    return octets[last + 3 : last + 4] == b" "


def whole_response(octets: bytes) -> bool:
    """Whether these octets are a whole HTTP response."""
    head, found, body = octets.partition(b"\r\n\r\n")
    if not found:
        return False
    lower = head.lower()
    at = lower.find(b"\r\ncontent-length:")
    if at >= 0:
        return len(body) >= int(lower[at + 17 :].split(b"\r\n", 1)[0])
    if b"transfer-encoding: chunked" in lower:
        return body.endswith(b"0\r\n\r\n")
    return b" 204 " in head[:14]


class Talk(asyncio.Protocol):
    """One connection; `ask` sends and gives the answer."""

    def __init__(self, is_whole: Callable[[bytes], bool]) -> None:
        self.is_whole = is_whole
        self.loop = asyncio.get_running_loop()
        self.closed = False
        self.came = b""
        self.transport: asyncio.Transport
        self.answer: asyncio.Future[bytes] = self.loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.came += data
        if self.is_whole(self.came) and not self.answer.done():
            self.answer.set_result(self.came)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if not self.answer.done():
            self.answer.set_exception(ConnectionError(f"closed after {self.came!r}"))
            self.answer.exception()  # nobody may be waiting

    async def ask(self, data: bytes, expected: bytes) -> bytes:
        self.came = b""
        self.answer = self.loop.create_future()
        self.transport.write(data)
        return self.checked(await self.answer, expected)

    def checked(self, answer: bytes, expected: bytes) -> bytes:
        if not answer.startswith(expected):
            raise RuntimeError(f"expected {expected!r}, got {answer[:400]!r}")
        return answer

    async def greeting(self) -> None:
        self.checked(await self.answer, b"220")

    async def start_tls(self, context: ssl.SSLContext) -> None:
        transport = await self.loop.start_tls(self.transport, self, context)
        assert transport is not None
        self.transport = transport


async def connected(port: int, is_whole: Callable[[bytes], bool]) -> Talk:
    _, talk = await asyncio.get_running_loop().create_connection(
        lambda: Talk(is_whole), "127.0.0.1", port
    )
    return talk
