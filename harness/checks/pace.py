"""Whether the sender waits where it is told to. This module knows HTTP."""

from __future__ import annotations

from typing import Literal

from harness.fakes.http.facts import HttpRequested, HttpResponded
from harness.fakes.transcript import Fact

from .check import Check
from .record import Observation, Record, SendRecord

# No two clocks are the same.
_NEARLY = 0.9


def retry_after(record: Record, wanted: Literal["heeded"]) -> Observation:
    """Whether no request comes before the time that a Retry-After has named is over.

    That none comes at all is right, too. The record notes an answer before it goes out, so that a
    busy machine makes waits longer than they were and never shorter.
    """
    del wanted
    early: dict[int, str] = {}
    for send in record.sends:
        early |= _early(record, send)
    return Observation(
        met=not early,
        expected="no request before the time that Retry-After names is over",
        observed="; ".join(dict.fromkeys(early.values())) or "none came too early",
        events=tuple(early),
    )


def _early(record: Record, send: SendRecord) -> dict[int, str]:
    """The requests that came too early, by number, with what to say of them."""
    found = {}
    told, since = 0, 0.0
    for event in record.events:
        if not send.first <= event.number <= send.last:
            continue
        if isinstance(event.fact, HttpRequested) and event.at - since < _NEARLY * told:
            found[event.number] = f"told to wait {told} s, the sender asked again before that"
        seconds = _told(event.fact)
        if seconds is not None:
            told, since = seconds, event.at
    return found


def _told(fact: Fact) -> int | None:
    """The seconds that an answer says to wait, as a whole number (RFC 9110 section 10.2.3)."""
    if not isinstance(fact, HttpResponded):
        return None
    value = (fact.response.header("retry-after") or "").strip()
    return int(value) if value.isascii() and value.isdigit() else None


CHECKS = (
    Check(
        key="retry-after",
        words="whether the sender waits as long as it is told to",
        wanted=Literal["heeded"],
        ask=retry_after,
    ),
)
