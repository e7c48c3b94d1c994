"""Message bodies: where they end, and how big they may be."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.message import CapturedMessage
from harness.fakes.smtp.body import BodyReader

BODIES = [
    b"",
    b"\r\n",
    b"hello\r\n",
    b"no line end at all\r\n",
    b"..\r\n",
    b"..\r\n..\r\n..\r\n",
    b"...\r\n",
    b"..x\r\n\r\n",
    b"x\r\n\r\n..\r\n",
    b"bare\n.\nends\n.\r\r\n",
    b"\r\r\n",
    b"\r\n\r\n",
    b"x\r\n..\r\r\n",
    b"x\n.\r\ny\r\n",
    b"\0\xff\r\n",
]


def reader(size_limit: int = 1_000_000) -> BodyReader:
    return BodyReader(size_limit=size_limit)


def fed(pieces: list[bytes], *, size_limit: int = 1_000_000) -> tuple[BodyReader, bytes]:
    """A reader that was given these pieces as long as it took them, and what it left."""
    body = reader(size_limit)
    left = b""
    for piece in pieces:
        if body.complete:
            left += piece
        else:
            left += piece[body.feed(piece) :]
    return body, left


@pytest.mark.parametrize("content", BODIES)
@pytest.mark.parametrize("tail", [b"", b"QUIT\r\n", b".\r\n"])
def test_a_body_ends_at_its_dot_line_however_it_is_cut(content: bytes, tail: bytes) -> None:
    wire = content + b".\r\n" + tail
    cuts = [[wire], [wire[at : at + 1] for at in range(len(wire))]]
    cuts += [[wire[:at], wire[at:]] for at in range(1, len(wire))]
    for pieces in cuts:
        body, left = fed(pieces)
        assert body.complete, pieces
        assert body.data == content, pieces
        assert left == tail, pieces
        assert body.octets == len(content) + 3


@given(
    st.lists(st.sampled_from([b".", b"\r", b"\n", b"\r\n", b"\r\n.", b"x", b".\r\n"]), max_size=12),
    st.lists(st.integers(0, 40), max_size=6),
)
def test_cutting_a_body_changes_nothing(parts: list[bytes], cuts: list[int]) -> None:
    wire = b"".join(parts) + b"\r\n.\r\nrest"
    places = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
    whole, left = fed([wire])
    cut, cut_left = fed([wire[start:end] for start, end in pairwise(places)])
    assert (cut.data, cut.complete, cut.octets) == (whole.data, whole.complete, whole.octets)
    assert cut_left == left
    assert whole.complete


@pytest.mark.parametrize(
    ("wire", "limit", "too_big"),
    [
        (b"12345678\r\n", 10, False),
        (b"12345678\r\n", 9, True),
        (b"..\r\n..\r\n", 6, False),  # without the stuffed dots these are six octets
        (b"..\r\n..\r\n", 5, True),
        (b"x\r\n..y\r\n", 7, False),
        (b"x\r\n..y\r\n", 6, True),
        (b"..\r\n" * 100, 300, False),
        (b"..\r\n" * 100, 299, True),
        (b"", 1, False),
        (b"x" * 1000 + b"\r\n", 10, True),
    ],
)
def test_size_counts_octets_without_stuffed_dots(wire: bytes, limit: int, too_big: bool) -> None:
    for pieces in ([wire + b".\r\n"], [bytes([octet]) for octet in wire + b".\r\n"]):
        body, _ = fed(pieces, size_limit=limit)
        assert body.complete
        assert body.too_big is too_big
        if not too_big:
            assert body.data == wire


def test_what_is_too_much_is_counted_and_not_kept() -> None:
    body = reader(1000)
    for _ in range(100):
        body.feed(b"x" * 65_536)
    body.feed(b"\r\n.\r\n")
    assert body.complete
    assert body.too_big
    assert body.octets == 100 * 65_536 + 5
    assert len(body.data) < 2000


def test_a_body_that_broke_off_is_kept_as_far_as_it_came() -> None:
    body, _ = fed([b"hello\r\n."])
    assert not body.complete
    assert body.data == b"hello\r\n."


def captured(wire: bytes) -> CapturedMessage:
    return CapturedMessage(
        wire=wire, mail_from="", rcpt_tos=(), username=None, secure=False, connection=1
    )


@pytest.mark.parametrize(
    ("wire", "content"),
    [
        (b"", b""),
        (b"..\r\n", b".\r\n"),
        (b".x\r\n", b"x\r\n"),
        (b"a\r\n..\r\n...\r\nb.\r\n", b"a\r\n.\r\n..\r\nb.\r\n"),
        (b"bare\n.dot\r\n", b"bare\n.dot\r\n"),
    ],
)
def test_the_dots_of_dot_stuffing_are_taken_out(wire: bytes, content: bytes) -> None:
    assert captured(wire).content == content


@given(st.lists(st.sampled_from([b".", b"..", b"", b"x", b".x", b"x.", b"\xff"]), max_size=8))
def test_stuffing_and_unstuffing_are_inverse(lines: list[bytes]) -> None:
    content = b"".join(line + b"\r\n" for line in lines)
    wire = b"".join((b"." + line if line[:1] == b"." else line) + b"\r\n" for line in lines)
    assert captured(wire).content == content
