"""The fake under input cut at any place, and under input that is no SMTP at all.

No sockets here: pieces are handed over as asyncio would, so that each cut is really a cut.
"""

from __future__ import annotations

import itertools
import ssl
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.fakes.smtp.facts import AuthOutcome, AuthResponse, Command
from harness.fakes.transcript import Body, MessageCaptured, Received, Sent

InMemory = Callable[..., tuple[Any, bytes]]

some = settings(deadline=None, max_examples=60)
many = settings(deadline=None, max_examples=250)

ACCOUNT = {"username": "user@one.example", "password": "wonderful"}
LOGIN = (b64encode(b"user@one.example"), b64encode(b"wonderful"))
WORDS = {"security": "none", "auth": {"mechanisms": ("LOGIN", "PLAIN")}, "size": 500, **ACCOUNT}
SESSION = b"".join(
    [
        b"EHLO me.example\r\n",
        b"MAIL FROM:<a@one.example>\r\n",
        b"AUTH LOGIN\r\n%s\r\n%s\r\n" % LOGIN,
        b"MAIL FROM:<a@one.example>\r\nRCPT TO:<b@two.example>\r\nDATA\r\n",
        b"Subject: x\r\n\r\n..\r\n...dots\r\n.\r\n",
        b"RSET\r\n",
        b"MAIL FROM:<>\r\nRCPT TO:<b@two.example>\r\nRCPT TO:<>\r\nDATA\r\n",
        b".\r\n",
        b"MAIL FROM:<a@one.example>\r\nRCPT TO:<b@two.example>\r\nDATA\r\n",
        b"x" * 600 + b"\r\n.\r\n",
        b"NOOP " + b"x" * 600 + b"\r\n",
        b"WHAT\r\n",
        b"QUIT\r\n",
    ]
)


def told(fake: Any) -> list[Any]:
    """The record without segments."""
    kinds = (Command, AuthResponse, AuthOutcome, Body, MessageCaptured, Sent)
    return [event.fact for event in fake.transcript if isinstance(event.fact, kinds)]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted({place for place in places if 0 < place < len(data)}), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(bounds)]


@pytest.fixture(scope="module")
def whole() -> list[Any]:
    return []


@some
@given(
    places=st.lists(st.integers(1, len(SESSION) - 1), max_size=30),
    turns=st.lists(st.integers(0, 3), min_size=1, max_size=5),
)
def test_a_session_is_the_same_however_it_is_cut(
    in_memory: InMemory, whole: list[Any], places: list[int], turns: list[int]
) -> None:
    if not whole:
        whole += told(in_memory(WORDS, [SESSION])[0])
        assert len([fact for fact in whole if isinstance(fact, MessageCaptured)]) == 2
    fake, _ = in_memory(WORDS, cut(SESSION, places), turns=tuple(turns))
    assert told(fake) == whole
    segments = [event.fact for event in fake.transcript if isinstance(event.fact, Received | Body)]
    seen = b"".join(fact.data for fact in segments if isinstance(fact, Received))
    for line in SESSION.split(b"QUIT")[0].split(b"\r\n"):
        bodies = b"".join(fact.data for fact in segments if isinstance(fact, Body))
        assert line in seen or line in bodies or line == b"."


def test_a_session_octet_by_octet_is_the_same(in_memory: InMemory) -> None:
    pieces = [SESSION[at : at + 1] for at in range(len(SESSION))]
    one_by_one, _ = in_memory(WORDS, pieces, turns=(1,))
    at_once, _ = in_memory(WORDS, [SESSION])
    assert told(one_by_one) == told(at_once)


def test_an_end_of_data_may_be_cut_at_each_place(in_memory: InMemory) -> None:
    end = SESSION.index(b"...dots\r\n.\r\n") + 7
    at_once = told(in_memory(WORDS, [SESSION])[0])
    for place in range(end, end + 6):
        assert told(in_memory(WORDS, cut(SESSION, [place]))[0]) == at_once


verbs = st.sampled_from(
    [
        b"EHLO x\r\n", b"HELO x\r\n", b"MAIL FROM:<a@b>\r\n", b"RCPT TO:<a@b>\r\n", b"DATA\r\n",
        b"AUTH PLAIN\r\n", b"AUTH LOGIN\r\n", b"AUTH CRAM-MD5\r\n", b"*\r\n", b"RSET\r\n",
        b"STARTTLS\r\n", b"VRFY \xff\r\n", b"HELP x\r\n", b"EXPN\r\n", b".\r\n", b"\r\n",
        b"MAIL FROM:<", b"RCPT TO:<\"", b" SIZE=", b">", b"\r", b"\n", b" ", b"\0",
    ]
)  # fmt: skip
noise = st.lists(st.one_of(verbs, st.binary(max_size=40)), max_size=25)


@many
@given(
    pieces=noise,
    smtputf8=st.booleans(),
    security=st.sampled_from(["none", "starttls", "tls"]),
    turns=st.lists(st.integers(0, 2), min_size=1, max_size=4),
)
def test_nothing_that_comes_in_breaks_the_fake(
    in_memory: InMemory, pieces: list[bytes], smtputf8: bool, security: str, turns: list[int]
) -> None:
    words = {"security": security, "smtputf8": smtputf8, "auth": {"required": False}}
    fake, sent = in_memory(words, pieces, turns=tuple(turns))
    assert sum(len(fact.data) for _, fact in fake.transcript.of(Sent)) <= len(sent)
    if security == "none":
        lines = sent.decode("ascii" if not smtputf8 else "utf-8").split("\r\n")
        assert lines[-1] == ""
        assert all(line[:3].isdigit() and line[3] in " -" for line in lines[:-1]), lines
        assert all(line.isprintable() for line in lines)


@some
@given(st.binary(min_size=1, max_size=400), st.lists(st.integers(1, 400), max_size=4))
def test_no_handshake_breaks_the_fake(
    in_memory: InMemory, garbage: bytes, places: list[int]
) -> None:
    record = b"\x16\x03\x01" + len(garbage).to_bytes(2, "big") + garbage
    for data in (garbage, record):
        in_memory({"security": "tls"}, cut(data, places))


@some
@given(places=st.lists(st.integers(1, 2000), max_size=8), flips=st.integers(0, 600))
def test_a_client_hello_with_one_wrong_octet_breaks_nothing(
    in_memory: InMemory, places: list[int], flips: int
) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    hello = bytearray(outgoing.read())
    hello[flips % len(hello)] ^= 0xFF
    in_memory({"security": "tls"}, cut(bytes(hello), places))


def test_an_initial_response_that_is_no_text_is_malformed(in_memory: InMemory) -> None:
    words = {**WORDS, "smtputf8": True}
    _, sent = in_memory(words, [b"EHLO x\r\nAUTH LOGIN \x80\r\nAUTH PLAIN \xff\xfe\r\nNOOP\r\n"])
    assert [line[:3] for line in sent.split(b"\r\n")[-4:-1]] == [b"501", b"501", b"250"]
