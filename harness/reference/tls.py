"""TLS without I/O, and what its failures mean."""

from __future__ import annotations

import contextlib
import ssl

from harness.protocol import ErrorClass
from harness.reference.failure import ConfigError

# Security level 2 refuses RSA keys below 2,048 bits and SHA-1 signatures anywhere in the chain,
# whatever this machine's OpenSSL was built with. Level 1 is for whoever wants any certificate.
_SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:DHE+AES:!aNULL:!eNULL:!SHA1:!AESCCM"
_VERIFYING_LEVEL, _SKIPPING_LEVEL = 2, 1

_EXPIRED = "has expired"
_UNTRUSTED = "is not signed by a certificate authority that is trusted here"
_NOT_THIS_NAME = (
    "is for another name: none of its subject alternative names (SAN) is the expected one, "
    "and its common name (CN) does not count"
)
_WEAK = "is too weak: its key is too small or its signature too old"
# OpenSSL's numbers, from x509_vfy.h.
_VERIFY_CODES: dict[int, tuple[ErrorClass, str]] = {
    9: (ErrorClass.CERTIFICATE_NOT_YET_VALID, "is not valid yet"),
    10: (ErrorClass.CERTIFICATE_EXPIRED, _EXPIRED),
    2: (ErrorClass.CERTIFICATE_UNTRUSTED, _UNTRUSTED),
    18: (ErrorClass.CERTIFICATE_UNTRUSTED, f"is signed by itself and {_UNTRUSTED}"),
    19: (ErrorClass.CERTIFICATE_UNTRUSTED, _UNTRUSTED),
    20: (ErrorClass.CERTIFICATE_UNTRUSTED, f"{_UNTRUSTED}, or the server left an intermediate out"),
    21: (ErrorClass.CERTIFICATE_UNTRUSTED, f"{_UNTRUSTED}, or the server left an intermediate out"),
    27: (ErrorClass.CERTIFICATE_UNTRUSTED, _UNTRUSTED),
    23: (ErrorClass.CERTIFICATE_REVOKED, "has been revoked"),
    26: (ErrorClass.CERTIFICATE_UNSUITABLE, "is not meant for servers (extended key usage)"),
    28: (ErrorClass.CERTIFICATE_UNSUITABLE, "is rejected for this use"),
    66: (ErrorClass.CERTIFICATE_UNSUITABLE, _WEAK),
    67: (ErrorClass.CERTIFICATE_UNSUITABLE, _WEAK),
    68: (ErrorClass.CERTIFICATE_UNSUITABLE, _WEAK),
    62: (ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH, _NOT_THIS_NAME),
    64: (ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH, _NOT_THIS_NAME),
}
_VERSION_REASONS = frozenset(
    [
        "UNSUPPORTED_PROTOCOL",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "WRONG_SSL_VERSION",
        "NO_PROTOCOLS_AVAILABLE",
        "VERSION_TOO_LOW",
        "UNKNOWN_PROTOCOL",
    ]
)
_WEAK_REASONS = frozenset(["EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"])

# The first octet of a TLS record that a server may send in a handshake.
_ALERT, _HANDSHAKE = 21, 22


def client_context(*, ca_file: str | None, verify: bool) -> ssl.SSLContext:
    """A context that trusts `ca_file` alone, or the system's store when there is none.

    TLS 1.2 and later. Names are compared with subject alternative names only. Two checks stay off
    on purpose: the strict profile of RFC 5280, which refuses certificates that public authorities
    did issue, and partial chains, which would make any certificate in `ca_file` an anchor. A
    must-staple mark and revocation lists are not looked at.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"@SECLEVEL={_VERIFYING_LEVEL if verify else _SKIPPING_LEVEL}:{_SUITES}")
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    context.hostname_checks_common_name = False
    context.verify_flags = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST
    _trust(context, ca_file)
    return context


def _trust(context: ssl.SSLContext, ca_file: str | None) -> None:
    if not ca_file:
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(cafile=ca_file)
    except (OSError, ssl.SSLError):
        pass  # raised below, without OpenSSL's words, which name no file
    else:
        return
    raise ConfigError(f"the trust anchor {ca_file} cannot be read as PEM")


class ClientTls:
    """One TLS session between two buffers. Octets of the network go in by `feed`."""

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)

    def feed(self, octets: bytes) -> None:
        """Take what came off the network; nothing means its end."""
        if octets:
            self._incoming.write(octets)
        else:
            self._incoming.write_eof()

    def pending(self) -> bytes:
        """What has to go to the network now."""
        return self._outgoing.read()

    def handshake(self) -> bool:
        """Go on with the handshake; False when it needs more from the network."""
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    @property
    def certificate(self) -> bytes | None:
        """The server's, in DER."""
        return self._object.getpeercert(binary_form=True)

    def read(self) -> bytes | None:
        """Decrypted octets, none at the end, None when it needs more from the network."""
        try:
            return self._object.read(65536)
        except ssl.SSLWantReadError:
            return None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def write(self, octets: memoryview) -> int | None:
        """Encrypt; how many were taken, or None when it needs more from the network."""
        try:
            return self._object.write(octets)
        except ssl.SSLWantReadError:
            return None

    def close(self) -> None:
        """Put the closing alert among what has to go out."""
        with contextlib.suppress(ssl.SSLError):
            self._object.unwrap()  # it waits for the peer's alert, which nobody needs


def is_tls(first_octets: bytes) -> bool:
    """Whether a server's first octets are TLS at all."""
    return first_octets[0] in (_ALERT, _HANDSHAKE)


def handshake_fault(error: ssl.SSLError, name: str) -> tuple[ErrorClass, str]:
    """What a failed handshake means, and the words for it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        class_, fault = _VERIFY_CODES.get(
            error.verify_code, (ErrorClass.CERTIFICATE_INVALID, "is not valid")
        )
        return class_, (
            f"the certificate {fault} (expected a certificate for {name}; "
            f"verification said: {error.verify_message})"
        )
    reason = error.reason or "no reason given"
    if reason in _WEAK_REASONS:
        return ErrorClass.CERTIFICATE_UNSUITABLE, f"the certificate for {name} {_WEAK} ({reason})"
    if reason in _VERSION_REASONS:
        return (
            ErrorClass.PROTOCOL_VERSION,
            f"the server speaks no TLS version from 1.2 on ({reason})",
        )
    return ErrorClass.HANDSHAKE_FAILED, f"the TLS handshake failed ({reason})"
