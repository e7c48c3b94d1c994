"""The run's trust anchor as files, in the two forms that senders load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PKCS12Certificate,
    serialize_java_truststore,
)

if TYPE_CHECKING:
    from pathlib import Path

# The password of Java's own trust store. It guards a public certificate, so it is no secret;
# Java wants one of six characters or more.
_JAVA_CUSTOM = "changeit"
_ALIAS = b"harness"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """Where the trust anchor lies: a PEM file, and a PKCS #12 trust store for Java.

    Nothing but the anchor is in either. The paths are absolute.
    """

    ca_file: Path
    ca_pkcs12: Path
    ca_pkcs12_password: str


def write_trust(anchor_pem: bytes, folder: Path) -> TrustStore:
    """Write the anchor to `ca.pem` and `ca.p12` in `folder`, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    home = folder.resolve()
    trust = TrustStore(
        ca_file=home / "ca.pem", ca_pkcs12=home / "ca.p12", ca_pkcs12_password=_JAVA_CUSTOM
    )
    trust.ca_file.write_bytes(anchor_pem)
    trust.ca_pkcs12.write_bytes(_java_trust_store(anchor_pem))
    return trust


def _java_trust_store(anchor_pem: bytes) -> bytes:
    # Java takes a certificate in a PKCS #12 file for trusted only when the bag has Oracle's
    # trusted-key-usage attribute (2.16.840.1.113894.746875.1.1).
    anchor = PKCS12Certificate(x509.load_pem_x509_certificate(anchor_pem), _ALIAS)
    return serialize_java_truststore([anchor], BestAvailableEncryption(_JAVA_CUSTOM.encode()))
