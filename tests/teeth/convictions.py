"""What must convict a wrong sender: which cases, and with which checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from .careful import Careful
from .careful_courier import CarefulCourier
from .on_aiosmtplib import AsyncSender
from .on_node import NodeSender
from .second import Second

if TYPE_CHECKING:
    from harness.scenario.case import Case

AnySender = Careful | CarefulCourier | Second | AsyncSender | NodeSender
C = TypeVar("C", bound=type[AnySender])


@dataclass(frozen=True, slots=True, kw_only=True)
class Conviction:
    """In every case that the glob `cases` means, each of `checks` is a finding not met."""

    cases: str
    checks: tuple[str, ...]

    def of(self, library: Sequence[Case]) -> tuple[str, ...]:
        """The ids of the cases meant. Controls convict nobody."""
        return _meant(self.cases, tuple(case.id for case in library if not case.is_control))


@cache
def _meant(glob: str, ids: tuple[str, ...]) -> tuple[str, ...]:
    # Wrong couriers are programs as well, which start sooner without the harness.
    from harness.selection import matches  # noqa: PLC0415

    # Asked for each wrong sender, in several tests, over the whole library.
    return tuple(identifier for identifier in ids if matches(glob, identifier))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A wrong sender and its convictions."""

    sender: type[AnySender]
    convictions: tuple[Conviction, ...]

    @property
    def name(self) -> str:
        """Its class's name, which says what it does wrong."""
        return self.sender.__name__

    @property
    def lineage(self) -> str:
        """What it is written on. Senders of one lineage share code, and so blind spots."""
        return str(getattr(self.sender, "lineage", "socket and httpx"))

    @property
    def is_a_courier(self) -> bool:
        """Whether it keeps state."""
        return issubclass(self.sender, CarefulCourier)

    @property
    def is_about_apis(self) -> bool:
        """Whether most of what convicts it is about APIs."""
        by_api = sum(each.cases.startswith("api/") for each in self.convictions)
        return 2 * by_api > len(self.convictions)

    def cases(self, library: Sequence[Case]) -> dict[str, set[str]]:
        """The checks that have to convict it, by the id of the case."""
        found: dict[str, set[str]] = {}
        for conviction in self.convictions:
            for identifier in conviction.of(library):
                found.setdefault(identifier, set()).update(conviction.checks)
        return found


def convicted(*cases: str, check: str) -> Callable[[C], C]:
    """Say of a sender that each of `cases`, globs over ids, has to fail it.

    `check` is the finding that must not be met there, or several with blanks between them.
    """

    def note(sender: C) -> C:
        own = sender.__dict__.get("convictions", ())
        told = tuple(Conviction(cases=glob, checks=tuple(check.split())) for glob in cases)
        type.__setattr__(sender, "convictions", (*told, *own))
        return sender

    return note


def wrong_senders(*modules: ModuleType) -> Iterator[Wrong]:
    """Every sender of these modules of which something is said."""
    for module in modules:
        for value in vars(module).values():
            is_own = isinstance(value, type) and value.__module__ == module.__name__
            if is_own and "convictions" in value.__dict__:
                yield Wrong(sender=value, convictions=value.convictions)
