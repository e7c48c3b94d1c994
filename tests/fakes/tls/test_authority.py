"""The trust anchor: what it issues again, what it writes, what it revokes, what it is."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from harness.fakes.tls import DEFAULT_NAMES, Authority, CertificateKind, TrustStore

if TYPE_CHECKING:
    from pathlib import Path

MAIL = "mail.example.test"


def test_the_same_kind_and_names_give_the_same_certificate_and_context(
    authority: Authority,
) -> None:
    first = authority.issue("expired", names=["a.example.test"])
    again = authority.issue(CertificateKind.EXPIRED, names=("a.example.test",))
    assert again is first
    assert again.server_context() is first.server_context()


def test_other_names_or_another_kind_give_another_certificate(authority: Authority) -> None:
    made = {
        authority.issue(kind, names=[name]).chain_pem
        for kind in ("good", "expired")
        for name in ("a.example.test", "b.example.test")
    }
    assert len(made) == 4


def test_threads_share_one_certificate() -> None:
    authority = Authority.create()
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: id(authority.issue("good")), range(32)))
    assert len(made) == 1


def test_certificates_are_for_this_machine_by_default(authority: Authority) -> None:
    assert authority.issue("good").names == DEFAULT_NAMES == ("localhost", "127.0.0.1", "::1")


@pytest.mark.parametrize("kind", sorted(set(CertificateKind) - {"expired", "not-yet-valid"}))
def test_what_is_not_wrong_in_its_dates_is_good_whatever_the_time_is(
    kind: str, authority: Authority
) -> None:
    name = "127.0.0.1" if kind.startswith("ip-") else "mx.mail.example.test"
    anchor = x509.load_pem_x509_certificate(authority.certificate_pem)
    chain = x509.load_pem_x509_certificates(authority.issue(kind, names=[name]).chain_pem)
    for certificate in (anchor, *chain):
        assert certificate.not_valid_before_utc == datetime(2000, 1, 1, tzinfo=UTC)
        assert certificate.not_valid_after_utc == datetime(3000, 1, 1, tzinfo=UTC)


def test_wrong_dates_are_wrong_by_decades(authority: Authority) -> None:
    expired, early = (
        x509.load_pem_x509_certificate(authority.issue(kind, names=[MAIL]).chain_pem)
        for kind in ("expired", "not-yet-valid")
    )
    assert expired.not_valid_after_utc < datetime(2002, 1, 1, tzinfo=UTC)
    assert early.not_valid_before_utc > datetime(2900, 1, 1, tzinfo=UTC)


def test_the_key_of_a_certificate_is_not_in_its_repr(authority: Authority) -> None:
    issued = authority.issue("good")
    assert "PRIVATE KEY" in issued.key_pem.decode()
    assert "PRIVATE" not in repr(issued)


def test_two_authorities_do_not_trust_each_other() -> None:
    one, other = (
        x509.load_pem_x509_certificate(Authority.create().certificate_pem) for _ in range(2)
    )
    assert one.subject != other.subject
    assert one.public_key() != other.public_key()


def test_the_anchor_is_an_elliptic_authority_and_nothing_more(authority: Authority) -> None:
    anchor = x509.load_pem_x509_certificate(authority.certificate_pem)
    key = anchor.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    basic = anchor.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical
    assert basic.value.ca
    usage = anchor.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert usage.value.crl_sign
    anchor.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert anchor.serial_number > 0


def test_only_the_anchor_is_in_the_files(authority: Authority, tmp_path: Path) -> None:
    trust = authority.write(tmp_path / "made" / "on" / "the" / "way")
    assert trust.ca_file.is_absolute()
    assert trust.ca_pkcs12.is_absolute()
    assert trust.ca_file.read_bytes() == authority.certificate_pem
    assert len(x509.load_pem_x509_certificates(trust.ca_file.read_bytes())) == 1
    store = pkcs12.load_pkcs12(trust.ca_pkcs12.read_bytes(), trust.ca_pkcs12_password.encode())
    assert store.key is None
    assert store.cert is None
    anchor = x509.load_pem_x509_certificate(authority.certificate_pem)
    assert [entry.certificate for entry in store.additional_certs] == [anchor]


def test_writing_again_keeps_paths_and_content(authority: Authority, tmp_path: Path) -> None:
    first = authority.write(tmp_path)
    content = first.ca_file.read_bytes()
    assert authority.write(tmp_path) == first
    assert first.ca_file.read_bytes() == content


@pytest.mark.whole
@pytest.mark.skipif(shutil.which("keytool") is None, reason="no keytool (Java) on this machine")
def test_java_finds_one_trusted_certificate_in_the_trust_store(trust: TrustStore) -> None:
    listing = subprocess.run(
        [
            *("keytool", "-list", "-storetype", "PKCS12", "-keystore", str(trust.ca_pkcs12)),
            *("-storepass", trust.ca_pkcs12_password, "-J-Duser.language=en"),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "contains 1 entry" in listing
    assert "trustedCertEntry" in listing


def test_the_revocation_list_holds_the_revoked_and_is_signed_by_the_anchor() -> None:
    authority = Authority.create()
    anchor = x509.load_pem_x509_certificate(authority.certificate_pem)
    key = anchor.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    empty = x509.load_pem_x509_crl(authority.revocation_list_pem)
    assert list(empty) == []
    assert empty.is_signature_valid(key)
    good = authority.issue("good", names=[MAIL])
    revoked = authority.issue("revoked", names=[MAIL])
    both = [
        x509.load_pem_x509_certificate(each.chain_pem).serial_number for each in (good, revoked)
    ]
    listed = x509.load_pem_x509_crl(authority.revocation_list_pem)
    assert [entry.serial_number for entry in listed] == both[1:]
    assert listed.is_signature_valid(key)
    assert listed.issuer == anchor.subject
    assert listed.last_update_utc == datetime(2000, 1, 2, tzinfo=UTC)
    assert listed.next_update_utc == datetime(3000, 1, 1, tzinfo=UTC)


def test_a_revoked_certificate_points_to_the_revocation_list() -> None:
    url = "http://localhost:8080/revoked.crl"
    revoked = Authority.create(revocation_list_url=url).issue("revoked")
    leaf = x509.load_pem_x509_certificate(revoked.chain_pem)
    points = leaf.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    assert [name.value for point in points for name in point.full_name or ()] == [url]


def test_the_words_alone_load_no_cryptography() -> None:
    program = "import sys, harness.fakes.tls.kinds; sys.exit('cryptography' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)


def test_a_server_context_trusts_nobody_and_asks_for_no_certificate(authority: Authority) -> None:
    context = authority.issue("good").server_context()
    assert context.verify_mode is ssl.CERT_NONE
    assert context.get_ca_certs() == []
