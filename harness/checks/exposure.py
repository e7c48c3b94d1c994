"""Whether credentials, addresses or content reached somebody who is not to read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from harness.fakes.disclosure import log_ins
from harness.fakes.transcript import Event

from .check import Check
from .record import Observation, Record

_Where = Callable[[Event], bool]


def credentials_in_clear(record: Record, wanted: Literal["never"]) -> Observation:
    """Credentials must not cross the network outside TLS."""
    del wanted
    return _credentials(record, _in_clear, "outside TLS", "in clear")


def content_in_clear(record: Record, wanted: Literal["never"]) -> Observation:
    """Addresses and content must not cross the network outside TLS."""
    del wanted
    return _content(record, _in_clear, "outside TLS", "in clear")


def credentials_to_a_stranger(record: Record, wanted: Literal["never"]) -> Observation:
    """Credentials must not go to a peer whose certificate has to be refused."""
    del wanted
    return _credentials(
        record, _to_a_stranger(record), "for an unverified peer", "to an unverified peer"
    )


def content_to_a_stranger(record: Record, wanted: Literal["never"]) -> Observation:
    """Addresses and content must not go to a peer whose certificate has to be refused."""
    del wanted
    return _content(
        record, _to_a_stranger(record), "for an unverified peer", "to an unverified peer"
    )


def _in_clear(event: Event) -> bool:
    return not event.fact.is_secure


def _to_a_stranger(record: Record) -> _Where:
    return lambda event: event.fact.is_secure and record.is_exposed(event)


def _credentials(record: Record, where: _Where, place: str, how: str) -> Observation:
    found: set[int] = set()
    names: dict[str, None] = {}
    for stream in _streams(record, where):
        for span in record.secrets.spans(bytes(stream.octets)):
            found.update(stream.events(span.start, span.end))
            names[span.name] = None
        if stream.is_content:
            continue
        # A log-in is an exposure even with a digest, a signature or a wrong password.
        for start, end in log_ins(bytes(stream.octets)):
            found.update(stream.events(start, end))
            names.setdefault("a log-in", None)
    what = ", ".join(name for name in names if len(names) == 1 or name != "a log-in")
    return Observation(
        met=not found,
        expected=f"no credentials {place}",
        observed=f"{how}: {what}" if found else f"none {how}",
        events=tuple(sorted(found)),
        leak=bool(found),
    )


def _content(record: Record, where: _Where, place: str, how: str) -> Observation:
    found = [
        (event.number, what)
        for event in record.events
        if (what := event.fact.disclosed) is not None and where(event)
    ]
    return Observation(
        met=not found,
        expected=f"no addresses and no content {place}",
        observed=f"{how}: " + ", ".join(dict.fromkeys(what for _, what in found))
        if found
        else f"none {how}",
        events=tuple(number for number, _ in found),
        leak=bool(found),
    )


@dataclass(slots=True)
class _Stream:
    """Octets of one connection as they came, however they were cut into segments.

    `is_content`: of a message, rather than what is said about it.
    """

    is_content: bool
    octets: bytearray = field(default_factory=bytearray)
    _begins: list[tuple[int, int]] = field(default_factory=list)

    def add(self, number: int, data: bytes) -> None:
        self._begins.append((len(self.octets), number))
        self.octets += data

    def events(self, start: int, end: int) -> Iterator[int]:
        """The numbers of the events that the octets from `start` to `end` came with."""
        ends = [begin for begin, _ in self._begins[1:]] + [len(self.octets)]
        for (begin, number), until in zip(self._begins, ends, strict=True):
            if begin < end and start < until:
                yield number


def _streams(record: Record, where: _Where) -> Iterable[_Stream]:
    """What each connection carried to such a place."""
    streams: dict[tuple[int, bool], _Stream] = {}
    for event in filter(where, record.events):
        for carried in event.fact.carried:
            key = (event.connection, carried.is_content)
            streams.setdefault(key, _Stream(carried.is_content)).add(event.number, carried.data)
    return streams.values()


CHECKS = (
    Check(
        key="credentials-in-clear",
        words="whether credentials crossed the network outside TLS",
        wanted=Literal["never"],
        ask=credentials_in_clear,
    ),
    Check(
        key="content-in-clear",
        words="whether addresses or content crossed the network outside TLS",
        wanted=Literal["never"],
        ask=content_in_clear,
    ),
)
