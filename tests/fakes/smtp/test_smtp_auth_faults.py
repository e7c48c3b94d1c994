"""AUTH where the server goes wrong: challenges without an end, and what comes of giving up."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from harness.fakes.smtp.facts import AuthOutcome, AuthResponse

pytestmark = pytest.mark.wire

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]
Facts = Callable[..., list[Any]]

USER, PASSWORD = "user@one.example", "the-password"
USERNAME, ASKED = b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


PLAIN = encoded(f"\0{USER}\0{PASSWORD}")


@pytest.fixture
def session(connected: Connected) -> Connected:
    @contextmanager
    def begin(*extensions: str, **auth: Any) -> Any:
        words = {"security": "none", "auth": auth, "username": USER, "password": PASSWORD}
        with connected(**words, extensions=list(extensions)) as (fake, wire):
            wire.reply()
            wire.say("EHLO me.example")
            yield fake, wire

    return begin


def test_an_endless_exchange_begins_anew_until_it_is_cancelled(
    session: Connected, facts: Facts
) -> None:
    with session(endless=True) as (fake, wire):
        assert wire.say("AUTH LOGIN") == USERNAME
        for _ in range(30):
            assert wire.say(encoded(USER)) == ASKED
            assert wire.say(encoded(PASSWORD)) == USERNAME
        assert wire.say("*") == b"501 5.7.0 Auth aborted\r\n"
        assert wire.say("MAIL FROM:<a@one.example>").startswith(b"530 ")
    assert len(facts(fake, AuthOutcome)) == 30
    assert len(facts(fake, AuthResponse)) == 61


@pytest.mark.parametrize("answer", [PLAIN, "", "!!!", encoded("nonsense")])
def test_an_endless_exchange_never_comes_to_a_verdict(session: Connected, answer: str) -> None:
    with session(endless=True) as (_, wire):
        assert wire.say(f"AUTH PLAIN {PLAIN}") == b"334 \r\n"
        assert wire.say(answer) == b"334 \r\n"
        assert wire.say("*").startswith(b"501 ")


def test_the_reply_to_a_cancelled_exchange_can_be_another(session: Connected) -> None:
    with session(cancelled="535 5.7.8 no") as (_, wire):
        wire.say("AUTH LOGIN")
        assert wire.say("*") == b"535 5.7.8 no\r\n"
        assert wire.say("NOOP").startswith(b"250 ")


def test_a_cancelled_exchange_can_be_left_without_a_reply(session: Connected) -> None:
    with session(cancelled="") as (_, wire):
        wire.say("AUTH LOGIN")
        wire.send(b"*\r\n")
        assert wire.silent()
        assert wire.say("NOOP").startswith(b"250 ")


@pytest.mark.parametrize(
    ("lines", "echoed"),
    [
        ([f"AUTH PLAIN {PLAIN}"], PLAIN),
        (["AUTH PLAIN", PLAIN], PLAIN),
        (["AUTH LOGIN", encoded(USER), encoded(PASSWORD)], encoded(PASSWORD)),
    ],
)
def test_a_refusal_can_quote_what_was_answered(
    session: Connected, lines: list[str], echoed: str
) -> None:
    words = {"broken": ("LOGIN", "PLAIN"), "refusal": "535 5.7.8 what is <response>?"}
    with session(**words) as (_, wire):
        replies = [wire.say(line) for line in lines]
    assert replies[-1] == f"535 5.7.8 what is {echoed}?\r\n".encode()


# After a log-in.


def test_the_limit_can_be_another_after_a_log_in(session: Connected) -> None:
    with session(size_afterwards=500) as (_, wire):
        assert b"SIZE 33554432" in wire.say("EHLO me.example")
        assert wire.say(f"AUTH PLAIN {PLAIN}").startswith(b"235 ")
        assert b"SIZE 500" in wire.say("EHLO me.example")
        assert wire.say("MAIL FROM:<a@one.example> SIZE=501").startswith(b"552 ")
        assert wire.deliver(b"x" * 600 + b"\r\n").startswith(b"552 ")


def test_and_it_is_the_limit_of_chunks_too(session: Connected) -> None:
    with session("CHUNKING", size_afterwards=500) as (_, wire):
        wire.say("EHLO me.example")
        assert wire.say(f"AUTH PLAIN {PLAIN}").startswith(b"235 ")
        for line in ("MAIL FROM:<a@one.example>", "RCPT TO:<b@two.example>"):
            assert wire.say(line).startswith(b"250")
        wire.send(b"BDAT 600 LAST\r\n" + b"x" * 600)
        assert wire.reply().startswith(b"552 ")


def test_ehlo_can_be_refused_after_a_log_in_and_the_session_goes_on(session: Connected) -> None:
    with session(ehlo_afterwards="refused") as (fake, wire):
        assert wire.say("EHLO me.example").startswith(b"250")
        assert wire.say(f"AUTH PLAIN {PLAIN}").startswith(b"235 ")
        assert wire.say("EHLO me.example") == b"503 5.5.1 Error: EHLO after a log-in\r\n"
        assert wire.deliver(b"x\r\n").startswith(b"250 ")
    assert len(fake.messages) == 1


def test_ehlo_can_be_the_end_after_a_log_in(session: Connected) -> None:
    with session(ehlo_afterwards="hang-up") as (_, wire):
        assert wire.say(f"AUTH PLAIN {PLAIN}").startswith(b"235 ")
        assert wire.say("EHLO me.example") == b""
