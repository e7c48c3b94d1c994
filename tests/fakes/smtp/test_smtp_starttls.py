"""STARTTLS and implicit TLS on an honest server."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import (
    Body,
    ClientHelloSeen,
    Closed,
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

OPEN = {"auth": {"offer": "never"}}


def hello(wire: Any) -> Any:
    wire.reply()
    return wire.say("EHLO me.example")


def upgrade(wire: Any, context: ssl.SSLContext) -> None:
    assert wire.say("STARTTLS") == b"220 2.0.0 Ready to start TLS\r\n"
    wire.secure(context)


def test_a_session_is_told_apart_before_and_after_tls(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    with connected(**OPEN) as (fake, wire):
        assert b"250-STARTTLS\r\n" in hello(wire) + b"250-STARTTLS\r\n"
        upgrade(wire, client_context())
        wire.say("EHLO me.example")
        wire.deliver(b"hello\r\n")
        assert wire.say("QUIT").startswith(b"221")
        assert wire.rest() == b""
    kinds = [(type(event.fact), getattr(event.fact, "secure", None)) for event in fake.transcript]
    border = kinds.index((TlsEstablished, None))
    assert not any(secure for _, secure in kinds[:border])
    assert all(secure for _, secure in kinds[border:] if secure is not None)
    assert [(fact.verb, fact.secure) for fact in facts(fake, Command)] == [
        ("EHLO", False), ("STARTTLS", False), ("EHLO", True), ("MAIL", True), ("RCPT", True),
        ("DATA", True), ("QUIT", True),
    ]  # fmt: skip
    assert facts(fake, Body) == [Body(data=b"hello\r\n", secure=True, complete=True)]
    assert fake.messages[0].secure is True
    assert b"\x16\x03" not in b"".join(fact.data for fact in facts(fake, Received, Sent))
    assert facts(fake, Closed) == [Closed(by="fake", how="fin")]


@pytest.mark.parametrize(
    ("starttls", "listed", "code", "mail"),
    [
        ("required", True, b"220", b"530"),
        ("offered", True, b"220", b"250"),
        ("unadvertised", False, b"220", b"250"),
        ("absent", False, b"500", b"250"),
    ],
)
def test_starttls_is_listed_taken_and_required_as_the_state_has_it(
    connected: Connected, starttls: str, listed: bool, code: bytes, mail: bytes
) -> None:
    with connected(starttls=starttls, **OPEN) as (_, wire):
        assert (b"STARTTLS" in hello(wire)) is listed
        assert wire.say("MAIL FROM:<a@one.example>")[:3] == mail
        assert wire.say("STARTTLS")[:3] == code


def test_a_lie_about_starttls_is_listed_and_not_kept(connected: Connected) -> None:
    with connected(starttls="absent", ehlo=("STARTTLS",), **OPEN) as (_, wire):
        assert hello(wire).endswith(b"250 STARTTLS\r\n")
        assert wire.say("STARTTLS").startswith(b"500")


@pytest.mark.parametrize("verb", ["NOOP", "EHLO x", "STARTTLS x", "QUIT"])
def test_a_few_commands_are_free_before_a_required_tls(connected: Connected, verb: str) -> None:
    with connected(**OPEN) as (_, wire):
        hello(wire)
        assert wire.say(verb)[:3] in {b"250", b"501", b"221"}


@pytest.mark.parametrize("verb", ["HELO x", "MAIL FROM:<a@one.example>", "RSET", "VRFY a", "DATA"])
def test_the_others_are_not(connected: Connected, verb: str) -> None:
    with connected(**OPEN) as (_, wire):
        hello(wire)
        assert wire.say(verb).startswith(b"530")


def test_nothing_learned_in_clear_counts_inside_tls(
    connected: Connected, client_context: MakeContext
) -> None:
    with connected(starttls="offered", **OPEN) as (_, wire):
        hello(wire)
        wire.envelope()
        upgrade(wire, client_context())
        assert wire.say("RCPT TO:<b@two.example>").startswith(b"503")
        assert wire.say("MAIL FROM:<a@one.example>").startswith(b"503"), "EHLO is due again"
        assert b"STARTTLS" not in wire.say("EHLO me.example")
        assert wire.say("STARTTLS").startswith(b"503")
        assert wire.say("NOOP").startswith(b"250")


@pytest.mark.parametrize(
    "behind", [b"EHLO injected.example\r\n", b"MAIL FROM:<a@one.example>\r\n", b"half"]
)
def test_what_is_pipelined_behind_starttls_is_thrown_away(
    connected: Connected, client_context: MakeContext, facts: Facts, behind: bytes
) -> None:
    with connected(**OPEN) as (fake, wire):
        hello(wire)
        wire.send(b"STARTTLS\r\n" + behind)
        assert wire.reply().startswith(b"220")
        wire.secure(client_context())
        assert wire.say("MAIL FROM:<a@one.example>").startswith(b"503")
    [unread] = facts(fake, Unread)
    assert (unread.data, unread.secure) == (behind, False)
    assert "STARTTLS" in unread.why
    assert [fact.verb for fact in facts(fake, Command)] == ["EHLO", "STARTTLS", "MAIL"]
    assert len(facts(fake, TlsEstablished)) == 1


def client_hello(context: ssl.SSLContext) -> tuple[ssl.SSLObject, ssl.MemoryBIO, ssl.MemoryBIO]:
    """A client that has said its ClientHello; it lies in the last buffer."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return client, incoming, outgoing


