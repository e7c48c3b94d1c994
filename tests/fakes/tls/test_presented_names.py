"""Which names each kind presents, and when it cannot be made: no certificate is involved."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.tls import CertificateKind, ExpectedReaction
from harness.fakes.tls.names import References, references
from harness.fakes.tls.presented import PresentedCertificate, presented

MAIL = "mail.example.test"
OTHER = "wrong.host.elsewhere.test"


@pytest.mark.parametrize(
    ("kind", "names", "expected"),
    [
        (
            "good",
            ["localhost", "127.0.0.1", "::1"],
            PresentedCertificate(
                dns=("localhost",), addresses=("127.0.0.1", "::1"), common_name="localhost"
            ),
        ),
        ("expired", ["127.0.0.1"], PresentedCertificate(addresses=("127.0.0.1",))),
        ("wrong-host", [MAIL, "::1"], PresentedCertificate(dns=(OTHER,), common_name=OTHER)),
        (
            "wildcard",
            [MAIL, "smtp.example.test"],
            PresentedCertificate(dns=("*.example.test",), common_name="*.example.test"),
        ),
        ("wildcard-too-deep", [f"a.{MAIL}"], PresentedCertificate(dns=("*.example.test",))),
        ("wildcard-parent", ["example.test"], PresentedCertificate(dns=("*.example.test",))),
        ("wildcard-partial", [MAIL], PresentedCertificate(dns=("m*.example.test",))),
        ("cn-only", ["127.0.0.1", MAIL], PresentedCertificate(common_name=MAIL)),
        ("cn-right-san-other", [MAIL], PresentedCertificate(dns=(OTHER,), common_name=MAIL)),
        (
            "san-right-cn-other",
            [MAIL, "::1"],
            PresentedCertificate(dns=(MAIL,), addresses=("::1",), common_name=OTHER),
        ),
        ("ip-san", [MAIL, "::1"], PresentedCertificate(addresses=("::1",))),
        ("ip-as-dns", [MAIL, "127.0.0.1"], PresentedCertificate(dns=("127.0.0.1",))),
        ("ip-as-cn", ["127.0.0.1"], PresentedCertificate(common_name="127.0.0.1")),
        (
            "parent-only",
            ["example.test"],
            PresentedCertificate(dns=("example.test",), common_name="example.test"),
        ),
        ("subdomain-only", [MAIL, "::1"], PresentedCertificate(dns=(MAIL,), common_name=MAIL)),
        ("nul-in-san", [MAIL], PresentedCertificate(dns=(f"{MAIL}\0.elsewhere.test",))),
        ("nul-in-cn", [MAIL], PresentedCertificate(common_name=f"{MAIL}\0.elsewhere.test")),
    ],
)
def test_a_kind_presents(kind: str, names: list[str], expected: PresentedCertificate) -> None:
    assert presented(CertificateKind(kind), names) == expected


@pytest.mark.parametrize(
    ("kind", "names", "reason"),
    [
        ("wildcard", ["localhost"], "kind wildcard: needs a host name of at least 3 labels"),
        ("wildcard", ["example.test"], "'example.test' has 2"),
        ("wildcard-too-deep", [MAIL], "at least 4 labels, and 'mail.example.test' has 3"),
        ("wildcard-parent", ["localhost"], "at least 2 labels"),
        ("wildcard-partial", ["example.test"], "at least 3 labels"),
        ("subdomain-only", ["example.test"], "at least 3 labels"),
        ("wildcard", ["127.0.0.1"], "needs a host name, and was given 127.0.0.1"),
        ("cn-only", ["::1"], "kind cn-only: needs a host name"),
        ("nul-in-san", ["::1"], "needs a host name"),
        ("parent-only", ["::1"], "needs a host name"),
        ("ip-san", [MAIL], "kind ip-san: needs an IP address, and was given mail.example.test"),
        ("ip-as-dns", [MAIL], "needs an IP address"),
        ("ip-as-cn", [MAIL], "needs an IP address"),
        ("cn-only", [f"{'long.' * 13}test"], "longer than a common name may be (64 characters)"),
        ("nul-in-cn", [f"{'long.' * 12}test"], "longer than a common name may be"),
        (
            "wildcard-parent",
            ["example.test", MAIL],
            "'mail.example.test' must not fit, and would fit the '*.example.test'",
        ),
        ("wildcard-too-deep", [f"a.b.{MAIL}", f"b.{MAIL}"], "'b.mail.example.test' must not fit"),
        ("good", [], "none was given"),
        ("good", ["mail_.example.test"], "'mail_.example.test' is neither an address nor a host"),
        ("good", ["example.test."], "neither"),
        ("good", ["*.example.test"], "neither"),
        ("good", ["-a.example.test"], "neither"),
        ("good", [f"{'a' * 64}.test"], "neither"),
        ("good", ["long." * 50 + "test"], "neither"),
        ("good", ["bücher.example"], "give its A-label"),
        ("good", ["x.ELSEWHERE.test"], "kept for names that must not fit"),
    ],
)
def test_a_kind_that_cannot_be_made_of_the_names_says_what_it_needs(
    kind: str, names: list[str], reason: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        presented(CertificateKind(kind), names)


def test_one_name_in_place_of_a_list_is_refused() -> None:
    with pytest.raises(TypeError, match="names is a list of names, and 'localhost' is one name"):
        references("localhost")


def test_a_name_that_is_too_long_for_a_common_name_is_left_to_the_alternative_names() -> None:
    long = "long." * 13 + "test"
    assert presented(CertificateKind.GOOD, [long, MAIL]).common_name == MAIL
    assert presented(CertificateKind.GOOD, [long]) == PresentedCertificate(dns=(long,))


_label = st.text("abxyz019-", min_size=1, max_size=8).map(lambda text: f"l{text}0")
_hosts = st.lists(_label | st.sampled_from("ab"), min_size=1, max_size=5).map(
    lambda labels: ".".join((*labels, "test"))
)
_addresses = st.ip_addresses().map(str)
_names = st.lists(_hosts | _addresses, min_size=1, max_size=4)


@given(names=_names)
def test_every_name_is_sorted_and_kept_once(names: list[str]) -> None:
    sorted_names = references(names)
    assert {*sorted_names.hosts, *sorted_names.addresses} == set(names)
    assert len(sorted_names.hosts) + len(sorted_names.addresses) == len(set(names))


@given(kind=st.sampled_from(CertificateKind), names=_names)
def test_a_kind_fits_every_name_it_should_and_no_name_it_should_not(
    kind: CertificateKind, names: list[str]
) -> None:
    try:
        shown = presented(kind, names)
    except ValueError:
        return
    wanted = references(names)
    if kind.facts.verify_code in {0, 9, 10, 18, 20, 26, 47, 66, 68, 79} or kind == "untrusted-root":
        assert _fitting(shown, wanted) == _about(kind, wanted)
    elif kind != "subdomain-only":  # it is about another name than these
        assert _fitting(shown, wanted) == set()


def test_the_judgement_and_the_code_of_a_kind_agree() -> None:
    # Better refused, and no leak where they are not: the peer's name was vouched for.
    disputed = {"cn-only", "rsa-1024", "sha1", "md5"}
    for kind in CertificateKind:
        refused = kind.facts.verified is ExpectedReaction.REFUSE
        assert (kind.facts.verify_code != 0) == (refused or kind in disputed)
        assert not (refused and kind in disputed)


def _about(kind: CertificateKind, wanted: References) -> set[str]:
    if kind == "ip-san":
        return set(wanted.addresses)
    if kind in {"wildcard", "parent-only"}:
        return set(wanted.hosts)
    return {*wanted.hosts, *wanted.addresses}


def _fitting(shown: PresentedCertificate, wanted: References) -> set[str]:
    """Match as RFC 9525 says: addresses with addresses, a wildcard for one whole label."""
    hosts = {
        name
        for name in wanted.hosts
        if name in shown.dns or f"*.{name.partition('.')[2]}" in shown.dns
    }
    return hosts | {name for name in wanted.addresses if name in shown.addresses}
