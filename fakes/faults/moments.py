"""When a fault can act: the moments of a session."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator


class Stage(StrEnum):
    """A place in a session where a fake asks its faults what to do."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    HELO = "helo"
    STARTTLS = "starttls"
    HANDSHAKE = "handshake"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    END_OF_DATA = "end-of-data"
    IDLE = "idle"
    RSET = "rset"
    NOOP = "noop"
    QUIT = "quit"
    REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One such place, reached.

    `index` counts from 1: the nth EHLO of the connection, the nth recipient of the transaction,
    the nth step of the AUTH exchange (1 is the AUTH command itself), the pause behind the nth
    message of the connection. In the body it is the octet, and over HTTP it is the nth request to
    the fake. `connection` is the nth connection to this fake.
    """

    stage: Stage
    index: int = 1
    connection: int = 1

    def __str__(self) -> str:
        return f"{self.stage}[{self.index}]"


_FORM = re.compile(r"(?P<stage>[a-z-]+)(?:\[(?P<index>[1-9]\d*)\])?\Z")


def parse_at(text: str) -> tuple[Stage, int | None]:
    """Read `rcpt[2]`, or `rcpt` for any of them.

    Raises:
        ValueError: it names no stage; the message lists them.

    """
    match = _FORM.match(text)
    if match is None or match["stage"] not in set(Stage):
        stages = ", ".join(Stage)
        raise ValueError(
            f"{text!r} is no moment of a session: choose from {stages}; [n] behind it means the nth"
        )
    return Stage(match["stage"]), int(match["index"]) if match["index"] else None


def _checked(text: str) -> str:
    parse_at(text)
    return text


At = Annotated[str, AfterValidator(_checked)]
"""A field that holds a moment as `rcpt[2]`."""
