"""What is shown of text from the wire."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.escaping import encodable, inert, inert_json, is_inert, shortened, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain ümlaut 漢字 😀", "plain ümlaut 漢字 😀"),
        ("a\x00b", r"a\x00b"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x7f\x9b", r"\x7f\x9b"),
        ("abc\u202etxt", r"abc\u202etxt"),
        ("\u2066\u200b\ufeff", r"\u2066\u200b\ufeff"),
        ("\u2028\xa0", r"\u2028\xa0"),
        ("\ufffe\uffff", r"\ufffe\uffff"),
        ("\U000e0041", r"\U000e0041"),
        ("\ud800", r"\ud800"),
        ("\udcff", r"\xff"),
        (r"C:\new", r"C:\new"),
        ("::error file=a::b", r"\x3a:error file=a::b"),
        ("  ::Stop-Commands::x", r"  \x3a:Stop-Commands::x"),
        (
            "a ##[error]b ##vso[task] ##teamcity[x]",
            r"a \x23#[error]b \x23#vso[task] \x23#teamcity[x]",
        ),
        (
            "::1 [::1]:25 Net::SMTP::Error std::debug::x ## [x]",
            "::1 [::1]:25 Net::SMTP::Error std::debug::x ## [x]",
        ),
    ],
)
def test_what_does_not_print_becomes_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_bytes_are_read_as_utf8_and_the_rest_is_escaped() -> None:
    assert visible("ü\x1b".encode() + b"\xff\xfe") == r"ü\x1b\xff\xfe"


def test_what_is_to_be_kept_is_kept() -> None:
    assert visible("a\nb\tc", keep="\n") == "a\nb\\tc"


@given(st.text(st.characters(codec=None)))
def test_nothing_that_acts_is_left_and_twice_is_once(text: str) -> None:
    shown = visible(text)
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}
    assert visible(shown) == shown
    shown.encode()


@pytest.mark.parametrize(
    ("data", "inert"),
    [
        (b"Subject: \xc3\xbc\r\n\r\n\tx\n", True),
        (b"a\rb", False),
        (b"a\x1b[2J", False),
        (b"a\0", False),
        (b"\xff", False),
        ("\x9b2J \u202e".encode(), False),
        (b"\n::error::x", False),
    ],
)
def test_what_can_be_written_to_a_terminal_is_known(data: bytes, inert: bool) -> None:
    assert is_inert(data) is inert


@given(st.text(st.characters(codec="utf-8")))
@example("##[error] \x9b2J \x7f \u202e \U000e0041")
def test_inert_json_says_the_same(text: str) -> None:
    written = inert_json(json.dumps({"a": text}, ensure_ascii=False, indent=1))
    assert json.loads(written) == {"a": text}
    assert visible(written, keep="\n") == written


def test_only_lone_surrogates_keep_text_from_being_encoded() -> None:
    everything = "".join(map(chr, range(0xD700, 0xE100))) + chr(sys.maxunicode)
    encodable(everything).encode()
    assert encodable("\x00\x1b\ud800\udc80") == "\x00\x1b\\ud800\\x80"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("abcde", 3) == "abc… (2 more characters)"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", r"\x3a:error::x"),
        ("a\n \t::stop-commands::x", "a\n \t\\x3a:stop-commands::x"),
        ("##[error]x", r"#\x23[error]x"),
        ("a ##vso[task.setvariable]x", r"a #\x23vso[task.setvariable]x"),
        ("###[x]", r"##\x23[x]"),
        ("##teamcity[x]", r"#\x23teamcity[x]"),
        ("## Heading, IPv6 a::b, std::string", "## Heading, IPv6 a::b, std::string"),
        ("[::1] and ##", "[::1] and ##"),
    ],
)
def test_commands_of_ci_runners_are_inert(text: str, shown: str) -> None:
    assert inert(text) == shown
    assert inert(shown) == shown
