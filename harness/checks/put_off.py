"""What becomes of recipients who were answered differently. This module knows SMTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import Event, RecipientRefused

from .check import Check
from .handed_over import copies_for
from .record import Observation, Record, numbers

_PATH = re.compile(r"<([^<>]*)>")


def put_off(record: Record, wanted: Literal["tried-again"]) -> Observation:
    """Whether everybody who was put off with a 4xx got the message in the end.

    To give one up is honest where the log says whom: by an entry of his own, or by his address.
    """
    del wanted
    refused = _last_refusals(record)
    left = [
        address
        for address, (_, code) in refused.items()
        if code < 500 and not any(copies_for(address, record)) and not _told(address, record)
    ]
    return Observation(
        met=not left,
        expected="another attempt for each recipient who was put off, or word of who got nothing",
        observed=f"{', '.join(left)} got nothing" if left else "so it is",
        events=numbers([refused[address][0] for address in left]),
    )


def refused(record: Record, wanted: Literal["left-alone"]) -> Observation:
    """Whether nobody is named again whom the server refused for good (RFC 5321 section 4.2.1)."""
    del wanted
    again: dict[str, Event] = {}
    for event, fact in record.of(RecipientRefused):
        named = _naming(fact.address.lower(), record)
        later = [each for each in named if each.number > event.number]
        if fact.code >= 500 and later:
            again.setdefault(fact.address, later[0])
    return Observation(
        met=not again,
        expected="no other attempt for a recipient who was refused for good",
        observed=f"{', '.join(again)} is tried again" if again else "so it is",
        events=numbers(list(again.values())),
    )


def _told(address: str, record: Record) -> bool:
    """Whether the log says of somebody that he did not get it."""
    entries = [entry for log in record.logs[-1:] for entry in log.deliveries or ()]
    return any(
        (
            entry.state == "abandoned"
            and {each.strip("<> ").lower() for each in entry.to} == {address}
        )
        or any(address in (each.message or "").lower() for each in entry.attempts or ())
        for entry in entries
    )


def _last_refusals(record: Record) -> dict[str, tuple[Event, int]]:
    return {fact.address.lower(): (event, fact.code) for event, fact in record.of(RecipientRefused)}


def _naming(address: str, record: Record) -> Iterator[Event]:
    """Each RCPT that names somebody."""
    for event, command in record.of(Command):
        path = _PATH.search(command.argument) if command.verb == "RCPT" else None
        if path is not None and path[1].lower() == address:
            yield event


CHECKS = (
    Check(
        key="put-off-recipients",
        words="whether who was put off is tried again",
        wanted=Literal["tried-again"],
        ask=put_off,
    ),
    Check(
        key="refused-recipients",
        words="whether who was refused for good is left alone",
        wanted=Literal["left-alone"],
        ask=refused,
    ),
)
