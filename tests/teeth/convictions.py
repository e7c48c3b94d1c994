"""What must convict a wrong sender: which cases, and with which check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from harness.scenario.case import Case
from harness.selection import matches

from .careful import Careful

C = TypeVar("C", bound=type[Careful])


@dataclass(frozen=True, slots=True, kw_only=True)
class Conviction:
    """Every case that `cases` means is failed, and `check` is among the findings not met."""

    cases: str
    check: str

    def of(self, library: tuple[Case, ...]) -> tuple[Case, ...]:
        """The cases meant; controls convict nobody."""
        return tuple(
            case for case in library if not case.is_control and matches(self.cases, case.id)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A wrong sender and its convictions."""

    sender: type[Careful]
    convictions: tuple[Conviction, ...]

    @property
    def name(self) -> str:
        return self.sender.__name__


def convicted(*cases: str, check: str) -> Callable[[C], C]:
    """Say of a sender that each of `cases`, a glob over ids, has to fail it at `check`."""

    def note(sender: C) -> C:
        own = sender.__dict__.get("convictions", ())
        told = tuple(Conviction(cases=glob, check=check) for glob in cases)
        type.__setattr__(sender, "convictions", (*told, *own))
        return sender

    return note


def wrong_senders(*modules: ModuleType) -> Iterator[Wrong]:
    """Every sender of these modules of which something is said."""
    for module in modules:
        for value in vars(module).values():
            is_own = isinstance(value, type) and value.__module__ == module.__name__
            if is_own and issubclass(value, Careful) and "convictions" in value.__dict__:
                yield Wrong(sender=value, convictions=value.convictions)
