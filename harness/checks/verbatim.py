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


def verbatim(record: Record, wanted: Literal["verbatim"]) -> Observation:
    """Whether text and HTML are what was asked for, line by line.

    Which octets end a line is no difference, nor is a last line end that was not there: a message
    consists of whole lines (RFC 5321 section 4.1.1.4).
    """
    del wanted
    return unlike_what_was_asked(
        record, "text and HTML line by line as they were asked for", _amiss, is_due=False
    )


def _amiss(captured: Captured, asked: Message) -> list[str]:
    return missed_by_the_kindest(captured, asked, _differing)


def _differing(reading: MailReading, asked: Message) -> Iterator[str]:
    there = reading.texts()
    for kind, text in (("text/plain", asked.text), ("text/html", asked.html)):
        if text is None:
            continue
        found = [_lines(part.text) for part in there if part.kind == kind]
        if _lines(text) not in found:
            shown = " and ".join(_shown(lines) for lines in found) or "not there"
            yield f"{kind} is {shown}"


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
        wanted=Literal["verbatim"],
        ask=verbatim,
    ),
)
