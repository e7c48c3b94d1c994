"""Whether a sender with stored settings goes by them alone: one provider, or none at all."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import AfterValidator

from harness.fakes.transcript import Connected, Event, MessageCaptured

from .check import Check
from .claims import OneOrMore
from .counts import Count, CountField
from .record import Observation, Record, numbers


def out_of_use(record: Record, wanted: Count) -> Observation:
    """On how many connections a server was reached that the stored settings had not in use.

    What is said between a request to store settings and its answer counts for neither: a sender may
    try out what it is told.
    """
    found: dict[int, tuple[Event, str]] = {}
    servers: dict[int, str] = {}
    for event, fact in record.of(Connected):
        servers[event.connection] = fact.server
        if fact.server not in _in_use(event.number, record):
            found.setdefault(event.connection, (event, fact.server))
    for event, _ in record.of(MessageCaptured):
        server = servers.get(event.connection)
        if server is not None and server not in _in_use(event.number, record):
            found.setdefault(event.connection, (event, server))
    names = ", ".join(dict.fromkeys(server for _, server in found.values()))
    return Observation(
        met=wanted.holds(len(found)),
        expected=f"connections to a server that is not in use: {wanted}",
        observed=f"{len(found)}, to {names}" if found else "none",
        events=numbers([event for event, _ in found.values()]),
    )


def _in_use(number: int, record: Record) -> frozenset[str | None]:
    """The servers that may be reached at the event of that number."""
    before: str | None = None
    for store in record.stores:
        if number < store.first:
            break
        if number <= store.last:
            return frozenset({before, store.server})
        before = store.server
    return frozenset({before})


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no range of addresses: {error}") from error
    return text


Ranges = OneOrMore[Annotated[str, AfterValidator(_network)]]


def peers(record: Record, wanted: tuple[str, ...]) -> Observation:
    """Whether every connection came from an address that the operator has declared."""
    ranges = [ipaddress.ip_network(each) for each in wanted]
    strange = {
        fact.peer: event
        for event, fact in record.of(Connected)
        if not any(_address(fact.peer) in each for each in ranges)
    }
    return Observation(
        met=not strange,
        expected=f"connections from {', '.join(wanted)} alone",
        observed=f"one from {', '.join(strange)}" if strange else "so it is",
        events=numbers(list(strange.values())),
    )


def _address(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address of `127.0.0.1:25` or `[::1]:25`, of IPv4 also where a socket of IPv6 took it."""
    address = ipaddress.ip_address(peer.rpartition(":")[0].strip("[]").partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


CHECKS = (
    Check(
        key="out-of-use",
        words="on how many connections a server was reached that the settings had not in use",
        wanted=CountField,
        ask=out_of_use,
    ),
    Check(
        key="peers",
        words="whether every connection came from one of these ranges of addresses",
        wanted=Ranges,
        ask=peers,
    ),
)
