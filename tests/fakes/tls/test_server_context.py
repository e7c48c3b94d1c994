"""TLS contexts: what they offer, who shares them, and that nothing stays on disk."""

from __future__ import annotations

import ssl
import tempfile
from typing import TYPE_CHECKING

import pytest

from harness.fakes.tls import Authority, CertificateKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Verify = Callable[[ssl.SSLContext, ssl.SSLContext, str], int]
    Verifier = Callable[..., ssl.SSLContext]

TLS = ssl.TLSVersion
OLD = [
    pytest.param(version, marks=pytest.mark.skipif(not there, reason=f"OpenSSL without {name}"))
    for version, there, name in (
        (TLS.TLSv1, ssl.HAS_TLSv1, "TLS 1.0"),
        (TLS.TLSv1_1, ssl.HAS_TLSv1_1, "TLS 1.1"),
    )
]


def test_the_same_options_give_the_same_context(authority: Authority) -> None:
    good = authority.issue("good")
    assert good.server_context() is good.server_context()
    newest = good.server_context(minimum_version=TLS.TLSv1_3)
    assert newest is not good.server_context()
    assert newest is good.server_context(minimum_version=TLS.TLSv1_3)


def test_a_context_of_ones_own_is_new_each_time(authority: Authority) -> None:
    good = authority.issue("good")
    own = good.server_context(shared=False)
    assert own is not good.server_context(shared=False)
    assert own is not good.server_context()


@pytest.mark.parametrize("kind", CertificateKind)
def test_no_key_stays_on_disk(
    kind: CertificateKind,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    name = "127.0.0.1" if kind.startswith("ip-") else "a.mail.example.test"
    authority.issue(kind, names=[name]).server_context(shared=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("version", [*OLD, TLS.TLSv1_2, TLS.TLSv1_3])
@pytest.mark.parametrize("kind", ["good", "rsa-1024"])
def test_a_server_of_one_version_speaks_it_with_a_permissive_client(
    kind: str, version: ssl.TLSVersion, authority: Authority, verifier: Verifier
) -> None:
    server = authority.issue(kind).server_context(minimum_version=version, maximum_version=version)
    client = verifier()
    client.set_ciphers("DEFAULT:@SECLEVEL=0")
    client.minimum_version = TLS.MINIMUM_SUPPORTED
    assert _negotiated(server, client) == version.name.replace("_", ".")


@pytest.mark.parametrize("highest", OLD)
def test_an_old_maximum_alone_makes_an_old_server(
    highest: ssl.TLSVersion, authority: Authority, verifier: Verifier
) -> None:
    server = authority.issue("good").server_context(maximum_version=highest)
    client = verifier()
    client.set_ciphers("DEFAULT:@SECLEVEL=0")
    client.minimum_version = TLS.MINIMUM_SUPPORTED
    assert _negotiated(server, client) == highest.name.replace("_", ".")


@pytest.mark.parametrize("version", OLD)
def test_a_client_of_today_refuses_an_old_server(
    version: ssl.TLSVersion, authority: Authority, verifier: Verifier, verify: Verify
) -> None:
    server = authority.issue("good").server_context(maximum_version=version)
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version|unsupported.protocol"):
        verify(server, verifier(), "localhost")


def test_ciphers_are_the_callers(authority: Authority, verifier: Verifier) -> None:
    only = "ECDHE-ECDSA-AES256-GCM-SHA384"
    server = authority.issue("good").server_context(maximum_version=TLS.TLSv1_2, ciphers=only)
    assert [c["name"] for c in server.get_ciphers() if not c["name"].startswith("TLS_")] == [only]
    assert _negotiated(server, verifier()) == "TLSv1.2"


def test_a_server_of_a_good_certificate_keeps_todays_security_level(authority: Authority) -> None:
    names = {cipher["name"] for cipher in authority.issue("good").server_context().get_ciphers()}
    weak = authority.issue("rsa-1024").server_context().get_ciphers()
    assert names < {cipher["name"] for cipher in weak}


def _negotiated(server: ssl.SSLContext, client: ssl.SSLContext) -> str | None:
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (one, other) * 3:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    assert one.version() == other.version()
    return one.version()
