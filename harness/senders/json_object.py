"""Reading one line as a JSON object, whoever wrote it: nothing in it is too deep or too long.

Parsers, copies and reports are recursive, and turning the digits of an integer into a number takes
time that grows with their square. What goes beyond these bounds is known before it is parsed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

# The answers of the protocol are three deep.
DEEPEST = 64

TOO_DEEP = f"it is nested more than {DEEPEST} deep"

# More than any number of the protocol has, and fewer than Python refuses to convert.
MOST_DIGITS = 100

_BOM = b"\xef\xbb\xbf"
_MARKS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonObject:
    """What a line says. `flaw` tells why it cannot be used; its keys are those that it has."""

    document: dict[str, Any]
    flaw: str = ""


def json_object(line: bytes) -> JsonObject | None:
    """The JSON object that a line consists of; None when it is anything else.

    One that is nested too deeply is read down to `DEEPEST`, so that its keys are known, and has a
    flaw. An integer of more than `MOST_DIGITS` digits is read as words that say so.
    """
    text = line.strip().removeprefix(_BOM).strip()
    if not (text.startswith(b"{") and text.endswith(b"}")):
        return None
    flaw = ""
    if text.count(b"{") + text.count(b"[") > DEEPEST:
        cut = b"".join(_down_to(text, DEEPEST))
        if cut != text:
            text, flaw = cut, TOO_DEEP
    try:
        document = json.loads(
            text.decode("utf-8", "replace"), parse_constant=_refuse, parse_int=_integer
        )
        if b"\\u" in text:
            document = _without_lone_surrogates(document)
    except ValueError:
        return None
    return JsonObject(document=document, flaw=flaw) if isinstance(document, dict) else None


def _down_to(text: bytes, deepest: int) -> Iterator[bytes]:
    """The pieces of `text` with `null` for each array and object that is deeper."""
    depth = begin = 0
    for match in _MARKS.finditer(text):
        if match[0] in (b"{", b"["):
            depth += 1
            if depth == deepest + 1:
                yield text[begin : match.start()]
        elif match[0] in (b"}", b"]"):
            depth -= 1
            if depth == deepest:
                yield b"null"
                begin = match.end()
    if depth <= deepest:
        yield text[begin:]


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= MOST_DIGITS else f"an integer of {len(digits)} digits"


def _without_lone_surrogates(document: Any) -> Any:
    """Half a character, escaped, is valid JSON, and would break whoever writes it down later."""
    text = json.dumps(document, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
