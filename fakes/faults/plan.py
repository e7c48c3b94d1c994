"""Faults, and the plan that says which of them acts now.

A fault is one thing that a fake does wrong, `at` a named moment, a stated number of `times`,
and `then` something else. Nothing here rolls dice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from .actions import Action
from .moments import At, Moment, Stage, parse_at

_ACTION: TypeAdapter[Action] = TypeAdapter(Action)
_OWN = ("at", "times", "connection", "recipient")
# Where it is known whom a message is for.
_FOR_SOMEBODY = (Stage.RCPT, Stage.DATA, Stage.BDAT, Stage.BODY, Stage.END_OF_DATA)


class Fault(BaseModel):
    """One thing that a fake does wrong.

    Written flat, `{at: rcpt[2], do: reply, code: 550, text: no}`: what is not `at`, `times`,
    `connection`, `recipient` or `then` belongs to the action named by `do`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    at: At
    """The moment, as `mail` or `rcpt[2]`: which of them counts from 1, and any of them without."""

    action: Action
    """What it does, and the words that go with it."""

    times: int | None = Field(default=None, ge=1)
    """How often it acts. Default: always."""

    connection: int | None = Field(default=None, ge=1)
    """Only on the nth connection to the fake. Default: on each."""

    recipient: str | None = None
    """Only where the message is for this address: at `rcpt` where it is the one named, and from
    `data` on where it is among those that were taken. Default: whomever it is for."""

    then: Fault | None = None
    """What it does once `times` are used up, written like the first but without `at`."""

    @model_validator(mode="before")
    @classmethod
    def _unfold(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "action" in data:
            return data
        own = {key: data[key] for key in _OWN if key in data}
        then = data.get("then")
        if isinstance(then, dict):
            if "at" in then:
                raise ValueError("then: comes at the same moment: leave its at out")
            kept = {key: data.get(key) for key in ("at", "connection", "recipient")}
            own["then"] = {**kept, **then}
        elif then is not None:
            own["then"] = then
        words = {key: value for key, value in data.items() if key not in {*_OWN, "then"}}
        return {**own, "action": words}

    @model_validator(mode="after")
    def _then_needs_times(self) -> Fault:
        if self.then is not None and self.times is None:
            raise ValueError("then: needs times: without it the first action never ends")
        return self

    @model_validator(mode="after")
    def _action_has_its_moment(self) -> Fault:
        stage, _ = parse_at(self.at)
        if stage not in self.action.only_at:
            moments = ", ".join(sorted(self.action.only_at))
            raise ValueError(f"do: {self.action.do} acts at no other moment than {moments}")
        if self.recipient is not None and stage not in _FOR_SOMEBODY:
            moments = ", ".join(_FOR_SOMEBODY)
            raise ValueError(f"recipient: is known at no other moment than {moments}")
        return self

    def act(self, moment: Moment, *, acted: int) -> Action | None:
        """What to do at `moment`, having acted `acted` times before. None: nothing."""
        if not self.concerns(moment):
            return None
        if self.times is None or acted < self.times:
            return self.action
        return self.then.act(moment, acted=acted - self.times) if self.then else None

    def concerns(self, moment: Moment) -> bool:
        """Whether `moment` is one of those this fault waits for."""
        stage, index = parse_at(self.at)
        if stage is Stage.BODY and index is None:
            index = 1  # a fault in the body acts once in each, at the first octet if at no other
        return (
            stage is moment.stage
            and (index is None or index == moment.index)
            and (self.connection is None or self.connection == moment.connection)
            and (self.recipient is None or self.recipient in moment.recipients)
        )

    @property
    def sequence(self) -> tuple[Fault, ...]:
        """It, and what comes after it."""
        return (self, *(self.then.sequence if self.then is not None else ()))

    @property
    def octet(self) -> int | None:
        """For a fault in the body: after how many octets it acts."""
        stage, index = parse_at(self.at)
        return (index or 1) if stage is Stage.BODY else None


@dataclass(slots=True)
class FaultPlan:
    """The faults of one fake, and how often each has acted."""

    faults: tuple[Fault, ...]
    _acted: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, faults: Iterable[Fault]) -> FaultPlan:
        """A plan that has not acted yet."""
        return cls(tuple(faults))

    def act(self, moment: Moment) -> Action | None:
        """The action of the first fault that has one for this moment; it counts as acted."""
        for index, fault in enumerate(self.faults):
            acted = self._acted.get(index, 0)
            action = fault.act(moment, acted=acted)
            if action is not None:
                self._acted[index] = acted + 1
                return action
        return None

    def next_octet(
        self, *, connection: int, after: int, recipients: tuple[str, ...] = ()
    ) -> int | None:
        """The next octet of a body at which a fault will act, beyond `after`; None: none will."""
        octets = [
            fault.octet
            for index, fault in enumerate(self.faults)
            if fault.octet is not None
            and fault.octet > after
            and fault.act(
                Moment(
                    stage=Stage.BODY,
                    index=fault.octet,
                    connection=connection,
                    recipients=recipients,
                ),
                acted=self._acted.get(index, 0),
            )
        ]
        return min(octets, default=None)

    def times_acted(self, place: int) -> int:
        """How often the fault in this place, from 0, has acted."""
        return self._acted.get(place, 0)

    @property
    def pending(self) -> tuple[Fault, ...]:
        """The faults that have never acted."""
        return tuple(fault for index, fault in enumerate(self.faults) if not self._acted.get(index))
