"""BDAT in place of DATA (RFC 3030), commands that come together, and content for nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from harness.fakes import FakeError, Smtp
from harness.fakes.transcript import Body, MessageCaptured, Unread

pytestmark = pytest.mark.wire

Connected = Callable[..., AbstractContextManager[tuple[Any, Any]]]
Facts = Callable[..., list[Any]]
ENVELOPE = ("EHLO me.example", "MAIL FROM:<a@one.example>", "RCPT TO:<b@two.example>")
CONTENT = b"Subject: x\r\n\r\n.one\r\n..two\r\n.\r\nthree"


@pytest.fixture
def ready(connected: Connected) -> Callable[..., AbstractContextManager[tuple[Any, Any]]]:
    """A session in clear, its envelope taken."""

    @contextmanager
    def begin(*lines: str, **words: Any) -> Iterator[tuple[Any, Any]]:
        state = {"extensions": ["CHUNKING", "PIPELINING"], **words}
        with connected(security="none", auth={"offer": "never"}, **state) as (fake, wire):
            wire.reply()
            for line in lines or ENVELOPE:
                wire.say(line)
            yield fake, wire

    return begin


def chunk(data: bytes, *, last: bool = False) -> bytes:
    return b"BDAT %d%s\r\n%s" % (len(data), b" LAST" if last else b"", data)


@pytest.mark.parametrize("cut", [0, 1, 13, 16, len(CONTENT)])
def test_chunks_make_one_message_octet_for_octet(ready: Any, facts: Facts, cut: int) -> None:
    with ready() as (fake, wire):
        wire.send(chunk(CONTENT[:cut]) + chunk(CONTENT[cut:], last=True))
        assert wire.reply().startswith(b"250")
        assert wire.reply().startswith(b"250 2.0.0 Ok: queued")
        assert wire.say("NOOP").startswith(b"250")
    [taken] = facts(fake, MessageCaptured)
    assert taken.message.content == CONTENT
    [body] = facts(fake, Body)
    assert body.complete


@pytest.mark.parametrize("argument", ["", "x", "-1", "4 FIRST", "4 LAST more"])
def test_a_size_that_is_none_is_refused(ready: Any, argument: str) -> None:
    with ready() as (_, wire):
        assert wire.say(f"BDAT {argument}").startswith(b"501")
        assert wire.say("NOOP").startswith(b"250")


def test_without_chunking_there_is_no_bdat(ready: Any) -> None:
    with ready(extensions=[]) as (_, wire):
        assert wire.say("BDAT 0 LAST").startswith(b"500")


def test_a_chunk_ahead_of_its_turn_is_read_and_refused(ready: Any, facts: Facts) -> None:
    with ready("EHLO me.example") as (fake, wire):
        wire.send(chunk(b"QUIT\r\n", last=True))
        assert wire.reply().startswith(b"503")
        for line in ENVELOPE:
            wire.say(line)
        wire.send(chunk(CONTENT, last=True))
        assert wire.reply().startswith(b"250")
    assert [body.complete for body in facts(fake, Body)] == [False, True]


def test_behind_a_refused_chunk_nothing_is_taken_until_rset(ready: Any, facts: Facts) -> None:
    faults = [{"at": "bdat[2]", "do": "reply", "code": 452, "text": "full", "times": 1}]
    with ready(faults=faults) as (fake, wire):
        for data, code in ((b"one", b"250"), (b"two", b"452"), (b"three", b"503")):
            wire.send(chunk(data))
            assert wire.reply().startswith(code)
        assert wire.say("RSET").startswith(b"250")
        for line in ENVELOPE[1:]:
            wire.say(line)
        wire.send(chunk(CONTENT, last=True))
        assert wire.reply().startswith(b"250")
    assert len(facts(fake, MessageCaptured)) == 1
    assert next(body.data for body in facts(fake, Body)) == b"onetwothree"


def test_data_behind_a_chunk_is_refused(ready: Any) -> None:
    with ready() as (_, wire):
        wire.send(chunk(b"one"))
        wire.reply()
        assert wire.say("DATA").startswith(b"503")


def test_chunks_beyond_the_limit_are_refused_and_not_kept(ready: Any, facts: Facts) -> None:
    with ready(size=10) as (fake, wire):
        wire.send(chunk(b"x" * 8) + chunk(b"y" * 8, last=True))
        assert wire.reply().startswith(b"250")
        assert wire.reply().startswith(b"552")
    assert facts(fake, Body)[0].data == b"x" * 8 + b"yy"


def test_a_chunk_that_breaks_off_is_on_record(ready: Any, facts: Facts, settled: Any) -> None:
    with ready() as (fake, wire):
        wire.send(b"BDAT 100 LAST\r\nSubject: x\r\n")
        wire.close()
        settled(fake)
    [body] = facts(fake, Body)
    assert (body.data, body.complete) == (b"Subject: x\r\n", False)


def test_pipelined_commands_are_answered_one_after_the_other(ready: Any) -> None:
    with ready("EHLO me.example") as (_, wire):
        wire.send("\r\n".join([*ENVELOPE[1:], "DATA", ""]).encode())
        assert [wire.reply()[:3] for _ in range(3)] == [b"250", b"250", b"354"]


def test_where_pipelining_is_broken_all_but_the_first_get_lost(ready: Any, facts: Facts) -> None:
    with ready("EHLO me.example", pipelining="broken") as (fake, wire):
        wire.send("\r\n".join([*ENVELOPE[1:], "DATA", ""]).encode())
        assert wire.reply().startswith(b"250")
        assert wire.silent()
        assert wire.say(ENVELOPE[2]).startswith(b"250")
    [lost] = facts(fake, Unread)
    assert lost.data.startswith(b"RCPT")


@pytest.mark.parametrize(("word", "reply"), [("refused", b"503"), ("taken", b"354")])
def test_data_without_a_recipient_is_as_the_state_says(ready: Any, word: str, reply: bytes) -> None:
    with ready(*ENVELOPE[:2], data_without_recipients=word) as (_, wire):
        assert wire.say("DATA").startswith(reply)
        if word == "taken":
            assert wire.say(".").startswith(b"554")
            assert wire.say(ENVELOPE[1]).startswith(b"250")


def test_an_extension_that_is_listed_by_hand_is_in_force(connected: Connected) -> None:
    with connected(security="none", auth={"offer": "never"}, ehlo=["DSN", "CHUNKING"]) as (_, wire):
        wire.reply()
        wire.say("EHLO me.example")
        assert wire.say("MAIL FROM:<a@one.example> RET=HDRS").startswith(b"250")
        assert wire.say("RCPT TO:<b@two.example> NOTIFY=NEVER").startswith(b"250")
        wire.send(chunk(CONTENT, last=True))
        assert wire.reply().startswith(b"250")


def test_an_extension_that_the_fake_cannot_keep_is_refused() -> None:
    with pytest.raises(FakeError, match="BINARYMIME"):
        Smtp(ehlo=["BINARYMIME"])
