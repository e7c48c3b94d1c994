"""Which names a certificate of each kind presents, out of those that a sender verifies against.

Presented and reference identifiers are RFC 9525's words; it has the rules about wildcards and
common names, RFC 5280 section 4.2.1.6 those about addresses. Every function here is pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from .names import ELSEWHERE, WRONG_HOST, References, references

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .kinds import CertificateKind


_LONGEST_COMMON_NAME = 64  # ub-common-name, RFC 5280 appendix A.1


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedCertificate:
    """The names in a certificate: dNSNames, iPAddresses, and the subject's common name."""

    dns: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    common_name: str | None = None


def presented(kind: CertificateKind, names: Iterable[str]) -> PresentedCertificate:
    """Return what a certificate of `kind` presents to a sender that verifies against `names`.

    Kinds whose fault is not the name present all of `names`. Kinds about host names leave the
    addresses out, kinds about addresses the host names. A ValueError names the kind, the name
    and what is needed where no such certificate can be made.
    """
    return kind.facts.names(kind, references(names))


NameRule: TypeAlias = "Callable[[CertificateKind, References], PresentedCertificate]"
"""What a kind presents, out of what a sender verifies against."""


def every_name(_kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """All of them."""
    # A common name that repeats a SAN is what public authorities issue, and it makes each
    # common-name kind differ from a good certificate in one thing.
    fitting = (name for name in wanted.hosts if len(name) <= _LONGEST_COMMON_NAME)
    return PresentedCertificate(
        dns=wanted.hosts, addresses=wanted.addresses, common_name=next(fitting, None)
    )


def unrelated(_kind: CertificateKind, _wanted: References) -> PresentedCertificate:
    """An unrelated host, in place of all."""
    return PresentedCertificate(dns=(WRONG_HOST,), common_name=WRONG_HOST)


def wildcard(kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """`*.example.test` for `mail.example.test`."""
    split = [_labels(kind, name, at_least=3) for name in _hosts(kind, wanted)]
    stars = _each_once(["*", *labels[1:]] for labels in split)
    return PresentedCertificate(dns=stars, common_name=_repeated(stars))


def wildcard_too_deep(kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """`*.example.test` for `a.mail.example.test`, which it does not fit."""
    split = [_labels(kind, name, at_least=4) for name in _hosts(kind, wanted)]
    return _ill_fitting(kind, wanted, _each_once(["*", *labels[2:]] for labels in split))


def wildcard_parent(kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """`*.example.test` for `example.test`, which it does not fit."""
    split = [_labels(kind, name, at_least=2) for name in _hosts(kind, wanted)]
    return _ill_fitting(kind, wanted, _each_once(["*", *labels] for labels in split))


def wildcard_partial(kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """`m*.example.test` for `mail.example.test`, which it does not fit."""
    split = [_labels(kind, name, at_least=3) for name in _hosts(kind, wanted)]
    return PresentedCertificate(
        dns=_each_once([f"{labels[0][0]}*", *labels[1:]] for labels in split)
    )


def _each_once(split: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(".".join(labels) for labels in split))


def _ill_fitting(
    kind: CertificateKind, wanted: References, stars: tuple[str, ...]
) -> PresentedCertificate:
    # With several names, what is wrong for one of them can be right for another.
    for name in wanted.hosts:
        fitting = f"*.{name.partition('.')[2]}"
        if fitting.lower() in (star.lower() for star in stars):
            raise ValueError(
                f"certificate kind {kind}: {name!r} must not fit, and would fit the {fitting!r}"
                " that another of the names calls for"
            )
    return PresentedCertificate(dns=stars)


def common_name_only(kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """The first host as common name, and no other name."""
    return PresentedCertificate(common_name=_common_name(kind, _hosts(kind, wanted)[0]))


def common_name_right(kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """The first host as common name, beside the name of an unrelated host."""
    return PresentedCertificate(
        dns=(WRONG_HOST,), common_name=_common_name(kind, _hosts(kind, wanted)[0])
    )


def common_name_unrelated(_kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """All of them, beside the common name of an unrelated host."""
    return PresentedCertificate(
        dns=wanted.hosts, addresses=wanted.addresses, common_name=WRONG_HOST
    )


def addresses_only(kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """The addresses."""
    return PresentedCertificate(addresses=_addresses(kind, wanted))


def addresses_as_hosts(kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """The addresses, written as host names."""
    return PresentedCertificate(dns=_addresses(kind, wanted))


def address_as_common_name(kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """The first address as common name, and no other name."""
    return PresentedCertificate(common_name=_addresses(kind, wanted)[0])


def hosts_only(kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """The hosts, exactly as they are."""
    return every_name(kind, References(hosts=_hosts(kind, wanted), addresses=()))


def subdomain_only(kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """The hosts, each of which has to be a sub-domain."""
    for name in _hosts(kind, wanted):
        _labels(kind, name, at_least=3)
    return hosts_only(kind, wanted)


def nul_in_host(kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """The hosts, each with a NUL and more behind it."""
    return PresentedCertificate(dns=tuple(_with_nul(name) for name in _hosts(kind, wanted)))


def nul_in_common_name(kind: CertificateKind, wanted: References) -> PresentedCertificate:
    """The first host as common name, with a NUL and more behind it."""
    return PresentedCertificate(common_name=_common_name(kind, _with_nul(_hosts(kind, wanted)[0])))


def _repeated(names: Iterable[str]) -> str | None:
    return next((name for name in names if len(name) <= _LONGEST_COMMON_NAME), None)


def _with_nul(name: str) -> str:
    return f"{name}\0.{ELSEWHERE}"


def _hosts(kind: CertificateKind, wanted: References) -> tuple[str, ...]:
    if not wanted.hosts:
        given = ", ".join(wanted.addresses)
        raise ValueError(f"certificate kind {kind}: needs a host name, and was given {given}")
    return wanted.hosts


def _addresses(kind: CertificateKind, wanted: References) -> tuple[str, ...]:
    if not wanted.addresses:
        given = ", ".join(wanted.hosts)
        raise ValueError(f"certificate kind {kind}: needs an IP address, and was given {given}")
    return wanted.addresses


def _labels(kind: CertificateKind, name: str, *, at_least: int) -> list[str]:
    labels = name.split(".")
    if len(labels) < at_least:
        raise ValueError(
            f"certificate kind {kind}: needs a host name of at least {at_least} labels,"
            f" and {name!r} has {len(labels)}"
        )
    return labels


def _common_name(kind: CertificateKind, name: str) -> str:
    if len(name) > _LONGEST_COMMON_NAME:
        raise ValueError(
            f"certificate kind {kind}: {name!r} is longer than a common name may be"
            f" ({_LONGEST_COMMON_NAME} characters)"
        )
    return name
