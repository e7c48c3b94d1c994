"""Reading a program and its arguments from a SPEC."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from harness.errors import UsageError


def split_words(scheme: str, line: str) -> tuple[str, ...]:
    """The words of a command line, split by the rules of a POSIX shell."""
    try:
        words = tuple(shlex.split(line))
    except ValueError as problem:
        raise UsageError(f"{scheme}:{line}: {problem}") from problem
    if not words:
        raise UsageError(f"{scheme}: names no program; write {scheme}:PROGRAM ARG...")
    return words


def json_line(document: Mapping[str, Any]) -> bytes:
    """A document as one line of JSON.

    Other than ASCII is escaped, which is UTF-8 as well, and is read rightly by a program whose
    locale has another encoding.
    """
    return json.dumps(document).encode("ascii")
