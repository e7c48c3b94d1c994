"""Faults around TLS: at STARTTLS, in the handshake, and beneath it."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import (
    ClientHelloSeen,
    Closed,
    FaultActed,
    Received,
    Sent,
    TlsEstablished,
    TlsFailed,
    Unread,
)

pytestmark = pytest.mark.wire

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]
Facts = Callable[..., list[Any]]
MakeContext = Callable[..., ssl.SSLContext]
Settled = Callable[[Any], None]

OPEN: dict[str, Any] = {"auth": {"offer": "never"}}


def begin(wire: Any) -> None:
    wire.reply()
    wire.say("EHLO me.example")


@pytest.mark.parametrize("code", [220, 221, 250, 354, 421, 454, 500, 501, 502, 530, 554])
def test_starttls_is_refused_with_any_code_and_the_session_goes_on_in_clear(
    connected: Connected, facts: Facts, code: int
) -> None:
    fault = {"at": "starttls", "do": "reply", "code": code, "text": "no"}
    with connected(**OPEN, starttls="offered", faults=[fault]) as (fake, wire):
        begin(wire)
        assert wire.say("STARTTLS") == f"{code} no\r\n".encode()
        assert wire.say("NOOP").startswith(b"250")
    assert [fact.verb for fact in facts(fake, Command)] == ["EHLO", "STARTTLS", "NOOP"]
    assert not facts(fake, TlsFailed, Unread)


def test_a_client_hello_that_nobody_invited_stays_in_the_record(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    fault = {"at": "starttls", "do": "reply", "code": 250}
    with connected(**OPEN, faults=[fault]) as (fake, wire):
        begin(wire)
        wire.say("STARTTLS")
        with pytest.raises(ssl.SSLError):
            wire.secure(client_context())
    assert any(fact.data.startswith(b"\x16\x03") for fact in facts(fake, Received))
    assert not facts(fake, ClientHelloSeen)


@pytest.mark.parametrize(
    "data", ["250-x\r\n250 AUTH PLAIN\r\n", "250-AUTH LOG", "235 ok\r\n", "\x00\xff"]
)
def test_octets_are_injected_behind_the_220_in_clear(
    connected: Connected, client_context: MakeContext, facts: Facts, data: str
) -> None:
    fault = {"at": "starttls", "do": "inject", "data": data}
    honest = b"220 2.0.0 Ready to start TLS\r\n"
    with connected(**OPEN, faults=[fault]) as (fake, wire):
        begin(wire)
        wire.send(b"STARTTLS\r\n")
        octets = honest + data.encode("latin-1")
        assert wire.octets(len(octets)) == octets
        wire.secure(client_context())
        assert wire.say("EHLO me.example").startswith(b"250-")
    assert [fact.data for fact in facts(fake, Sent) if not fact.secure][-1] == octets
    assert len(facts(fake, TlsEstablished)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "late", "wait": "20ms"},
        {"do": "drip", "every": "1ms"},
        {"do": "reply", "code": 220, "times": 1, "then": {"do": "late", "wait": "1ms"}},
    ],
)
def test_a_220_that_comes_late_or_in_drips_still_begins_tls(
    connected: Connected, client_context: MakeContext, facts: Facts, fault: dict[str, Any]
) -> None:
    with connected(**OPEN, faults=[{"at": "starttls", **fault}]) as (fake, wire):
        begin(wire)
        if "times" in fault:
            wire.say("STARTTLS")
        assert wire.say("STARTTLS").startswith(b"220")
        wire.secure(client_context())
        assert wire.say("EHLO me.example").startswith(b"250-")
    assert not facts(fake, Unread)


def test_words_sent_while_the_220_is_late_are_noted_and_thrown_away(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    fault = {"at": "starttls", "do": "late", "wait": "100ms"}
    with connected(**OPEN, faults=[fault]) as (fake, wire):
        begin(wire)
        wire.send(b"STARTTLS\r\n", b"EHLO too.early\r\n")
        assert wire.reply().startswith(b"220")
        wire.secure(client_context())
        assert wire.say("MAIL FROM:<a@one.example>").startswith(b"503")
    [unread] = facts(fake, Unread)
    assert unread.data == b"EHLO too.early\r\n"
    assert "STARTTLS" in unread.why


@pytest.mark.parametrize("do", ["close", "reset"])
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_the_connection_ends_after_the_client_hello(
    connected: Connected, client_context: MakeContext, facts: Facts, do: str, security: str
) -> None:
    fault = {"at": "handshake", "do": do}
    with connected(**OPEN, security=security, faults=[fault]) as (fake, wire):
        if security == "starttls":
            begin(wire)
            wire.say("STARTTLS")
        expected = ConnectionResetError if do == "reset" else ssl.SSLError
        with pytest.raises(expected):
            wire.secure(client_context())
    kinds = [type(event.fact) for event in fake.transcript]
    assert kinds[-4:] == [ClientHelloSeen, FaultActed, TlsFailed, Closed]
    assert facts(fake, Closed) == [Closed(by="fake", how="fin" if do == "close" else "reset")]


@pytest.mark.parametrize("octets", [0, 3, 60])
def test_a_handshake_stalls_before_or_within_the_servers_flight(
    connected: Connected, client_context: MakeContext, facts: Facts, settled: Settled, octets: int
) -> None:
    fault = {"at": "handshake", "do": "stall", "octets": octets}
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with connected(**OPEN, security="tls", faults=[fault]) as (fake, wire):
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        wire.send(outgoing.read())
        assert wire.octets(octets)[:3] == b"\x16\x03\x03"[:octets]
        assert wire.silent()
        wire.close()
        settled(fake)
    assert [fact.alert for fact in facts(fake, TlsFailed)] == [None]
    assert facts(fake, Closed) == [Closed(by="sender", how="fin")]


def test_an_alert_that_came_during_a_stall_is_not_lost(
    connected: Connected, client_context: MakeContext, facts: Facts, settled: Settled
) -> None:
    fault = {"at": "handshake", "do": "stall", "octets": 99_999}
    words = {**OPEN, "security": "tls", "certificate": "expired"}
    with connected(**words, faults=[fault]) as (fake, wire):
        with pytest.raises(ssl.SSLCertVerificationError):
            wire.secure(client_context())
        wire.close()
        settled(fake)
    assert [fact.alert for fact in facts(fake, TlsFailed)] == ["certificate_expired"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"do": "reply", "code": 454, "text": "no"}, b"454 no\r\n"),
        ({"do": "garble", "data": "no TLS here\r\n"}, b"no TLS here\r\n"),
        ({"do": "switch", "first": 220, "last": 454}, b"220-as you wish\r\n454 or not\r\n"),
    ],
)
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_words_in_clear_in_place_of_the_servers_flight(
    connected: Connected,
    client_context: MakeContext,
    facts: Facts,
    fault: dict[str, Any],
    words: bytes,
    security: str,
) -> None:
    with connected(**OPEN, security=security, faults=[{"at": "handshake", **fault}]) as (
        fake,
        wire,
    ):
        if security == "starttls":
            begin(wire)
            wire.say("STARTTLS")
        with pytest.raises(ssl.SSLError) as refused:
            wire.secure(client_context())
    assert "wrong version" in str(refused.value)
    assert facts(fake, Sent)[-1] == Sent(data=words, secure=False)
    assert not facts(fake, TlsEstablished)


@pytest.mark.parametrize(
    "fault", [{"do": "late", "wait": "5ms"}, {"do": "drip", "every": "0s"}, {"do": "honest"}]
)
def test_a_flight_that_comes_late_or_in_drips_is_a_good_one(
    connected: Connected, client_context: MakeContext, facts: Facts, fault: dict[str, Any]
) -> None:
    with connected(**OPEN, security="tls", faults=[{"at": "handshake", **fault}]) as (fake, wire):
        wire.secure(client_context())
        begin(wire)
        assert wire.deliver(b"x\r\n").startswith(b"250")
    assert all(fact.secure for fact in facts(fake, Sent)), "a handshake is no words"


def test_a_truncated_flight_is_a_broken_handshake(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    fault = {"at": "handshake", "do": "truncate", "octets": 40}
    with (
        connected(**OPEN, security="tls", faults=[fault]) as (fake, wire),
        pytest.raises(ssl.SSLEOFError),
    ):
        wire.secure(client_context())
    assert not facts(fake, Sent, TlsEstablished)


def test_octets_injected_into_the_handshake_are_recorded_as_words(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    fault = {"at": "handshake", "do": "inject", "data": "250 ok\r\n"}
    with (
        connected(**OPEN, security="tls", faults=[fault]) as (fake, wire),
        contextlib.suppress(ssl.SSLError, ConnectionResetError),
    ):
        wire.secure(client_context())
        pytest.fail(f"TLS came about, and {wire.reply()!r}")
    [sent] = facts(fake, Sent)[:1]
    assert sent.data.endswith(b"250 ok\r\n")
    assert sent.secure is False


# At connect, where TLS is implicit


def test_a_late_connect_does_not_lose_the_client_hello(
    connected: Connected, client_context: MakeContext
) -> None:
    fault = {"at": "connect", "do": "late", "wait": "50ms"}
    with connected(**OPEN, security="tls", faults=[fault]) as (_, wire):
        wire.secure(client_context())
        begin(wire)


def test_a_banner_in_clear_on_a_tls_port(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    fault = {"at": "connect", "do": "reply", "code": 220, "text": "mx.fake.test ESMTP"}
    with connected(**OPEN, security="tls", faults=[fault]) as (fake, wire):
        assert wire.octets(6) == b"220 mx"
        assert wire.line().endswith(b"ESMTP\r\n")
        wire.send(b"EHLO me.example\r\n")
        assert wire.rest() == b""
    assert facts(fake, Sent) == [Sent(data=b"220 mx.fake.test ESMTP\r\n", secure=False)]
    assert facts(fake, Unread)[0].data.startswith(b"EHLO me.example\r\n")


@pytest.mark.parametrize("do", ["close", "stall"])
def test_a_connect_that_comes_to_nothing_is_no_failed_handshake(
    connected: Connected, facts: Facts, settled: Settled, do: str
) -> None:
    with connected(**OPEN, security="tls", faults=[{"at": "connect", "do": do}]) as (fake, wire):
        if do == "stall":
            assert wire.silent()
        else:
            assert wire.rest() == b""
        wire.close()
        settled(fake)
    assert not facts(fake, TlsFailed, ClientHelloSeen)


# Inside TLS


def inside(wire: Any, context: ssl.SSLContext) -> None:
    begin(wire)
    wire.say("STARTTLS")
    wire.secure(context)
    wire.say("EHLO me.example")


def test_a_close_inside_tls_says_close_notify(
    connected: Connected, client_context: MakeContext
) -> None:
    with connected(**OPEN, faults=[{"at": "end-of-data", "do": "close"}]) as (fake, wire):
        inside(wire, client_context())
        assert wire.deliver(b"x\r\n") == b""
        assert wire.rest() == b""
    assert not fake.messages


def test_a_close_without_close_notify_is_an_abrupt_end(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    fault = {"at": "end-of-data", "do": "close", "close_notify": False}
    with connected(**OPEN, faults=[fault]) as (fake, wire):
        inside(wire, client_context())
        wire.socket.suppress_ragged_eofs = False
        with pytest.raises(ssl.SSLEOFError):
            wire.deliver(b"x\r\n")
    assert facts(fake, Closed) == [Closed(by="fake", how="fin")]
    assert [fact.action for fact in facts(fake, FaultActed)] == ["close close_notify=False"]


def test_octets_below_tls_break_the_stream(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    fault = {"at": "noop", "do": "garble", "data": "250 OK\r\n", "below_tls": True}
    with connected(**OPEN, faults=[fault]) as (fake, wire):
        inside(wire, client_context())
        with pytest.raises(ssl.SSLError):
            wire.say("NOOP")
    assert facts(fake, Sent)[-1] == Sent(data=b"250 OK\r\n", secure=False)


def test_a_reset_inside_tls_is_a_reset(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    with connected(**OPEN, faults=[{"at": "end-of-data", "do": "reset"}]) as (fake, wire):
        inside(wire, client_context())
        with contextlib.suppress(ConnectionResetError):  # which Python tells as an end of file
            wire.deliver(b"x\r\n")
        with pytest.raises(OSError, match="not connected"):  # after a mere FIN it still would be
            wire.socket.getpeername()
    assert facts(fake, Closed) == [Closed(by="fake", how="reset")]


def test_last_words_inside_tls_survive_what_the_sender_was_about_to_say(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    fault = {"at": "mail", "do": "reply", "code": 554, "text": "5.7.1 no", "close": True}
    with connected(**OPEN, faults=[fault]) as (fake, wire):
        inside(wire, client_context())
        wire.send(b"MAIL FROM:<a@one.example>\r\n", b"RCPT TO:<b@two.example>\r\n", b"DATA\r\n")
        assert wire.rest() == b"554 5.7.1 no\r\n"
        wire.socket.unwrap()
    unread = b"".join(fact.data for fact in facts(fake, Unread))
    assert unread == b"RCPT TO:<b@two.example>\r\nDATA\r\n"[-len(unread) :]
    assert unread.endswith(b"DATA\r\n")
    assert all(fact.secure for fact in facts(fake, Unread))
    assert facts(fake, Closed) == [Closed(by="fake", how="fin")]


def test_the_second_ehlo_can_go_unanswered(
    connected: Connected, client_context: MakeContext
) -> None:
    with connected(**OPEN, faults=[{"at": "ehlo[2]", "do": "stall"}]) as (_, wire):
        begin(wire)
        wire.say("STARTTLS")
        wire.secure(client_context())
        wire.send(b"EHLO me.example\r\n")
        assert wire.silent()
