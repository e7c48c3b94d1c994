"""The six security modes of the Ory document against a server that is not ours."""

from __future__ import annotations

import email
import email.policy
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.protocol import ErrorClass
from harness.reference.failure import DeliveryError
from harness.reference.message import BuiltMessage
from harness.reference.smtp import Delivery, send_message
from harness.reference.uri import parse_smtp_uri

pytestmark = pytest.mark.wire

ServeAio = Callable[..., AbstractContextManager[Any]]
MakeContext = Callable[..., ssl.SSLContext]
MakeMessage = Callable[..., BuiltMessage]

CREDENTIALS = "some-user%40mail.example:p%40ss%3A%2F%3F%23%25%2B%26%3D%20w%C3%B6rd"
PASSWORD = "p@ss:/?#%+&= wörd"
LOOSE = {"auth_require_tls": False}
STRICT = {"require_starttls": True}

# Scheme, query, names on the certificate, how the server listens.
MODES = {
    1: ("smtp", "", "mail.my-mailserver.com", STRICT),
    2: ("smtp", "?skip_ssl_verify=true", "other.example", STRICT),
    3: ("smtp", "?disable_starttls=true", "other.example", LOOSE),
    4: ("smtps", "", "mail.my-mailserver.com", {"implicit": True, **LOOSE}),
    5: ("smtps", "?skip_ssl_verify=true", "other.example", {"implicit": True, **LOOSE}),
    6: (
        "smtps",
        "?server_name=my-mailserver.com",
        "my-mailserver.com",
        {"implicit": True, **LOOSE},
    ),
}


def mode_uri(mode: int) -> str:
    scheme, query, _, _ = MODES[mode]
    return f"{scheme}://{CREDENTIALS}@mail.my-mailserver.com:1234/{query}"


def deliver(
    uri: str, port: int, message: BuiltMessage, ca_file: str, *, timeout: float = 5.0
) -> Delivery:
    return send_message(
        parse_smtp_uri(uri),
        message,
        timeout=timeout,
        ca_file=ca_file,
        connect_to={"mail.my-mailserver.com:1234": f"127.0.0.1:{port}"},
    )


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_delivers_where_it_should(
    mode: int,
    serve_aiosmtpd: ServeAio,
    good_context: MakeContext,
    ca_file: str,
    make_message: MakeMessage,
) -> None:
    _, _, name, how = MODES[mode]
    message = make_message(
        text="Grüße\n.\n..dots\n", html="<p>x</p>", bcc=[{"address": "c@x.example"}]
    )
    with serve_aiosmtpd(context=good_context(name), **how) as server:
        delivery = deliver(mode_uri(mode), server.port, message, ca_file)
    (envelope,) = server.keeper.envelopes
    assert delivery.final_reply == "250 2.0.0 Ok: queued as 77"
    assert envelope.original_content == message.data
    assert envelope.rcpt_tos == ["a@one.example", "b@two.example", "c@x.example"]
    assert [login[2].decode() for login in server.keeper.logins] == [PASSWORD]
    parsed = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
    body = parsed.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == "Grüße\n.\n..dots\n"


@pytest.mark.parametrize("mode", [1, 4, 6])
def test_a_verifying_mode_refuses_another_name(
    mode: int,
    serve_aiosmtpd: ServeAio,
    good_context: MakeContext,
    ca_file: str,
    make_message: MakeMessage,
) -> None:
    _, _, _, how = MODES[mode]
    with (
        serve_aiosmtpd(context=good_context("sub.other.example"), **how) as server,
        pytest.raises(DeliveryError) as caught,
    ):
        deliver(mode_uri(mode), server.port, make_message(), ca_file)
    assert caught.value.class_ is ErrorClass.CERTIFICATE_HOSTNAME_MISMATCH
    assert server.keeper.logins == []


@pytest.mark.parametrize("mode", [1, 2])
def test_starttls_is_never_given_up(
    mode: int, serve_aiosmtpd: ServeAio, ca_file: str, make_message: MakeMessage
) -> None:
    with serve_aiosmtpd(**LOOSE) as server, pytest.raises(DeliveryError) as caught:
        deliver(mode_uri(mode), server.port, make_message(), ca_file)
    assert caught.value.class_ is ErrorClass.STARTTLS_UNAVAILABLE
    assert (server.keeper.logins, server.keeper.envelopes) == ([], [])


@pytest.mark.parametrize("mode", [4, 5, 6])
def test_implicit_tls_is_never_given_up(
    mode: int, serve_aiosmtpd: ServeAio, ca_file: str, make_message: MakeMessage
) -> None:
    with serve_aiosmtpd(**LOOSE) as server, pytest.raises(DeliveryError) as caught:
        deliver(mode_uri(mode), server.port, make_message(), ca_file)
    assert caught.value.class_ is ErrorClass.HANDSHAKE_FAILED
    assert server.keeper.logins == []


@pytest.mark.parametrize("mode", [1, 2, 3])
def test_silence_on_an_implicit_tls_port_is_bounded(
    mode: int,
    serve_aiosmtpd: ServeAio,
    good_context: MakeContext,
    ca_file: str,
    make_message: MakeMessage,
) -> None:
    context = good_context("mail.my-mailserver.com")
    with (
        serve_aiosmtpd(context=context, implicit=True, **LOOSE) as server,
        pytest.raises(DeliveryError) as caught,
    ):
        deliver(mode_uri(mode), server.port, make_message(), ca_file, timeout=0.2)
    assert caught.value.class_ is ErrorClass.STALLED
    assert "implicit TLS" in str(caught.value)


@pytest.mark.parametrize("excluded", [["PLAIN"], ["LOGIN"], []])
def test_the_mechanisms_of_the_server_are_spoken(
    excluded: list[str],
    serve_aiosmtpd: ServeAio,
    good_context: MakeContext,
    ca_file: str,
    make_message: MakeMessage,
) -> None:
    context = good_context("mail.my-mailserver.com")
    with serve_aiosmtpd(context=context, auth_exclude_mechanism=excluded, **STRICT) as server:
        deliver(mode_uri(1), server.port, make_message(), ca_file)
    assert [login[0] for login in server.keeper.logins] == [
        "LOGIN" if "PLAIN" in excluded else "PLAIN"
    ]


def test_a_wrong_password_is_offered_once(
    serve_aiosmtpd: ServeAio,
    good_context: MakeContext,
    ca_file: str,
    make_message: MakeMessage,
) -> None:
    context = good_context("mail.my-mailserver.com")
    with (
        serve_aiosmtpd(context=context, **STRICT) as server,
        pytest.raises(DeliveryError) as caught,
    ):
        deliver(
            "smtp://some-user:canary-4711@mail.my-mailserver.com:1234/",
            server.port,
            make_message(),
            ca_file,
        )
    assert (caught.value.class_, caught.value.temporary) == (ErrorClass.AUTH_REJECTED, False)
    assert len(server.keeper.logins) == 1
    assert "canary-4711" not in str(caught.value)
