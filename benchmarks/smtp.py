"""The SMTP fake against bare aiosmtpd and smtpdfix."""

from __future__ import annotations

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
MESSAGE = (
    b"From: a@sender.test\r\nTo: b@recipient.test\r\nSubject: s\r\n\r\n"
    + b"some words of a letter that is as long as most letters are\r\n" * 33
    + b".\r\n"
)


async def _hello(port: int) -> Talk:
    talk = await connected(port, whole_reply)
    await talk.greeting()
    await talk.ask(b"EHLO client.test\r\n", b"250")
    return talk


async def _message(talk: Talk) -> None:
    await talk.ask(b"MAIL FROM:<a@sender.test>\r\n", b"250")
    await talk.ask(b"RCPT TO:<b@recipient.test>\r\n", b"250")
    await talk.ask(b"DATA\r\n", b"354")
    await talk.ask(MESSAGE, b"250")


async def _kept(port: int, goes_on: Callable[[], bool], count: Callable[[], None]) -> None:
    talk = await _hello(port)
    while goes_on():
        await _message(talk)
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
    with server(command) as port:
        loaded: Load = partial(load, port)
        return a_second(loaded, seconds=seconds, connections=4)
