"""What a sender sends, or does not read, never costs the fake more than it should."""

from __future__ import annotations

import contextlib
import socket
import ssl
import tracemalloc
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import Body, Closed, MessageCaptured, Received, TlsFailed, Unread

pytestmark = pytest.mark.wire

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]
Facts = Callable[..., list[Any]]

PLAIN: dict[str, Any] = {"security": "none", "auth": {"offer": "never"}}
MIB = 1_048_576


def _hello() -> bytes:
    out = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="x.test")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return out.read()


HELLO = _hello()


def pour(wire: Any, piece: bytes, octets: int) -> int:
    """Send so many octets, or as many as are taken; how many it were."""
    sent = 0
    wire.socket.settimeout(0.3)
    try:
        while sent < octets:
            sent += wire.socket.send(piece)
    except (TimeoutError, ConnectionError):
        pass
    finally:
        wire.socket.settimeout(10)
    return sent


def test_a_line_without_an_end_is_hung_up_on(connected: Connected, facts: Facts) -> None:
    with connected(**PLAIN) as (fake, wire):
        wire.reply()
        pour(wire, b"x" * 65_536, 64 * MIB)
        wire.socket.close()
    recorded = sum(len(fact.data) for fact in facts(fake, Received))
    assert recorded < 4 * MIB
    assert facts(fake, Closed)[0].by == "fake"
    assert any("without an end" in fact.why for fact in facts(fake, Unread))
    assert not facts(fake, Command)


def test_an_answer_without_an_end_is_hung_up_on(connected: Connected, facts: Facts) -> None:
    with connected(security="none") as (fake, wire):
        wire.reply()
        wire.say("EHLO me.example")
        wire.say("AUTH PLAIN")
        pour(wire, b"x" * 65_536, 64 * MIB)
        wire.socket.close()
    assert sum(len(fact.data) for fact in facts(fake, Received)) < 4 * MIB
    assert facts(fake, Closed)[0].by == "fake"


def test_a_body_beyond_the_limit_is_read_and_not_kept(connected: Connected, facts: Facts) -> None:
    tracemalloc.start()
    try:
        with connected(**PLAIN, size=MIB) as (fake, wire):
            wire.reply()
            wire.say("EHLO me.example")
            wire.envelope()
            wire.say("DATA")
            for _ in range(64):
                wire.send(b"x" * (MIB - 2) + b"\r\n")
            wire.send(b".\r\n")
            assert wire.reply().startswith(b"552 5.3.4")
            assert wire.deliver(b"small\r\n").startswith(b"250")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * MIB
    assert len(facts(fake, Body)[0].data) < 2 * MIB
    assert len(facts(fake, MessageCaptured)) == 1


@pytest.mark.parametrize(("octets", "code"), [(998, b"250"), (999, b"552")])
def test_the_limit_is_exact(connected: Connected, octets: int, code: bytes) -> None:
    with connected(**PLAIN, size=1000) as (_, wire):
        wire.reply()
        wire.say("EHLO me.example")
        assert wire.deliver(b"x" * octets + b"\r\n")[:3] == code


def test_a_sender_that_never_reads_is_not_read_either(connected: Connected, facts: Facts) -> None:
    with connected(**PLAIN) as (fake, wire):
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sent = pour(wire, b"HELP\r\n" * 10_000, 512 * MIB)
        [connection] = fake._connections
        waiting = connection._transport.get_write_buffer_size()
        assert waiting < MIB
        assert sent < 64 * MIB
    assert facts(fake, Closed) == [Closed(by="sender", how="reset")]


def test_a_stalled_session_stops_reading_after_a_while(connected: Connected, facts: Facts) -> None:
    with connected(**PLAIN, faults=[{"at": "body[1]", "do": "stall"}]) as (fake, wire):
        wire.reply()
        wire.say("EHLO me.example")
        wire.envelope()
        wire.say("DATA")
        assert pour(wire, b"x" * 65_536, 512 * MIB) < 64 * MIB
        [connection] = fake._connections
        assert len(connection._conversation._input) < 3 * MIB
    assert facts(fake, Body)[0].complete is False


def test_reading_goes_on_when_a_stall_is_over(connected: Connected) -> None:
    with connected(**PLAIN, faults=[{"at": "body[1]", "do": "late", "wait": "200ms"}]) as (
        fake,
        wire,
    ):
        wire.reply()
        wire.say("EHLO me.example")
        wire.envelope()
        wire.say("DATA")
        wire.send(b"x" * 65_534 + b"\r\n", *[b"y" * 65_534 + b"\r\n"] * 99, b".\r\n")
        assert wire.reply().startswith(b"250")
    assert len(fake.messages[0].wire) == 100 * 65_536


