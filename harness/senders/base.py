"""What every adapter has in common."""

from __future__ import annotations

import asyncio
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from harness.fakes.loop_thread import surely
from harness.protocol import ASSUMED_FEATURES, DescribeRequest, SendRequest, Trust

from .answer_parser import features_of, read_answer, read_description, read_reply
from .environment import sender_environment
from .error_map import NO_ERROR_MAP, ErrorMap
from .outcome import Hung, Outcome

IN_PROCESS_JOBS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a run gives to the sender that it opens.

    `environment` is that of the harness itself, from which a program's is made. `jobs` bounds how
    many processes of the sender stay up at a time; None means the adapter's default. `additions`
    and `declared` are the environment and the features that a sender file lists.
    """

    trust: Trust
    environment: Mapping[str, str] = field(default_factory=dict)
    jobs: int | None = None
    state_dir: str | None = None
    additions: Mapping[str, str] = field(default_factory=dict)
    declared: frozenset[str] | None = None

    def for_program(self) -> dict[str, str]:
        """The environment to start a program with; `additions` come last."""
        made = sender_environment(self.environment, self.trust, state_dir=self.state_dir)
        return {**made, **self.additions}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseState:
    """What a case needs of a sender that keeps state.

    `folder` is empty, and the case's own. `in_a_process`: the sender will be ended in the middle,
    or there will be several of it.
    """

    folder: str
    in_a_process: bool = False


class Sender(ABC):
    """A sender under test, and how it is driven.

    `name` is the SPEC that it was opened by. `measured_start` is how many seconds it took to start
    and answer `describe`, and `features` what it then said; both are set by `describe`.
    `stated_delivery_limit` are the seconds within which it says that its log has a final state.
    Where a case has no state of its own, it holds `shared_state`, as settings are one for all.
    `can_be_several`: another one of it can be started, on the same state or beside it.

    All methods belong to one event loop. `ask`, `describe` and `send` may run side by side.
    They raise only `SenderError`, for a sender that cannot be driven at all; whatever a
    sender does when it is asked is an outcome.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.default_jobs = IN_PROCESS_JOBS
        self.features: frozenset[str] = ASSUMED_FEATURES
        self.measured_start = 0.0
        self.error_map: ErrorMap = NO_ERROR_MAP
        self.stated_delivery_limit: float | None = None
        self.has_own_state = False
        self.shared_state = asyncio.Lock()

    @property
    def can_be_several(self) -> bool:
        """Whether another one of it can be started: nothing of it is one for all cases."""
        return False

    def limit_for(self, timeout: float) -> float:
        """The seconds after which a case with this `timeout` is cut off."""
        return case_limit(timeout, self.measured_start)

    async def start(self) -> None:  # noqa: B027  # many have nothing to start
        """Make sure that it can be driven; raise `SenderError` otherwise."""

    async def close(self) -> None:  # noqa: B027  # as above
        """End what is still running."""

    async def restart(  # noqa: B027  # as above
        self, *, signal_number: signal.Signals = signal.SIGTERM
    ) -> None:
        """End what stays up between requests by that signal; the next request starts it again."""

    def delivery_limit(self, timeout: float) -> float:
        """The seconds within which its log has to say what became of a message."""
        return self.stated_delivery_limit or self.limit_for(timeout)

    @asynccontextmanager
    async def for_case(self, state: CaseState | None = None) -> AsyncIterator[Self]:
        """The sender to ask for all of one case, as long as the fakes of that case are there.

        A program that stays up may keep its connections, and use them again for the name that it
        is told in the next case, so it is nobody else's until they are closed. The wait for a free
        program is here, where no limit counts. A case that holds one must not ask for another.

        `state`: the case needs a sender that keeps state. Where that can be arranged it gets a
        folder of its own for it (`has_own_state`), so that nothing is left of other cases.
        """
        del state
        yield self

    async def set_instances(self, number: int) -> None:
        """Have that many copies on the same state, asked in turn. Only where `can_be_several`."""
        raise NotImplementedError(f"{self.name}: there is no second one of it: {number}")

    @abstractmethod
    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Hand over one document and bring back what came: `Replied`, or why there is no answer."""

    async def ask(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Ask anything: the outcome is `Replied` or `Unsupported`, or one without an answer."""
        return read_reply(await self.exchange(document, limit=limit))

    async def describe(self, limit: float) -> Outcome:
        """Ask what it is and can do, and remember its features and how long it took to start."""
        clock = asyncio.get_running_loop().time
        began = clock()
        document = DescribeRequest().model_dump(mode="json")
        outcome = read_description(await self.exchange(document, limit=limit))
        # One that was cut off has started, for all we know: it must not double every limit.
        self.measured_start = 0.0 if isinstance(outcome, Hung) else min(clock() - began, limit)
        self.features = features_of(outcome)
        return outcome

    async def send(self, request: SendRequest, *, limit: float) -> Outcome:
        """Ask it to send one message, and give it `limit` seconds for that."""
        document = request.model_dump(mode="json", by_alias=True)
        outcome = read_answer(await self.exchange(document, limit=limit))
        return self.error_map.explain(outcome)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self._close_surely()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._close_surely()

    async def _close_surely(self) -> None:
        """Close, even while the run is being cancelled: each wait in it has a bound."""
        await surely(self.close())


def case_limit(timeout: float, measured_start: float) -> float:
    """The seconds that a case may take: ten operations, a margin, and the program's own start."""
    return 10 * timeout + 10 + measured_start


def processors() -> int:
    """How many processes can run at a time: more commands in flight gain nothing."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
