"""An event loop in a thread of its own, for whoever has none; and what ends surely in any."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any, TypeVar

from .clock import monotonic

T = TypeVar("T")

if sys.platform == "win32":
    _Loop = asyncio.ProactorEventLoop
else:
    _Loop = asyncio.SelectorEventLoop


class SteadyLoop(_Loop):
    """An event loop whose time goes on while a test has stopped Python's."""

    def time(self) -> float:
        """Seconds on the loop's own clock."""
        return monotonic()


class LoopThread:
    """An event loop that runs in another thread. What of it is not done at the end is cancelled."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def start(self, make: Callable[..., Coroutine[Any, Any, T]], *given: Any) -> Future[T]:
        """Run a coroutine there."""
        return asyncio.run_coroutine_threadsafe(make(*given), self._loop)

    def call(self, make: Callable[..., Coroutine[Any, Any, T]], *given: Any) -> T:
        """Run a coroutine there, and wait for what it returns."""
        return self.start(make, *given).result()

    @contextmanager
    def entered(self, manager: AbstractAsyncContextManager[T]) -> Iterator[T]:
        """Within, a context of that loop is entered; both its ends are in one task."""
        inside: Future[T] = Future()
        leave = asyncio.Event()

        async def host() -> None:
            async with manager as value:
                inside.set_result(value)
                await leave.wait()

        hosted = self.start(host)
        hosted.add_done_callback(lambda _: _end(inside, hosted))
        try:
            yield inside.result()
        finally:
            self._loop.call_soon_threadsafe(leave.set)
            if inside.done() and not inside.exception():
                hosted.result()


def _end(inside: Future[T], hosted: Future[None]) -> None:
    """What ended before it was entered failed."""
    if not inside.done():
        inside.set_exception(hosted.exception() or RuntimeError("it ended before it began"))


@contextmanager
def loop_thread() -> Iterator[LoopThread]:
    """Within, such a loop runs. Its time goes on while a test has stopped Python's."""
    ready: Future[asyncio.AbstractEventLoop] = Future()
    over = asyncio.Event()

    async def run() -> None:
        ready.set_result(asyncio.get_running_loop())
        await over.wait()

    def work() -> None:
        with asyncio.Runner(loop_factory=SteadyLoop) as runner:
            runner.run(run())

    thread = threading.Thread(target=work, name="harness", daemon=True)
    thread.start()
    loop = ready.result()
    try:
        yield LoopThread(loop)
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()


async def surely(awaited: Awaitable[T]) -> T:
    """Wait for something to its end, even while the caller is being cancelled; then it is."""
    ending = asyncio.ensure_future(awaited)
    cancelled: asyncio.CancelledError | None = None
    while not ending.done():
        try:
            await asyncio.wait([ending])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return ending.result()
