"""What the fake notes of a sender that does not wait for its replies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.fakes.smtp.facts import AheadOfReply, Command

pytestmark = pytest.mark.wire

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]
Facts = Callable[..., list[Any]]
WORDS = {"security": "none", "auth": {"offer": "never"}}
ENVELOPE = b"MAIL FROM:<a@one.example>\r\nRCPT TO:<b@two.example>\r\nDATA\r\n"


def test_commands_that_come_together_are_noted_as_ahead(connected: Connected, facts: Facts) -> None:
    with connected(**WORDS) as (fake, wire):
        wire.reply()
        wire.say("EHLO me.example")
        wire.send(ENVELOPE)
        assert [wire.reply()[:3] for _ in range(3)] == [b"250", b"250", b"354"]
    [noted] = facts(fake, AheadOfReply)
    assert noted.data == ENVELOPE.partition(b"\n")[2]
    assert not noted.first
    assert len(facts(fake, Command)) == 4


def test_what_comes_before_the_greeting_is_noted_as_that(
    connected: Connected, facts: Facts
) -> None:
    late = [{"at": "greeting", "do": "late", "wait": "0.1x"}]
    with connected(**WORDS, faults=late) as (fake, wire):
        wire.send(b"EHLO me.example\r\n")
        wire.reply()
        wire.reply()
    [noted] = facts(fake, AheadOfReply)
    assert noted.first
    assert noted.data == b"EHLO me.example\r\n"


def test_a_sender_that_waits_is_not_noted(connected: Connected, facts: Facts) -> None:
    late = [{"at": "mail", "do": "drip", "every": "1ms"}]
    with connected(**WORDS, faults=late) as (fake, wire):
        wire.reply()
        for line in ("EHLO me.example", *ENVELOPE.decode().splitlines(), "Subject: x\r\n\r\n."):
            wire.say(line)
    assert not facts(fake, AheadOfReply)


def test_a_body_that_a_fault_interrupts_is_not_ahead_of_anything(
    connected: Connected, facts: Facts
) -> None:
    with connected(**WORDS, faults=[{"at": "body[2]", "do": "inject", "data": "452 full\r\n"}]) as (
        fake,
        wire,
    ):
        wire.reply()
        for line in ("EHLO me.example", *ENVELOPE.decode().splitlines()):
            wire.say(line)
        wire.send(b"Subject: x\r\n\r\nmore\r\n.\r\n")
        assert wire.reply().startswith(b"452")
        assert wire.reply().startswith(b"250")
    assert not facts(fake, AheadOfReply)


def test_what_a_fault_says_unasked_is_nothing_to_wait_for(
    connected: Connected, facts: Facts
) -> None:
    fault = {"at": "idle[1]", "do": "drip", "every": "0.05x", "data": "421 gone\r\n"}
    with connected(**WORDS, faults=[fault]) as (fake, wire):
        wire.reply()
        for line in ("EHLO me.example", *ENVELOPE.decode().splitlines(), "Subject: x\r\n\r\n."):
            wire.say(line)
        assert wire.say("NOOP").startswith(b"421")
        assert wire.reply().startswith(b"250")
    assert not facts(fake, AheadOfReply)
