"""Turns of processes that ask senders beside one another."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from harness.turns import Turns


def test_several_ask_side_by_side(tmp_path: Path) -> None:
    with Turns(tmp_path) as one, Turns(tmp_path) as other, one.among_others(), other.among_others():
        pass


def test_whoever_is_alone_waits_for_the_others_and_keeps_them_out(tmp_path: Path) -> None:
    told: list[str] = []
    is_in, may_go = threading.Event(), threading.Event()

    def other() -> None:
        with Turns(tmp_path) as turns:
            with turns.among_others():
                is_in.set()
                may_go.wait(30)
                told.append("other")
            with turns.among_others():
                told.append("other again")

    async def alone(turns: Turns) -> None:
        async with turns.alone():
            told.append("alone")
            assert beside.is_alive()

    with Turns(tmp_path) as turns, turns.among_others():
        beside = threading.Thread(target=other)
        beside.start()
        assert is_in.wait(30)
        threading.Timer(0.05, may_go.set).start()
        asyncio.run(alone(turns))
        beside.join(30)
    assert told[0] == "other"
    assert sorted(told) == ["alone", "other", "other again"]


def test_two_that_want_to_be_alone_wait_for_one_another(tmp_path: Path) -> None:
    both = threading.Barrier(2)
    inside: list[int] = []

    def wants(number: int) -> None:
        async def alone(turns: Turns) -> None:
            async with turns.alone():
                inside.extend((number, number))

        with Turns(tmp_path) as turns, turns.among_others():
            both.wait(30)
            asyncio.run(alone(turns))

    threads = [threading.Thread(target=wants, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert inside in ([1, 1, 2, 2], [2, 2, 1, 1])
