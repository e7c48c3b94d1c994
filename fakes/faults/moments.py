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
    """A connection was made."""

    GREETING = "greeting"
    """The greeting is due."""

    EHLO = "ehlo"
    """The reply to an EHLO is due; [n]: to the nth of the connection."""

    HELO = "helo"
    """The reply to a HELO is due."""

    STARTTLS = "starttls"
    """The reply to STARTTLS is due."""

    HANDSHAKE = "handshake"
    """The server's part of a TLS handshake is due."""

    AUTH = "auth"
    """A reply in the AUTH exchange is due; [1]: to the AUTH command, [2]: to the first answer to a
    challenge."""

    MAIL = "mail"
    """The reply to MAIL FROM is due."""

    RCPT = "rcpt"
    """The reply to a RCPT TO is due; [n]: to the nth of the transaction."""

    DATA = "data"
    """The reply to DATA is due."""

    BDAT = "bdat"
    """The reply to a BDAT is due, its chunk having come; [n]: to the nth of the transaction."""

    BODY = "body"
    """In the content of a message; [n]: after its nth octet."""

    END_OF_DATA = "end-of-data"
    """The reply to the final dot is due."""

    IDLE = "idle"
    """The session is idle behind a message; [n]: behind the nth of the connection."""

    RSET = "rset"
    """The reply to RSET is due."""

    NOOP = "noop"
    """The reply to NOOP is due."""

    QUIT = "quit"
    """The reply to QUIT is due."""

    REQUEST = "request"
    """The response to an HTTP request is due; [n]: to the nth to the fake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One such place, reached.

    `index` counts from 1: the nth EHLO of the connection, the nth recipient of the transaction,
    the nth step of the AUTH exchange (1 is the AUTH command itself), the pause behind the nth
    message of the connection. In the body it is the octet, and over HTTP it is the nth request to
    the fake. `connection` is the nth connection to this fake. `recipients` are the addresses that
    it is about: of an RCPT the one named, from DATA on those that were taken.
    """

    stage: Stage
    index: int = 1
    connection: int = 1
    recipients: tuple[str, ...] = ()

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