def test_a_client_hello_ahead_of_the_reply_is_noted_and_used(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    client, incoming, outgoing = client_hello(client_context())
    with connected(**OPEN) as (fake, wire):
        hello(wire)
        wire.send(b"STARTTLS\r\n" + outgoing.read())
        assert wire.reply().startswith(b"220")
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                wire.send(outgoing.read())
                incoming.write(wire.octets(1))
        client.write(b"EHLO me.example\r\n")
        wire.send(outgoing.read())
        assert wire.octets(1)
    [unread] = facts(fake, Unread)
    assert unread.data.startswith(b"\x16\x03")
    assert "STARTTLS" in unread.why
    assert len(facts(fake, TlsEstablished)) == 1


def test_words_in_place_of_a_handshake_end_the_connection(
    connected: Connected, facts: Facts
) -> None:
    with connected(**OPEN) as (fake, wire):
        hello(wire)
        wire.say("STARTTLS")
        wire.send(b"EHLO me.example\r\n")
        assert wire.rest() == b""
    [unread] = facts(fake, Unread)
    assert (unread.data, unread.secure) == (b"EHLO me.example\r\n", False)
    assert [fact.alert for fact in facts(fake, TlsFailed)] == [None]
    assert [fact.verb for fact in facts(fake, Command)] == ["EHLO", "STARTTLS"]
    assert facts(fake, Closed) == [Closed(by="fake", how="fin")]


def test_implicit_tls_comes_before_the_first_word(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    with connected(security="tls", **OPEN) as (fake, wire):
        assert wire.silent()
        wire.secure(client_context())
        assert b"STARTTLS" not in hello(wire)
        assert wire.say("STARTTLS").startswith(b"500")
        wire.deliver(b"x\r\n")
    assert [fact.implicit for fact in facts(fake, ClientHelloSeen)] == [True]
    assert all(fact.secure for fact in facts(fake, Command, Sent, Body, Received))
    assert len(fake.messages) == 1


def test_words_on_a_tls_port_are_recorded_and_hung_up_on(
    connected: Connected, facts: Facts
) -> None:
    with connected(security="tls", **OPEN) as (fake, wire):
        wire.send(b"EHLO me.example\r\n")
        assert wire.rest() == b""
    assert [fact.data for fact in facts(fake, Unread)] == [b"EHLO me.example\r\n"]
    assert len(facts(fake, TlsFailed)) == 1
    assert not facts(fake, Command, Sent, ClientHelloSeen)


def test_a_sender_that_leaves_before_the_handshake_is_recorded(
    connected: Connected, facts: Facts, settled: Settled
) -> None:
    with connected(**OPEN) as (fake, wire):
        hello(wire)
        wire.say("STARTTLS")
        wire.close()
        settled(fake)
    assert [fact.alert for fact in facts(fake, TlsFailed)] == [None]
    assert facts(fake, Closed) == [Closed(by="sender", how="fin")]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_half_a_client_hello_is_kept_as_unread(
    connected: Connected, client_context: MakeContext, facts: Facts, settled: Settled, security: str
) -> None:
    _, _, outgoing = client_hello(client_context())
    half = outgoing.read()[:100]
    with connected(security=security, **OPEN) as (fake, wire):
        if security == "starttls":
            hello(wire)
            wire.say("STARTTLS")
        wire.send(half)
        wire.close()
        settled(fake)
    assert [fact.data for fact in facts(fake, Unread)] == [half]
    assert len(facts(fake, TlsFailed)) == 1
    assert not facts(fake, ClientHelloSeen)


@pytest.mark.parametrize("pieces", [1, 7])
def test_a_client_hello_may_come_in_pieces(
    connected: Connected, client_context: MakeContext, facts: Facts, pieces: int
) -> None:
    _client, incoming, outgoing = client_hello(client_context())
    with connected(security="tls", **OPEN) as (fake, wire):
        said = outgoing.read()
        wire.send(*(said[at : at + pieces] for at in range(0, len(said), pieces)))
        incoming.write(wire.octets(1))
    assert [fact.server_name for fact in facts(fake, ClientHelloSeen)] == ["localhost"]


def test_the_first_command_can_come_with_the_last_of_the_handshake(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    client, incoming, outgoing = client_hello(client_context())
    with connected(security="tls", **OPEN) as (fake, wire):
        wire.send(outgoing.read())
        while True:
            incoming.write(wire.octets(1))
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                continue
        client.write(b"EHLO me.example\r\nQUIT\r\n")
        wire.send(outgoing.read())
        wire.rest()
    assert [fact.verb for fact in facts(fake, Command)] == ["EHLO", "QUIT"]
    assert b"221" in facts(fake, Sent)[-1].data


def test_a_goodbye_behind_the_last_command_does_not_swallow_its_reply(
    connected: Connected, client_context: MakeContext, facts: Facts
) -> None:
    client, incoming, outgoing = client_hello(client_context())
    with connected(security="tls", **OPEN) as (fake, wire):
        wire.send(outgoing.read())
        while True:
            incoming.write(wire.octets(1))
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                continue
        client.write(b"EHLO me.example\r\n")
        with pytest.raises(ssl.SSLWantReadError):
            client.unwrap()
        wire.send(outgoing.read())
        wire.rest()
    assert facts(fake, Sent)[-1].data.startswith(b"250-mx.fake.test")
    assert facts(fake, Closed) == [Closed(by="sender", how="fin")]
