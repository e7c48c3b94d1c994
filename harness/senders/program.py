"""What goes to a program: its words, from a SPEC; a document; the secrets that this tells it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from harness.errors import UsageError
from harness.secrets import Secrets

# An id is no secret: whoever names it has betrayed nothing.
_NO_SECRET = "access_key_id"


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


def secrets_told(document: Mapping[str, Any]) -> Secrets:
    """The secrets in a request, under the names that the judge has for them."""
    transport = document.get("transport")
    if not isinstance(transport, Mapping):
        return Secrets({})
    own = {name: transport.get(name) for name in ("password", "access_token")}
    told = {**own, **(transport.get("credentials") or {})}
    texts = {name: value for name, value in told.items() if isinstance(value, str) and value}
    key_id = {_NO_SECRET: texts.pop(_NO_SECRET)} if _NO_SECRET in texts else {}
    return Secrets(texts, guarded=key_id)
