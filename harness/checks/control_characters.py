"""Control characters on the wire. This module knows SMTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import Body, Event

from .check import Check
from .record import Observation, Record, numbers

# Of a header TAB, CR and LF are part of its form; RFC 5322 section 3.2 has no others, and section 4
# lets nobody generate them. A body may hold any but NUL (section 2.3).
_IN_A_LINE = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def control_characters(record: Record, wanted: Literal["none"]) -> Observation:
    """Whether no control character stands in an address or a header, and no NUL in the content.

    Encoded they may.
    """
    del wanted
    found = dict(_found(record))
    return Observation(
        met=not found,
        expected="no control character in addresses and headers, and no NUL anywhere",
        observed=", ".join(found) or "so it is",
        events=numbers(list(found.values())),
    )


def _found(record: Record) -> Iterator[tuple[str, Event]]:
    for event, command in record.of(Command):
        if command.verb in {"MAIL", "RCPT"} and (odd := _IN_A_LINE.search(command.line)):
            yield f"octet {odd[0][0]} in {command.verb}", event
    for event, body in record.of(Body):
        head = re.split(rb"\r?\n\r?\n", body.data, maxsplit=1)[0]
        if odd := _IN_A_LINE.search(head):
            yield f"octet {odd[0][0]} in a header", event
        if b"\0" in body.data:
            yield "NUL in the content", event


CHECKS = (
    Check(
        key="control-characters",
        words="whether control characters stand where none may be",
        wanted=Literal["none"],
        ask=control_characters,
    ),
)
