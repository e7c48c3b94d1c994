"""`python:package.module:callable`: a function, called in a worker process of its own.

`name(request: dict) -> dict`, plain or `async`; the coroutines of a worker share one event loop.
The module is imported with the current directory first on the path. What it prints is evidence.
An exception is a crash of that request only; after `sys.exit`, a real crash or a hang the worker is
started anew. Up to `--jobs` workers run side by side, each of them one case's own at a time.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.errors import SenderError, SenderNotFoundError, UsageError
from harness.secrets import NO_SECRETS, Secrets

from .base import Sender, Surroundings
from .capture import words_of
from .json_object import TOO_DEEP
from .outcome import Crashed, Hung, NoAnswer, Outcome, Replied
from .pooled import PooledSender
from .program import json_line, secrets_told

SCHEMES = ("python",)

IMPORT_LIMIT = 60.0

_NAME = r"[^\W\d]\w*(\.[^\W\d]\w*)*"
_TARGET = re.compile(rf"{_NAME}:{_NAME}")


class PythonSender(PooledSender):
    """Calls a function in worker processes."""

    def __init__(self, name: str, target: str, surroundings: Surroundings) -> None:
        worker = str(Path(__file__).with_name("worker.py"))
        # -P: the folder of the worker is not put on the path, in which our `http` would be found.
        super().__init__(name, (sys.executable, "-P", worker, target), surroundings)
        self._target = target

    async def start(self) -> None:
        """Import the module in a first worker."""
        outcome = await self._request(
            b"null", keys=("ready",), action=None, limit=IMPORT_LIMIT, told=NO_SECRETS
        )
        if isinstance(outcome, Replied):
            return
        last = words_of(outcome.output.stderr).rpartition("\n")[2]
        told = f"{outcome.words}; {last}" if last else outcome.words
        raise SenderError(f"python:{self._target} could not be imported: {told}")

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Call the function."""
        return await self._request(
            json_line(document),
            keys=("returned", "raised", "unfit"),
            action=document.get("action"),
            limit=limit,
            told=secrets_told(document),
        )

    async def _request(
        self, line: bytes, *, keys: tuple[str, ...], action: object, limit: float, told: Secrets
    ) -> Outcome:
        keys = (*keys, "missing", "broken")
        outcome = await self._asked.ask(line, keys=keys, action=action, limit=limit, told=told)
        # What goes over the worker's stdout is ours; all that the function wrote is on stderr.
        outcome = replace(outcome, output=replace(outcome.output, stdout=b""))
        match outcome:
            case Replied(document={"missing": reason}):
                raise SenderNotFoundError(f"python:{self._target}: {reason}")
            case Replied(document={"broken": reason}):
                raise SenderError(f"python:{self._target} could not be imported: {reason}")
            case Replied(document={"raised": reason}, output=output):
                return Crashed(how=f"raised {reason}", output=output)
            case Replied(document={"unfit": reason}, output=output):
                return NoAnswer(
                    why=f"what it returned is no JSON document: {reason}", output=output
                )
            case Replied(document={"returned": returned}, output=output):
                return returned_outcome(returned, outcome)
            case NoAnswer(why=why) if why != TOO_DEEP:
                return replace(outcome, why="it ended the process")
            case Hung():
                return replace(outcome, hint="")
        return outcome


def returned_outcome(returned: object, replied: Replied) -> Outcome:
    """What a function that returned `returned` answered."""
    if isinstance(returned, dict):
        return replace(replied, document=returned)
    kind = type(returned).__name__
    return NoAnswer(why=f"it returned {kind}, and a dict is due", output=replied.output)


def open_spec(scheme: str, rest: str, surroundings: Surroundings) -> Sender:
    """Open `python:package.module:callable`."""
    if not _TARGET.fullmatch(rest):
        raise UsageError(f"{scheme}:{rest}: write {scheme}:package.module:callable")
    return PythonSender(f"{scheme}:{rest}", rest, surroundings)
