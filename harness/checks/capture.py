"""How many messages the fakes took, and where the sender connected."""

from __future__ import annotations

from typing import Literal

from harness.fakes.transcript import Connected

from .check import Check
from .counts import Count, CountField
from .record import Observation, Record, numbers


def messages(record: Record, wanted: Count) -> Observation:
    """How many messages were taken; what one submission handed over is one."""
    found = record.handovers
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"messages taken by the server: {wanted}",
        observed=f"messages taken by the server: {len(found) or 'none'}",
        events=numbers([event for handover in found for event in handover.events]),
    )


def anonymous(record: Record, wanted: Count) -> Observation:
    """How many messages were handed over without having logged in."""
    found = [
        handover.events[0]
        for handover in record.handovers
        if all(message.username is None for message in handover.messages)
    ]
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"messages handed over without a log-in: {wanted}",
        observed=f"messages handed over without a log-in: {len(found) or 'none'}",
        events=numbers(found),
    )


def connections(record: Record, wanted: Count) -> Observation:
    """How often the sender connected to the server it was told of."""
    found = [event for event, fact in record.of(Connected) if fact.server == record.main]
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"connections: {wanted}",
        observed=f"connections: {len(found) or 'none'}",
        events=numbers(found),
    )


def elsewhere(record: Record, wanted: Literal["never"]) -> Observation:
    """Whether the sender went to another server than the one it was told of."""
    del wanted
    found = [(event, fact) for event, fact in record.of(Connected) if fact.server != record.main]
    return Observation(
        met=not found,
        expected="no connection to any other server",
        observed="connected to " + ", ".join(dict.fromkeys(fact.server for _, fact in found))
        if found
        else "none",
        events=numbers([event for event, _ in found]),
    )


CHECKS = (
    Check(key="messages", words="how many messages were taken", wanted=CountField, ask=messages),
    Check(
        key="anonymous-messages",
        words="how many messages were handed over without a log-in",
        wanted=CountField,
        ask=anonymous,
    ),
    Check(
        key="connections",
        words="how often the sender connected",
        wanted=CountField,
        ask=connections,
    ),
    Check(
        key="elsewhere",
        words="whether the sender went to a server that it was not told of",
        wanted=Literal["never"],
        ask=elsewhere,
    ),
)
