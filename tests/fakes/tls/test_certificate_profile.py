"""What every certificate has, so that nobody refuses it for want of it (RFC 5280, strictly)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.tls import Authority, Certificate, CertificateKind
from harness.fakes.tls.presented import presented

if TYPE_CHECKING:
    pass

ANY = TypeVar("ANY", bound=x509.ExtensionType)

each_kind = pytest.mark.parametrize("kind", CertificateKind)


@pytest.fixture
def issued(kind: CertificateKind, authority: Authority) -> Certificate:
    name = "127.0.0.1" if kind.startswith("ip-") else "a.mail.example.test"
    return authority.issue(kind, names=[name])


def _chain(issued: Certificate) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(issued.chain_pem)


def _extension(certificate: x509.Certificate, wanted: type[ANY]) -> x509.Extension[ANY]:
    return certificate.extensions.get_extension_for_class(wanted)


@each_kind
def test_a_leaf_identifies_both_keys_and_is_for_signing_by_a_server(
    kind: CertificateKind, issued: Certificate
) -> None:
    leaf = _chain(issued)[0]
    assert _extension(leaf, x509.SubjectKeyIdentifier).value.digest
    assert _extension(leaf, x509.AuthorityKeyIdentifier).value.key_identifier
    assert _extension(leaf, x509.BasicConstraints).critical
    assert not _extension(leaf, x509.BasicConstraints).value.ca
    assert _extension(leaf, x509.KeyUsage).value.digital_signature
    purposes = set(_extension(leaf, x509.ExtendedKeyUsage).value)
    assert (ExtendedKeyUsageOID.SERVER_AUTH in purposes) == (kind != "client-auth-only")
    assert 0 < leaf.serial_number < 1 << 159


@each_kind
def test_the_chain_is_in_order_and_leaves_the_anchor_out(
    kind: CertificateKind, issued: Certificate, authority: Authority
) -> None:
    anchor = x509.load_pem_x509_certificate(authority.certificate_pem)
    chain = _chain(issued)
    assert anchor not in chain
    for certificate, issuer in pairwise(chain):
        assert certificate.issuer == issuer.subject
        identifier = _extension(issuer, x509.SubjectKeyIdentifier).value.digest
        named = _extension(certificate, x509.AuthorityKeyIdentifier).value.key_identifier
        assert named == identifier


@each_kind
def test_every_issuer_sent_along_is_an_authority_but_the_poser(
    kind: CertificateKind, issued: Certificate
) -> None:
    for issuer in _chain(issued)[1:]:
        assert _extension(issuer, x509.BasicConstraints).value.ca == (kind != "leaf-as-ca")
        usage = _extension(issuer, x509.KeyUsage)
        assert usage.critical
        assert usage.value.key_cert_sign
        assert usage.value.crl_sign


@each_kind
def test_only_these_kinds_send_more_than_the_leaf(
    kind: CertificateKind, issued: Certificate
) -> None:
    two = {"chain", "untrusted-root", "untrusted-wrong-host", "leaf-as-ca", "name-constraint"}
    length = 2 if kind in two else 3 if kind in {"sha1", "md5"} else 1
    assert len(_chain(issued)) == length


@each_kind
def test_a_leaf_carries_the_names_that_its_kind_presents(
    kind: CertificateKind, issued: Certificate
) -> None:
    leaf = _chain(issued)[0]
    expected = presented(kind, issued.names)
    common = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert [name.value for name in common] == [n for n in (expected.common_name,) if n is not None]
    if expected.dns or expected.addresses:
        assert _alternatives(leaf) == {*expected.dns, *expected.addresses}
    else:
        with pytest.raises(x509.ExtensionNotFound):
            _alternatives(leaf)


_labels = st.text("abcxyz019-", max_size=8).map(lambda text: f"l{text}0")
_hosts = st.lists(_labels, min_size=1, max_size=6).map(".".join).filter(lambda h: "--" not in h)


@given(names=st.lists(_hosts | st.ip_addresses().map(str), min_size=1, max_size=4, unique=True))
def test_a_good_certificate_is_made_out_to_any_names(
    names: list[str], authority: Authority
) -> None:
    leaf = _chain(authority.issue("good", names=names))[0]
    assert _alternatives(leaf) == set(names)


def _alternatives(leaf: x509.Certificate) -> set[str]:
    return {str(name.value) for name in _extension(leaf, x509.SubjectAlternativeName).value}


@each_kind
def test_only_the_short_key_is_an_rsa_key(kind: CertificateKind, issued: Certificate) -> None:
    key = _chain(issued)[0].public_key()
    if kind == "rsa-1024":
        assert isinstance(key, rsa.RSAPublicKey)
        assert key.key_size == 1024
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert key.curve.name == "secp256r1"


@each_kind
def test_the_subject_tells_the_kind(kind: CertificateKind, issued: Certificate) -> None:
    units = _chain(issued)[0].subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    assert [unit.value for unit in units] == [kind]


def test_the_must_staple_certificate_demands_a_status(authority: Authority) -> None:
    leaf = _chain(authority.issue("must-staple"))[0]
    assert list(_extension(leaf, x509.TLSFeature).value) == [x509.TLSFeatureType.status_request]


def test_the_nul_is_in_the_name_as_it_is(authority: Authority) -> None:
    leaf = _chain(authority.issue("nul-in-san", names=["mail.example.test"]))[0]
    names = _extension(leaf, x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert names == ["mail.example.test\0.elsewhere.test"]
    leaf = _chain(authority.issue("nul-in-cn", names=["mail.example.test"]))[0]
    common = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert [name.value for name in common] == ["mail.example.test\0.elsewhere.test"]
    with pytest.raises(x509.ExtensionNotFound):
        _extension(leaf, x509.SubjectAlternativeName)
