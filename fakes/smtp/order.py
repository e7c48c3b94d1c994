"""The order of a session, as a table: what may come when, and what comes of it.

After RFC 5321 section 4.1.4, RFC 3207 section 4, RFC 4954 section 4 and RFC 3030 section 2. A
command that a phase does not list among its `MOVES` is out of turn there, and answered with the
reply of `OUT_OF_TURN`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Turn(StrEnum):
    """How far a session has come."""

    NEW = "new"
    """Nobody has said who they are; or TLS has begun, and nothing said before it counts."""
    READY = "ready"
    """EHLO or HELO was said, and no mail transaction is open."""
    SENDER = "sender"
    """MAIL was taken."""
    RECIPIENTS = "recipients"
    """One RCPT at least was taken."""


class Verb(StrEnum):
    """A command that the server knows."""

    EHLO = "EHLO"
    HELO = "HELO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    BDAT = "BDAT"
    RSET = "RSET"
    NOOP = "NOOP"
    HELP = "HELP"
    VRFY = "VRFY"
    EXPN = "EXPN"
    QUIT = "QUIT"


Moves = Mapping[Verb, Turn]


def _moves(here: Turn, *, reset: Turn, **more: Turn) -> Moves:
    """Those of `here`: what may come at any time, and `more`."""
    anytime = {
        Verb.EHLO: Turn.READY, Verb.HELO: Turn.READY, Verb.STARTTLS: Turn.NEW,
        Verb.RSET: reset, Verb.NOOP: here, Verb.HELP: here, Verb.VRFY: here, Verb.EXPN: here,
        Verb.QUIT: here,
    }  # fmt: skip
    return MappingProxyType({**anytime, **{Verb(verb): phase for verb, phase in more.items()}})


MOVES: Mapping[Turn, Moves] = MappingProxyType(
    {
        Turn.NEW: _moves(Turn.NEW, reset=Turn.NEW),
        Turn.READY: _moves(
            Turn.READY,
            reset=Turn.READY,
            AUTH=Turn.READY,
            MAIL=Turn.SENDER,
        ),
        Turn.SENDER: _moves(Turn.SENDER, reset=Turn.READY, RCPT=Turn.RECIPIENTS),
        Turn.RECIPIENTS: _moves(
            Turn.RECIPIENTS,
            reset=Turn.READY,
            RCPT=Turn.RECIPIENTS,
            DATA=Turn.READY,
            BDAT=Turn.RECIPIENTS,
        ),
    }
)
"""Where a command leads once it has been carried out."""

_HELO_FIRST = "503 Error: send HELO first"
_NO_RECIPIENT = "503 5.5.1 Error: need RCPT command"
_NESTED = "503 Error: nested MAIL command"
# RFC 4954 section 4 has this code.
_AUTH_INSIDE = "503 5.5.1 Error: AUTH inside a mail transaction"

OUT_OF_TURN: Mapping[Turn, Mapping[Verb, str]] = MappingProxyType(
    {
        Turn.NEW: {
            Verb.AUTH: "503 Error: send EHLO first",
            Verb.MAIL: _HELO_FIRST, Verb.RCPT: _HELO_FIRST, Verb.DATA: _HELO_FIRST,
            Verb.BDAT: _HELO_FIRST,
        },
        Turn.READY: {
            Verb.RCPT: "503 Error: need MAIL command", Verb.DATA: _NO_RECIPIENT,
            Verb.BDAT: _NO_RECIPIENT,
        },
        Turn.SENDER: {
            Verb.AUTH: _AUTH_INSIDE, Verb.MAIL: _NESTED, Verb.DATA: _NO_RECIPIENT,
            Verb.BDAT: _NO_RECIPIENT,
        },
        Turn.RECIPIENTS: {Verb.AUTH: _AUTH_INSIDE, Verb.MAIL: _NESTED},
    }
)  # fmt: skip
"""The reply to a command that a phase does not take."""
