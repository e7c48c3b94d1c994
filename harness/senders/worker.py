"""The process in which `python:package.module:callable` runs. It is run as a script.

It imports nothing of harness, so that the callable finds the modules of its own folder, whatever
they are called, and so that it starts fast. The protocol gets descriptors of its own: what the
callable prints goes to stderr, as evidence, and nothing reads stdin in the protocol's place.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import os
import sys
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, BinaryIO

# As `capture.LONGEST_ANSWER`, which the other side keeps.
LONGEST_ANSWER = 1024 * 1024


class NotFoundError(Exception):
    """There is no such module or callable."""


def find(target: str) -> Callable[[Any], Any]:
    """The callable `package.module:name`, where a name may have dots."""
    module_name, _, path = target.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as problem:
        # What the module itself imports is its own affair.
        if f"{module_name}.".startswith(f"{problem.name}."):
            raise NotFoundError(last_line(problem)) from problem
        raise
    try:
        for name in path.split("."):
            found = getattr(found, name)
    except AttributeError as problem:
        raise NotFoundError(last_line(problem)) from problem
    if not callable(found):
        raise NotFoundError(f"{target} is not callable, it is of type {type(found).__name__}")
    return found  # type: ignore[no-any-return]  # what it returns is checked at each call


def last_line(problem: BaseException) -> str:
    """The last line of a traceback."""
    return traceback.format_exception_only(problem)[-1].strip()


def call(function: Callable[[Any], Any], document: Any, runner: asyncio.Runner) -> bytes:
    """Call it, and put what it returned or raised into a line."""
    try:
        result = function(document)
        if inspect.isawaitable(result):
            result = runner.run(_awaited(result))
    except Exception as problem:  # noqa: BLE001  # whatever it is, it is evidence
        traceback.print_exc()
        return as_line({"raised": last_line(problem)})
    return returned(result)


def returned(result: Any) -> bytes:
    """What it returned as a line, or why that is no document."""
    try:
        frame = as_line({"returned": result})
    except (TypeError, ValueError, RecursionError) as problem:
        return as_line({"unfit": last_line(problem)})
    if len(frame) > LONGEST_ANSWER:
        return as_line({"unfit": f"it has {len(frame)} bytes, beyond {LONGEST_ANSWER}"})
    return frame


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result


def as_line(frame: dict[str, Any]) -> bytes:
    """A frame as a line of JSON."""
    return json.dumps(frame).encode("ascii") + b"\n"


def own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Streams for the protocol, after which stdin is empty and stdout is stderr."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def serve(function: Callable[[Any], Any], requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer each line; `null` only asks whether we are ready. One loop for all coroutines."""
    with asyncio.Runner() as runner:
        for line in requests:
            document = json.loads(line)
            answer = (
                as_line({"ready": True}) if document is None else call(function, document, runner)
            )
            sys.stdout.flush()
            sys.stderr.flush()
            answers.write(answer)
            answers.flush()


def main(target: str) -> int:
    """Import `target` with the current directory first on the path, and serve it."""
    requests, answers = own_streams()
    sys.path.insert(0, os.getcwd())  # noqa: PTH109  # a string is due
    sys.argv = [target]
    try:
        function = find(target)
    except NotFoundError as problem:
        return refuse({"missing": str(problem)}, requests, answers)
    except Exception as problem:  # noqa: BLE001  # a module may raise anything
        traceback.print_exc()
        return refuse({"broken": last_line(problem)}, requests, answers)
    serve(function, requests, answers)
    return 0


def refuse(frame: dict[str, Any], requests: BinaryIO, answers: BinaryIO) -> int:
    """Answer the first request, whatever it is, with `frame`: nobody listens before it."""
    requests.readline()
    answers.write(as_line(frame))
    answers.flush()
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
