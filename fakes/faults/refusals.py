"""The refusals of a vendor's that faults name, wherever in a sequence they stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .actions.standard import AnswerWithRefusal
from .moments import Stage, parse_at
from .plan import Fault

Path = tuple[str | int, ...]
Mistakes = Iterator[tuple[Path, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRefusal:
    """A refusal that a fault answers with, the moment, and the fault's place among the others."""

    place: Path
    stage: Stage
    action: AnswerWithRefusal

    def at(self, *word: str) -> Path:
        """The place of one of its words."""
        return (*self.place, *word)


def named_refusals(faults: Sequence[Fault]) -> Iterator[NamedRefusal]:
    """Each of them, in order."""
    for place, fault in enumerate(faults):
        for depth, each in enumerate(fault.sequence):
            if isinstance(each.action, AnswerWithRefusal):
                path: Path = (place, *["then"] * depth)
                yield NamedRefusal(place=path, stage=parse_at(each.at)[0], action=each.action)


def refusals_of_nobody(faults: Sequence[Fault]) -> Mistakes:
    """What is wrong with every refusal named, where the server is no vendor's."""
    for named in named_refusals(faults):
        reason = "this server is no provider's, and has no refusals: choose reply, with a code"
        yield named.at("do"), reason
