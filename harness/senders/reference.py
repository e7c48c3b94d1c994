"""`reference`: the reference sender, called in this process, each request in a worker thread.

A request that hangs is abandoned: its thread goes on until the call returns, and is never joined.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import anyio
import anyio.to_thread

from harness.errors import UsageError

from .base import Sender, Surroundings
from .outcome import Crashed, Hung, NoAnswer, Outcome, Output, Replied

SCHEMES = ("reference",)

Handle: TypeAlias = Callable[[dict[str, Any]], object]


class InProcessSender(Sender):
    """Calls a function of this process in threads."""

    def __init__(self, name: str, handle: Handle) -> None:
        super().__init__(name)
        self._handle = handle
        # How many requests are in flight is the runner's business. A wait for a thread here would
        # count against the limit of the request.
        self._threads = anyio.CapacityLimiter(math.inf)

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Call the function with `document`."""
        with anyio.move_on_after(limit):
            return await anyio.to_thread.run_sync(
                self._call, dict(document), abandon_on_cancel=True, limiter=self._threads
            )
        return Hung(limit=limit)

    def _call(self, document: dict[str, Any]) -> Outcome:
        try:
            answer = self._handle(document)
        except Exception as problem:  # noqa: BLE001  # whatever it is, it is evidence
            words = "".join(traceback.format_exception(problem))
            last = traceback.format_exception_only(problem)[-1].strip()
            return Crashed(how=f"raised {last}", output=Output(stderr=words.encode()))
        if isinstance(answer, dict):
            return Replied(document=answer)
        return NoAnswer(why=f"it returned {type(answer).__name__}, and a dict is due")


def open_spec(scheme: str, rest: str, surroundings: Surroundings) -> Sender:
    """Open `reference`."""
    del surroundings
    if rest:
        raise UsageError(f"{scheme}:{rest}: write only `{scheme}`")
    from harness.reference.sender import handle  # noqa: PLC0415  # heavy, only when used

    return InProcessSender(scheme, handle)
