"""Transfer encodings, line by line."""

from __future__ import annotations

import base64
import quopri
import re

import pytest

from harness.reference.mime import base64_lines, quoted_printable, text_part

LINE = re.compile(rb"(?:[\t -<>-~]|=[0-9A-F]{2})*=?")


@pytest.mark.parametrize("tail", ["=", "üü", " ", "\t", ". ", "=\r\n=", "", "ü=ü=", " \r\nx"])
def test_quoted_printable_keeps_its_rules_wherever_a_line_ends(tail: str) -> None:
    for length in range(60, 160):
        octets = ("x" * length + tail).encode()
        encoded = quoted_printable(octets)
        for line in encoded.split(b"\r\n"):
            assert len(line) <= 76
            assert LINE.fullmatch(line)
            assert not line.endswith((b" ", b"\t"))
        assert quopri.decodestring(encoded) == octets


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 114, 1000])
def test_base64_is_cut_into_lines_of_76(size: int) -> None:
    encoded = base64_lines(b"\xff" * size)
    lines = encoded.split(b"\r\n")
    assert all(len(line) == 76 for line in lines[:-1])
    assert 0 < len(lines[-1]) <= 76 or size == 0
    assert base64.b64decode(encoded) == b"\xff" * size


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n", "7bit"),
        ("tab\there\n", "7bit"),
        ("", "7bit"),
        ("x" * 998, "7bit"),
        ("x" * 999, "quoted-printable"),
        ("nearly plain ü and so on", "quoted-printable"),
        ("nul \0 among plain words here", "quoted-printable"),
        ("escape \x1b[31m among plain words", "quoted-printable"),
        ("日本語", "base64"),
    ],
)
def test_the_lightest_encoding_that_is_safe_is_taken(text: str, encoding: str) -> None:
    part = text_part(text, "plain")
    assert f"Content-Transfer-Encoding: {encoding}" in part.fields
