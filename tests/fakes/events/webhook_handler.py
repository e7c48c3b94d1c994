"""A product's webhook handler, as the tests of events have it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A request as the handler got it; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Handler:
    """A webhook handler that keeps what comes, and answers `statuses` one by one, then 200."""

    url: str
    came: list[Came] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def last(self) -> Came:
        return self.came[-1]
