"""Reading ClientHellos: real ones, cut ones, and octets that are none."""

from __future__ import annotations

import socket
import ssl
import subprocess
import warnings
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.tls.client_hello import ClientHello, handshake_message, parse_client_hello

V1, V1_2, V1_3 = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def said(
    *, lowest: ssl.TLSVersion = V1_2, highest: ssl.TLSVersion = V1_3, name: str | None = "a.example"
) -> bytes:
    """The first octets of Python's client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "ssl.TLSVersion", DeprecationWarning)
        context.minimum_version, context.maximum_version = lowest, highest
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


def read(octets: bytes) -> ClientHello:
    message = handshake_message(octets)
    assert message is not None
    return parse_client_hello(message)


HELLO = said()


@pytest.mark.parametrize(
    ("lowest", "highest", "versions"),
    [
        (V1_3, V1_3, ("TLSv1.3",)),
        (V1_2, V1_3, ("TLSv1.3", "TLSv1.2")),
        (V1, V1_3, ("TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1.0")),
        (V1_2, V1_2, ("TLSv1.2",)),
        (V1, V1, ("TLSv1.0",)),
    ],
)
def test_the_versions_that_python_offers_are_read(
    lowest: ssl.TLSVersion, highest: ssl.TLSVersion, versions: tuple[str, ...]
) -> None:
    assert read(said(lowest=lowest, highest=highest)).versions == versions


@pytest.mark.parametrize("name", ["a.example", "127.0.0.1", "xn--bcher-kva.example", None])
def test_the_server_name_is_read(name: str | None) -> None:
    expected = None if name == "127.0.0.1" else name  # Python sends no address
    assert read(said(name=name)).server_name == expected


@pytest.mark.parametrize(
    ("options", "versions", "name"),
    [
        (["-tls1_2"], ("TLSv1.2",), "b.example"),
        (["-tls1_3"], ("TLSv1.3",), "b.example"),
        (["-no_tls1", "-no_tls1_1"], ("TLSv1.3", "TLSv1.2"), "b.example"),
        (["-noservername", "-tls1_2"], ("TLSv1.2",), None),
    ],
)
def test_what_openssl_offers_is_read(
    requires_program: Callable[[str], str],
    options: list[str],
    versions: tuple[str, ...],
    name: str | None,
) -> None:
    server_name = [] if "-noservername" in options else ["-servername", "b.example"]
    command = [requires_program("openssl"), "s_client", "-connect", "{}", *server_name, *options]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command[3] = f"127.0.0.1:{listener.getsockname()[1]}"
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ):
            listener.settimeout(10)
            connection, _ = listener.accept()
            with connection:
                octets = b""
                while handshake_message(octets) is None:
                    octets += connection.recv(65536)
    hello = read(octets)
    assert (hello.server_name, hello.versions) == (name, versions)


def test_a_hello_is_not_there_before_its_last_octet() -> None:
    for length in range(len(HELLO)):
        assert handshake_message(HELLO[:length]) is None
    assert handshake_message(HELLO) == HELLO[5:]
    assert handshake_message(HELLO + b"\x14\x03\x03") == HELLO[5:], "what follows is another's"


def records(message: bytes, *lengths: int) -> bytes:
    """A message spread over records."""
    places = [0, *lengths, len(message)]
    return b"".join(
        b"\x16\x03\x01" + (end - start).to_bytes(2, "big") + message[start:end]
        for start, end in pairwise(places)
    )


@given(st.lists(st.integers(0, len(HELLO) - 5), max_size=8).map(sorted))
def test_a_hello_may_be_spread_over_records(lengths: list[int]) -> None:
    octets = records(HELLO[5:], *lengths)
    assert read(octets) == read(HELLO)
    assert handshake_message(octets[:-1]) is None or lengths[-1:] == [len(HELLO) - 5]


def test_very_many_empty_records_cost_little() -> None:
    assert handshake_message(b"\x16\x03\x01\x00\x00" * 13_000) is None


@pytest.mark.parametrize(
    "octets", [b"EHLO x\r\n", b"\x15\x03\x01\x00\x02\x02\x28", b"\x80\x2e\x01\x00\x02", b"\0"]
)
def test_what_is_no_handshake_record_is_refused(octets: bytes) -> None:
    with pytest.raises(ValueError, match="no records of a TLS handshake"):
        handshake_message(octets)


def test_another_record_in_the_middle_of_a_hello_is_refused() -> None:
    first_half = records(HELLO[5:], 50)[:55]
    assert handshake_message(first_half) is None
    with pytest.raises(ValueError, match="no records of a TLS handshake"):
        handshake_message(first_half + b"\x17\x03\x03\x00\x01x")


@given(st.binary(max_size=300))
def test_garbage_is_refused_with_a_value_error_or_waited_for(octets: bytes) -> None:
    for data in (octets, b"\x16\x03\x01" + len(octets).to_bytes(2, "big") + octets):
        try:
            message = handshake_message(data)
            if message is not None:
                parse_client_hello(message)
        except ValueError:
            pass


@given(st.integers(0, len(HELLO) - 6), st.integers(0, 255), st.integers(0, 30))
def test_a_damaged_hello_is_refused_with_a_value_error_or_read(
    place: int, octet: int, cut: int
) -> None:
    message = bytearray(HELLO[5:])
    message[place] = octet
    try:
        hello = parse_client_hello(bytes(message[: len(message) - cut]))
    except ValueError:
        return
    assert all(version.startswith(("TLSv1.", "SSLv3")) for version in hello.versions)


def test_another_message_is_no_client_hello() -> None:
    with pytest.raises(ValueError, match="this is no ClientHello"):
        parse_client_hello(b"\x02" + HELLO[6:])


def test_a_hello_without_extensions_is_one() -> None:
    body = b"\x03\x01" + bytes(32) + b"\x00" + b"\x00\x02\x00\x2f" + b"\x01\x00"
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    assert parse_client_hello(message) == ClientHello(
        server_name=None, versions=("TLSv1.0",), random=bytes(32)
    )
