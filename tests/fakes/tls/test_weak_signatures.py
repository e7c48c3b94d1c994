"""The signatures that no certificate library makes any more are right in all but strength."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import SignatureAlgorithmOID

from harness.fakes.tls import Authority
from harness.fakes.tls.weak import sign_again

if TYPE_CHECKING:
    pass


@pytest.mark.parametrize(
    ("kind", "digest", "algorithm"),
    [
        ("sha1", hashes.SHA1(), SignatureAlgorithmOID.RSA_WITH_SHA1),
        ("md5", hashes.MD5(), SignatureAlgorithmOID.RSA_WITH_MD5),
    ],
)
def test_the_issuer_signed_with_the_weak_digest_and_says_so(
    kind: str,
    digest: hashes.HashAlgorithm,
    algorithm: x509.ObjectIdentifier,
    authority: Authority,
) -> None:
    issued = authority.issue(kind)
    leaf, weak, issuer = x509.load_pem_x509_certificates(issued.chain_pem)
    key = issuer.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 2048
    assert weak.signature_algorithm_oid == algorithm
    key.verify(weak.signature, weak.tbs_certificate_bytes, padding.PKCS1v15(), digest)
    with pytest.raises(InvalidSignature):
        key.verify(weak.signature, weak.tbs_certificate_bytes, padding.PKCS1v15(), hashes.SHA256())
    leaf.verify_directly_issued_by(weak)
    issuer.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate_pem))


def test_weakly_signed_intermediates_are_told_apart(authority: Authority) -> None:
    weak = [
        x509.load_pem_x509_certificates(authority.issue(kind).chain_pem)[1]
        for kind in ("sha1", "md5")
    ]
    assert len({each.serial_number for each in weak}) == 2
    assert len({each.subject for each in weak}) == 2


def test_a_certificate_of_another_algorithm_cannot_be_signed_again(authority: Authority) -> None:
    elliptic = x509.load_pem_x509_certificate(authority.issue("good").chain_pem)
    key = authority._hierarchy.rsa_signing_key
    with pytest.raises(ValueError, match="only a certificate signed by RSA with SHA-256"):
        sign_again(elliptic, issuer_key=key, digest=hashes.SHA1())
