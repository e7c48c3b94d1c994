"""KeyUpdate of TLS 1.3, which Python's `ssl` cannot send: the records of OpenSSL in other keys.

What OpenSSL encrypts in the keys that it knows is decrypted, and encrypted anew in those that the
sender has by then. Sources, read 2026-11: RFC 8446 sections 4.6.3
(the message), 5.2 and 5.3 (records), 7.1 to 7.3 (secrets and keys).
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

_APPLICATION_DATA, _HANDSHAKE = 23, 22
_HEADER = 5
_TAG = 16
_NONCE = 12
# A message of type 24 with one octet: whether an update is asked of the other side as well.
_KEY_UPDATE = b"\x18\0\0\1"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Suite:
    digest: type[hashes.SHA256 | hashes.SHA384]
    aead: type[AESGCM | ChaCha20Poly1305]
    key_octets: int


_SUITES = {
    "TLS_AES_128_GCM_SHA256": _Suite(digest=hashes.SHA256, aead=AESGCM, key_octets=16),
    "TLS_AES_256_GCM_SHA384": _Suite(digest=hashes.SHA384, aead=AESGCM, key_octets=32),
    "TLS_CHACHA20_POLY1305_SHA256": _Suite(
        digest=hashes.SHA256, aead=ChaCha20Poly1305, key_octets=32
    ),
}


class _Keys:
    """One generation of keys, and how many records they have seen."""

    def __init__(self, suite: _Suite, secret: bytes) -> None:
        self._suite = suite
        self._secret = secret
        self._aead = suite.aead(self._expand(b"key", suite.key_octets))
        self._iv = int.from_bytes(self._expand(b"iv", _NONCE), "big")
        self._records = 0

    def next_generation(self) -> _Keys:
        return _Keys(self._suite, self._expand(b"traffic upd", self._suite.digest.digest_size))

    def open(self, record: bytes) -> bytes:
        """The inner plaintext of a whole record, its type at the end."""
        return self._aead.decrypt(self._nonce(), record[_HEADER:], record[:_HEADER])

    def seal(self, inner: bytes) -> bytes:
        """A whole record of an inner plaintext."""
        length = (len(inner) + _TAG).to_bytes(2, "big")
        header = bytes([_APPLICATION_DATA, 3, 3]) + length
        return header + self._aead.encrypt(self._nonce(), inner, header)

    def _nonce(self) -> bytes:
        nonce = (self._iv ^ self._records).to_bytes(_NONCE, "big")
        self._records += 1
        return nonce

    def _expand(self, label: bytes, length: int) -> bytes:
        name = b"tls13 " + label
        info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
        return HKDFExpand(self._suite.digest(), length, info).derive(self._secret)


class OutgoingRecords:
    """What the server sends inside one session of TLS 1.3, from its first record on.

    `cipher` is the suite by its name, `secret` the server's first secret for application data.
    """

    def __init__(self, *, cipher: str, secret: bytes) -> None:
        suite = _SUITES[cipher]
        self._of_openssl, self._of_sender = _Keys(suite, secret), _Keys(suite, secret)

    def passed_on(self, records: bytes) -> bytes:
        """Records of OpenSSL's as the sender can read them. They are always whole ones."""
        passed = bytearray()
        while records:
            end = _HEADER + int.from_bytes(records[3:_HEADER], "big")
            passed += self._passed_on(records[:end])
            records = records[end:]
        return bytes(passed)

    def update(self, *, requested: bool) -> bytes:
        """A KeyUpdate in the keys that are in use until then; `requested` asks for one back."""
        return self._sealed(_KEY_UPDATE + bytes([requested, _HANDSHAKE]))

    def _passed_on(self, record: bytes) -> bytes:
        inner = self._of_openssl.open(record)
        if _is_key_update(inner):  # the sender has asked OpenSSL for one
            self._of_openssl = self._of_openssl.next_generation()
        return self._sealed(inner)

    def _sealed(self, inner: bytes) -> bytes:
        record = self._of_sender.seal(inner)
        if _is_key_update(inner):
            self._of_sender = self._of_sender.next_generation()
        return record


def _is_key_update(inner: bytes) -> bool:
    return inner.startswith(_KEY_UPDATE) and inner.rstrip(b"\0").endswith(bytes([_HANDSHAKE]))
