"""How many a second: a load on a server, for some seconds, over some connections at a time."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

Load = Callable[[Callable[[], bool], Callable[[], None]], Awaitable[None]]


class Server(NamedTuple):
    """A server as a process, and the port that it printed."""

    port: int
    process: int


@contextmanager
def server(command: Sequence[str]) -> Iterator[Server]:
    """Run a server while the body does."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        line = process.stdout.readline().strip()
        if not line.isdigit():
            raise RuntimeError(f"{command} does not start: {line}")
        yield Server(port=int(line), process=process.pid)
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def a_second(load: Load, *, seconds: float, connections: int) -> float:
    """Run the load on each connection until the time is over; how many were done a second."""
    return asyncio.run(_a_second(load, seconds, connections))


async def _a_second(load: Load, seconds: float, connections: int) -> float:
    done = 0
    end = time.perf_counter() + seconds

    def goes_on() -> bool:
        return time.perf_counter() < end

    def count() -> None:
        nonlocal done
        done += 1

    began = time.perf_counter()
    async with asyncio.timeout(seconds + 10):
        await asyncio.gather(*(load(goes_on, count) for _ in range(connections)))
    return done / (time.perf_counter() - began)
