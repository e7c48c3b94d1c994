"""Whether what is tried again is tried decently. This module knows SMTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.parser import BytesHeaderParser
from itertools import pairwise
from typing import Literal

from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import Body, Event, MessageCaptured, Sent

from .check import Check
from .record import Observation, Record, numbers

_PATH = re.compile(r"<([^<>]*)>")
# Gaps that differ by less are one gap: no two attempts take the same time. Whoever chooses each gap
# by chance has three that are this near to one another in 4 of 100 messages, in all of three
# messages never.
_ALIKE = 1.3
# Whoever is back that soon has not waited at all, in seconds.
_AT_ONCE = 0.02
_GAPS = 3


def message_id(record: Record, wanted: Literal["same"]) -> Observation:
    """Whether a message has the same Message-ID each time that its content is sent."""
    del wanted
    names: dict[str, dict[str, int]] = {}
    for event, fact in record.of(Body):
        if fact.complete:
            header = BytesHeaderParser().parsebytes(fact.data)
            name = str(header.get("Message-ID") or "none").strip()
            names.setdefault(str(header.get("Subject")), {}).setdefault(name, event.number)
    changing = next((found for found in names.values() if len(found) > 1), None)
    return Observation(
        met=changing is None,
        expected="one Message-ID in every attempt at a message",
        observed=f"one message has {' and '.join(changing)}" if changing else "so it is",
        events=tuple(changing.values()) if changing else (),
    )


def gaps(record: Record, wanted: Literal["growing"]) -> Observation:
    """Whether the gaps between attempts grow.

    A busy machine makes a gap longer than it was meant to be, each of them by another bit. So
    only gaps that stay alike, in every message of which there are enough, are none that grow.
    """
    del wanted
    found = [
        [later.at - earlier.at for earlier, later in pairwise(tries[: _GAPS + 1])]
        for tries in _attempts(record).values()
        if len(tries) > _GAPS
    ]
    alike = bool(found) and all(map(_stay_alike, found))
    shown = ", ".join(f"{gap:.2f}" for gap in found[0]) if found else ""
    return Observation(
        met=not alike,
        expected="gaps that grow from attempt to attempt",
        observed=f"the gaps in seconds: {shown}" if found else "too few attempts to tell",
    )


def _stay_alike(found: list[float]) -> bool:
    return max(found) <= _AT_ONCE or max(found) <= _ALIKE * min(found)


def blocked(record: Record, wanted: Literal["never"]) -> Observation:
    """Whether messages go out while another one is tried again and again."""
    del wanted
    tries = _attempts(record)
    taken = {
        address.lower(): event
        for event, fact in record.of(MessageCaptured)
        for address in fact.message.rcpt_tos
    }
    for address, events in tries.items():
        behind = len(events) >= _GAPS and address not in taken and taken
        if behind and all(each.number > events[-1].number for each in taken.values()):
            return Observation(
                met=False,
                expected="messages that are taken while another one waits for its next attempt",
                observed=f"none was until the last attempt at the message to {address}",
                events=numbers(events),
            )
    return Observation(
        met=True, expected="no message that waits for another one", observed="none does"
    )


def _attempts(record: Record) -> dict[str, list[Event]]:
    """When each recipient was named, by the address."""
    found: dict[str, list[Event]] = {}
    for event, command in record.of(Command):
        path = _PATH.search(command.argument) if command.verb == "RCPT" else None
        if path is not None:
            found.setdefault(path[1].lower(), []).append(event)
    return found


def rset(record: Record, wanted: Literal["before the next"]) -> Observation:
    """Whether a message that was not finished is called off before the next one begins there."""
    del wanted
    begun = list(_begun_too_early(record))
    return Observation(
        met=not begun,
        expected="RSET, and its positive reply, before another message on the same connection",
        observed="MAIL came while a message was not finished" if begun else "so it is",
        events=numbers(begun),
    )


def _begun_too_early(record: Record) -> Iterator[Event]:
    """Each MAIL on a connection on which another message was begun and not ended."""
    asked: dict[int, str] = {}
    unfinished: set[int] = set()
    for event in record.events:
        where, fact = event.connection, event.fact
        if isinstance(fact, Command):
            asked[where] = fact.verb
            if fact.verb == "MAIL" and where in unfinished:
                yield event
        elif isinstance(fact, Body):
            unfinished.discard(where)
        elif isinstance(fact, Sent) and fact.data[:1] == b"2":
            verb = asked.pop(where, "")
            if verb == "MAIL":
                unfinished.add(where)
            elif verb in {"RSET", "EHLO", "HELO"}:
                unfinished.discard(where)


CHECKS = (
    Check(
        key="message-id",
        words="whether a message keeps its Message-ID in each attempt",
        wanted=Literal["same"],
        ask=message_id,
    ),
    Check(
        key="gaps",
        words="whether the gaps between the attempts at a message grow",
        wanted=Literal["growing"],
        ask=gaps,
    ),
    Check(
        key="blocked",
        words="whether other messages wait for one that is tried again",
        wanted=Literal["never"],
        ask=blocked,
    ),
    Check(
        key="rset",
        words="whether a message that was not finished is called off before another one",
        wanted=Literal["before the next"],
        ask=rset,
    ),
)
