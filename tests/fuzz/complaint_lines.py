"""What a mistake in a file has to look like: `file:line: path: reason`, a line each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from harness.errors import HarnessError

T = TypeVar("T")
_IN_A_FILE = re.compile(r"[^\n:]+:\d+: [^\n]+: [^\n]+")


def read_or_refused(read: Callable[[], T], kind: type[HarnessError], *, source: str) -> T | None:
    """What `read` gives; None where it refuses a file, each line of which says where and why."""
    try:
        return read()
    except kind as error:
        said = str(error)
    lines = said.split("\n")
    assert all(_IN_A_FILE.fullmatch(line) for line in lines), lines
    assert all(line.startswith(f"{source}:") for line in lines), lines
    return None
