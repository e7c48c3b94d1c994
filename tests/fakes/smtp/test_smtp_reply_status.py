"""When a reply is whole, and what its code is."""

from __future__ import annotations

import pytest

from harness.fakes.answer import OutgoingAnswer
from harness.fakes.smtp.replies import reply_status


@pytest.mark.parametrize(
    ("pieces", "positive"),
    [
        ([b"250 2.0.0 queued\r\n"], True),
        ([b"250\r\n"], True),
        ([b"250 \r\n"], True),
        ([b"250-first\r\n250-second\r\n250 last\r\n"], True),
        ([b"250-first\r\n", b"250 last\r\n"], True),
        ([b"2", b"5", b"0", b" ", b"k", b"\r", b"\n"], True),
        ([b"250 queued\r\n", b"221 bye\r\n"], True),
        ([b"299 whatever\r\n"], True),
        ([], False),
        ([b"250 queued"], False),
        ([b"250 queued\r"], False),
        ([b"250-first\r\n"], False),
        ([b"250-first\r\n550 no\r\n"], False),
        ([b"550 no\r\n"], False),
        ([b"451 later\r\n", b"250 no\r\n"], False),
        ([b"\x00\xff"], False),
    ],
)
def test_a_reply_is_positive_when_all_of_it_has_left_and_not_before(
    pieces: list[bytes], positive: bool
) -> None:
    said: list[int] = []
    answer = OutgoingAnswer(
        status_of=reply_status, when_whole=lambda status, _: said.append(status)
    )
    for piece in pieces:
        answer.left(piece)
    assert [status < 300 for status in said] == ([positive] if said else [])
    assert bool(said and said[0] < 300) is positive
