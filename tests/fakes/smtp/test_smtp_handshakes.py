"""What the record knows of TLS: what was offered, what was agreed on, and why it failed."""

from __future__ import annotations

import contextlib
import ssl
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.fakes.smtp.facts import Command
from harness.fakes.tls import Authority
from harness.fakes.transcript import ClientHelloSeen, Closed, TlsEstablished, TlsFailed

pytestmark = pytest.mark.wire

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]
Facts = Callable[..., list[Any]]
MakeContext = Callable[..., ssl.SSLContext]
Settled = Callable[[Any], None]

TLS: dict[str, Any] = {"security": "tls", "auth": {"offer": "never"}}
V1, V1_1, V1_2, V1_3 = (
    ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3,
)  # fmt: skip


@pytest.mark.parametrize(
    ("lowest", "highest", "offered", "agreed"),
    [
        (V1_2, V1_2, ("TLSv1.2",), "TLSv1.2"),
        (V1_3, V1_3, ("TLSv1.3",), "TLSv1.3"),
        (V1_2, V1_3, ("TLSv1.3", "TLSv1.2"), "TLSv1.3"),
    ],
)
def test_a_good_handshake_is_recorded(
    connected: Connected,
    client_context: MakeContext,
    facts: Facts,
    lowest: ssl.TLSVersion,
    highest: ssl.TLSVersion,
    offered: tuple[str, ...],
    agreed: str,
) -> None:
    with connected(**TLS) as (fake, wire):
        wire.secure(client_context(lowest=lowest, highest=highest))
        wire.reply()
        cipher, _, _ = wire.socket.cipher()
    assert facts(fake, ClientHelloSeen) == [
        ClientHelloSeen(server_name="localhost", versions=offered, implicit=True)
    ]
    assert facts(fake, TlsEstablished) == [
        TlsEstablished(version=agreed, cipher=cipher, certificate="good")
    ]
    assert not facts(fake, TlsFailed)


REFUSED = [
    ("expired", "localhost", "certificate_expired"),
    ("not-yet-valid", "localhost", "bad_certificate"),
    ("untrusted-root", "localhost", "unknown_ca"),
    ("self-signed", "localhost", "unknown_ca"),
    ("good", "elsewhere.example", "bad_certificate"),
]


@pytest.mark.parametrize("version", [V1_2, V1_3])
@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(("kind", "name", "alert"), REFUSED)
def test_the_alert_of_a_sender_that_verifies_is_recorded(
    connected: Connected,
    client_context: MakeContext,
    facts: Facts,
    version: ssl.TLSVersion,
    security: str,
    kind: str,
    name: str,
    alert: str,
) -> None:
    words = {**TLS, "security": security, "certificate": kind}
    with connected(**words) as (fake, wire):
        if security == "starttls":
            wire.reply()
            wire.say("EHLO me.example")
            wire.say("STARTTLS")
        with pytest.raises(ssl.SSLCertVerificationError):
            wire.secure(client_context(lowest=version, highest=version), name)
        wire.close()
    [failed] = facts(fake, TlsFailed)
    assert failed.alert == alert
    assert [fact for fact in facts(fake, Command) if fact.secure] == []
    assert not facts(fake, TlsEstablished)


def test_an_alert_and_a_fin_at_once_are_both_seen(
    connected: Connected, client_context: MakeContext, facts: Facts, settled: Settled
) -> None:
    for _ in range(20):
        with connected(**TLS, certificate="expired") as (fake, wire):
            with pytest.raises(ssl.SSLCertVerificationError):
                wire.secure(client_context())
            wire.close()
            settled(fake)
        assert [fact.alert for fact in facts(fake, TlsFailed)] == ["certificate_expired"]
        assert [fact.by for fact in facts(fake, Closed)] == ["sender"]


