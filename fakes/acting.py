"""The faults of one connection: ask at each moment, record what is about to be done, do it."""

from __future__ import annotations

from .connection import Connection
from .faults import Action, FaultPlan, Moment, Stage
from .transcript import FaultActed


class Acting:
    """Carries out a plan's faults on the `nth` connection to a fake, from 1.

    `timeout` is what `x` means in durations, in seconds.
    """

    def __init__(
        self, *, connection: Connection, plan: FaultPlan, nth: int, timeout: float
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._nth = nth
        self._counts: dict[Stage, int] = {}
        self.timeout = timeout

    def act(self, stage: Stage, index: int | None = None) -> Action | None:
        """What a fault does now, recorded before it is done; None where none does.

        Without an `index` the moment is the next one of its stage.
        """
        moment = self._moment(stage, index)
        action = self._plan.act(moment)
        if action is not None and action.do != "honest":
            words = action.model_dump(exclude_defaults=True, exclude={"do"})
            details = ", ".join(f"{key}={value!r}" for key, value in words.items())
            self._connection.record(
                FaultActed(moment=str(moment), action=f"{action.do} {details}".strip())
            )
        return action

    def count_anew(self, stage: Stage) -> None:
        """Let the next moment of a stage be its first: a new transaction, a new exchange."""
        self._counts[stage] = 0

    def body_octet(self) -> int | None:
        """After how many octets of the body that comes now a fault acts; None: none will."""
        return self._plan.body_octet(Moment(stage=Stage.BODY, connection=self._nth))

    async def carry_out(self, action: Action, honest: bytes) -> None:
        """Do it. `honest` is the reply that an honest server would have sent."""
        await self._connection.perform(action.steps(honest, timeout=self.timeout))

    async def fault(self, stage: Stage) -> None:
        """Let a fault act at a moment that has no reply of its own."""
        action = self.act(stage)
        if action is not None:
            await self.carry_out(action, b"")

    def _moment(self, stage: Stage, index: int | None) -> Moment:
        if index is None:
            index = self._counts[stage] = self._counts.get(stage, 0) + 1
        return Moment(stage=stage, index=index, connection=self._nth)
