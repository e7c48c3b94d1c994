"""The list of certificates that the authority has revoked (RFC 5280 section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .certificate_builder import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """One revoked certificate, and since when."""

    serial_number: int
    since: datetime


def revocation_list(
    revocations: Sequence[Revocation], *, issuer: Pair, lifetime: timedelta = timedelta(days=90)
) -> bytes:
    """Return the signed list in PEM; it dates from the last revocation.

    Without any it is empty, and valid as long as its issuer.
    """
    period = issuer.period
    start = max((each.since for each in revocations), default=period.start)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(start)
        .next_update(start + lifetime if revocations else period.end)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
        .add_extension(x509.CRLNumber(len(revocations)), critical=False)
    )
    for each in revocations:
        builder = builder.add_revoked_certificate(_entry(each))
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _entry(revocation: Revocation) -> x509.RevokedCertificate:
    return (
        x509.RevokedCertificateBuilder()
        .serial_number(revocation.serial_number)
        .revocation_date(revocation.since)
        .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
        .build()
    )
