"""The record of fakes that stay up for days: it forgets what is old, and tells what is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.fakes.transcript import Event, Fact, Transcript

_MOST_EVENTS = 20_000
_MOST_OCTETS = 64 * 1024 * 1024


@dataclass(slots=True)
class RollingTranscript(Transcript):
    """A transcript that holds the newest events. `listener` is told of each as it happens.

    Events keep the numbers that they were given.
    """

    listener: Callable[[Event], object] | None = None
    most_events: int = _MOST_EVENTS
    most_octets: int = _MOST_OCTETS
    _number: int = 0
    _held: int = 0

    def _append(self, connection: int, fact: Fact) -> Event:
        now = self.clock()
        if self._began is None:
            self._began = now
        self._number += 1
        event = Event(number=self._number, at=now - self._began, connection=connection, fact=fact)
        self.events.append(event)
        self._held += fact.octets
        while len(self.events) > self.most_events or (
            self._held > self.most_octets and len(self.events) > 1
        ):
            self._forget()
        if self.listener is not None:
            self.listener(event)
        return event

    def clear(self) -> None:
        """Forget what happened so far; events and connections are still numbered on."""
        self.events.clear()
        self._held = 0

    def _forget(self) -> None:
        """Let the older half go."""
        # A copy, because somebody may be reading the list.
        self.events = self.events[(len(self.events) + 1) // 2 :]
        self._held = sum(event.fact.octets for event in self.events)
