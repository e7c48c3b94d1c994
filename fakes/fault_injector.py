"""The faults of one connection: ask at each moment, record what is about to be done, do it."""

from __future__ import annotations

from collections.abc import Callable

from .connection import Connection
from .faults import Action, FaultPlan, Moment, SendOctets, Stage, Step
from .handshake import Choose
from .transcript import FaultActed, MomentReached

_DETAILS_LIMIT = 400


class FaultInjector:
    """Carries out a plan's faults on the `nth` connection to a fake, from 1.

    `timeout` is what `x` means in durations, in seconds. `recipients` are the addresses that the
    conversation is about now.
    """

    def __init__(
        self, *, connection: Connection, plan: FaultPlan, nth: int, timeout: float
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._nth = nth
        self._counts: dict[Stage, int] = {}
        self.timeout = timeout
        self.recipients: tuple[str, ...] = ()

    def act(self, stage: Stage, index: int | None = None) -> Action | None:
        """What a fault does now, recorded before it is done; None where none does.

        Without an `index` the moment is the next one of its stage. Nothing can be done any more to
        a connection that has ended.
        """
        if self._connection.closing:
            return None
        moment = self._moment(stage, index)
        action = self._plan.act(moment)
        if action is None:
            return None
        if action.do == "honest":
            self._connection.record(MomentReached(moment=str(moment)))
            return None
        words = action.model_dump(exclude_defaults=True, exclude={"do"})
        details = ", ".join(f"{key}={value!r}" for key, value in words.items())
        self._connection.record(
            FaultActed(moment=str(moment), action=f"{action.do} {details[:_DETAILS_LIMIT]}".strip())
        )
        return action

    def count_anew(self, stage: Stage) -> None:
        """Let the next moment of a stage be its first: a new transaction, a new exchange."""
        self._counts[stage] = 0

    def next_octet(self, *, after: int) -> int | None:
        """The next octet of a body at which a fault acts, beyond `after`; None: none will."""
        return self._plan.next_octet(connection=self._nth, after=after, recipients=self.recipients)

    async def carry_out(
        self,
        action: Action,
        honest: bytes,
        *,
        before_the_last: Callable[[], None] | None = None,
    ) -> None:
        """Do it. `honest` is the reply that an honest server would have sent.

        `before_the_last` is called when the last octets are about to go out, if any are.
        """
        steps = action.steps(honest, timeout=self.timeout)
        if before_the_last is not None:
            last = max(
                (n for n, step in enumerate(steps) if isinstance(step, SendOctets)), default=None
            )
            if last is not None:
                await self._connection.perform(steps[:last])
                before_the_last()
                steps = steps[last:]
        await self._connection.perform(steps)

    async def fault(self, stage: Stage, index: int | None = None) -> None:
        """Let a fault act at a moment that has no reply of its own."""
        action = self.act(stage, index)
        if action is not None:
            await self.carry_out(action, b"")

    async def start_tls(self, choose: Choose, *, implicit: bool) -> None:
        """Shake hands, with what a fault makes of the server's first flight.

        Raises:
            HandshakeFailed: it did not come about; the record says why.
        """
        await self._connection.start_tls(
            choose, implicit=implicit, first_flight=self._send_first_flight
        )

    async def _send_first_flight(self, flight: bytes) -> None:
        action = self.act(Stage.HANDSHAKE)
        steps: list[Step] = [SendOctets(flight)]
        if action is not None:
            honest = flight if action.honest_first(Stage.HANDSHAKE) else b""
            steps = action.steps(honest, timeout=self.timeout)
        await self._connection.perform_beneath(steps, handshake=flight)

    def _moment(self, stage: Stage, index: int | None) -> Moment:
        if index is None:
            index = self._counts[stage] = self._counts.get(stage, 0) + 1
        return Moment(stage=stage, index=index, connection=self._nth, recipients=self.recipients)
