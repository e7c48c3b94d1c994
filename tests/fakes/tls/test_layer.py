"""TLS over memory, from the server's side."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest

from harness.fakes.tls import Authority
from harness.fakes.tls.layer import ServedTls, TlsError, TlsLayer


class Peer:
    """A client in memory, with the wires to a layer."""

    def __init__(self, context: ssl.SSLContext, layer: TlsLayer) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.layer = layer

    def step(self) -> bool:
        """Go on with the handshake on this side; True when it is done here."""
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def shake(self) -> None:
        done = False
        while not done:
            self.step()
            self.layer.feed(self.outgoing.read())
            done = self.layer.shake()
            self.incoming.write(self.layer.outgoing())
        self.step()


@pytest.fixture
def peer(authority: Authority, verifier: Callable[..., ssl.SSLContext]) -> Callable[..., Peer]:
    def make(kind: str = "good", *, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Peer:
        context = verifier()
        context.minimum_version = context.maximum_version = version
        served = ServedTls(context=authority.issue(kind).server_context(), certificate=kind)
        return Peer(context, TlsLayer(served))

    return make


VERSIONS = pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"]
)


@VERSIONS
def test_what_one_side_writes_the_other_reads(
    peer: Callable[..., Peer], version: ssl.TLSVersion
) -> None:
    client = peer(version=version)
    client.shake()
    client.tls.write(b"hello")
    client.layer.feed(client.outgoing.read())
    reading = client.layer.read()
    assert (reading.plain, reading.goodbye, reading.failure) == (b"hello", False, None)
    client.layer.write(b"there")
    client.incoming.write(client.layer.outgoing())
    assert client.tls.read() == b"there"
    assert client.layer.version == f"TLSv1.{version - 769}"
    cipher = client.tls.cipher()
    assert cipher is not None
    assert client.layer.cipher == cipher[0]


@VERSIONS
def test_plain_octets_ahead_of_a_goodbye_are_read(
    peer: Callable[..., Peer], version: ssl.TLSVersion
) -> None:
    client = peer(version=version)
    client.shake()
    client.tls.write(b"last words")
    with pytest.raises(ssl.SSLWantReadError):
        client.tls.unwrap()
    client.layer.feed(client.outgoing.read())
    reading = client.layer.read()
    assert (reading.plain, reading.goodbye) == (b"last words", True)


@VERSIONS
def test_plain_octets_ahead_of_a_broken_record_are_read(
    peer: Callable[..., Peer], version: ssl.TLSVersion
) -> None:
    client = peer(version=version)
    client.shake()
    client.tls.write(b"last words")
    client.layer.feed(client.outgoing.read() + b"220 in clear\r\n")
    reading = client.layer.read()
    assert reading.plain == b"last words"
    assert reading.failure is not None
    assert reading.failure.alert is None


@VERSIONS
def test_after_our_goodbye_the_peer_can_still_be_heard(
    peer: Callable[..., Peer], version: ssl.TLSVersion
) -> None:
    client = peer(version=version)
    client.shake()
    client.layer.close()
    client.incoming.write(client.layer.outgoing())
    client.tls.write(b"too late")
    client.layer.feed(client.outgoing.read())
    assert client.layer.read().plain == b"too late"
    assert client.tls.read(1) == b"", "close_notify has come"


@VERSIONS
def test_our_goodbye_does_not_lose_what_lies_unread(
    peer: Callable[..., Peer], version: ssl.TLSVersion
) -> None:
    client = peer(version=version)
    client.shake()
    client.tls.write(b"unread")
    client.layer.feed(client.outgoing.read())
    client.layer.close()
    client.incoming.write(client.layer.outgoing())
    assert client.tls.read(1) == b""


@VERSIONS
def test_the_peers_alert_is_named(peer: Callable[..., Peer], version: ssl.TLSVersion) -> None:
    client = peer("expired", version=version)
    client.step()
    client.layer.feed(client.outgoing.read())
    assert client.layer.shake() is False
    client.incoming.write(client.layer.outgoing())
    with pytest.raises(ssl.SSLCertVerificationError):
        client.step()
    client.layer.feed(client.outgoing.read())
    with pytest.raises(TlsError) as failed:
        client.layer.shake()
    assert failed.value.failure.alert == "certificate_expired"


@pytest.mark.parametrize(
    ("octets", "alert"),
    [
        (b"\x15\x03\x03\x00\x02\x02\x46", "protocol_version"),
        (b"\x15\x03\x01\x00\x02\x02\x30", "unknown_ca"),
        (b"\x15\x03\x03\x00\x02\x02\xee", None),
        (b"220 no TLS at all\r\n", None),
    ],
)
def test_an_alert_in_clear_is_named_though_openssl_does_not_know_it(
    peer: Callable[..., Peer], octets: bytes, alert: str | None
) -> None:
    layer = peer().layer
    layer.feed(octets)
    with pytest.raises(TlsError) as failed:
        layer.shake()
    assert failed.value.failure.alert == alert


def test_a_refusal_of_ours_puts_an_alert_out(peer: Callable[..., Peer]) -> None:
    layer = peer().layer
    layer.feed(b"\x16\x03\x01\x00\x04\x01\x00\x00\x00")
    with pytest.raises(TlsError):
        layer.shake()
    assert layer.outgoing()[:1] == b"\x15"