def test_an_alert_after_the_handshake_is_recorded(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context(lowest=V1_2, highest=V1_2).wrap_bio(
        incoming, outgoing, server_hostname="localhost"
    )
    with connected(**TLS) as (fake, wire):
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                wire.send(outgoing.read())
                incoming.write(wire.octets(1))
        client.write(b"EHLO me.example\r\n")
        # A record that nobody encrypted comes right behind the command.
        wire.send(outgoing.read() + b"\x17\x03\x03\x00\x04junk")
        wire.rest()
    assert [fact.line for fact in facts(fake, Command)] == [b"EHLO me.example"]
    [failed] = facts(fake, TlsFailed)
    assert failed.alert is None
    assert facts(fake, Closed) == [Closed(by="fake", how="fin")]


@contextlib.contextmanager
def old_versions_allowed() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "ssl.TLSVersion", DeprecationWarning)
        yield


@pytest.mark.parametrize(("version", "name"), [(V1, "TLSv1.0"), (V1_1, "TLSv1.1")])
def test_a_server_of_an_old_version_talks_to_a_sender_that_allows_it(
    connected: Connected,
    client_context: MakeContext,
    facts: Facts,
    version: ssl.TLSVersion,
    name: str,
) -> None:
    with old_versions_allowed():
        context = client_context(lowest=version)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with connected(**TLS, tls_versions=(name, name)) as (fake, wire):
        wire.secure(context)
        wire.reply()
    assert [fact.version for fact in facts(fake, TlsEstablished)] == [name]


def test_a_server_that_is_too_new_tells_the_sender_so(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    context = client_context(lowest=V1_2, highest=V1_2)
    with (
        connected(**TLS, tls_versions=("TLSv1.3", "TLSv1.3")) as (fake, wire),
        pytest.raises(ssl.SSLError) as refused,
    ):
        wire.secure(context)
    assert "alert protocol version" in str(refused.value)
    [failed] = facts(fake, TlsFailed)
    assert (failed.reason, failed.alert) == ("UNSUPPORTED_PROTOCOL", None)


def test_a_sender_tells_a_server_that_is_too_old_so(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    context = client_context(lowest=V1_2, highest=V1_2)
    context.set_ciphers("DEFAULT")  # with Python's own there is not even a cipher in common
    with (
        connected(**TLS, tls_versions=("TLSv1.0", "TLSv1.1")) as (fake, wire),
        pytest.raises(ssl.SSLError) as refused,
    ):
        wire.secure(context)
    assert "unsupported protocol" in str(refused.value)
    [failed] = facts(fake, TlsFailed)
    assert failed.alert == "protocol_version"


# SNI


def hello_with(name: bytes | None, *, extension: bytes | None = None) -> bytes:
    """A ClientHello by hand, with any octets for a name, or for the whole extension."""

    def vector(octets: bytes, length: int) -> bytes:
        return len(octets).to_bytes(length, "big") + octets

    extensions = b""
    if name is not None:
        extension = vector(b"\0" + vector(name, 2), 2)
    if extension is not None:
        extensions += b"\0\0" + vector(extension, 2)
    extensions += b"\0\x2b" + vector(vector(b"\x03\x04\x03\x03", 1), 2)
    body = b"\x03\x03" + bytes(32) + vector(b"", 1) + vector(b"\x13\x01\xc0\x2b", 2)
    body += vector(b"\0", 1) + vector(extensions, 2)
    message = b"\x01" + vector(body, 3)
    return b"\x16\x03\x01" + vector(message, 2)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"localhost", "localhost"),
        (b"LocalHost.", "LocalHost."),
        (b"127.0.0.1", "127.0.0.1"),
        (b"", ""),
        (b"a_b.example", "a_b.example"),
        (b"nul\0.example", "nul\0.example"),
        (b"\xffhigh", "\xffhigh"),
        (b"x" * 300, "x" * 300),
        (None, None),
    ],
)
def test_any_server_name_is_shown_as_it_came(
    connected: Connected, facts: Facts, name: bytes | None, shown: str | None
) -> None:
    with connected(**TLS) as (fake, wire):
        wire.send(hello_with(name))
        wire.octets(1)
    [seen] = facts(fake, ClientHelloSeen)
    assert seen.server_name == shown
    assert seen.versions == ("TLSv1.3", "TLSv1.2")


