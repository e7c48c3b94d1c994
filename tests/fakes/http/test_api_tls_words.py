"""The words about TLS are those of any server: an API's too."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from harness.fakes import FakeError, SendGrid

pytestmark = pytest.mark.wire


@contextmanager
def secured(fake: Any, **options: Any) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=str(fake.ca_file))
    with (
        socket.create_connection((fake.host, fake.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost", **options) as wire,
    ):
        yield wire


def read_to_the_end(wire: ssl.SSLSocket) -> None:
    while wire.recv(65536):
        pass


def test_the_second_connection_has_the_later_certificate() -> None:
    with SendGrid(later_certificate="expired").running() as fake:
        with secured(fake):
            pass
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"), secured(fake):
            pytest.fail("it was taken")


def test_an_alert_refuses_the_handshake() -> None:
    fault = {"at": "handshake", "do": "alert", "alert": "internal_error"}
    with (
        SendGrid(faults=[fault]).running() as fake,
        pytest.raises(ssl.SSLError, match="internal error"),
        secured(fake),
    ):
        pytest.fail("it came about")


@pytest.mark.parametrize("close_notify", [True, False])
def test_what_is_no_http_is_hung_up_on_with_or_without_the_end_of_tls(close_notify: bool) -> None:
    with (
        SendGrid(close_notify=close_notify).running() as fake,
        secured(fake, suppress_ragged_eofs=False) as wire,
    ):
        wire.sendall(b"\0\r\n\r\n")
        with nullcontext() if close_notify else pytest.raises(ssl.SSLEOFError):
            read_to_the_end(wire)


def test_keys_do_not_change_where_requests_are_answered() -> None:
    with pytest.raises(FakeError, match="acts at no other moment"):
        SendGrid(faults=[{"at": "request", "do": "key-update"}])
