"""Arming and disarming faults one by one, where each goes on from how often it has acted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from harness.fakes.faults.plan import Fault, FaultPlan


def rest_of(fault: Fault, *, acted: int) -> Fault | None:
    """What is left of a fault that has acted so often; None where it is used up."""
    if fault.times is None:
        return fault
    if acted < fault.times:
        return fault.model_copy(update={"times": fault.times - acted})
    return rest_of(fault.then, acted=acted - fault.times) if fault.then is not None else None


def armed(plan: FaultPlan, more: Sequence[dict[str, Any]]) -> tuple[Any, ...]:
    """The faults of a plan that are not used up, and `more` behind them."""
    return (*_left(plan, range(len(plan.faults))), *more)


def disarmed(plan: FaultPlan, place: int) -> tuple[Fault, ...]:
    """The faults of a plan that are not used up, without the one in this place."""
    return tuple(_left(plan, (each for each in range(len(plan.faults)) if each != place)))


def _left(plan: FaultPlan, places: Iterable[int]) -> Iterator[Fault]:
    for place in places:
        rest = rest_of(plan.faults[place], acted=plan.times_acted(place))
        if rest is not None:
            yield rest
