"""TLS without sockets: octets in, octets out, and what became of the handshake.

The record needs both sides of the encryption, faults need the handshake octet by octet, and
no reply may ever overtake the handshake, so the fakes carry their TLS themselves, over the two
memory buffers of Python's `ssl`.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass

from .binding import server_end_point
from .certificates import PresentingContext

# OpenSSL's words for the alerts of a peer; a few of TLS 1.x lack the ALERT.
_ALERT = re.compile(r"(?:(?:SSLV3|TLSV13)_ALERT|TLSV1(?:_ALERT)?)_([A-Z_]+)")
_CHUNK = 65536
_ALERT_RECORD = 21
_ALERT_LENGTH = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why TLS failed. `alert` is the one that the peer sent, as `certificate_expired`."""

    reason: str
    alert: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What came out of TLS: plain octets, and perhaps the end of it behind them.

    `goodbye`: the peer said close_notify. `failure`: it broke TLS, or sent an alert.
    """

    plain: bytes
    goodbye: bool = False
    failure: Failure | None = None


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
        self._fed = b""

    def feed(self, data: bytes) -> None:
        """Take octets from the network."""
        self._fed = data
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
            raise TlsError(_failure(error, in_clear=_alert_in_clear(self._fed))) from error
        return True

    def read(self) -> Reading:
        """What is ready to be read."""
        plain = bytearray()
        try:
            while chunk := self._object.read(_CHUNK):
                plain += chunk
        except ssl.SSLWantReadError:
            return Reading(plain=bytes(plain))
        except ssl.SSLZeroReturnError:
            return Reading(plain=bytes(plain), goodbye=True)
        except ssl.SSLError as error:
            return Reading(plain=bytes(plain), failure=_failure(error))
        return Reading(plain=bytes(plain), goodbye=True)

    def write(self, plain: bytes) -> None:
        """Encrypt; the result is in `outgoing()`."""
        self._object.write(plain)

    def outgoing(self) -> bytes:
        """The octets to put on the network now."""
        return self._outgoing.read()

    def close(self) -> None:
        """Say close_notify; it is in `outgoing()`. Does not wait for the peer's.

        What the peer sends after that can still be read.
        """
        try:
            self._object.unwrap()
        except ssl.SSLError:
            # The peer has not answered with its own close_notify yet, or never will.
            return

    def channel_binding(self, kind: str) -> bytes | None:
        """What an exchange inside is bound to by this kind; None where that cannot be said.

        `tls-server-end-point` is of the certificate. `tls-unique` has no meaning in TLS 1.3 (RFC
        8446 appendix C.5), and `tls-exporter` (RFC 9266) is nothing that Python's `ssl` can tell.
        """
        context = self._object.context
        if kind == "tls-server-end-point" and isinstance(context, PresentingContext):
            return server_end_point(context.chain_pem)
        if kind == "tls-unique" and self.version != "TLSv1.3":
            return self._object.get_channel_binding(kind)
        return None

    @property
    def version(self) -> str:
        """As `TLSv1.3`, and `TLSv1.0` for the oldest."""
        version = self._object.version() or ""
        return "TLSv1.0" if version == "TLSv1" else version

    @property
    def cipher(self) -> str:
        """The name of the cipher suite."""
        cipher = self._object.cipher()
        return cipher[0] if cipher else ""


def _failure(error: ssl.SSLError, *, in_clear: str | None = None) -> Failure:
    reason = error.reason or str(error)
    match = _ALERT.match(reason)
    return Failure(reason=reason, alert=match[1].lower() if match else in_clear)


def _alert_in_clear(data: bytes) -> str | None:
    """The alert, where these octets are one: OpenSSL reads none of another version than its own."""
    if len(data) < _ALERT_LENGTH or data[0] != _ALERT_RECORD or data[3:5] != b"\0\2":
        return None
    try:
        description = ssl.AlertDescription(data[6])
    except ValueError:
        return None
    return description.name.removeprefix("ALERT_DESCRIPTION_").lower()
