"""How a certificate of each kind is made: by trustme where it can, crafted where it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from .certificate_builder import (
    ANY_PURPOSE,
    ORGANIZATION,
    Pair,
    Period,
    craft,
    distinguished_name,
    leaf_extensions,
)
from .facts import Recipe
from .validity import period_of
from .weak import pem, sign_again

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .certificate_builder import Extension, PrivateKey
    from .hierarchy import Hierarchy
    from .kinds import CertificateKind
    from .presented import PresentedCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateOrder:
    """A certificate to be made."""

    kind: CertificateKind
    presented: PresentedCertificate
    revocation_list_url: str

    @property
    def period(self) -> Period:
        """When it is valid."""
        return period_of(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a server loads: the certificates that it sends, leaf first, and the leaf's key."""

    chain: tuple[bytes, ...]
    key: bytes


def make(order: CertificateOrder, hierarchy: Hierarchy) -> Material:
    """Make what `order` asks for."""
    return _RECIPES[order.kind.facts.recipe](order, hierarchy)


def _issued(order: CertificateOrder, issuer: trustme.CA) -> Material:
    presented = order.presented
    leaf = issuer.issue_cert(
        *presented.dns,
        *presented.addresses,
        common_name=presented.common_name,
        organization_name=ORGANIZATION,
        organization_unit_name=order.kind,
        not_before=order.period.start,
        not_after=order.period.end,
    )
    chain = tuple(blob.bytes() for blob in leaf.cert_chain_pems)
    return Material(chain=chain, key=leaf.private_key_pem.bytes())


def _ordinary(order: CertificateOrder, hierarchy: Hierarchy) -> Material:
    return _issued(order, hierarchy.anchor)


def _through_intermediate(order: CertificateOrder, hierarchy: Hierarchy) -> Material:
    return _issued(order, hierarchy.intermediate)


def _missing_intermediate(order: CertificateOrder, hierarchy: Hierarchy) -> Material:
    issued = _issued(order, hierarchy.unsent_intermediate)
    return Material(chain=issued.chain[:1], key=issued.key)


def _untrusted(order: CertificateOrder, hierarchy: Hierarchy) -> Material:
    issued = _issued(order, hierarchy.stranger)
    return Material(chain=(*issued.chain, hierarchy.stranger.cert_pem.bytes()), key=issued.key)


def _issued_by_pair(order: CertificateOrder, issuer: Pair) -> Material:
    issued = _issued(order, issuer.as_authority())
    return Material(chain=(*issued.chain, issuer.certificate_pem), key=issued.key)


def _leaf_as_ca(order: CertificateOrder, hierarchy: Hierarchy) -> Material:
    return _issued_by_pair(order, hierarchy.leaf_posing_as_authority)


def _name_constraint(order: CertificateOrder, hierarchy: Hierarchy) -> Material:
    return _issued_by_pair(order, hierarchy.constrained_intermediate)


def _weak_digest(
    order: CertificateOrder, hierarchy: Hierarchy, *, digest: hashes.SHA1 | hashes.MD5
) -> Material:
    # The weak signature is the intermediate's, as on badssl.com: a server does not present a
    # weakly signed leaf to a client that announces which digests it takes (RFC 8446 section
    # 4.2.3), and then it would be the fake that refuses.
    superior = hierarchy.rsa_intermediate
    issuer = trustme.CA(parent_cert=superior, path_length=0, organization_name=ORGANIZATION)
    leaf, sound, *rest = (issued := _issued(order, issuer)).chain
    weak = sign_again(
        x509.load_pem_x509_certificate(sound),
        issuer_key=hierarchy.rsa_signing_key,
        digest=digest,
    )
    return Material(chain=(leaf, pem(weak), *rest), key=issued.key)


def _crafted(
    order: CertificateOrder,
    issuer: Pair | None,
    *,
    key: PrivateKey | None = None,
    purposes: Iterable[x509.ObjectIdentifier] = ANY_PURPOSE,
    more: Iterable[Extension] = (),
) -> Material:
    pair = craft(
        subject=distinguished_name(order.kind, order.presented.common_name),
        period=order.period,
        extensions=[*leaf_extensions(order.presented, purposes=purposes), *more],
        issuer=issuer,
        key=key,
    )
    return Material(chain=(pair.certificate_pem,), key=pair.key_pem)


def _crafted_by_names(order: CertificateOrder, hierarchy: Hierarchy) -> Material:
    return _crafted(order, hierarchy.anchor_pair)


def _self_signed(order: CertificateOrder, _hierarchy: Hierarchy) -> Material:
    return _crafted(order, None)


def _short_key(order: CertificateOrder, hierarchy: Hierarchy) -> Material:
    return _crafted(order, hierarchy.anchor_pair, key=hierarchy.short_rsa_key)


def _client_auth_only(order: CertificateOrder, hierarchy: Hierarchy) -> Material:
    return _crafted(order, hierarchy.anchor_pair, purposes=[ExtendedKeyUsageOID.CLIENT_AUTH])


def _revoked(order: CertificateOrder, hierarchy: Hierarchy) -> Material:
    where = x509.DistributionPoint(
        full_name=[x509.UniformResourceIdentifier(order.revocation_list_url)],
        relative_name=None,
        reasons=None,
        crl_issuer=None,
    )
    pointer = (x509.CRLDistributionPoints([where]), False)
    return _crafted(order, hierarchy.anchor_pair, more=[pointer])


def _must_staple(order: CertificateOrder, hierarchy: Hierarchy) -> Material:
    demand = (x509.TLSFeature([x509.TLSFeatureType.status_request]), False)
    return _crafted(order, hierarchy.anchor_pair, more=[demand])


_RECIPES: Mapping[Recipe, Callable[[CertificateOrder, Hierarchy], Material]] = MappingProxyType(
    {
        Recipe.ORDINARY: _ordinary,
        Recipe.THROUGH_INTERMEDIATE: _through_intermediate,
        Recipe.MISSING_INTERMEDIATE: _missing_intermediate,
        Recipe.UNTRUSTED: _untrusted,
        Recipe.LEAF_AS_CA: _leaf_as_ca,
        Recipe.NAME_CONSTRAINT: _name_constraint,
        Recipe.SHA1_INTERMEDIATE: partial(_weak_digest, digest=hashes.SHA1()),  # noqa: S303
        Recipe.MD5_INTERMEDIATE: partial(_weak_digest, digest=hashes.MD5()),  # noqa: S303
        Recipe.CRAFTED: _crafted_by_names,
        Recipe.SELF_SIGNED: _self_signed,
        Recipe.SHORT_KEY: _short_key,
        Recipe.CLIENT_AUTH_ONLY: _client_auth_only,
        Recipe.REVOKED: _revoked,
        Recipe.MUST_STAPLE: _must_staple,
    }
)
