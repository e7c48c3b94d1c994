"""What stands in a line of a conversation, as `harness.conversation` writes it.

A line begins with what the harness wrote itself, so no octets from the wire can pass for another
time, connection or speaker.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_LINE = re.compile(
    r"\s*(?P<at>\d+\.\d+)s (?:#(?P<connection>\d+) )?"
    r"(?:(?P<who>[CS])(?P<tls>\*?):|--) (?P<text>.*)",
    re.DOTALL,
)


class Speaker(StrEnum):
    """Who says a line; NOBODY says what happened around the conversation."""

    SENDER = "sender"
    SERVER = "server"
    NOBODY = "nobody"


_SPEAKERS = {"C": Speaker.SENDER, "S": Speaker.SERVER, None: Speaker.NOBODY}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationLine:
    """One line. `at` is in seconds; `connection` is 0 where there is but one.

    `secure`: said inside TLS; of what nobody said it is not known.
    """

    event: int
    at: float
    connection: int
    speaker: Speaker
    secure: bool
    text: str


def read_line(event: int, line: str) -> ConversationLine:
    """Take a line apart; one that nobody here wrote is a remark of nobody's."""
    found = _LINE.fullmatch(line)
    if found is None:
        return ConversationLine(
            event=event, at=0.0, connection=0, speaker=Speaker.NOBODY, secure=False, text=line
        )
    return ConversationLine(
        event=event,
        at=float(found["at"]),
        connection=int(found["connection"] or 0),
        speaker=_SPEAKERS[found["who"]],
        secure=found["tls"] == "*",
        text=found["text"],
    )
