"""TLS without sockets: octets in, octets out, and what became of the handshake.

The record needs both sides of the encryption, faults need the handshake octet by octet, and
no reply may ever overtake the handshake, so the fakes carry their TLS themselves, over the two
memory buffers of Python's `ssl`.
"""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import FakeError
from .binding import server_end_point
from .certificates import PresentingContext

if TYPE_CHECKING:
    from .key_log import KeyLog
    from .key_update import OutgoingRecords

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedTls:
    """What a handshake is answered with.

    `certificate` is the name of its kind. `late_tickets`: those of TLS 1.3 go out with the first
    octets that are sent, and not behind the handshake. `key_log`: where the context's secrets are,
    if the session is to be given new keys.
    """

    context: ssl.SSLContext
    certificate: str
    late_tickets: bool = False
    key_log: KeyLog | None = None


class TlsLayer:
    """One server-side TLS connection. `random` is that of the ClientHello."""

    def __init__(self, served: ServedTls, *, random: bytes = b"") -> None:
        self._served = served
        self._random = random
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = served.context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._fed = b""
        self._holds_tickets = False
        self._records: OutgoingRecords | None = None

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
        if self.version == "TLSv1.3":
            self._holds_tickets = self._served.late_tickets
            self._follow_records()
        return True

    def _follow_records(self) -> None:
        """From now on OpenSSL sends in the keys of the session."""
        log = self._served.key_log
        secret = log.server_secret(self._random) if log is not None else None
        if secret is not None:
            from .key_update import OutgoingRecords  # noqa: PLC0415  # only few need cryptography

            self._records = OutgoingRecords(cipher=self.cipher, secret=secret)

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
            self._holds_tickets = False  # the alert has to go out
            return Reading(plain=bytes(plain), failure=_failure(error))
        return Reading(plain=bytes(plain), goodbye=True)

    def write(self, plain: bytes) -> None:
        """Encrypt; the result is in `outgoing()`."""
        self._holds_tickets = False
        self._object.write(plain)

    def outgoing(self) -> bytes:
        """The octets to put on the network now."""
        if self._holds_tickets:
            return b""
        octets = self._outgoing.read()
        return octets if self._records is None else self._records.passed_on(octets)

    def update_keys(self, *, requested: bool) -> bytes:
        """A KeyUpdate, to be put on the network now; `requested` asks for one back.

        Raises:
            FakeError: the session is not one of TLS 1.3, or has no key log.
        """
        if self._records is None:
            raise FakeError(f"key-update: {self.version} has no new keys; it takes TLS 1.3")
        before = self.outgoing()
        return before + self._records.update(requested=requested)

    def close(self) -> None:
        """Say close_notify; it is in `outgoing()`. Does not wait for the peer's.

        What the peer sends after that can still be read.
        """
        self._holds_tickets = False
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
