"""TLS without sockets: octets in, octets out, and what became of the handshake.

The record needs both sides of the encryption, faults need the handshake octet by octet, and
no reply may ever overtake the handshake, so the fakes carry their TLS themselves, over the two
memory buffers of Python's `ssl`.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass

_ALERT = re.compile(r"(?:SSLV3|TLSV1|TLSV13)_ALERT_([A-Z_]+)")
_CHUNK = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why TLS failed. `alert` is the one that the peer sent, as `certificate_expired`."""

    reason: str
    alert: str | None


class TlsError(Exception):
    """TLS failed; `failure` says how."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class TlsLayer:
    """One server-side TLS connection."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.established = False

    def feed(self, data: bytes) -> None:
        """Take octets from the network."""
        self._incoming.write(data)

    def shake(self) -> bool:
        """Go on with the handshake as far as the octets reach; True when it is done.

        Raises:
            TlsError: it failed. An alert to send may be in `outgoing()`.
        """
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as error:
            raise TlsError(_failure(error)) from error
        self.established = True
        return True

    def read(self) -> tuple[bytes, bool]:
        """The plain octets that are ready, and whether the peer said close_notify.

        Raises:
            TlsError: the peer broke TLS, or sent an alert.
        """
        plain = bytearray()
        try:
            while chunk := self._object.read(_CHUNK):
                plain += chunk
        except ssl.SSLWantReadError:
            return bytes(plain), False
        except ssl.SSLZeroReturnError:
            return bytes(plain), True
        except ssl.SSLError as error:
            raise TlsError(_failure(error)) from error
        return bytes(plain), True

    def write(self, plain: bytes) -> None:
        """Encrypt; the result is in `outgoing()`."""
        self._object.write(plain)

    def outgoing(self) -> bytes:
        """The octets to put on the network now."""
        return self._outgoing.read()

    def close(self) -> None:
        """Say close_notify; it is in `outgoing()`. Does not wait for the peer's."""
        try:
            self._object.unwrap()
        except ssl.SSLError:
            # The peer has not answered with its own close_notify yet, or never will.
            return

    @property
    def version(self) -> str:
        """As `TLSv1.3`."""
        return self._object.version() or ""

    @property
    def cipher(self) -> str:
        """The name of the cipher suite."""
        cipher = self._object.cipher()
        return cipher[0] if cipher else ""


def _failure(error: ssl.SSLError) -> Failure:
    reason = error.reason or str(error)
    match = _ALERT.match(reason)
    return Failure(reason=reason, alert=match[1].lower() if match else None)
