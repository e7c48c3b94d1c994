"""A program that runs beside the fakes, and with which they end."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress

from harness.errors import UsageError

# How long, in seconds, a program may take to end when it is told to.
_PATIENCE = 5.0
# As a shell tells it.
_BY_SIGNAL = 128


async def run_program(
    words: Sequence[str], environment: Mapping[str, str], told: asyncio.Event
) -> int:
    """Run a program to its end; its exit status, 128 and the number where a signal ended it.

    It has this process's streams, and `environment` beside this process's own. Once `told` is set
    it is ended.

    Raises:
        UsageError: there is no such program.
    """
    try:
        process = await asyncio.create_subprocess_exec(*words, env={**os.environ, **environment})
    except OSError as error:
        raise UsageError(f"{words[0]}: {error.strerror}") from error
    ending = asyncio.create_task(_ended_when(told, process))
    try:
        status = await process.wait()
    finally:
        ending.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()
    return status if status >= 0 else _BY_SIGNAL - status


def check_program(words: Sequence[str]) -> None:
    """Make sure, before anything starts, that there is something to run.

    Raises:
        UsageError: there is not.
    """
    if not words:
        raise UsageError("behind -- a program is due")
    if shutil.which(words[0]) is None:
        raise UsageError(f"{words[0]}: there is no such program")


async def _ended_when(told: asyncio.Event, process: asyncio.subprocess.Process) -> None:
    await told.wait()
    with suppress(ProcessLookupError):
        process.terminate()
        await asyncio.sleep(_PATIENCE)
        process.kill()
