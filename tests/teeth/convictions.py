"""What must convict a wrong sender: which cases, and with which checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

from .anywhere import Anywhere
from .careful import Careful
from .careful_courier import CarefulCourier
from .needed import Needed, by_sender
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
        where = [each.cases for each in self.convictions] or [each.case for each in self.needed]
        return 2 * sum(each.startswith("api/") for each in where) > len(where)

    @property
    def is_wrong_anywhere(self) -> bool:
        """Whether it is wrong in the same thing whatever a case is about."""
        return issubclass(self.sender, Anywhere)

    @property
    def needed(self) -> tuple[Needed, ...]:
        """The clauses without which it would be acquitted, as the ledger has them."""
        return by_sender().get(self.name, ())

    def declared(self, library: Sequence[Case]) -> dict[str, set[str]]:
        """The checks that have to convict it and nothing worse, by the id of the case."""
        found: dict[str, set[str]] = {}
        for conviction in self.convictions:
            for identifier in conviction.of(library):
                found.setdefault(identifier, set()).update(conviction.checks)
        return found

    def cases(self, library: Sequence[Case]) -> dict[str, set[str]]:
        """The checks that have to be found not met, by the id of the case."""
        found = self.declared(library)
        for line in self.needed:
            found.setdefault(line.case, set()).add(line.clause)
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


def wrong_senders(*modules: ModuleType, besides: Sequence[str] = ()) -> Iterator[Wrong]:
    """Every sender of these modules of which something is said, there or in the ledger.

    `besides` are names of some of which nothing is said yet.
    """
    for module in modules:
        for name, value in vars(module).items():
            if not isinstance(value, type) or value.__module__ != module.__name__:
                continue
            convictions = value.__dict__.get("convictions", ())
            if convictions or name in by_sender() or name in besides:
                yield Wrong(sender=value, convictions=convictions)
