"""Faults that answer with a vendor's refusal: is there such a one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..constructor_words import choices
from ..faults import Fault
from ..faults.actions.standard import AnswerWithRefusal
from .refusal import Refusals


def mistaken_refusals(
    refusals: Refusals, faults: Sequence[Fault]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with the refusals that faults name: the word's place among them, and why."""
    for place, fault in enumerate(faults):
        for depth, each in enumerate(fault.sequence):
            if isinstance(each.action, AnswerWithRefusal):
                path: tuple[str | int, ...] = (place, *["then"] * depth)
                for word, reason in _mistakes(refusals, each.action):
                    yield (*path, *word), reason


def _mistakes(
    refusals: Refusals, action: AnswerWithRefusal
) -> Iterator[tuple[tuple[str, ...], str]]:
    found = refusals.get(action.case)
    if found is None:
        known = choices(action.case, list(refusals))
        yield ("case",), f"there is no refusal {action.case!r}{known}"
        return
    for name in action.fill:
        if name not in found.texts:
            reason = f"{action.case} has no variable part {name!r} to fill with a text"
            yield ("fill", name), f"{reason}{choices(name, sorted(found.texts))}"
