"""Sheets of cases, packed: some hundred kilobytes of HTML become a line of a few.

A line is the base64 of a zlib stream of a JSON list of texts, `PER_LINE` of them, which a browser
unpacks by itself (`DecompressionStream`). Nothing in it can be taken for markup.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator
from itertools import islice

PER_LINE = 32


def packed(texts: Iterable[str]) -> str:
    """The texts in lines, `PER_LINE` to each."""
    return "\n".join(map(_line, _groups(iter(texts))))


def _groups(texts: Iterator[str]) -> Iterator[list[str]]:
    while group := list(islice(texts, PER_LINE)):
        yield group


def _line(group: list[str]) -> str:
    return b64encode(zlib.compress(json.dumps(group).encode(), 9)).decode()
