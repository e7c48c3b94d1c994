"""One process of a sender: started in a group of its own, read without end, and surely ended."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from harness.errors import SenderError, SenderNotFoundError
from harness.fakes.loop_thread import surely
from harness.secrets import NO_SECRETS, Secrets

from .capture import Ends, Lines
from .outcome import Output

# How long a killed process may take to vanish, and its pipes to end, before they are left alone.
GRACE = 1.0


class Process(asyncio.SubprocessProtocol):
    """A running program whose output is kept within bounds as it comes.

    Reading never waits for anybody, so a program that floods its pipes does not block, and fills
    no memory. `on_line` gets each line of stdout that may be a JSON object.
    """

    def __init__(self, on_line: Callable[[bytes], None], *, told: Secrets = NO_SECRETS) -> None:
        self.exited: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._told = told
        self._streams = {1: Ends(told=told), 2: Ends(told=told)}
        self._lines = Lines(on_line)
        self._open_pipes = {0, 1, 2}
        self._transport: asyncio.SubprocessTransport | None = None

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.SubprocessTransport, transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Keep the data, and look for lines in stdout."""
        self._streams[fd].feed(data)
        if fd == 1:
            self._lines.feed(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """A pipe has ended; a stdin that nobody reads any more is no matter."""
        del exc
        self._open_pipes.discard(fd)
        if fd == 1:
            self._lines.end()

    def process_exited(self) -> None:
        """The program has ended; what it started may still hold its pipes."""
        if not self.exited.done():
            self.exited.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """The program and all its pipes have ended."""
        del exc
        if not self.ended.done():
            self.ended.set_result(None)

    # What an adapter calls.

    @property
    def transport(self) -> asyncio.SubprocessTransport:
        """The transport; there is one as soon as `start_process` has returned."""
        if self._transport is None:
            raise SenderError("the program was not started")
        return self._transport

    @property
    def exit_status(self) -> int | None:
        """Its exit status, or the negative number of the signal that ended it; None before."""
        return self.transport.get_returncode()

    def write(self, data: bytes, *, end: bool = False) -> None:
        """Give it `data` on stdin, and then the end of file; it need not read either."""
        pipe = self._stdin()
        if pipe is None or pipe.is_closing():
            return
        pipe.write(data)
        if end:
            pipe.close()

    def watch_for(self, told: Secrets) -> None:
        """From now on, search for `told` in what has to be left out of what it writes."""
        self._told = told
        for stream in self._streams.values():
            stream.told = told

    def take_output(self) -> Output:
        """What it has written since the last time."""
        out, err = self._streams[1], self._streams[2]
        self._streams = {1: Ends(told=self._told), 2: Ends(told=self._told)}
        return Output(
            stdout=out.content(),
            stderr=err.content(),
            truncated=out.truncated or err.truncated,
            found=tuple(dict.fromkeys((*out.found, *err.found))),
            told=self._told,
        )

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the program and to all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.transport.get_pid(), number)

    async def end(self) -> None:
        """Kill what is left of it: whoever outlived its case could disturb the next one.

        A descendant that left the group keeps the pipes open; they are closed on our side. This
        is done even while the caller is being cancelled.
        """
        self.signal_group(signal.SIGKILL)
        await surely(self._vanish())

    async def _vanish(self) -> None:
        await within(GRACE, self.ended)
        self._close_pipes()
        await within(GRACE, self.ended)

    def _close_pipes(self) -> None:
        stdin = self._stdin()
        # Closing is not enough for what is not written yet; and what is closed cannot be aborted.
        if stdin is not None and 0 in self._open_pipes:
            stdin.abort()
        self.transport.close()

    def _stdin(self) -> asyncio.WriteTransport | None:
        return cast("asyncio.WriteTransport | None", self.transport.get_pipe_transport(0))


async def within(limit: float, *awaited: asyncio.Future[Any]) -> bool:
    """Wait until one of them is done, at most `limit` seconds; whether one is."""
    done, _ = await asyncio.wait(awaited, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
    return bool(done)


async def start_process(
    words: Sequence[str],
    *,
    environment: Mapping[str, str],
    on_line: Callable[[bytes], None] = lambda _: None,
    stdin: int = subprocess.PIPE,
    told: Secrets = NO_SECRETS,
) -> Process:
    """Start a program in the current directory, without a shell."""
    starting = asyncio.ensure_future(
        asyncio.get_running_loop().subprocess_exec(
            lambda: Process(on_line, told=told),
            *(word.encode() for word in words),
            stdin=stdin,
            env=environment,
            start_new_session=True,
        )
    )
    try:
        _, process = await asyncio.shield(starting)
    except asyncio.CancelledError:
        # Cut off in the middle, asyncio would kill the program, but not what it has started.
        with suppress(asyncio.CancelledError):
            await surely(asyncio.wait([starting]))
        if starting.exception() is None:
            await starting.result()[1].end()
        raise
    except (FileNotFoundError, PermissionError) as problem:
        raise SenderNotFoundError(f"{words[0]}: {problem.strerror}") from problem
    except OSError as problem:
        raise SenderError(f"{words[0]} cannot be started: {problem.strerror}") from problem
    return process


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessRun:
    """How a program that was run once came to its end. `exit_status` None: it was cut off."""

    exit_status: int | None
    output: Output


async def run_to_end(
    words: Sequence[str],
    *,
    environment: Mapping[str, str],
    limit: float,
    stdin: bytes | None = None,
    on_line: Callable[[bytes], None] = lambda _: None,
    told: Secrets = NO_SECRETS,
) -> ProcessRun:
    """Run a program with `stdin`, and end all of it after `limit` seconds."""
    process = await start_process(
        words,
        environment=environment,
        on_line=on_line,
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        told=told,
    )
    try:
        if stdin is not None:
            process.write(stdin, end=True)
        finished = await within(limit, process.exited)
    finally:
        await process.end()
    return ProcessRun(
        exit_status=process.exit_status if finished else None,
        output=process.take_output(),
    )


def find_program(program: str, environment: Mapping[str, str]) -> None:
    """Raise `SenderNotFoundError` unless `program` can be started in that environment."""
    if shutil.which(program, path=environment.get("PATH")) is not None:
        return
    if os.sep not in program:
        raise SenderNotFoundError(f"{program} is not on PATH")
    path = Path(program)
    if path.is_dir():
        raise SenderNotFoundError(f"{program} is a folder, not a program")
    if path.exists():
        raise SenderNotFoundError(f"{program} is not executable")
    raise SenderNotFoundError(f"{program} does not exist (looked up from the current directory)")
