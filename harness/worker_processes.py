"""Processes that ask cases beside the run's own, because one of Python's uses one processor.

They are forked off before the run begins, so that they have its cases, its trust anchor and its
seed, and each opens a sender of its own. The run goes on deciding everything: which case comes
when, what follows from a verdict, what is told. A process is handed the id of a case and what its
control came to, and hands back a result. It ends when the run lets go of its end of the line, in
whichever way the run itself ends.

Whatever is one for all cases of a run stays in one process: a service, a sender of somebody else's
function, a mirror.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import random
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from harness.errors import HarnessError, MachineError
from harness.inquiry import Attempted, Elsewhere, Inquiry
from harness.model import Verdict
from harness.scenario.case import Case
from harness.senders.base import Sender, processors

# With fewer cases than this for each process, starting one gains nothing.
_WORTHWHILE = 40
# Seconds in which a process has to come to an end by itself: its sender is given some, too.
_PATIENCE = 15.0
_HEAD = 8


@dataclass(frozen=True, slots=True)
class _Asked:
    number: int
    case: str
    control: Verdict | None


@dataclass(frozen=True, slots=True)
class _CameBack:
    """What came of it: a result and a doubt, or why the run cannot go on."""

    number: int
    attempted: Attempted | None = None
    error: HarnessError | None = None


@dataclass(slots=True, eq=False)
class WorkerProcess:
    """One of them, as the run sees it. `slots` is how many cases it is handed at a time."""

    pid: int
    line: socket.socket
    slots: int
    _waiting: dict[int, asyncio.Future[Attempted]] = field(default_factory=dict)
    _writer: asyncio.StreamWriter | None = None
    _number: int = 0

    @property
    def free(self) -> int:
        """How many more cases it can be handed."""
        return self.slots - len(self._waiting)

    async def attempt(self, case: str, control: Verdict | None) -> Attempted:
        """Have a case asked there.

        Raises:
            HarnessError: what ended it there, or that the process is gone.
        """
        assert self._writer is not None
        self._number += 1
        number = self._number
        answer: asyncio.Future[Attempted] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._writer.write(_frame(_Asked(number, case, control)))
            return await answer
        finally:
            del self._waiting[number]

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Hear what it says, while the body runs."""
        reader, self._writer = await asyncio.open_connection(sock=self.line)
        hearing = asyncio.get_running_loop().create_task(self._hear(reader))
        try:
            yield
        finally:
            hearing.cancel()
            self._writer.close()

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                given = await _next(reader)
                assert isinstance(given, _CameBack)
                self._settle(given)
        lost = MachineError("a process that asked cases for this run has gone (was it killed?)")
        for number in tuple(self._waiting):
            self._settle(_CameBack(number, error=lost))

    def _settle(self, given: _CameBack) -> None:
        answer = self._waiting.get(given.number)
        if answer is None or answer.done():
            return  # whoever waited for it was cancelled
        if given.attempted is not None:
            answer.set_result(given.attempted)
        else:
            answer.set_exception(given.error or MachineError("a case came to nothing"))


