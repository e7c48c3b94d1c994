"""The SMTP fake against bare aiosmtpd and smtpdfix: how many a second, and what they hold."""

from __future__ import annotations

import asyncio
import re
import ssl
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from client import Talk, connected, whole_reply
from rates import Load, a_second, server

HERE = Path(__file__).parent
PEERS = HERE.parent / ".bench" / "bin" / "python"
OURS = "harness"
KIB = 1024


def message(size: int) -> bytes:
    """About `size` octets, and the dot."""
    head = b"From: a@sender.test\r\nTo: b@recipient.test\r\nSubject: s\r\n\r\n"
    line = b"some words of a letter that is as long as most letters are\r\n"
    return head + line * ((size - len(head)) // len(line)) + b".\r\n"


LETTER = message(2 * KIB)


async def _hello(port: int) -> Talk:
    talk = await connected(port, whole_reply)
    await talk.greeting()
    await talk.ask(b"EHLO client.test\r\n", b"250")
    return talk


async def _message(talk: Talk, content: bytes = LETTER) -> None:
    await talk.ask(b"MAIL FROM:<a@sender.test>\r\n", b"250")
    await talk.ask(b"RCPT TO:<b@recipient.test>\r\n", b"250")
    await talk.ask(b"DATA\r\n", b"354")
    await talk.ask(content, b"250")


async def _kept(
    port: int, goes_on: Callable[[], bool], count: Callable[[], None], content: bytes = LETTER
) -> None:
    talk = await _hello(port)
    while goes_on():
        await _message(talk, content)
        count()
    talk.transport.close()


async def _one_each(port: int, goes_on: Callable[[], bool], count: Callable[[], None]) -> None:
    while goes_on():
        talk = await _hello(port)
        await _message(talk)
        await talk.ask(b"QUIT\r\n", b"221")
        talk.transport.close()
        count()


async def _starttls(port: int, goes_on: Callable[[], bool], count: Callable[[], None]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    while goes_on():
        talk = await _hello(port)
        await talk.ask(b"STARTTLS\r\n", b"220")
        await talk.start_tls(context)
        await talk.ask(b"EHLO client.test\r\n", b"250")
        await _message(talk)
        await talk.ask(b"QUIT\r\n", b"221")
        talk.transport.close()
        count()


Loading = Callable[[int, Callable[[], bool], Callable[[], None]], Awaitable[None]]
KINDS: dict[str, tuple[str, Loading]] = {
    "SMTP, plain, kept connections": ("none", _kept),
    "SMTP, plain, one connection a message": ("none", _one_each),
    "SMTP, STARTTLS, one connection a message": ("starttls", _starttls),
    "SMTP, 100 KiB, kept connections": ("none", partial(_kept, content=message(100 * KIB))),
    "SMTP, 10 MiB, kept connections": ("none", partial(_kept, content=message(10 * KIB * KIB))),
}


def servers(security: str) -> dict[str, list[str]]:
    """The commands of ours and of the peers."""
    peer = str(HERE / "servers" / "peer_smtp.py")
    return {
        OURS: [sys.executable, str(HERE / "servers" / "ours_smtp.py"), security],
        "aiosmtpd": [str(PEERS), peer, "aiosmtpd", security],
        "smtpdfix": [str(PEERS), peer, "smtpdfix", security],
    }


def rate(kind: str, command: list[str], *, seconds: float) -> float:
    """Messages a second."""
    load = KINDS[kind][1]
    with server(command) as started:
        loaded: Load = partial(load, started.port)
        return a_second(loaded, seconds=seconds, connections=4)


def held(command: list[str], *, messages: int) -> float:
    """Octets of memory that a server took for each octet of the letters that it holds."""
    with server(command) as started:
        asyncio.run(_sent(started.port, 1))  # what comes with the first is no content
        before = _resident(started.process)
        asyncio.run(_sent(started.port, messages))
        return (_resident(started.process) - before) / (messages * len(LETTER))


async def _sent(port: int, messages: int) -> None:
    talk = await _hello(port)
    for _ in range(messages):
        await _message(talk)
    await talk.ask(b"QUIT\r\n", b"221")
    talk.transport.close()


def _resident(process: int) -> int:
    """Octets of a process that are in memory (Linux)."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * KIB
