"""What a run tells while it goes: the runner emits these, every report listens.

::

    RunStarted (CaseStarted CaseFinished)* RunFinished, with a Note anywhere

With several jobs the cases interleave. `RunFinished` also ends a run that was cut short, by a
person or by trouble; only one that broke before its first case had run ends without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from harness.model import CaseResult, RunResult


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The first event. `total` is how many cases will run."""

    harness: str
    sender: str
    seed: int
    total: int
    started: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStarted:
    """A case is about to run."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFinished:
    """A case has its verdict; `done` of `total` have one by now."""

    result: CaseResult
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The last event, with everything that the run produced."""

    result: RunResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One line that a person should read and no program needs."""

    text: str


Event = RunStarted | CaseStarted | CaseFinished | RunFinished | Note


class Listener(Protocol):
    """Anything that wants to hear of a run."""

    def __call__(self, event: Event) -> None:
        """Take in `event`; called in order, and never twice at once."""
