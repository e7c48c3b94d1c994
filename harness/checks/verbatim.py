"""Whether a text decodes to the very lines that were asked for, blanks and empty lines included.

`texts` forgives what changes nothing for a reader; this is for what a transfer encoding, the dots
of SMTP or the end of a body may take away or add.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from harness.fakes.message import Captured
from harness.protocol import Message

from .check import Check
from .each_message import missed_by_the_kindest, unlike_what_was_asked
from .mail_reading import MailReading
from .record import Observation, Record

_LINE_END = re.compile(r"\r\n|\r|\n")


def verbatim(record: Record, wanted: Literal["verbatim", "up-to-the-end"]) -> Observation:
    """Whether text and HTML are what was asked for, line by line.

    Which octets end a line is no difference, nor is a last line end that was not there: a message
    consists of whole lines (RFC 5321 section 4.1.1.4). `up-to-the-end`: nor are empty lines at the
    end of a text, where that is another row's. The same section forbids to add one, and a common
    library does.
    """
    to_the_end = wanted == "verbatim"
    but = "" if to_the_end else ", but for empty ones at the end"

    def amiss(captured: Captured, asked: Message) -> list[str]:
        return missed_by_the_kindest(
            captured,
            asked,
            lambda reading, asked: _differing(reading, asked, to_the_end=to_the_end),
        )

    return unlike_what_was_asked(
        record, f"text and HTML line by line as they were asked for{but}", amiss, is_due=False
    )


def _differing(reading: MailReading, asked: Message, *, to_the_end: bool) -> Iterator[str]:
    there = reading.texts()
    for kind, text in (("text/plain", asked.text), ("text/html", asked.html)):
        if text is None:
            continue
        found = [_lines(part.text) for part in there if part.kind == kind]
        wanted = _lines(text)
        if not any(_are_same(lines, wanted, to_the_end=to_the_end) for lines in found):
            shown = " and ".join(_shown(lines) for lines in found) or "not there"
            yield f"{kind} is {shown}"


def _are_same(found: list[str], wanted: list[str], *, to_the_end: bool) -> bool:
    if to_the_end:
        return found == wanted
    return _without_an_empty_end(found) == _without_an_empty_end(wanted)


def _without_an_empty_end(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and not lines[end - 1]:
        end -= 1
    return lines[:end]


def _lines(text: str) -> list[str]:
    """The lines of a text. A line end at its end begins no other one."""
    lines = _LINE_END.split(text)
    return lines[:-1] if lines[-1] == "" else lines


def _shown(lines: list[str]) -> str:
    """A text in a few words."""
    said = repr("\n".join(lines))
    return f"{len(lines)} lines, {said if len(said) <= 80 else said[:76] + '…' + said[-1]}"


CHECKS = (
    Check(
        key="lines",
        words="whether text and HTML came line by line as they were asked for",
        wanted=Literal["verbatim", "up-to-the-end"],
        ask=verbatim,
    ),
)
