"""Octets as one reading of them leaves them, and where each octet of that stood before.

Whoever writes a text down may escape, wrap or space out any part of it. A view has that undone, in
one pass, so that a plain search finds what was written.
"""

from __future__ import annotations

import html
import re
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate


class View:
    """`data` with every match of `pattern` replaced by what `meaning` makes of it."""

    def __init__(
        self,
        source: bytes,
        pattern: re.Pattern[bytes] | None = None,
        meaning: Callable[[re.Match[bytes]], bytes] = lambda _: b"",
    ) -> None:
        self._source = source
        self._pattern = pattern
        self._meaning = meaning
        self.data = source if pattern is None else pattern.sub(meaning, source)
        self._edits: list[tuple[int, int, int]] | None = None

    def source(self, start: int, end: int) -> tuple[int, int]:
        """Where what stands from `start` to `end` in the view stands in the source."""
        if self._pattern is None:
            return start, end
        return self._place(start)[0], self._place(end - 1)[1]

    def _place(self, at: int) -> tuple[int, int]:
        """The octets of the source that one octet of the view is made of."""
        if self._edits is None:
            self._edits = self._found()
        edits = self._edits
        nth = bisect_right(edits, (at, len(self._source), 0)) - 1
        if nth < 0:
            return at, at + 1
        begin, start, end = edits[nth]
        made = self._made[nth]
        if at < begin + made:
            return start, end
        return end + at - begin - made, end + at - begin - made + 1

    def _found(self) -> list[tuple[int, int, int]]:
        """Of each edit where it begins in the view, and its two ends in the source."""
        assert self._pattern is not None
        matches = list(self._pattern.finditer(self._source))
        self._made = [len(self._meaning(match)) for match in matches]
        grown = accumulate(
            made - (match.end() - match.start())
            for match, made in zip(matches, self._made, strict=True)
        )
        before = [0, *grown][:-1]
        return [
            (match.start() + shift, match.start(), match.end())
            for match, shift in zip(matches, before, strict=True)
        ]


# Percent, quoted-printable, those of most programming languages, and HTML's. Each pattern begins
# with the characters that it can begin with, which the search then skips to.
_ESCAPE = rb"""[%=&\\](?:
    (?<=[%=])(?P<octet>[0-9A-Fa-f]{2}) | (?<==)\r?\n
    | (?<=\\)\\*x(?P<x>[0-9A-Fa-f]{2})
    | (?<=[\\%])\\*u(?P<unit>[0-9A-Fa-f]{4})
    | (?<=\\)\\*U(?P<point>[0-9A-Fa-f]{8})
    | (?<=\\)\\*u\{(?P<braced>[0-9A-Fa-f]{1,6})\}
    | (?<=\\)\\*(?P<octal>[0-3][0-7]{2})
    | (?<=\\)\\*(?P<itself>["'/\\])
    | (?<=&)(?P<html>(?:\#\d{1,7}|\#[xX][0-9A-Fa-f]{1,6}|amp|lt|gt|quot|apos);)
)"""
_END_OF_LINE = rb"[\r\n](?:(?<=\r)\n|(?<=\n))[\ \t]*"
_ESCAPES = re.compile(_ESCAPE, re.VERBOSE)
_LINES = re.compile(_END_OF_LINE, re.VERBOSE)
_ESCAPES_AND_LINES = re.compile(_ESCAPE + b"|" + _END_OF_LINE, re.VERBOSE)

# Pairs of hexadecimal digits, six or more, and what may stand between two of them.
_PAIRS = re.compile(rb"(?:[0-9A-Fa-f]{2}[\s:;,._|-]{0,3}+(?:0[xX])?+){5}[0-9A-Fa-f]{2}")
_BETWEEN_PAIRS = re.compile(
    rb"[\s:;,._|-](?<=[0-9A-Fa-f]{2}[\s:;,._|-])[\s:;,._|-]{0,2}(?:0[xX])?(?=[0-9A-Fa-f]{2})"
)
_MARKS = (b"%", b"=", b"&", b"\\")


def is_read_in_one_way(data: bytes) -> bool:
    """Whether no view of some octets says anything else than they do."""
    return b"\n" not in data and not _ESCAPES.search(data) and not _PAIRS.search(data)


def views(data: bytes) -> Iterator[View]:
    """`data` as it is, and every other reading of it that there is."""
    yield View(data)
    lines = b"\n" in data
    if lines:
        yield View(data, _LINES)
    if any(mark in data for mark in _MARKS) and _ESCAPES.search(data):
        yield View(data, _ESCAPES, _unescaped)
        if lines:
            yield View(data, _ESCAPES_AND_LINES, _unescaped)
    if _PAIRS.search(data):
        yield View(data, _BETWEEN_PAIRS)


def _unescaped(match: re.Match[bytes]) -> bytes:
    kind, text = match.lastgroup, match[match.lastgroup or 0]
    match kind:
        case "octet" | "x":
            return bytes.fromhex(text.decode())
        case "octal":
            return bytes([int(text, 8)])
        case "unit" | "point" | "braced":
            code = int(text, 16)
            return chr(code).encode("utf-8", "surrogatepass") if code <= sys.maxunicode else b""
        case "itself":
            return text
        case "html":
            return html.unescape(f"&{text.decode()}").encode("utf-8", "surrogatepass")
    return b""
