"""What Amazon SNS puts around a message that it posts: the envelope, and the signature.

Sources: SNS developer guide, message and JSON formats, verifying signatures (stored copies of
2023-06 and later); aws/aws-js-sns-message-validator (a6ba4d64, 2022-08).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

SignatureVersion = Literal["1", "2"]
_SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SIGNED_OF_CONFIRMATION = (
    "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
)  # fmt: skip
_BITS = 2048
_NAME = "sns.amazonaws.com"
# As certificates of the fakes are: good for longer than any clock that a test makes up.
_FROM, _FOR = datetime(2000, 1, 1, tzinfo=UTC), timedelta(days=365_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningPair:
    """A key and the certificate that says whose it is, both in PEM."""

    private_key: str
    certificate: str


def signing_pair() -> SigningPair:
    """A new pair: RSA, for `sns.amazonaws.com`, signed by itself."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_FROM)
        .not_valid_after(_FROM + _FOR)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(_NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return SigningPair(
        private_key=pem.decode("ascii"),
        certificate=certificate.public_bytes(Encoding.PEM).decode("ascii"),
    )


def signed(
    document: Mapping[str, str], *, private_key: str, version: SignatureVersion
) -> dict[str, str]:
    """The document with its signature: RSA with SHA-1 (version 1) or SHA-256 (version 2)."""
    key = load_pem_private_key(private_key.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("SNS signs with RSA")
    digest = hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303  # as SNS does
    made = key.sign(string_to_sign(document).encode(), padding.PKCS1v15(), digest)
    signature = base64.b64encode(made).decode("ascii")
    return {**document, "SignatureVersion": version, "Signature": signature}


def string_to_sign(document: Mapping[str, str]) -> str:
    """Names and values of the members that are signed, each on a line; which, the type says."""
    is_notification = document["Type"] == "Notification"
    names: Iterable[str] = _SIGNED if is_notification else _SIGNED_OF_CONFIRMATION
    return "".join(f"{name}\n{document[name]}\n" for name in names if name in document)
