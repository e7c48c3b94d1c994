"""Lists in pages, with a token for the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def page(
    rows: Sequence[T], *, size: str | int | None, token: str | None, most: int
) -> tuple[list[T], str | None]:
    """A page of rows, and the token of the next, None at the end.

    A size or token that is none counts as not given: what SES says of them is not known.
    """
    start = _number(token) or 0
    end = start + min(_number(size) or most, most)
    return list(rows[start:end]), str(end) if end < len(rows) else None


def _number(text: str | int | None) -> int | None:
    shown = str(text)
    return int(shown) if shown.isascii() and shown.isdecimal() and len(shown) < 10 else None
