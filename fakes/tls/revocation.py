"""The list of certificates that the authority has revoked (RFC 5280 section 5)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .certificate_builder import Pair

_DAY = timedelta(days=1)


def revocation_list(serial_numbers: Sequence[int], *, issuer: Pair) -> bytes:
    """Return the signed list in PEM, valid as long as its issuer.

    Everything in it has been revoked since the day after that began. As with certificates, no
    date comes from a clock.
    """
    period = issuer.period
    since = period.start + _DAY
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(since)
        .next_update(period.end)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False,
        )
        .add_extension(x509.CRLNumber(len(serial_numbers)), critical=False)
    )
    for serial_number in serial_numbers:
        builder = builder.add_revoked_certificate(_entry(serial_number, since=since))
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _entry(serial_number: int, *, since: datetime) -> x509.RevokedCertificate:
    return (
        x509.RevokedCertificateBuilder()
        .serial_number(serial_number)
        .revocation_date(since)
        .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
        .build()
    )
