"""What an exchange inside TLS can be bound to: RFC 5929."""

from __future__ import annotations

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

# RFC 5929 section 4.1: where a certificate is signed with one of these, the hash is SHA-256.
_TOO_OLD = frozenset(["md5", "sha1"])


def server_end_point(certificate_pem: bytes) -> bytes:
    """The binding `tls-server-end-point` of a server that presents this certificate.

    Of several, one behind the other, it is the first.
    """
    certificate = x509.load_pem_x509_certificates(certificate_pem)[0]
    algorithm = certificate.signature_hash_algorithm
    name = algorithm.name if algorithm is not None else "sha256"
    digest = hashlib.new("sha256" if name in _TOO_OLD else name)
    digest.update(certificate.public_bytes(Encoding.DER))
    return digest.digest()
