"""One-time codes: what somebody would copy from a message."""

from __future__ import annotations

import re
from collections.abc import Iterable

# What stands around a code: neither more of a word or number, nor what makes an amount, a date, a
# time, a telephone number or a reference of it.
_BEFORE = r"(?<![\w@#$€£¥%+/&=.,:-])(?<!\d[ ])"
_AFTER = r"(?![\w@/=-])(?![ ]?[€£$¥%])(?![.,:]\d)(?![ ]\d)"
_DIGITS = r"\d{4,8}|\d{3}[ -]\d{3}|\d{4}[ -]\d{4}"
_LETTERS = r"(?=[A-Z-]*\d)(?=[\d-]*[A-Z])(?:[A-Z\d]{5,10}|[A-Z\d]{3,5}-[A-Z\d]{3,5})"
_CODE = re.compile(f"{_BEFORE}(?:{_DIGITS}|{_LETTERS}){_AFTER}", re.ASCII)
# Behind a colon without a blank there may be a code; elsewhere the colon is a time's.
_COLON = re.compile(r"(?<=[^\W\d]):(?=\S)")
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)\s*(?:\d{4}\s*[-–]\s*)?\d{4}", re.IGNORECASE)
_YEARS = re.compile(r"(?:19|20)\d\d[ -](?:19|20)\d\d")


def codes_in(words: str) -> list[str]:
    """The codes of a text, those first that stand alone in their line.

    What counts as one: see `ReadableMessage.codes`.
    """
    alone: list[str] = []
    among: list[str] = []
    for line in words.splitlines():
        text = _COPYRIGHT.sub(" ", _COLON.sub(": ", line))
        for found in _CODE.finditer(text):
            if not _YEARS.fullmatch(found[0]):
                is_alone = found[0] == text.strip().strip("*_ ")
                (alone if is_alone else among).append(re.sub("[ -]", "", found[0]))
    return [*alone, *among]


def each_once(codes: Iterable[str]) -> tuple[str, ...]:
    """The same ones in the same order, each once."""
    return tuple(dict.fromkeys(codes))
