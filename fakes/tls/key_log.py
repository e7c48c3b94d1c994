"""The secrets of a context's TLS 1.3 sessions, as OpenSSL logs them.

The form is that of NSS's key log: a label, the client's random and the secret, in hexadecimal
(draft-ietf-tls-keylogfile).
"""

from __future__ import annotations

import os
import ssl
import weakref
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

_SERVERS_FIRST = b"SERVER_TRAFFIC_SECRET_0 "


class KeyLog:
    """What OpenSSL logs of one context, in a file that nobody else finds."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._descriptor, path = mkstemp(prefix="harness-keys-")
        weakref.finalize(self, os.close, self._descriptor)
        context.keylog_filename = path
        with suppress(OSError):  # Windows keeps a file while it is open
            Path(path).unlink()

    def server_secret(self, client_random: bytes) -> bytes | None:
        """The secret of what the server says first inside this session; None: it has none."""
        wanted = _SERVERS_FIRST + client_random.hex().encode() + b" "
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            for line in file:
                if line.startswith(wanted):  # among others, and a comment of Python's
                    return bytes.fromhex(line.removeprefix(wanted).decode())
        return None
