"""What the certificate tests share: one authority, and a TLS handshake in memory."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from harness.fakes.tls import Authority, TrustStore

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.create()


@pytest.fixture(scope="session")
def trust(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> TrustStore:
    return authority.write(tmp_path_factory.mktemp("trust"))


@pytest.fixture
def verifier(trust: TrustStore) -> Callable[..., ssl.SSLContext]:
    """Make a client that trusts the anchor and follows RFC 9525 (no common names)."""

    def make(*, strict: bool = True) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(trust.ca_file))
        context.hostname_checks_common_name = False
        if strict:
            context.verify_flags |= ssl.VERIFY_X509_STRICT
        else:
            context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    return make


@pytest.fixture
def verify() -> Callable[[ssl.SSLContext, ssl.SSLContext, str], int]:
    """Shake hands; give OpenSSL's verify code, 0 when both sides are through."""
    return _verify


def _verify(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> int:
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(6):
        for side in tuple(sides):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError as refusal:
                return refusal.verify_code
            sides.remove(side)
        if not sides:
            return 0
    raise AssertionError("the handshake came to no end")
