"""What is told of messages, whatever they are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.message import CapturedMessage
from harness.serve.kept_mail import KeptMessage
from harness.serve.message_head import head_of
from harness.serve.remarks import of_content
from harness.serve.views import whole_message_document


@given(st.binary(max_size=300))
def test_nothing_is_too_broken_to_be_read(octets: bytes) -> None:
    nasty = b"Content-Type: text/html; charset=nope\r\nSubject: =?x?q?=FF?=\r\n" + octets
    for content in (octets, nasty):
        captured = CapturedMessage(
            wire=content, mail_from="", rcpt_tos=(), username=None, secure=True, connection=1
        )
        head = head_of(content)
        kept = KeptMessage(
            id=1,
            fake="smtp",
            by="smtp",
            at=datetime.now(UTC),
            captured=captured,
            content=content,
            sender=head.from_,
            subject=head.subject,
        )
        whole_message_document(kept, None).model_dump_json()
    list(of_content(octets, at_provider=False, is_utf8=False))


_HEAD = "From: a@x.test\r\nDate: Mon, 30 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@x.test>\r\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (f"{_HEAD}\r\nx\r\n", []),
        ("\r\nx\r\n", ["no From header", "no Date header", "no Message-ID header"]),
        (f"{_HEAD}From: b@x.test\r\n\r\nx\r\n", ["From stands there 2 times"]),
        (f"{_HEAD}Bcc: c@x.test\r\n\r\nx\r\n", ["the Bcc header shows every reader"]),
        (f"{_HEAD}\r\nx\ny\r\n", ["lines that end in CR or LF alone"]),
        (f"{_HEAD}\r\n{'x' * 999}\r\n", ["a line of more than 998 octets"]),
        (f"{_HEAD}Subject: ü\r\n\r\nü\r\n", ["octets beyond ASCII in the header"]),
        (f"{_HEAD}\r\nDate: in the text\r\nBcc: too\r\n", []),
    ],
)
def test_what_is_wrong_with_a_message_is_told_and_nothing_else(
    content: str, told: list[str]
) -> None:
    found = list(of_content(content.encode(), at_provider=False, is_utf8=False))
    assert len(found) == len(told)
    assert all(one.startswith(start) for one, start in zip(found, told, strict=True))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("From: a@x.test\r\nBcc: c@x.test\r\n\r\nx\r\n", {"at_provider": True, "is_utf8": False}),
        (f"{_HEAD}Subject: ü\r\n\r\nx\r\n", {"at_provider": False, "is_utf8": True}),
    ],
)
def test_what_is_right_where_it_was_handed_in_is_not_told_of(
    content: str, words: dict[str, bool]
) -> None:
    assert list(of_content(content.encode(), **words)) == []
