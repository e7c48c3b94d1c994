"""A client that overlooks exactly the fault of a bad certificate accepts it.

Were there a second fault, every sender would refuse the certificate and seem right.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from harness.fakes.tls import Authority, Certificate, CertificateKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Verify = Callable[[ssl.SSLContext, ssl.SSLContext, str], int]
    Verifier = Callable[..., ssl.SSLContext]

NAME = "mail.example.test"
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME; Python has no name for it
_PARTIAL_CHAIN = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN: trust what is listed, root or not


@pytest.mark.parametrize("kind", ["expired", "not-yet-valid"])
def test_a_client_without_a_clock_accepts(
    kind: str, authority: Authority, verifier: Verifier, verify: Verify
) -> None:
    client = verifier()
    client.verify_flags |= _NO_CHECK_TIME
    certificate = authority.issue(kind, names=[NAME])
    assert verify(certificate.server_context(), client, NAME) == 0


def test_a_client_that_trusts_the_self_signed_leaf_accepts(
    authority: Authority, verifier: Verifier, verify: Verify
) -> None:
    certificate = authority.issue("self-signed", names=[NAME])
    client = verifier()
    client.verify_flags |= _PARTIAL_CHAIN
    client.load_verify_locations(cadata=certificate.chain_pem.decode())
    assert verify(certificate.server_context(), client, NAME) == 0


@pytest.mark.parametrize(("kind", "code"), [("untrusted-root", 0), ("untrusted-wrong-host", 62)])
def test_a_client_that_trusts_the_stranger_finds_no_fault_but_the_name(
    kind: str, code: int, authority: Authority, verifier: Verifier, verify: Verify
) -> None:
    certificate = authority.issue(kind, names=[NAME])
    client = verifier()
    client.load_verify_locations(cadata=_last(certificate.chain_pem))
    assert verify(certificate.server_context(), client, NAME) == code


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("wrong-host", NAME),
        ("wildcard-too-deep", "a.mail.example.test"),
        ("wildcard-parent", "example.test"),
        ("wildcard-partial", NAME),
        ("cn-only", NAME),
        ("cn-right-san-other", NAME),
        ("ip-as-dns", "127.0.0.1"),
        ("ip-as-cn", "127.0.0.1"),
        ("nul-in-san", NAME),
        ("nul-in-cn", NAME),
    ],
)
def test_a_client_that_compares_no_name_accepts(
    kind: str, name: str, authority: Authority, verifier: Verifier, verify: Verify
) -> None:
    client = verifier()
    client.check_hostname = False
    certificate = authority.issue(kind, names=[name])
    assert verify(certificate.server_context(), client, name) == 0


@pytest.mark.parametrize(
    ("kind", "code"), [("cn-only", 0), ("cn-right-san-other", 62), ("nul-in-cn", 62)]
)
def test_a_client_that_falls_back_to_the_common_name_takes_only_a_right_one(
    kind: str, code: int, authority: Authority, verifier: Verifier, verify: Verify
) -> None:
    client = verifier()
    client.hostname_checks_common_name = True
    certificate = authority.issue(kind, names=[NAME])
    assert verify(certificate.server_context(), client, NAME) == code


def test_a_client_that_knows_the_missing_intermediate_accepts(
    authority: Authority, verifier: Verifier, verify: Verify
) -> None:
    certificate = authority.issue("missing-intermediate", names=[NAME])
    client = verifier()
    intermediate = authority._hierarchy.unsent_intermediate.cert_pem.bytes()
    client.load_verify_locations(cadata=intermediate.decode())
    assert verify(certificate.server_context(), client, NAME) == 0


def test_no_certificate_sent_along_helps_with_the_missing_intermediate(
    authority: Authority, verifier: Verifier, verify: Verify
) -> None:
    sent = authority.issue("chain", names=[NAME])
    certificate = authority.issue("missing-intermediate", names=[NAME])
    client = verifier()
    client.load_verify_locations(cadata=_last(sent.chain_pem))
    assert verify(certificate.server_context(), client, NAME) == 20


@pytest.mark.parametrize("kind", ["rsa-1024", "sha1", "md5"])
def test_a_client_that_verifies_but_tolerates_weakness_accepts(
    kind: str, authority: Authority, verifier: Verifier, verify: Verify
) -> None:
    client = verifier()
    client.set_ciphers("DEFAULT:@SECLEVEL=0")
    certificate = authority.issue(kind, names=[NAME])
    assert verify(certificate.server_context(), client, NAME) == 0


def test_the_client_certificate_is_right_for_a_client(
    authority: Authority, verifier: Verifier, verify: Verify, tmp_path: Path
) -> None:
    certificate = authority.issue("client-auth-only", names=[NAME])
    pem = tmp_path / "client.pem"
    pem.write_bytes(certificate.key_pem + certificate.chain_pem)
    client = verifier()
    client.load_cert_chain(pem)
    server = authority.issue("good", names=[NAME]).server_context(shared=False)
    server.load_verify_locations(cadata=authority.certificate_pem.decode())
    server.verify_mode = ssl.CERT_REQUIRED
    assert verify(server, client, NAME) == 0


def test_the_constrained_intermediate_may_name_its_own_domain(
    authority: Authority, verifier: Verifier, verify: Verify
) -> None:
    name = "mail.permitted.elsewhere.test"
    intermediate = authority._hierarchy.constrained_intermediate
    leaf = intermediate.as_authority().issue_cert(name)
    within = Certificate(
        kind=CertificateKind.NAME_CONSTRAINT,
        names=(name,),
        chain_pem=leaf.cert_chain_pems[0].bytes() + intermediate.certificate_pem,
        key_pem=leaf.private_key_pem.bytes(),
    )
    assert verify(within.server_context(), verifier(), name) == 0


def test_the_poser_lacks_nothing_of_an_authority_but_the_word(authority: Authority) -> None:
    certificate = authority.issue("leaf-as-ca", names=[NAME])
    leaf, poser = x509.load_pem_x509_certificates(certificate.chain_pem)
    leaf.verify_directly_issued_by(poser)
    poser.verify_directly_issued_by(x509.load_pem_x509_certificate(authority.certificate_pem))
    assert poser.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert not poser.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def _last(chain_pem: bytes) -> str:
    begin = "-----BEGIN CERTIFICATE-----"
    return begin + chain_pem.decode().rpartition(begin)[2]
