"""The SMTP fake under anything at all: it breaks never, hangs never, and records every octet."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes import Smtp
from harness.fakes.tls import Authority
from harness.fakes.transcript import Closed, Sent, Unread
from tests.fakes.memory import assert_sound, fed, sent_over_a_socket

from .accounting import is_accounted_for, kept
from .budget import share
from .mutation import corpus, cuts, mutated, pieces_of, turns

SESSIONS = corpus("smtp")
WORDS = (
    b"EHLO x\r\n", b"HELO x\r\n", b"MAIL FROM:<a@b.test>\r\n", b"RCPT TO:<a@b.test>\r\n",
    b"DATA\r\n", b"AUTH PLAIN\r\n", b"AUTH LOGIN dXNlcg==\r\n", b"AUTH XOAUTH2 =\r\n", b"*\r\n",
    b"RSET\r\n", b"STARTTLS\r\n", b"QUIT\r\n", b"BDAT 3\r\n", b" SIZE=", b" BODY=8BITMIME",
    b"x" * 1100 + b"\r\n",
)  # fmt: skip
ACCOUNT = {"username": "user@one.example", "password": "wonderful"}
OPEN: dict[str, Any] = {"security": "none", "auth": {"required": False}}
STATES: list[dict[str, Any]] = [
    OPEN,
    {"security": "none", "smtputf8": True, "size": 1_000_000, **ACCOUNT},
    {"security": "none", "auth": {"offer": "never"}, "extensions": ["DSN"]},
    {**OPEN, "faults": [{"at": "body[9]", "do": "close"}]},
    {**OPEN, "faults": [{"at": "rcpt", "do": "reply", "code": 421, "text": "no", "close": True}]},
    {**OPEN, "faults": [{"at": "mail", "do": "garble", "data": "250"}]},
    {**OPEN, "faults": [{"at": "end-of-data", "do": "truncate", "octets": 2}]},
    {**OPEN, "faults": [{"at": "ehlo", "do": "drip", "every": "1ms"}]},
]
sessions = mutated(SESSIONS, WORDS, edits=6)


def fake_of(words: dict[str, Any], authority: Authority, ca_file: Path) -> Any:
    return Smtp(authority=authority, ca_file=ca_file, **words)


@share(150)
@given(words=st.sampled_from(STATES), session=sessions, places=cuts, turns=turns)
def test_every_octet_of_any_session_is_in_the_record(
    authority: Authority,
    ca_file: Path,
    loop: asyncio.Runner,
    words: dict[str, Any],
    session: bytes,
    places: list[int],
    turns: tuple[int, ...],
) -> None:
    fake = fake_of(words, authority, ca_file)
    taken, sent = loop.run(fed(fake, pieces_of(session, places), turns=turns))
    assert_sound(fake.transcript)
    assert is_accounted_for(taken, fake.transcript)
    assert b"".join(fact.data for _, fact in fake.transcript.of(Sent)) == sent


@share(60)
@given(security=st.sampled_from(["starttls", "tls"]), session=sessions, places=cuts, turns=turns)
def test_nothing_breaks_a_server_with_tls(
    authority: Authority,
    ca_file: Path,
    loop: asyncio.Runner,
    security: str,
    session: bytes,
    places: list[int],
    turns: tuple[int, ...],
) -> None:
    fake = fake_of({"security": security}, authority, ca_file)
    loop.run(fed(fake, pieces_of(session, places), turns=turns))
    assert_sound(fake.transcript)


@share(30)
@given(
    session=sessions, word=st.sampled_from(WORDS) | st.binary(min_size=1), times=st.integers(1, 9)
)
def test_a_record_is_no_longer_than_its_bounds(
    authority: Authority,
    ca_file: Path,
    loop: asyncio.Runner,
    session: bytes,
    word: bytes,
    times: int,
) -> None:
    fake = fake_of({**OPEN, "size": 500}, authority, ca_file)
    flood = [session, *[word * 1000] * times]
    taken, _ = loop.run(fed(fake, flood, turns=(3,)))
    assert_sound(fake.transcript)
    # Each octet in one segment; a body kept once more, up to its limit and the dots.
    bodies = 1 + taken.upper().count(b"DATA")
    assert kept(fake.transcript) <= len(taken) + bodies * (500 * 4 // 3 + 5)
    assert sum(len(fact.data) for _, fact in fake.transcript.of(Unread)) <= len(taken)


@pytest.mark.wire
@share(40)
@given(session=sessions, places=cuts, reset=st.booleans())
def test_every_octet_over_a_socket_is_in_the_record(
    authority: Authority,
    ca_file: Path,
    loop: asyncio.Runner,
    session: bytes,
    places: list[int],
    reset: bool,
) -> None:
    fake = fake_of(OPEN, authority, ca_file)
    pieces = pieces_of(session, places)
    loop.run(sent_over_a_socket(fake, pieces, reset=reset))
    assert_sound(fake.transcript)
    if not reset and fake.transcript.events[-1].fact == Closed(by="sender", how="fin"):
        assert is_accounted_for(session, fake.transcript)
