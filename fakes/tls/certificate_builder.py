"""Certificates that trustme cannot make, in the profile of those that it makes.

They carry the extensions of a trustme leaf, equally critical, and differ in one thing: so the
one fault of a bad certificate is its only one. Subject and authority key identifiers are
always there: Python 3.13 verifies strictly, and would refuse a certificate for their lack alone
(RFC 5280 section 4.2.1.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeAlias

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .presented import PresentedCertificate

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Extension: TypeAlias = tuple[x509.ExtensionType, bool]
"""An extension, and whether it is critical."""

ORGANIZATION = "harness"

ANY_PURPOSE = (
    ExtendedKeyUsageOID.CLIENT_AUTH,
    ExtendedKeyUsageOID.SERVER_AUTH,
    ExtendedKeyUsageOID.CODE_SIGNING,
)
"""What trustme lets a leaf be used for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The time in which a certificate is valid, both ends with their time zone."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: PrivateKey

    @classmethod
    def of(cls, authority: trustme.CA) -> Pair:
        """Take the pair out of a trustme authority."""
        key = load_pem_private_key(authority.private_key_pem.bytes(), password=None)
        if not isinstance(key, PrivateKey):
            raise TypeError(f"trustme made a key of an unknown type, {type(key).__name__}")
        certificate = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
        return cls(certificate=certificate, key=key)

    @property
    def certificate_pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key in PEM (PKCS #8), not encrypted."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def period(self) -> Period:
        """When the certificate is valid."""
        certificate = self.certificate
        return Period(start=certificate.not_valid_before_utc, end=certificate.not_valid_after_utc)

    def as_authority(self) -> trustme.CA:
        """Let trustme issue certificates in this one's name, whether it may or not."""
        return trustme.CA.from_pem(self.certificate_pem, self.key_pem)


def distinguished_name(unit: str, common_name: str | None = None) -> x509.Name:
    """Return a subject with the attributes, and in the order, that trustme gives one."""
    attributes = [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANIZATION),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
    ]
    if common_name is not None:
        attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    return x509.Name(attributes)


def craft(
    *,
    subject: x509.Name,
    period: Period,
    extensions: Iterable[Extension],
    issuer: Pair | None,
    key: PrivateKey | None = None,
) -> Pair:
    """Make a certificate with key identifiers and `extensions`; without `issuer`, self-signed."""
    own_key = key or ec.generate_private_key(ec.SECP256R1())
    signing_key = issuer.key if issuer else own_key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(own_key.public_key())
        .not_valid_before(period.start)
        .not_valid_after(period.end)
        .serial_number(x509.random_serial_number())
    )
    identifiers: list[Extension] = [
        (x509.SubjectKeyIdentifier.from_public_key(own_key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key()), False),
    ]
    for extension, critical in (*identifiers, *extensions):
        builder = builder.add_extension(extension, critical=critical)
    return Pair(certificate=builder.sign(signing_key, hashes.SHA256()), key=own_key)


def leaf_extensions(
    presented: PresentedCertificate,
    *,
    purposes: Iterable[x509.ObjectIdentifier] = ANY_PURPOSE,
    signs_certificates: bool = False,
) -> list[Extension]:
    """Return the extensions of a leaf; `signs_certificates` adds that key usage, still CA:FALSE."""
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in presented.dns]
    names += [x509.IPAddress(ip_address(address)) for address in presented.addresses]
    return [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        *([(x509.SubjectAlternativeName(names), True)] if names else []),
        (key_usage(key_encipherment=True, signs_certificates=signs_certificates), True),
        (x509.ExtendedKeyUsage(purposes), True),
    ]


def key_usage(*, key_encipherment: bool, signs_certificates: bool) -> x509.KeyUsage:
    """Return a key usage: digital signatures, and what is asked for."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
