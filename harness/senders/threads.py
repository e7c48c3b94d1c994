"""Calling what blocks in a thread of its own, which may be left behind."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

# Starting a thread holds up whoever starts it, so one that is free does the next call too, if that
# comes within so many seconds.
_PATIENCE = 0.5


async def in_thread(do: Callable[..., T], *given: Any) -> T:
    """Call it in a thread that does nothing else meanwhile, in the context of whoever waits.

    Where whoever waits is cancelled, the thread is left behind: nothing else can be done to it.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            outcome = context.run(do, *given)
        except BaseException as error:  # noqa: BLE001  # it is of whoever waits
            _tell(loop, done, done.set_exception, error)
        else:
            _tell(loop, done, done.set_result, outcome)

    _hand_over(work)
    return await done


def _tell(
    loop: asyncio.AbstractEventLoop,
    done: asyncio.Future[Any],
    settle: Callable[[Any], None],
    outcome: object,
) -> None:
    def tell() -> None:
        if not done.done():
            settle(outcome)

    with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody waits any more
        loop.call_soon_threadsafe(tell)


class _Worker:
    """A thread that does what it is handed, until nothing comes for a while."""

    def __init__(self) -> None:
        self.handed: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while (work := self._next()) is not None:
            work()
            del work  # what it holds is not kept alive by a thread that waits
            with _lock:
                _free.append(self)

    def _next(self) -> Callable[[], None] | None:
        try:
            return self.handed.get(timeout=_PATIENCE)
        except queue.Empty:
            with _lock:
                if self in _free:
                    _free.remove(self)
                    return None
            return self.handed.get()  # somebody took it in that moment, and hands something over


_free: list[_Worker] = []
_lock = threading.Lock()


def _hand_over(work: Callable[[], None]) -> None:
    with _lock:
        worker = _free.pop() if _free else None
    (worker or _Worker()).handed.put(work)


def _forget_threads() -> None:
    """A process that is forked off has none of them."""
    global _lock  # noqa: PLW0603  # it may be held for ever
    _free.clear()
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)
