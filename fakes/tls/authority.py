"""The run's one trust anchor, and the certificates that it issues, good and bad.

    authority = Authority.create()
    trust = authority.write(folder)                    # what a sender is told to trust
    certificate = authority.issue("expired", names=["mail.example.test"])
    certificate.server_context()                       # what a fake serves

Good certificates are made by trustme, those that it cannot make by `cryptography`; all on the
fly, and nothing of them is kept on disk but the anchor's certificate.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING

from cryptography import x509

from .certificates import Certificate
from .facts import Recipe
from .hierarchy import Hierarchy
from .kinds import CertificateKind
from .presented import presented
from .recipes import CertificateOrder, make
from .revocation import revocation_list
from .truststore import write_trust

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .truststore import TrustStore

DEFAULT_NAMES = ("localhost", "127.0.0.1", "::1")
"""How a sender on this machine addresses a fake."""

DEFAULT_REVOCATION_LIST_URL = "http://crl.harness.test/revoked.crl"
"""Where nobody answers (`.test` is nobody's: RFC 2606)."""


class Authority:
    """A trust anchor with an EC P-256 key; every certificate that it issued, it remembers.

    Safe to share between threads. `revocation_list_url` is where the `revoked` kind says that
    `revocation_list_pem` can be had; nothing here serves it.
    """

    def __init__(self, *, revocation_list_url: str = DEFAULT_REVOCATION_LIST_URL) -> None:
        self._hierarchy = Hierarchy()
        self._revocation_list_url = revocation_list_url
        self._issued: dict[tuple[CertificateKind, tuple[str, ...]], Certificate] = {}
        self._revocations: list[int] = []
        # Fakes of one run can live in several threads, and must still share one certificate.
        self._lock = RLock()

    @classmethod
    def create(cls, *, revocation_list_url: str = DEFAULT_REVOCATION_LIST_URL) -> Authority:
        """Make a trust anchor that no other run has."""
        return cls(revocation_list_url=revocation_list_url)

    @property
    def certificate_pem(self) -> bytes:
        """The anchor's certificate in PEM."""
        return self._hierarchy.anchor.cert_pem.bytes()

    @property
    def revocation_list_pem(self) -> bytes:
        """The list of the `revoked` certificates issued so far, signed by the anchor, in PEM."""
        with self._lock:
            return revocation_list(self._revocations, issuer=self._hierarchy.anchor_pair)

    def write(self, folder: Path) -> TrustStore:
        """Write the anchor, and nothing else, to `folder`; the files are there to stay."""
        return write_trust(self.certificate_pem, folder)

    def issue(
        self,
        kind: CertificateKind | str,
        *,
        names: Iterable[str] = DEFAULT_NAMES,
    ) -> Certificate:
        """Return the certificate of `kind` for senders that verify against `names`.

        `names` are host names (A-labels) and addresses; each kind makes its right or wrong
        names out of them. Two kinds take them literally, because they are about a sender that
        was told to verify another name than the host's: `parent-only` and `subdomain-only` are
        made out to exactly `names`.

        The same kind and names give the same certificate again; its dates come from no clock (see
        `validity`). A ValueError says what is wrong with a kind, a name, or the two together.
        """
        wanted = CertificateKind(kind)
        key = (wanted, tuple(names) if not isinstance(names, str) else (names,))
        with self._lock:
            if key not in self._issued:
                self._issued[key] = self._make(*key)
            return self._issued[key]

    def _make(self, kind: CertificateKind, names: tuple[str, ...]) -> Certificate:
        order = CertificateOrder(
            kind=kind,
            presented=presented(kind, names),
            revocation_list_url=self._revocation_list_url,
        )
        material = make(order, self._hierarchy)
        if kind.facts.recipe is Recipe.REVOKED:
            serial = x509.load_pem_x509_certificate(material.chain[0]).serial_number
            self._revocations.append(serial)
        return Certificate(
            kind=kind,
            names=names,
            chain_pem=b"".join(material.chain),
            key_pem=material.key,
            seclevel_zero=kind.facts.seclevel_zero,
        )
