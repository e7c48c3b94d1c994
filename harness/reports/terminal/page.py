"""A page of styled, wrapped lines for the terminal.

Everything that is put on a page is escaped here, once, so that no caller can forget it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from io import StringIO
from typing import TextIO

from rich.console import Console
from rich.text import Text

from harness.escaping import visible

Part = str | tuple[str, str]

NARROWEST = 40
WIDEST = 120
WIDTH_WITHOUT_TERMINAL = 100

# For streams that cannot say it better.
_PLAIN = str.maketrans({"…": "..."})


class Page:
    """Lines for a person, collected and then rendered as text.

    A part is a text, or a text with its style (rich's words: `bold red`).
    """

    def __init__(self, *, width: int, colour: bool) -> None:
        self.width = width
        self._lines = StringIO()
        self._console = Console(
            file=self._lines,
            width=width,
            height=25,
            color_system="standard" if colour else None,
            force_terminal=colour,
            force_jupyter=False,
            legacy_windows=False,
            no_color=False,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def add(self, *parts: Part, indent: int = 0, label: str = "", wrap: bool = True) -> None:
        """Add a paragraph, wrapped at words and indented.

        `label` stands before the first line, and the other lines are indented as far. Without
        `wrap` it stays one line, however long: for what a person copies.
        """
        text = _assembled(parts)
        room = max(self.width - indent - len(label), 10)
        lines = text.wrap(self._console, room, overflow="fold") if wrap else [text]
        for number, line in enumerate(lines):
            margin = " " * indent + (label if number == 0 else " " * len(label))
            whole = Text.assemble((" " * indent, ""), (margin[indent:], "dim"), line)
            whole.rstrip()
            self._console.print(whole, soft_wrap=True)

    def blank(self) -> None:
        """Add an empty line."""
        self._console.print()

    def text(self) -> str:
        """Return the page."""
        return self._lines.getvalue()


def wants_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to colour what goes to `stream`: NO_COLOR, then FORCE_COLOR, then the terminal."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return is_terminal(stream, environ)


def is_terminal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether `stream` is a terminal that can move its cursor."""
    return stream.isatty() and environ.get("TERM") != "dumb"


def width_of(stream: TextIO, environ: Mapping[str, str]) -> int:
    """Return how wide to write: the terminal's width, or at most 100 columns without one."""
    columns = environ.get("COLUMNS", "")
    asked = int(columns) if columns.isdecimal() and int(columns) else None
    if not stream.isatty():
        return max(NARROWEST, min(asked or WIDTH_WITHOUT_TERMINAL, WIDTH_WITHOUT_TERMINAL))
    try:
        found = asked or os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        found = 80
    return max(NARROWEST, min(found or 80, WIDEST))


def encodable_for(stream: TextIO, text: str) -> str:
    """Return `text` with what the stream's encoding lacks replaced by escapes."""
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        plain = text.translate(_PLAIN)
        return plain.encode(encoding, "backslashreplace").decode(encoding)
    return text


def _assembled(parts: tuple[Part, ...]) -> Text:
    pairs = [(part, "") if isinstance(part, str) else part for part in parts]
    return Text.assemble(*((visible(text), style) for text, style in pairs))
