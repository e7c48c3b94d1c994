"""Pauses that keep to their time together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from harness.fakes.pauses import Pauses


class _Machine:
    """A machine that wakes every sleeper so many seconds late."""

    def __init__(self, late: float) -> None:
        self.late = late
        self.now = 100.0
        self.asked: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.asked.append(seconds)
        self.now += seconds + self.late


On = Callable[[_Machine, Callable[[], Awaitable[None]]], None]


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> On:
    def run(machine: _Machine, work: Callable[[], Awaitable[None]]) -> None:
        async def whole() -> None:
            monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: machine.now)
            with monkeypatch.context() as patched:
                patched.setattr(asyncio, "sleep", machine.sleep)
                await work()

        asyncio.run(whole())

    return run


async def _three_hundred_short_ones() -> None:
    pauses = Pauses()
    for _ in range(300):
        await pauses.wait(0.001)


async def _two_long_ones() -> None:
    pauses = Pauses()
    for _ in range(2):
        await pauses.wait(1)


def test_on_an_idle_machine_each_takes_its_time(on: On) -> None:
    machine = _Machine(late=0.0)
    on(machine, _three_hundred_short_ones)
    assert machine.asked == pytest.approx([0.001] * 300)


def test_the_one_after_one_that_was_too_long_is_shorter(on: On) -> None:
    machine = _Machine(late=0.25)
    on(machine, _two_long_ones)
    assert machine.asked == pytest.approx([1, 0.75])


def test_what_many_short_ones_were_too_long_by_does_not_add_up(on: On) -> None:
    """The time for which somebody only sleeps is what they are to take; the rest is no sleep."""
    machine = _Machine(late=0.05)
    on(machine, _three_hundred_short_ones)
    assert sum(machine.asked) <= 0.001 * 300 + 1e-9
    assert machine.asked.count(0.0) > 290
