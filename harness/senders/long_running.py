"""Programs that stay up: one JSON document a line in, one a line out, and a pool of them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from harness.secrets import Secrets

from .capture import why_still_no_answer
from .exit_status import outcome_of, replied
from .json_object import JsonObject, json_object
from .outcome import Hung, Outcome
from .process import GRACE, Process, start_process, within

BUFFERED = "output that is not flushed after each answer looks the same"

# How long a program that is ended by a signal may take to put its state away.
ENDING = 5.0


class Inbox:
    """Where the next line with one of the expected keys arrives. Any other line is no answer."""

    def __init__(self) -> None:
        self._keys: tuple[str, ...] = ()
        self._answer: asyncio.Future[JsonObject] | None = None

    def expect(self, keys: tuple[str, ...]) -> asyncio.Future[JsonObject]:
        """A future of the next answer; lines that came before are not considered."""
        self._keys = keys
        self._answer = asyncio.get_running_loop().create_future()
        return self._answer

    def look(self, line: bytes) -> None:
        """Take the next line."""
        if self._answer is None or self._answer.done():
            return
        read = json_object(line)
        if read is not None and any(key in read.document for key in self._keys):
            self._answer.set_result(read)


class LongRunningProgram:
    """A program that is up, and answers one document after the other."""

    def __init__(self, process: Process, inbox: Inbox) -> None:
        self._process = process
        self._inbox = inbox

    @classmethod
    async def start(
        cls, words: tuple[str, ...], environment: Mapping[str, str]
    ) -> LongRunningProgram:
        """Start a program; it is not asked anything yet."""
        inbox = Inbox()
        process = await start_process(words, environment=environment, on_line=inbox.look)
        return cls(process, inbox)

    @property
    def is_up(self) -> bool:
        """Whether it can be asked again."""
        return not self._process.exited.done()

    async def ask(
        self, line: bytes, *, keys: tuple[str, ...], action: object, limit: float, told: Secrets
    ) -> Outcome:
        """Hand it a line, and wait for an answer; without one it is ended."""
        process = self._process
        answer = self._inbox.expect(keys)
        process.watch_for(told)
        process.write(line + b"\n")
        await within(limit, answer, process.exited)
        if answer.done():
            return replied(answer.result(), process.take_output())
        status = process.exit_status
        # What it wrote last may still be on its way, the answer among it.
        await process.end()
        output = process.take_output()
        if status is None:
            wrote = why_still_no_answer(output, action)
            hint = f"{wrote}; {BUFFERED}" if wrote else BUFFERED
            return Hung(limit=limit, hint=hint, output=output)
        found = answer.result() if answer.done() else None
        return outcome_of(status, found=found, output=output, action=action, limit=limit)

    def forget_output(self) -> None:
        """Let what it wrote after its last answer be no evidence of the next request."""
        self._process.take_output()

    async def end(self) -> None:
        """Kill it."""
        await self._process.end()

    async def retire(self) -> None:
        """Let it see the end of its input, and then end it."""
        self._process.write(b"", end=True)
        try:
            await within(GRACE, self._process.exited)
        finally:
            await self.end()

    async def end_by(self, number: signal.Signals) -> None:
        """Send a signal, wait for its end, and kill what is left."""
        self._process.signal_group(number)
        try:
            await within(ENDING, self._process.exited)
        finally:
            await self.end()


class Lease:
    """One program of a pool, from the first request of its holder until the holder is done.

    Nobody else asks it meanwhile. One that died is replaced at the next request.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._program: LongRunningProgram | None = None

    async def ask(
        self, line: bytes, *, keys: tuple[str, ...], action: object, limit: float, told: Secrets
    ) -> Outcome:
        """Ask it, and take it into use or start it first if need be."""
        program = self._program or await self._pool.free()
        self._program = program
        try:
            outcome = await program.ask(line, keys=keys, action=action, limit=limit, told=told)
        except BaseException:
            await self._end()
            raise
        if not program.is_up:
            await self._end()
        return outcome

    async def end_by(self, number: signal.Signals) -> None:
        """End it by a signal; the next request starts a new one."""
        program, self._program = self._program, None
        if program is not None:
            await program.end_by(number)

    async def give_back(self) -> None:
        """Let others have it, unless it is down."""
        program, self._program = self._program, None
        if program is not None:
            await self._pool.take_back(program)

    async def _end(self) -> None:
        program, self._program = self._program, None
        if program is not None:
            await program.end()


class Team:
    """Copies of a program that belong to one case, and share its state; they are asked in turn."""

    def __init__(self, words: tuple[str, ...], environment: Mapping[str, str]) -> None:
        self._words = words
        self._environment = environment
        self._leases: list[Lease] = []
        self._turn = 0

    @asynccontextmanager
    async def up(self) -> AsyncIterator[Team]:
        """One of them; at the end all are killed, whatever they are at."""
        await self.set_size(1)
        try:
            yield self
        finally:
            await self.end_by(signal.SIGKILL)

    async def set_size(self, number: int) -> None:
        """Have that many of them from now on."""
        while len(self._leases) < number:
            pool = Pool(self._words, environment=self._environment, jobs=1)
            self._leases.append(Lease(pool))
        while len(self._leases) > number:
            await self._leases.pop().end_by(signal.SIGTERM)

    async def ask(
        self, line: bytes, *, keys: tuple[str, ...], action: object, limit: float, told: Secrets
    ) -> Outcome:
        """Ask the next one."""
        self._turn += 1
        lease = self._leases[self._turn % len(self._leases)]
        return await lease.ask(line, keys=keys, action=action, limit=limit, told=told)

    async def end_by(self, number: signal.Signals) -> None:
        """End all of them by a signal; the next requests start new ones."""
        await asyncio.gather(*(lease.end_by(number) for lease in self._leases))


class Pool:
    """At most `jobs` copies of a program, started when they are needed."""

    def __init__(
        self, words: tuple[str, ...], *, environment: Mapping[str, str], jobs: int
    ) -> None:
        self._words = words
        self._environment = environment
        self._slots = asyncio.Semaphore(jobs)
        self._idle: list[LongRunningProgram] = []

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[Lease]:
        """Wait for the right to one of them; it is taken into use by the first request.

        A holder that asks the pool itself, or leases again, may wait for what it holds.
        """
        async with self._slots:
            lease = Lease(self)
            try:
                yield lease
            finally:
                await lease.give_back()

    async def ask(
        self, line: bytes, *, keys: tuple[str, ...], action: object, limit: float, told: Secrets
    ) -> Outcome:
        """Ask one of them; the wait for a free one does not count against `limit`."""
        async with self.lease() as lease:
            return await lease.ask(line, keys=keys, action=action, limit=limit, told=told)

    async def free(self) -> LongRunningProgram:
        """One that waits for a request, or else a new one; for whoever has a lease."""
        while self._idle:
            program = self._idle.pop()
            if program.is_up:
                program.forget_output()
                return program
            await program.end()
        return await LongRunningProgram.start(self._words, self._environment)

    async def take_back(self, program: LongRunningProgram) -> None:
        """What `free` gave."""
        if program.is_up:
            self._idle.append(program)
        else:
            await program.end()

    async def close(self) -> None:
        """End those that wait for a request."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(program.retire() for program in idle))

    async def end_by(self, number: signal.Signals) -> None:
        """End those that wait for a request by a signal; the next request starts a new one."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(program.end_by(number) for program in idle))
