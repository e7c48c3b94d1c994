"""Every kind in a real handshake: the exact verify code, the twin, and no verification at all."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, NamedTuple

import pytest

from harness.fakes.tls import Authority, CertificateKind, ExpectedReaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Verify = Callable[[ssl.SSLContext, ssl.SSLContext, str], int]
    Verifier = Callable[..., ssl.SSLContext]


class Case(NamedTuple):
    """A kind, the names it is issued for, the name a client compares with, OpenSSL's code."""

    kind: str
    code: int
    reference: str = "mail.example.test"
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind}[{self.reference}]"

    @property
    def issued_for(self) -> tuple[str, ...]:
        return self.names or (self.reference,)


# The numbers are spelled out, so that a slip in the table of kinds shows.
CASES = (
    Case("good", 0),
    Case("good", 0, "localhost", ("localhost", "127.0.0.1", "::1")),
    Case("good", 0, "127.0.0.1", ("localhost", "127.0.0.1", "::1")),
    Case("good", 0, "::1", ("localhost", "127.0.0.1", "::1")),
    Case("good", 0, "xn--bcher-kva.example"),
    Case("chain", 0),
    Case("expired", 10),
    Case("expired", 10, "127.0.0.1"),
    Case("not-yet-valid", 9),
    Case("self-signed", 18),
    Case("self-signed", 18, "localhost", ("localhost", "127.0.0.1", "::1")),
    Case("untrusted-root", 19),
    Case("wrong-host", 62),
    Case("wrong-host", 62, "localhost", ("localhost", "127.0.0.1", "::1")),
    Case("wrong-host", 64, "127.0.0.1", ("localhost", "127.0.0.1", "::1")),
    Case("untrusted-wrong-host", 19),
    Case("wildcard", 0),
    Case("wildcard-too-deep", 62, "a.mail.example.test"),
    Case("wildcard-parent", 62, "example.test"),
    Case("wildcard-partial", 62),
    Case("cn-only", 62),
    Case("cn-right-san-other", 62),
    Case("san-right-cn-other", 0),
    Case("ip-san", 0, "127.0.0.1"),
    Case("ip-san", 0, "::1"),
    Case("ip-san", 62, "localhost", ("localhost", "127.0.0.1")),
    Case("ip-as-dns", 64, "127.0.0.1"),
    Case("ip-as-dns", 64, "::1"),
    Case("ip-as-cn", 64, "127.0.0.1"),
    Case("missing-intermediate", 20),
    Case("rsa-1024", 66),
    Case("sha1", 68),
    Case("md5", 68),
    Case("parent-only", 0, "example.test"),
    Case("parent-only", 62, "mail.example.test", ("example.test",)),
    Case("subdomain-only", 62, "example.test", ("mail.example.test",)),
    Case("subdomain-only", 0, "mail.example.test", ("mail.example.test",)),
    Case("client-auth-only", 26),
    Case("revoked", 0),
    Case("must-staple", 0),
    Case("leaf-as-ca", 79),
    Case("name-constraint", 47),
    Case("name-constraint", 47, "127.0.0.1"),
    Case("name-constraint", 47, "::1"),
    Case("nul-in-san", 62),
    Case("nul-in-cn", 62),
)
# These are about the difference between two names, so the name compared decides.
_NAME_DECIDES = {"ip-san", "parent-only", "subdomain-only"}
# Better refused, and no leak where they are not: the peer's name was vouched for.
_DISPUTED = {"cn-only", "rsa-1024", "sha1", "md5"}

each_case = pytest.mark.parametrize("case", CASES, ids=str)
each_kind = pytest.mark.parametrize("kind", CertificateKind)


def test_every_kind_is_in_the_table() -> None:
    assert {case.kind for case in CASES} == set(CertificateKind)


@each_case
@pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])
def test_a_verifying_client_says_exactly_this_code(
    case: Case,
    strict: bool,
    authority: Authority,
    verifier: Verifier,
    verify: Verify,
) -> None:
    certificate = authority.issue(case.kind, names=case.issued_for)
    assert (
        verify(certificate.server_context(), verifier(strict=strict), case.reference) == case.code
    )


@each_case
def test_what_is_said_of_a_kind_agrees_with_the_code(case: Case) -> None:
    kind = CertificateKind(case.kind)
    if kind not in _NAME_DECIDES:
        assert kind.code_for(case.reference) == case.code
    reactions = {ExpectedReaction.REFUSE, ExpectedReaction.EITHER}
    assert (kind.facts.verified in reactions) == (kind.facts.verify_code != 0)


@each_case
def test_its_good_twin_is_accepted(
    case: Case, authority: Authority, verifier: Verifier, verify: Verify
) -> None:
    twin = authority.issue("good", names=[case.reference])
    assert verify(twin.server_context(), verifier(), case.reference) == 0


@each_case
def test_a_client_that_verifies_nothing_gets_through(
    case: Case, authority: Authority, verify: Verify
) -> None:
    certificate = authority.issue(case.kind, names=case.issued_for)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    if certificate.seclevel_zero:
        client.set_ciphers("DEFAULT:@SECLEVEL=0")
    assert verify(certificate.server_context(), client, case.reference) == 0


@each_kind
def test_a_kind_says_what_it_is_and_which_situations_it_is_for(kind: CertificateKind) -> None:
    assert kind.facts.description.endswith(".")
    assert kind.facts.situations
    assert all(row.startswith("CERT-") for row in kind.facts.situations)


def test_every_certificate_situation_has_a_kind() -> None:
    covered = {row for kind in CertificateKind for row in kind.facts.situations}
    assert covered >= {f"CERT-{number:02}" for number in (*range(1, 23), 30, 36)}


def test_an_unknown_kind_is_refused_with_the_choices() -> None:
    with pytest.raises(
        ValueError, match=r"no certificate kind 'expird'; the kinds are: good, .*cn"
    ):
        CertificateKind("expird")


def test_a_revoked_certificate_is_refused_only_by_a_client_with_the_revocation_list(
    authority: Authority, verifier: Verifier, verify: Verify, tmp_path: Path
) -> None:
    revoked = authority.issue("revoked", names=["mail.example.test"])
    good = authority.issue("good", names=["mail.example.test"])
    assert verify(revoked.server_context(), verifier(), "mail.example.test") == 0
    client = verifier()
    revocation_list = tmp_path / "revoked.pem"
    revocation_list.write_bytes(authority.revocation_list_pem)
    client.load_verify_locations(cafile=revocation_list)
    client.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    assert verify(revoked.server_context(), client, "mail.example.test") == 23
    assert verify(good.server_context(), client, "mail.example.test") == 0
