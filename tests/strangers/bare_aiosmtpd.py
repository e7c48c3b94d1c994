"""aiosmtpd as it comes: its own protocol, asyncio's own listener."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from anyio.from_thread import start_blocking_portal

from .stranger import HOST, OTHER_NAME, PASSWORD, USERNAME, Inbox, Stranger


@contextmanager
def aiosmtpd_stranger(folder: Path) -> Iterator[Stranger]:
    """A server for each kind of port, with certificates of trustme."""
    authority = trustme.CA()
    ca_file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    here, elsewhere = _context(authority, HOST), _context(authority, OTHER_NAME)
    inbox = Inbox()
    login: dict[str, Any] = {"authenticator": _authenticate, "auth_required": True}
    with ExitStack() as stack:
        ports = {
            "starttls": stack.enter_context(
                listening(inbox, tls_context=here, require_starttls=True, **login)
            ),
            # Inside implicit TLS it believes itself in clear, and would offer no AUTH.
            "tls": stack.enter_context(
                listening(inbox, implicit=here, auth_require_tls=False, **login)
            ),
            "renamed": stack.enter_context(
                listening(inbox, implicit=elsewhere, auth_require_tls=False, **login)
            ),
        }
        yield Stranger(ports=ports, ca_file=ca_file, inbox=inbox)


@contextmanager
def listening(
    inbox: Inbox, *, implicit: ssl.SSLContext | None = None, **words: Any
) -> Iterator[int]:
    """Serve aiosmtpd's protocol on a port of loopback, in a thread with a loop of its own."""

    async def listen() -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(
            lambda: SMTP(inbox, loop=loop, hostname=OTHER_NAME, **words),
            "127.0.0.1",
            0,
            ssl=implicit,
        )

    with start_blocking_portal() as portal:
        server = portal.call(listen)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            portal.call(server.close)


def _context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    right = LoginPassword(USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=data == right, handled=False)