class WorkerProcesses(Elsewhere):
    """The processes of a run beside its own."""

    def __init__(self, processes: Sequence[WorkerProcess]) -> None:
        self._processes = tuple(processes)

    def freest(self, *, jobs: int, here: int) -> WorkerProcess | None:
        """See `Elsewhere`."""
        room_here = jobs - sum(process.slots for process in self._processes) - here
        best = max(self._processes, key=lambda process: process.free, default=None)
        return best if best is not None and best.free > max(room_here, 0) else None

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """See `Elsewhere`."""
        async with AsyncExitStack() as stack:
            for process in self._processes:
                await stack.enter_async_context(process.connected())
            yield


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the processes of a run have from it: its cases, and what makes an inquiry for each."""

    cases: Mapping[str, Case]
    open_sender: Callable[[], Sender]
    inquiry: Callable[[Sender], Inquiry]


@contextmanager
def forked(work: Work, *, jobs: int) -> Iterator[WorkerProcesses]:
    """As many processes as gain something, for as long as the body runs.

    `jobs` is how many cases are asked at a time, in all of them together. Nothing else may be going
    on in this process: no event loop, no thread. Where that cannot be, there are none.
    """
    number = _processes(len(work.cases), jobs)
    with _ended_surely() as processes:
        for nth in range(1, number):
            ours, theirs = socket.socketpair()
            pid = _fork()
            if pid == 0:
                for line in (ours, *(process.line for process in processes)):
                    line.close()  # each ends when the run lets go of it
                _be_one(theirs, work)
            theirs.close()
            share = jobs // number + (nth < jobs % number)
            processes.append(WorkerProcess(pid=pid, line=ours, slots=share))
        yield WorkerProcesses(processes)


def _processes(cases: int, jobs: int) -> int:
    """How many processes ask, the run's own among them."""
    is_alone = sys.platform == "linux" and threading.active_count() == 1
    return max(1, min(processors(), jobs, cases // _WORTHWHILE)) if is_alone else 1


def _fork() -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    return os.fork()


@contextmanager
def _ended_surely() -> Iterator[list[WorkerProcess]]:
    """A list of processes that have come to an end, or are ended, when the body is left."""
    processes: list[WorkerProcess] = []
    try:
        yield processes
    finally:
        for process in processes:
            process.line.close()
        until = time.monotonic() + _PATIENCE
        for process in processes:
            _end(process.pid, until)


def _end(pid: int, until: float) -> None:
    with suppress(ChildProcessError):
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return
            time.sleep(0.005)


# The other side.


def _be_one(line: socket.socket, work: Work) -> NoReturn:
    """Ask what comes in by the line, until it ends."""
    # The run is told to stop, and lets go of the line: that is how this process hears of it. What
    # is ignored would stay so in the programs that it starts; a handler does not.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
    random.seed()  # or all of these would throw the same dice
    status = 1
    try:
        asyncio.run(_serve(line, work))
        status = 0
    except BaseException:  # noqa: BLE001  # the run tells that it has gone, and this why
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


async def _serve(line: socket.socket, work: Work) -> None:
    reader, writer = await asyncio.open_connection(sock=line)
    asked: asyncio.Queue[_Asked] = asyncio.Queue()
    myself = asyncio.current_task()
    assert myself is not None
    hearing = asyncio.get_running_loop().create_task(_hear_of(reader, asked, myself))
    try:
        await _answer_all(asked, writer, work)
    except asyncio.CancelledError:
        return  # the line has ended
    except HarnessError as error:
        while True:
            writer.write(_frame(_CameBack((await asked.get()).number, error=error)))
    finally:
        hearing.cancel()


async def _hear_of(
    reader: asyncio.StreamReader, asked: asyncio.Queue[_Asked], whose: asyncio.Task[Any]
) -> None:
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            asked.put_nowait(await _next(reader))
    whose.cancel()


async def _answer_all(
    asked: asyncio.Queue[_Asked], writer: asyncio.StreamWriter, work: Work
) -> None:
    async with work.open_sender() as sender:
        inquiry = work.inquiry(sender)
        async with inquiry.watch.watching():
            await inquiry.describe(lambda _: None)
            async with asyncio.TaskGroup() as group:
                while True:
                    group.create_task(_answer(await asked.get(), writer, work, inquiry))


async def _answer(each: _Asked, writer: asyncio.StreamWriter, work: Work, inquiry: Inquiry) -> None:
    try:
        attempted = await inquiry.put(work.cases[each.case], each.control)
        given = _CameBack(each.number, attempted=attempted)
    except HarnessError as error:
        given = _CameBack(each.number, error=error)
    writer.write(_frame(given))


# The line: a length, and a pickle. Both ends are one program, and nobody else has the line.


def _frame(said: _Asked | _CameBack) -> bytes:
    data = pickle.dumps(said, protocol=pickle.HIGHEST_PROTOCOL)
    return len(data).to_bytes(_HEAD, "big") + data


async def _next(reader: asyncio.StreamReader) -> Any:
    length = int.from_bytes(await reader.readexactly(_HEAD), "big")
    return pickle.loads(await reader.readexactly(length))  # noqa: S301  # see above
