"""The authorities behind the certificates: the trust anchor and the issuers, right and wrong.

Each is made when the first certificate needs it, and then kept: an RSA key takes a hundred
times as long as an elliptic one, and most runs need none.
"""

from __future__ import annotations

from functools import cached_property
from ipaddress import ip_network

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from .certificate_builder import (
    ORGANIZATION,
    Pair,
    craft,
    distinguished_name,
    key_usage,
    leaf_extensions,
)
from .names import ELSEWHERE, WRONG_HOST
from .presented import PresentedCertificate


class Hierarchy:
    """The issuers of one run; `anchor` is the only one that a sender is told to trust."""

    def __init__(self) -> None:
        self.anchor = trustme.CA(organization_name=ORGANIZATION)

    @cached_property
    def anchor_pair(self) -> Pair:
        """The anchor's certificate and key."""
        return Pair.of(self.anchor)

    @cached_property
    def stranger(self) -> trustme.CA:
        """A root that nobody is told to trust."""
        return trustme.CA(organization_name=f"{ORGANIZATION}, untrusted")

    @cached_property
    def intermediate(self) -> trustme.CA:
        """An intermediate that servers send along."""
        return self._intermediate()

    @cached_property
    def unsent_intermediate(self) -> trustme.CA:
        """One that no server ever sends, so that no sender can know it from another chain."""
        return self._intermediate()

    @cached_property
    def rsa_intermediate(self) -> trustme.CA:
        """One with an RSA key of 2048 bits, over the weakly signed ones."""
        return self._intermediate(path_length=1, key_type=trustme.KeyType.RSA)

    @cached_property
    def rsa_signing_key(self) -> rsa.RSAPrivateKey:
        """The key of that one."""
        key = Pair.of(self.rsa_intermediate).key
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"trustme was asked for an RSA key and made a {type(key).__name__}")
        return key

    @cached_property
    def constrained_intermediate(self) -> Pair:
        """One that may issue for a single domain, and a single address, of no sender's."""
        permitted = [
            x509.DNSName(f"permitted.{ELSEWHERE}"),
            x509.IPAddress(ip_network("255.255.255.255/32")),
        ]
        return craft(
            subject=distinguished_name("constrained authority"),
            period=self.anchor_pair.period,
            issuer=self.anchor_pair,
            extensions=[
                (x509.BasicConstraints(ca=True, path_length=0), True),
                (x509.NameConstraints(permitted, None), True),
                (key_usage(key_encipherment=False, signs_certificates=True), True),
            ],
        )

    @cached_property
    def leaf_posing_as_authority(self) -> Pair:
        """A server's certificate; its key usage would let it sign, CA:FALSE does not.

        A sender that looks at the key usage only is found out with it, too.
        """
        other = PresentedCertificate(dns=(WRONG_HOST,), common_name=WRONG_HOST)
        return craft(
            subject=distinguished_name("no authority", WRONG_HOST),
            period=self.anchor_pair.period,
            issuer=self.anchor_pair,
            extensions=leaf_extensions(other, signs_certificates=True),
        )

    @cached_property
    def short_rsa_key(self) -> rsa.RSAPrivateKey:
        """An RSA key of 1024 bits (RFC 9325 section 4.5 asks for 2048)."""
        return rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505

    def _intermediate(
        self, *, path_length: int = 0, key_type: trustme.KeyType = trustme.KeyType.ECDSA
    ) -> trustme.CA:
        return trustme.CA(
            parent_cert=self.anchor,
            path_length=path_length,
            organization_name=ORGANIZATION,
            key_type=key_type,
        )
