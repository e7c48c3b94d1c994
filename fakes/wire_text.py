"""Text that somebody writes and that later goes over a wire: what could not be sent is refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator


def _encodable(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{text[error.start]!r} is half a character (a lone surrogate), which no UTF-8 has"
        ) from error
    return text


def _latin_1(text: str) -> str:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{text[error.start]!r} is no octet: write octets as Latin-1, '\\xff' is the last"
        ) from error
    return text


WireText = Annotated[str, AfterValidator(_encodable)]
"""Text that is sent as UTF-8."""

Octets = Annotated[str, AfterValidator(_latin_1)]
"""Octets as a person writes them: a character of Latin-1 for each."""
