"""A program that answers each line of JSON with one: a sender that is not ours, and stays up."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class LineProgram:
    """A running program, asked in the documents of the sender protocol."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Its answer to one document."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(document) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("{"):
                answer: dict[str, Any] = json.loads(line)
                return answer
        raise AssertionError(f"{self._process.args!r} ended instead of answering")


@contextmanager
def running(program: str, environment: Mapping[str, str]) -> Iterator[LineProgram]:
    """Start a program; it ends when its input does."""
    with subprocess.Popen(
        [program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(environment),
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield LineProgram(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=20)
