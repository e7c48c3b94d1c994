"""Bare aiosmtpd, or smtpdfix, in a process of its own: which, and `none` or `starttls`.

Both keep their messages and serve one leaf with an EC key from one context, as ours does. Prints
the port, then runs until its standard input ends.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import sys
import warnings

import trustme
from aiosmtpd.smtp import SMTP

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


class Keep:
    def __init__(self) -> None:
        self.kept = []

    async def handle_DATA(self, server, session, envelope):  # noqa: ANN001, ANN201, N802
        self.kept.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


def context() -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(made)
    return made


async def aiosmtpd(security: str) -> None:
    keep = Keep()
    tls = context() if security == "starttls" else None

    def session() -> SMTP:
        return SMTP(keep, hostname="mx.fake.test", tls_context=tls, require_starttls=bool(tls))

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


def smtpdfix(security: str) -> None:
    from smtpdfix import AuthController, Config  # noqa: PLC0415 - only where it is measured

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = Config()
    config.use_starttls = security == "starttls"
    server = AuthController(
        hostname="127.0.0.1", port=port, config=config, ssl_context=context(), messages=[]
    )
    server.start()
    print(port, flush=True)
    sys.stdin.read()
    server.stop()


if sys.argv[1] == "aiosmtpd":
    asyncio.run(aiosmtpd(sys.argv[2]))
else:
    smtpdfix(sys.argv[2])
