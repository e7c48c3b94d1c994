"""The `openssl` command, which is not Python's ssl module, says the same of the certificates."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from harness.fakes.tls import Authority, Certificate, CertificateKind, TrustStore

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.whole,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl command here"),
]

MAIL = "mail.example.test"
_ERROR = re.compile(r"error (\d+) at|verify error:num=(\d+)")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("good", MAIL),
        ("chain", MAIL),
        ("expired", MAIL),
        ("not-yet-valid", MAIL),
        ("self-signed", MAIL),
        ("untrusted-root", MAIL),
        ("wrong-host", MAIL),
        ("wildcard", MAIL),
        ("wildcard-too-deep", f"a.{MAIL}"),
        ("wildcard-parent", "example.test"),
        ("cn-right-san-other", MAIL),
        ("san-right-cn-other", MAIL),
        ("ip-san", "127.0.0.1"),
        ("ip-as-dns", "127.0.0.1"),
        ("ip-as-cn", "127.0.0.1"),
        ("missing-intermediate", MAIL),
        ("rsa-1024", MAIL),
        ("sha1", MAIL),
        ("md5", MAIL),
        ("client-auth-only", MAIL),
        ("must-staple", MAIL),
        ("leaf-as-ca", MAIL),
        ("name-constraint", MAIL),
        ("nul-in-san", MAIL),
        ("nul-in-cn", MAIL),
    ],
)
def test_openssl_verify_says_the_same_code(
    kind: str, name: str, authority: Authority, trust: TrustStore, tmp_path: Path
) -> None:
    certificate = authority.issue(kind, names=[name])
    how = "-verify_ip" if name[0].isdigit() else "-verify_hostname"
    said = _openssl_verify(certificate, trust, tmp_path, how, name)
    assert said == CertificateKind(kind).code_for(name)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("wildcard-partial", MAIL),
        ("cn-only", MAIL),
        ("ip-as-dns", "127.0.0.1"),
        ("ip-as-cn", "127.0.0.1"),
    ],
)
def test_a_client_that_is_lax_about_names_is_taken_in(
    kind: str, name: str, authority: Authority, trust: TrustStore, tmp_path: Path
) -> None:
    """Left alone, openssl takes partial wildcards, common names, and addresses for hosts."""
    certificate = authority.issue(kind, names=[name])
    assert _openssl_verify(certificate, trust, tmp_path, "-verify_hostname", name) == 0


def test_openssl_takes_the_revocation_list(
    authority: Authority, trust: TrustStore, tmp_path: Path
) -> None:
    revoked = authority.issue("revoked", names=[MAIL])
    (tmp_path / "revoked.crl").write_bytes(authority.revocation_list_pem)
    options = ("-crl_check", "-CRLfile", str(tmp_path / "revoked.crl"))
    assert _openssl_verify(revoked, trust, tmp_path, *options) == 23
    good = authority.issue("good", names=[MAIL])
    assert _openssl_verify(good, trust, tmp_path, *options) == 0


@pytest.mark.wire
@pytest.mark.parametrize(
    ("kind", "code"), [("good", 0), ("chain", 0), ("expired", 10), ("wrong-host", 62), ("md5", 68)]
)
def test_openssl_s_client_says_the_same_over_a_socket(
    kind: str, code: int, authority: Authority, trust: TrustStore
) -> None:
    certificate = authority.issue(kind, names=[MAIL])
    assert asyncio.run(_openssl_s_client(certificate, trust)) == code


def _openssl_verify(
    certificate: Certificate, trust: TrustStore, folder: Path, *options: str
) -> int:
    leaf, rest = folder / "leaf.pem", folder / "rest.pem"
    first, end, others = certificate.chain_pem.partition(b"-----END CERTIFICATE-----\n")
    leaf.write_bytes(first + end)
    rest.write_bytes(others)
    sent_along = ["-untrusted", str(rest)] if others else []
    done = subprocess.run(
        [
            *("openssl", "verify", "-x509_strict", "-auth_level", "2", "-purpose", "sslserver"),
            *("-no-CApath", "-no-CAstore", "-CAfile", str(trust.ca_file)),
            *sent_along,
            *options,
            str(leaf),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return _first_error(done.stdout + done.stderr, ok=done.returncode == 0)


async def _openssl_s_client(certificate: Certificate, trust: TrustStore) -> int:
    server = await asyncio.start_server(
        lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=certificate.server_context()
    )
    async with server:
        port = server.sockets[0].getsockname()[1]
        client = await asyncio.create_subprocess_exec(
            *("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", MAIL),
            *("-verify_return_error", "-verify_hostname", MAIL, "-x509_strict"),
            *("-no-CApath", "-no-CAstore", "-CAfile", str(trust.ca_file)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await client.communicate()
        return _first_error(said.decode(errors="replace"), ok=client.returncode == 0)


def _first_error(said: str, *, ok: bool) -> int:
    if ok:
        return 0
    error = _ERROR.search(said)
    assert error is not None, said
    return int(error[1] or error[2])
