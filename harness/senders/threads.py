"""Calling what blocks in a thread of its own, which may be left behind."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


async def in_thread(do: Callable[..., T], *given: Any) -> T:
    """Call it in a thread of its own, in the context of whoever waits.

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

    threading.Thread(target=work, daemon=True).start()
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
