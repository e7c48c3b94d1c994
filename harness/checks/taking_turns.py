"""Whether a sender waits for its turn, and hears the server out. This module knows SMTP.

RFC 5321 section 4.3.1: unless an extension allows it, the sender MUST wait for the response before
it sends further commands; for the greeting it SHOULD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from harness.fakes.smtp.facts import AheadOfReply, Command
from harness.fakes.transcript import Body, Event, Received, Sent

from .check import Check
from .counts import Count, CountField
from .record import Observation, Record, numbers

_LISTED = re.compile(rb"^250[ -]PIPELINING\b", re.IGNORECASE | re.MULTILINE)
_TLS_RECORD = b"\x16\x03"
# Who gives a server up may say so at any time.
_FAREWELL = frozenset([b"QUIT", b"RSET"])


def is_ahead(record: Record) -> bool:
    """Whether anything came before a reply that has to be waited for."""
    return any(record.of(AheadOfReply))


def ahead_of_reply(record: Record) -> Observation:
    """Whether each command comes behind the reply to the one before, where there is no PIPELINING.

    QUIT, and RSET, may come from who does not wait any longer.
    """
    found = [
        event
        for event, fact in _ahead(record)
        if not fact.first and not _is_farewell(fact) and not _may_group(event, record)
    ]
    return _asked(found, "no command ahead of the reply to the one before")


def ahead_of_greeting(record: Record) -> Observation:
    """Whether nothing comes before the greeting."""
    found = [event for event, fact in _ahead(record) if fact.first]
    return _asked(found, "nothing ahead of the greeting")


def _ahead(record: Record) -> Iterator[tuple[Event, AheadOfReply]]:
    """All but those of a sender that speaks TLS where words are due: it has no turns to take."""
    by_tls = {
        event.connection
        for event, fact in record.of(Received)
        if not fact.secure and fact.data.startswith(_TLS_RECORD)
    }
    yield from (each for each in record.of(AheadOfReply) if each[0].connection not in by_tls)


def _is_farewell(fact: AheadOfReply) -> bool:
    return fact.data.strip().upper()[:4] in _FAREWELL


def _may_group(event: Event, record: Record) -> bool:
    """Whether PIPELINING was listed on this connection before, whoever made the list."""
    said = (
        fact.data
        for each, fact in record.of(Sent)
        if each.connection == event.connection and each.number < event.number
    )
    return _LISTED.search(b"".join(said)) is not None


def _asked(found: list[Event], expected: str) -> Observation:
    return Observation(
        met=not found,
        expected=expected,
        observed=f"that happened {len(found)} times" if found else "so it is",
        events=numbers(found),
    )


def goodbye(record: Record, wanted: Literal["heard-out"]) -> Observation:
    """Whether who says QUIT stays for the reply (RFC 5321 section 4.1.1.10)."""
    del wanted
    open_ones: dict[int, Event] = {}
    for event in record.events:
        if isinstance(event.fact, Command) and event.fact.verb == "QUIT":
            open_ones[event.connection] = event
        elif isinstance(event.fact, Sent):
            open_ones.pop(event.connection, None)
    return Observation(
        met=not open_ones,
        expected="a connection that stays until QUIT is answered",
        observed="it was gone before" if open_ones else "so it is",
        events=numbers(list(open_ones.values())),
    )


def content(record: Record, wanted: Count) -> Observation:
    """How often content went out, whether it was taken or not; a dot alone is none."""
    found = [event for event, body in record.of(Body) if body.data]
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"content sent: {wanted}",
        observed=f"content sent: {len(found) or 'none'}",
        events=numbers(found),
    )


CHECKS = (
    Check(
        key="content",
        words="how often content went out, taken or not",
        wanted=CountField,
        ask=content,
    ),
    Check(
        key="goodbye",
        words="whether the sender stays for the reply to QUIT",
        wanted=Literal["heard-out"],
        ask=goodbye,
    ),
)
