"""A function that is called in the thread of whoever asked for the run, one request at a time.

Much of what a program keeps belongs to a thread: connections to a database and their transactions,
`threading.local`, the settings of a framework's test. The harness runs in a thread beside; here the
two meet. A call that hangs cannot be abandoned: its case is cut off at its limit, and the run waits
for the call to return before it goes on.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, Self, TypeVar

from .base import CaseState, Sender
from .in_process import Handle, call
from .outcome import Hung, Outcome

T = TypeVar("T")


class CallerThread:
    """What the thread that asked for a run does until it is over: it calls what it is told to."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._runner: asyncio.Runner | None = None

    def call(self, handle: Handle, document: dict[str, Any]) -> Future[Outcome]:
        """Have `handle` called there."""
        done: Future[Outcome] = Future()

        def do() -> None:
            try:
                outcome = call(handle, document, run=self._run_coroutine)
            except BaseException:
                done.cancel()  # nobody is to wait for it any more
                raise
            done.set_result(outcome)

        self._calls.put(do)
        return done

    def serve_until(self, over: Future[T]) -> T:
        """Call what comes, until `over` is done; then its result.

        What is not an error of the function, like an interruption or the end of a test, goes up.
        """
        over.add_done_callback(lambda _: self._calls.put(None))
        while not over.done():
            # None wakes us, perhaps late: from a wait before, which something else ended.
            if (do := self._calls.get()) is not None:
                do()
        return over.result()

    def close(self) -> None:
        """End the loop that coroutines had."""
        if self._runner is not None:
            self._runner.close()

    def _run_coroutine(self, coroutine: Any) -> object:
        """Run it in a loop that all coroutines of the run share.

        Where a loop runs in this thread already, which waits for us, there cannot be another one
        here: a thread beside has it.
        """
        if _a_loop_runs_here():
            with ThreadPoolExecutor(max_workers=1) as beside:
                return beside.submit(asyncio.run, coroutine).result()
        if self._runner is None:
            # With a factory it does not become the loop that others here take for theirs.
            self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        return self._runner.run(coroutine)


def _a_loop_runs_here() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class CallerThreadSender(Sender):
    """Calls a function in the thread that asked for the run."""

    def __init__(self, name: str, handle: Handle, thread: CallerThread) -> None:
        super().__init__(name)
        self.default_jobs = 1
        self._handle = handle
        self._thread = thread
        self._last: asyncio.Future[Outcome] | None = None

    @asynccontextmanager
    async def for_case(self, state: CaseState | None = None) -> AsyncIterator[Self]:
        """Wait until the call of the case before, where that was cut off, has returned."""
        del state  # where it keeps that is the caller's affair
        if self._last is not None:
            await asyncio.wait([self._last])
        yield self

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Call the function with `document`."""
        called = self._last = asyncio.wrap_future(self._thread.call(self._handle, dict(document)))
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                return await asyncio.shield(called)
        return Hung(limit=limit, hint="the run goes on when the call returns")
