"""What the author of a sender ought to know of its answers, though it decides nothing.

A field that the protocol does not have may be somebody's own, and is passed over; one that is
nearly a field of the protocol, or stands in the wrong place, is a mistake, and what it says is
lost. What is quoted is never cut: a part of a secret would not be known for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from enum import Enum
from itertools import islice
from typing import Any

from pydantic import BaseModel

from harness.protocol import Answer, Description, RefusedRecipient, SendError

# However wrong an answer is, so much of it is told.
MOST_COMPLAINTS = 20

_LONGEST_QUOTED = 80

# Of the keys of an object, and of the items of a list.
_MOST_LOOKED_AT = 50

# How alike two words have to be: `temporay` and `temporary` are 0.94.
_ALIKE = 0.75

_KINDS: Mapping[type, str] = {str: "a text", list: "a list", dict: "an object"}
_WORDS: Mapping[type, str] = {bool: "true or false", int: "a number", str: "text"}


def nearest(word: str, choices: Iterable[str], *, within: bool = True) -> str | None:
    """The choice that was probably meant: another spelling, or a slip of the pen.

    `within`: or one whose words are all in it, as of `tls` in `tls-handshake`.
    """
    plain = {_plain(choice): choice for choice in choices}
    meant = _plain(word)
    if meant in plain:
        return plain[meant]
    parts = set(meant.split("-")) if within else set()
    found = [choice for choice in plain if set(choice.split("-")) <= parts]
    found = sorted(found, key=len) or get_close_matches(meant, plain, n=1, cutoff=_ALIKE)
    return plain[found[-1]] if found else None


def quoted(value: object) -> str:
    """A value as its author wrote it, or what it is where it is long."""
    text = repr(value)
    if len(text) <= _LONGEST_QUOTED:
        return text
    size = f" of {len(value)}" if isinstance(value, str | list | dict) else ""
    return f"{_KINDS.get(type(value), 'a value')}{size}"


def unknown_keys(document: Mapping[str, Any]) -> Iterator[str]:
    """Keys of an answer that are nearly those of the protocol, or stand in the wrong place."""
    yield from _strangers(document, Answer, inside=("error", SendError))
    error = document.get("error")
    if isinstance(error, dict):
        yield from _strangers(error, SendError, prefix="error.", outside=Answer)
    refused = document.get("refused")
    for item in refused[:_MOST_LOOKED_AT] if isinstance(refused, list) else ():
        if isinstance(item, dict):
            yield from _strangers(item, RefusedRecipient, prefix="refused.")


def unknown_keys_of_description(document: Mapping[str, Any]) -> Iterator[str]:
    """As `unknown_keys`, for the answer to `describe`."""
    yield from _strangers(document, Description)


def unknown_feature(feature: str, choices: Iterable[str]) -> str:
    """What to say of a feature that does not exist."""
    hint = _hint(feature, choices) or "; nothing depends on it"
    return f"features: there is no {quoted(feature)}{hint}"


def unknown_word(path: str, value: object, kind: type[Enum]) -> str:
    """What to say of a phase or class that does not exist."""
    choices = [str(choice.value) for choice in kind]
    hint = _hint(value, choices) or "; `harness explain errors` lists them"
    return f"{path}: there is no {quoted(value)}{hint}; left out"


def read_otherwise(
    document: Mapping[str, Any], read: Mapping[str, Any], prefix: str = ""
) -> Iterator[str]:
    """What was taken for what it probably means: `"no"` where a boolean is due."""
    for key, value in read.items():
        given = document.get(key)
        if isinstance(value, dict) and isinstance(given, dict):
            yield from read_otherwise(given, value, f"{prefix}{key}.")
        elif isinstance(value, bool | int | str) and type(given) is not type(value):
            due = _WORDS[type(value)]
            yield f"{prefix}{key}: {quoted(given)} was read as {quoted(value)}; write {due}"


def _strangers(
    document: Mapping[str, Any],
    model: type[BaseModel],
    *,
    prefix: str = "",
    inside: tuple[str, type[BaseModel]] | None = None,
    outside: type[BaseModel] | None = None,
) -> Iterator[str]:
    known = _keys(model)
    for key in islice(document, _MOST_LOOKED_AT):
        if key in known:
            continue
        path = f"{prefix}{quoted(key)[1:-1]}"
        if inside is not None and key in _keys(inside[1]):
            yield f"{path}: it belongs inside `{inside[0]}`, and was not read here"
        elif outside is not None and key in _keys(outside):
            yield f"{path}: it belongs beside `{prefix[:-1]}`, and was not read here"
        elif (meant := nearest(key, known, within=False)) is not None:
            yield f"{path}: there is no such field, and it was not read; did you mean `{meant}`?"


def _keys(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _hint(word: object, choices: Iterable[str]) -> str:
    meant = nearest(word, choices) if isinstance(word, str) else None
    return f"; did you mean {meant!r}?" if meant else ""


def _plain(word: str) -> str:
    """`replyCode`, `REPLY_CODE` and `reply code` are one word; so are `tls` and `TLS`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", word[:_LONGEST_QUOTED])
    return re.sub(r"[\s_-]+", "-", parted).strip("-").lower()
