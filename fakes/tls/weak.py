"""Certificates signed with SHA-1 or MD5, which trustme and cryptography make no more.

TLS has given these digests up (RFC 9155, RFC 9325). Of a sound RSA-signed certificate (RFC 5280
section 4.1: signed part, algorithm, signature) the algorithm is exchanged in both places, and
the issuer's key signs the changed part anew. X9.62 names no ECDSA with MD5, so the issuer is
RSA.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric import rsa

_SEQUENCE = 0x30
_BIT_STRING = 0x03

# AlgorithmIdentifiers of PKCS #1 (RFC 8017 appendix A.2.4), equal in length, with NULL
# parameters: sha256WithRSAEncryption, and what takes its place.
_SHA256_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
_WEAK_WITH_RSA: Mapping[type[hashes.HashAlgorithm], bytes] = MappingProxyType(
    {
        hashes.SHA1: bytes.fromhex("300d06092a864886f70d0101050500"),
        hashes.MD5: bytes.fromhex("300d06092a864886f70d0101040500"),
    }
)


def sign_again(
    certificate: x509.Certificate,
    *,
    issuer_key: rsa.RSAPrivateKey,
    digest: hashes.SHA1 | hashes.MD5,
) -> x509.Certificate:
    """Return `certificate` with a signature of `issuer_key` over the weak `digest`."""
    algorithm = _WEAK_WITH_RSA[type(digest)]
    signed_part = certificate.tbs_certificate_bytes
    if signed_part.count(_SHA256_WITH_RSA) != 1:
        raise ValueError("only a certificate signed by RSA with SHA-256 can be signed again")
    weakened = signed_part.replace(_SHA256_WITH_RSA, algorithm)
    signature = issuer_key.sign(weakened, padding.PKCS1v15(), digest)
    whole = _der(_SEQUENCE, weakened + algorithm + _der(_BIT_STRING, b"\0" + signature))
    return x509.load_der_x509_certificate(whole)


def pem(certificate: x509.Certificate) -> bytes:
    """Return `certificate` in PEM."""
    return certificate.public_bytes(Encoding.PEM)


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content
