"""Cipher suites that no sender may take, by what is wrong with them.

All are of TLS 1.2 and older: those of TLS 1.3 are all sound (RFC 8446 appendix B.4).
"""

from __future__ import annotations

from enum import StrEnum


class WeakCiphers(StrEnum):
    """What is wrong with the only cipher suites that a server has."""

    NULL = "null"
    """They encrypt nothing (RFC 9325 section 4.1: MUST NOT be negotiated)."""

    ANONYMOUS = "anonymous"
    """The server shows no certificate, so that it can be anybody (RFC 5246 appendix A.5)."""

    @property
    def openssl_list(self) -> str:
        """The suites as an OpenSSL cipher list."""
        return _LISTS[self]


# OpenSSL has them at its lowest security level alone.
_LISTS = {
    WeakCiphers.NULL: "eNULL:!aNULL:@SECLEVEL=0",
    WeakCiphers.ANONYMOUS: "aNULL:!eNULL:@SECLEVEL=0",
}

# How OpenSSL's names of suites without a certificate begin.
_ANONYMOUS = ("ADH-", "AECDH-")


def shows_no_certificate(cipher: str) -> bool:
    """Whether this suite, by OpenSSL's name, is one in which the server shows no certificate."""
    return cipher.startswith(_ANONYMOUS)
