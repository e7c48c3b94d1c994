"""Checks of one message's octets and of its envelope, put to made-up records."""

from __future__ import annotations

import re

import pytest

from harness.checks.envelope import _PATH
from harness.checks.identification import _is_a_date
from harness.checks.lines import _too_long
from harness.checks.verbatim import _lines


@pytest.mark.parametrize(
    "command",
    [
        "MAIL FROM:<>",
        "mail from:<a@b.test> SIZE=12 BODY=8BITMIME",
        'RCPT TO:<"a b>"@b.test>',
        "RCPT TO:<a@[192.0.2.1]> ",
    ],
)
def test_a_path_as_the_rfc_has_it_is_right(command: str) -> None:
    assert re.fullmatch(_PATH, command)


@pytest.mark.parametrize(
    "command", ["MAIL FROM: <a@b.test>", "RCPT TO:a@b.test", "RCPT TO :<a@b.test>", "RCPT TO:<a b>"]
)
def test_a_path_with_blanks_or_without_brackets_is_not(command: str) -> None:
    assert not re.fullmatch(_PATH, command)


@pytest.mark.parametrize(
    "text", ["Mon, 30 Nov 2026 17:41:33 +0000", "1 Dec 2026 07:41 -0530 (somewhere)"]
)
def test_a_date_with_a_zone_in_digits_is_right(text: str) -> None:
    assert _is_a_date(text)


@pytest.mark.parametrize("text", ["Mon, 30 Nov 2026 17:41:33 GMT", "2026-11-30T17:41:33Z", "soon"])
def test_any_other_date_is_not(text: str) -> None:
    assert not _is_a_date(text)


def test_a_line_of_998_octets_is_not_too_long_and_one_more_is() -> None:
    assert not _too_long(b"a\r\n" + b"x" * 998 + b"\r\n")
    assert _too_long(b"a\r\n" + b"x" * 999 + b"\r\n") == ["a line of 999 octets"]


def test_any_line_end_ends_a_line_and_the_last_one_begins_no_other() -> None:
    assert _lines("a\rb\r\n\nc\n") == _lines("a\nb\n\nc") == ["a", "b", "", "c"]
    assert _lines("a\n\n") == ["a", ""]
