"""A sender that is a function of this process, called in a worker thread for each request.

A request that hangs is abandoned: its thread goes on until the call returns, and is never joined.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, TypeAlias

from .base import Sender
from .capture import LONGEST_ANSWER
from .exit_status import replied
from .json_object import json_object
from .outcome import NO_OUTPUT, Crashed, Hung, NoAnswer, Outcome, Output
from .threads import in_thread

Handle: TypeAlias = Callable[[dict[str, Any]], object]
RunCoroutine: TypeAlias = Callable[[Coroutine[Any, Any, object]], object]


class InProcessSender(Sender):
    """Calls a function of this process, plain or `async`, in threads."""

    def __init__(self, name: str, handle: Handle) -> None:
        super().__init__(name)
        self._handle = handle

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        """Call the function with `document`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                return await in_thread(self._call, dict(document))
        return Hung(limit=limit)

    def _call(self, document: dict[str, Any]) -> Outcome:
        return call(self._handle, document)


def call(handle: Handle, document: dict[str, Any], *, run: RunCoroutine = asyncio.run) -> Outcome:
    """What a function makes of a document. `run` is how a coroutine, where it makes one, is run.

    It is held to what a program could answer: a document of JSON.
    """
    try:
        answer = handle(document)
        if inspect.isawaitable(answer):
            answer = run(_awaited(answer))
    except (Exception, SystemExit) as problem:  # noqa: BLE001  # whatever it is, it is evidence
        words = "".join(traceback.format_exception(problem))
        last = traceback.format_exception_only(problem)[-1].strip()
        return Crashed(how=f"raised {last}", output=Output(stderr=words.encode("utf-8", "replace")))
    if not isinstance(answer, Mapping):
        return NoAnswer(why=f"it returned {type(answer).__name__}, and a dict is due")
    try:
        text = json.dumps(dict(answer))
    except (TypeError, ValueError, RecursionError) as problem:
        return NoAnswer(why=f"what it returned is no JSON document: {problem}")
    read = json_object(text.encode("ascii"))
    if read is None or len(text) > LONGEST_ANSWER:
        return NoAnswer(why="what it returned is no JSON document, or a very long one")
    return replied(read, NO_OUTPUT)


async def _awaited(answer: Awaitable[object]) -> object:
    return await answer