@pytest.mark.parametrize("extension", [b"", b"\0", b"\0\x09\0\0\x08short", b"no list at all"])
def test_a_malformed_extension_is_shown_and_hides_nothing_else(
    connected: Connected, facts: Facts, extension: bytes
) -> None:
    with connected(**TLS) as (fake, wire):
        wire.send(hello_with(None, extension=extension))
        wire.octets(1)
    [seen] = facts(fake, ClientHelloSeen)
    assert seen.server_name == extension.decode("latin-1")
    assert seen.versions == ("TLSv1.3", "TLSv1.2")


def test_what_is_a_handshake_and_no_client_hello_fails(connected: Connected, facts: Facts) -> None:
    with connected(**TLS) as (fake, wire):
        wire.send(b"\x16\x03\x01\x00\x04\x02\x00\x00\x00")
        wire.rest()
    assert [fact.versions for fact in facts(fake, ClientHelloSeen)] == [()]
    assert len(facts(fake, TlsFailed)) == 1


def test_a_name_that_is_not_the_servers_gets_the_default_certificate(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    words = {**TLS, "names": ("mail.example", "localhost"), "default_certificate": "wrong-host"}
    for name, kind in (
        ("mail.example", "good"),
        ("MAIL.example", "good"),
        ("other.example", "wrong-host"),
        (None, "wrong-host"),
    ):
        context = client_context()
        context.check_hostname = False
        with connected(**words) as (fake, wire):
            wire.secure(context, name)
            wire.reply()
        assert [fact.certificate for fact in facts(fake, TlsEstablished)] == [kind]


# Client certificates


@pytest.fixture
def with_certificate(
    client_context: MakeContext, authority: Authority, tmp_path: Path
) -> ssl.SSLContext:
    """A client that shows a certificate of the anchor's."""
    issued = authority.issue("good", names=["client.example"], now=datetime.now(UTC))
    file = tmp_path / "client.pem"
    file.write_bytes(issued.key_pem + issued.chain_pem)
    context = client_context()
    context.load_cert_chain(file)
    return context


@pytest.mark.parametrize("asked", ["optional", "required"])
def test_a_client_certificate_of_the_anchors_is_taken(
    connected: Connected, with_certificate: ssl.SSLContext, facts: Facts, asked: str
) -> None:
    with connected(**TLS, client_certificate=asked) as (fake, wire):
        wire.secure(with_certificate)
        assert wire.reply().startswith(b"220")
    assert len(facts(fake, TlsEstablished)) == 1


def test_a_client_certificate_can_be_left_out_where_it_is_optional(
    connected: Connected, client_context: MakeContext
) -> None:
    with connected(**TLS, client_certificate="optional") as (_, wire):
        wire.secure(client_context())
        assert wire.reply().startswith(b"220")


def greet(wire: Any, context: ssl.SSLContext) -> None:
    wire.secure(context)
    wire.send(b"EHLO me.example\r\n")  # in TLS 1.3 a refusal can come after this
    wire.reply()


@pytest.mark.parametrize("version", [V1_2, V1_3])
def test_a_sender_without_a_required_certificate_is_refused_with_an_alert(
    connected: Connected, client_context: MakeContext, facts: Facts, version: ssl.TLSVersion
) -> None:
    context = client_context(lowest=version, highest=version)
    with (
        connected(**TLS, client_certificate="required") as (fake, wire),
        pytest.raises(ssl.SSLError) as refused,
    ):
        greet(wire, context)
    assert "alert" in str(refused.value)
    [failed] = facts(fake, TlsFailed)
    assert (failed.reason, failed.alert) == ("PEER_DID_NOT_RETURN_A_CERTIFICATE", None)
    assert not facts(fake, TlsEstablished, Command)


def test_a_session_is_resumed_and_recorded_like_any_other(
    connected: Connected, client_context: MakeContext, dial: Callable[[Any], Any], facts: Facts
) -> None:
    context = client_context(lowest=V1_2, highest=V1_2)
    with connected(**TLS) as (fake, wire):
        wire.secure(context)
        wire.reply()
        again = dial(fake)
        again.socket = context.wrap_socket(
            again.socket, server_hostname="localhost", session=wire.socket.session
        )
        assert again.reply().startswith(b"220")
        assert again.socket.session_reused
    assert len(facts(fake, TlsEstablished)) == 2