def test_what_comes_after_hanging_up_is_recorded_up_to_a_bound(
    connected: Connected, facts: Facts
) -> None:
    with connected(**PLAIN, faults=[{"at": "greeting", "do": "close"}]) as (fake, wire):
        assert wire.rest() == b""
        pour(wire, b"x" * 65_536, 4 * MIB)
        wire.close()
    assert 0 < sum(len(fact.data) for fact in facts(fake, Received)) <= 65_536


@pytest.mark.parametrize(
    ("words", "opening"),
    [
        ({"security": "tls", "faults": [{"at": "connect", "do": "stall"}]}, b""),
        ({"security": "tls", "faults": [{"at": "handshake", "do": "stall"}]}, HELLO),
        ({"security": "tls", "faults": [{"at": "connect", "do": "late", "wait": "1s"}]}, b""),
    ],
)
def test_what_comes_ahead_of_a_handshake_has_a_bound(
    connected: Connected, facts: Facts, words: dict[str, Any], opening: bytes
) -> None:
    tracemalloc.start()
    try:
        with connected(**words) as (fake, wire):
            wire.send(opening)
            pour(wire, b"\x17\x03\x03\xff\xff" + b"x" * 65_535, 64 * MIB)
            wire.close()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB
    floods = [fact for fact in facts(fake, Unread) if "ahead of the handshake" in fact.why]
    assert len(floods) == 1
    assert len(floods[0].data) == 65_536
    assert len(facts(fake, TlsFailed)) == (1 if opening else 0), "without a hello none began"


def test_a_message_that_is_held_is_held_once(connected: Connected, facts: Facts) -> None:
    body = b"x" * (MIB // 2 - 2) + b"\r\n"
    with connected(**PLAIN) as (fake, wire):
        wire.reply()
        wire.say("EHLO me.example")
        wire.deliver(b"warm up\r\n")
        tracemalloc.start()
        try:
            for _ in range(16):
                assert wire.deliver(body).startswith(b"250")
            held, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert held < 1.2 * 16 * len(body)
    assert all(
        message.wire is fact.data
        for message, fact in zip(fake.messages, facts(fake, Body), strict=True)
    )
    assert fake.messages[-1].wire == body


@pytest.mark.parametrize(
    "talk", [(), ("EHLO x",), ("EHLO x", "MAIL FROM:<a@b.test>"), ("EHLO x", "AUTH LOGIN")]
)
def test_who_is_silent_for_too_long_is_told_and_hung_up_on(
    talk: tuple[str, ...], connected: Connected, facts: Facts
) -> None:
    state = {**PLAIN, "auth": {"offer": "always", "required": False}, "idle": "1s"}
    with connected(**state) as (fake, wire):
        wire.reply()
        for line in talk:
            wire.say(line)
        assert wire.reply().startswith(b"421 4.4.2 ")
        assert wire.socket.recv(1) == b""
    assert facts(fake, Closed)[-1].by == "fake"


def test_whoever_is_silent_within_a_message_is_told_so_too(connected: Connected) -> None:
    with connected(**PLAIN, idle="1s") as (fake, wire):
        wire.reply()
        for line in ("EHLO x", "MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA"):
            wire.say(line)
        wire.send(b"Subject: x\r\n")
        assert wire.reply().startswith(b"421 4.4.2 ")
    assert fake.messages == []


def test_a_fake_that_keeps_the_sender_waiting_does_not_call_it_silent(
    connected: Connected,
) -> None:
    late = [{"at": "ehlo", "do": "late", "wait": "2s"}]
    with connected(**PLAIN, idle="1s", faults=late) as (_, wire):
        wire.reply()
        assert wire.say("EHLO x").startswith(b"250")


def test_a_connection_carries_as_many_messages_as_it_may(connected: Connected) -> None:
    with connected(**PLAIN, messages_per_connection=2) as (fake, wire):
        wire.reply()
        wire.say("EHLO x")
        for _ in range(2):
            for line in ("MAIL FROM:<a@b.test>", "RCPT TO:<c@d.test>", "DATA"):
                wire.say(line)
            assert wire.say("x\r\n.").startswith(b"250")
        assert wire.say("MAIL FROM:<a@b.test>").startswith(b"421 4.7.0 ")
        assert wire.socket.recv(1) == b""
    assert len(fake.messages) == 2
