"""How a message is cut into lines: where they end, and how long they are.

Asked of the octets, because a parser forgives it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from harness.fakes.message import CapturedMessage

from .check import Check
from .each_message import amiss_in_each
from .mail_reading import bare_line_ends
from .record import Observation, Record

_LONGEST = 998
"""Octets, CRLF apart (RFC 5322 section 2.1.1; RFC 5321 section 4.5.3.1.6 says 1000 with it)."""


def line_ends(record: Record, wanted: Literal["crlf"]) -> Observation:
    """Whether every line of what came over SMTP ends with CRLF, in the header as in the body."""
    del wanted
    return _over_smtp(record, "CRLF at every line's end, no CR or LF alone", bare_line_ends)


def line_lengths(record: Record, wanted: Literal["within-limits"]) -> Observation:
    """Whether no line is longer than 998 octets."""
    del wanted
    return _over_smtp(record, f"no line longer than {_LONGEST} octets", _too_long)


def _too_long(content: bytes) -> list[str]:
    longest = max(map(len, content.split(b"\r\n")))
    return [f"a line of {longest} octets"] if longest > _LONGEST else []


def _over_smtp(record: Record, expected: str, amiss: Callable[[bytes], list[str]]) -> Observation:
    """How lines end is a rule of SMTP: an API may be given any."""
    return amiss_in_each(
        record,
        expected,
        lambda message: amiss(message.content) if isinstance(message, CapturedMessage) else (),
    )


CHECKS = (
    Check(
        key="line-ends",
        words="whether every line ends with CRLF",
        wanted=Literal["crlf"],
        ask=line_ends,
    ),
    Check(
        key="line-lengths",
        words="whether no line is longer than a line may be",
        wanted=Literal["within-limits"],
        ask=line_lengths,
    ),
)
