"""What blocks is called in threads, which are used again and may be left behind."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from contextvars import ContextVar

from harness.senders.threads import in_thread

SAID: ContextVar[str] = ContextVar("SAID", default="nothing")


def test_one_call_after_the_other_shares_a_thread_and_not_a_context() -> None:
    async def both() -> tuple[set[int], list[str]]:
        found, said = set(), []
        for word in ("one", "two"):
            SAID.set(word)
            found.add(await in_thread(threading.get_ident))
            said.append(await in_thread(SAID.get))
            await in_thread(SAID.set, "something else")
            # The thread tells of its end before it is free again.
            await in_thread(lambda: None)
        return found, said

    threads, said = asyncio.run(both())
    assert said == ["one", "two"]
    assert threading.get_ident() not in threads


def test_a_thread_that_was_left_behind_is_nobody_elses() -> None:
    hung = threading.Event()
    busy: list[int] = []

    def hang() -> None:
        busy.append(threading.get_ident())
        hung.wait(30)

    async def left_behind() -> list[int]:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.2):
                await in_thread(hang)
        return [await in_thread(threading.get_ident) for _ in range(4)]

    others = asyncio.run(left_behind())
    hung.set()
    assert busy
    assert busy[0] not in others


def test_what_a_call_raises_is_of_whoever_waits_for_it() -> None:
    async def raises() -> str:
        try:
            await in_thread(int, "no number")
        except ValueError as error:
            return str(error)
        return ""

    assert "no number" in asyncio.run(raises())
