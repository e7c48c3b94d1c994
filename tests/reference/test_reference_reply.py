"""Replies: each fed whole, octet by octet, and with a tail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reference.reply import LONGEST_REPLY, Reply, ReplyError, ReplyReader, printable

REPLIES = [
    (b"250 ok\r\n", 250, (b"ok",)),
    (b"250\r\n", 250, (b"",)),
    (b"250 \r\n", 250, (b"",)),
    (b"250 ok\n", 250, (b"ok",)),
    (b"250-a\r\n250-\r\n250 c\r\n", 250, (b"a", b"", b"c")),
    (b"250-a\n250\n", 250, (b"a", b"")),
    (b"354-a\r\n354 b\r\n", 354, (b"a", b"b")),
    (b"599 \xff\x00\x1b\r\n", 599, (b"\xff\x00\x1b",)),
    (b"150 early\r\n", 150, (b"early",)),
    (b"299 a\rb\r\n", 299, (b"a\rb",)),
    (b"250 " + b"x" * 8192 + b"\r\n", 250, (b"x" * 8192,)),
]
NO_REPLIES = [
    b"\r\n",
    b"OK\r\n",
    b"+OK ready\r\n",
    b"2xx yes\r\n",
    b"25 ok\r\n",
    b"2500 ok\r\n",
    b"250_ok\r\n",
    b"250\tok\r\n",
    b" 250 ok\r\n",
    b"050 ok\r\n",
    b"650 ok\r\n",
    b"250-fine\r\n550 no\r\n",
    b"550-no\r\n250-fine\r\n",
    b"250-fine\r\n\r\n",
]


@pytest.mark.parametrize(("octets", "code", "lines"), REPLIES)
def test_a_reply_is_the_same_however_it_comes(
    octets: bytes, code: int, lines: tuple[bytes, ...]
) -> None:
    expected = Reply(code=code, lines=lines)
    whole, single, tailed = ReplyReader(), ReplyReader(), ReplyReader()
    whole.feed(octets)
    assert whole.next_reply() == expected
    assert whole.empty
    for index in range(len(octets)):
        assert single.next_reply() is None
        single.feed(octets[index : index + 1])
    assert single.next_reply() == expected
    tailed.feed(octets + b"221 b")
    assert tailed.next_reply() == expected
    assert tailed.next_reply() is None
    assert (tailed.empty, tailed.words) == (False, "221 b")
    tailed.feed(b"ye\r\n")
    assert tailed.next_reply() == Reply(code=221, lines=(b"bye",))


@pytest.mark.parametrize("octets", NO_REPLIES)
def test_what_is_no_reply_is_refused_however_it_comes(octets: bytes) -> None:
    whole, single = ReplyReader(), ReplyReader()
    whole.feed(octets)
    with pytest.raises(ReplyError):
        whole.next_reply()

    def drip() -> None:
        for index in range(len(octets)):
            single.feed(octets[index : index + 1])
            single.next_reply()

    with pytest.raises(ReplyError):
        drip()


@pytest.mark.parametrize(
    "octets", [b"250 " + b"x" * LONGEST_REPLY, b"250-x\r\n" * 600, b"x" * 99_999]
)
def test_a_reply_without_end_is_refused_early(octets: bytes) -> None:
    reader = ReplyReader()

    def drip() -> None:
        for start in range(0, len(octets), 1000):
            reader.feed(octets[start : start + 1000])
            reader.next_reply()

    with pytest.raises(ReplyError) as caught:
        drip()
    assert len(caught.value.words) <= 300


def test_a_long_list_of_extensions_is_no_endless_reply() -> None:
    reader = ReplyReader()
    reader.feed(b"250-XEXT with parameters\r\n" * 300 + b"250 END\r\n")
    reply = reader.next_reply()
    assert reply is not None
    assert len(reply.lines) == 301


@pytest.mark.parametrize(
    ("text", "enhanced"),
    [
        (b"2.1.5 ok", "2.1.5"),
        (b"5.7.510", "5.7.510"),
        (b"4.2.0\tlater", "4.2.0"),
        (b"ok 2.1.5", None),
        (b"1.2.3 no class", None),
        (b"5.7 short", None),
        (b"5.7.1000 long", None),
        (b"", None),
    ],
)
def test_an_enhanced_code_stands_at_the_start(text: bytes, enhanced: str | None) -> None:
    assert Reply(code=250, lines=(text,)).enhanced_code == enhanced


@given(st.binary(max_size=200))
def test_any_octets_are_a_reply_an_error_or_a_beginning(octets: bytes) -> None:
    reader = ReplyReader()
    reader.feed(octets)
    try:
        reply = reader.next_reply()
    except ReplyError:
        return
    assert reply is None or 100 <= reply.code <= 599


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünïcode 日本", "plain ünïcode 日本"),
        ("two\nlines", "two\nlines"),
        ("\x1b[31m\x00\r\x7f\x85", "\\x1b[31m\\x00\\r\\x7f\\x85"),
        ("\u202e\u2028\ufeff", "\\u202e\\u2028\\ufeff"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_could_fool_a_terminal_is_shown_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
