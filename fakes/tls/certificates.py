"""A certificate as a server uses it: the chain that it sends, the key, and TLS contexts."""

from __future__ import annotations

import os
import ssl
import warnings
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from .kinds import CertificateKind

_Wish: TypeAlias = tuple[ssl.TLSVersion | None, ssl.TLSVersion | None, str | None]


class PresentingContext(ssl.SSLContext):
    """A server's context that knows what it presents: PEM, leaf first."""

    chain_pem: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A leaf with its key and the certificates that are sent with it.

    `names` are what senders verify against (not what the certificate says). `chain_pem` is
    PEM, leaf first, without the anchor; `key_pem` is PEM, not encrypted. `seclevel_zero` says
    that OpenSSL serves the certificate only at its security level 0; a client that verifies
    takes it only at that level, too.
    """

    kind: CertificateKind
    names: tuple[str, ...]
    chain_pem: bytes
    key_pem: bytes = field(repr=False)
    seclevel_zero: bool = False
    _contexts: dict[_Wish, ssl.SSLContext] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def server_context(
        self,
        *,
        minimum_version: ssl.TLSVersion | None = None,
        maximum_version: ssl.TLSVersion | None = None,
        ciphers: str | None = None,
        shared: bool = True,
    ) -> ssl.SSLContext:
        """Return a context for servers that present this certificate.

        `ciphers` is an OpenSSL cipher list for TLS 1.2 and older. Versions below TLS 1.2 work
        where the OpenSSL at hand was built with them. The context is built once for the same
        options and then shared, so leave it as it is; `shared=False` gives one of your own, for
        callbacks, ALPN or client certificates.
        """
        wish = (minimum_version, maximum_version, ciphers)
        if not shared:
            return self._context(*wish)
        if wish not in self._contexts:
            self._contexts[wish] = self._context(*wish)
        return self._contexts[wish]

    def _context(
        self,
        minimum: ssl.TLSVersion | None,
        maximum: ssl.TLSVersion | None,
        ciphers: str | None,
    ) -> ssl.SSLContext:
        # Bare, because create_default_context() reads the machine's trust store, for 26 ms.
        context = PresentingContext(ssl.PROTOCOL_TLS_SERVER)
        context.chain_pem = self.chain_pem
        _limit_versions(context, minimum, maximum)
        if self.seclevel_zero or _is_old(minimum) or _is_old(maximum):
            # OpenSSL 3 counts TLS 1.0 and 1.1 as level 0, because they sign with SHA-1. The
            # level has to be there before a weak certificate is loaded.
            context.set_ciphers(f"{ciphers or 'DEFAULT'}:@SECLEVEL=0")
        elif ciphers:
            context.set_ciphers(ciphers)
        self._load_into(context)
        return context

    def _load_into(self, context: ssl.SSLContext) -> None:
        # The ssl module reads certificates from files only (cpython issue 60691). This one is
        # nobody else's to read, closed because Windows opens no file twice, and gone when this
        # returns. The key leads, which spares OpenSSL a search.
        descriptor, path = mkstemp(prefix="harness-tls-", suffix=".pem")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(self.key_pem + self.chain_pem)
            context.load_cert_chain(path)
        finally:
            Path(path).unlink()


def _is_old(version: ssl.TLSVersion | None) -> bool:
    # The two symbolic versions are negative; MINIMUM_SUPPORTED does stand for an old one.
    newest = ssl.TLSVersion.MAXIMUM_SUPPORTED
    return version is not None and version is not newest and version < ssl.TLSVersion.TLSv1_2


def _limit_versions(
    context: ssl.SSLContext, minimum: ssl.TLSVersion | None, maximum: ssl.TLSVersion | None
) -> None:
    if minimum is None and _is_old(maximum):
        minimum = ssl.TLSVersion.MINIMUM_SUPPORTED
    # Python warns of TLS 1.0 and 1.1, and an old server is what was asked for. Only then,
    # because the filters are the whole process's.
    old = _is_old(minimum) or _is_old(maximum)
    with warnings.catch_warnings() if old else nullcontext():
        if old:
            warnings.filterwarnings("ignore", "ssl.TLSVersion", DeprecationWarning)
        if minimum is not None:
            context.minimum_version = minimum
        if maximum is not None:
            context.maximum_version = maximum
