"""How the value of a field is written, in words: `a list of texts`, `true or false`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from harness.checks.counts import Count
from harness.scenario.hints import members

# More values than this have a table of their own.
_LISTED = 16
_PLAIN: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Any: "anything",
    Count: "a count",
}


def form_of(field: FieldInfo) -> str:
    """How a field is written; for a closed list, its values."""
    bounds = {
        name: getattr(rule, name)
        for rule in field.metadata
        for name in ("ge", "gt", "le")
        if getattr(rule, name, None) is not None
    }
    return _form(field.annotation) + _bounded(bounds)


def default_of(field: FieldInfo) -> str | None:
    """What a field is when it is left out; None where that is nothing at all."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or isinstance(value, BaseModel) or value in ((), {}):
        return None
    return _shown(value)


def kinds_in(field: FieldInfo) -> Iterator[Any]:
    """Every type that a field holds, also inside lists and mappings."""
    return _kinds(field.annotation)


def _kinds(annotation: Any) -> Iterator[Any]:
    for kind in members(annotation):
        yield kind
        if get_origin(kind) in {tuple, dict}:
            for inside in get_args(kind):
                yield from _kinds(inside)


def _bounded(bounds: dict[str, Any]) -> str:
    least, most = bounds.get("ge"), bounds.get("le")
    if least is not None and most is not None:
        return f" from {least:g} to {most:g}"
    if least is not None:
        return f", at least {least:g}"
    if "gt" in bounds:
        return f" above {bounds['gt']:g}"
    return "" if most is None else f", at most {most:g}"


def _form(annotation: Any) -> str:
    return " or ".join(dict.fromkeys(_forms(annotation)))


def _forms(annotation: Any) -> Iterator[str]:
    for kind in members(annotation):
        origin, inside = get_origin(kind), get_args(kind)
        if kind is NoneType:
            continue
        if origin is Literal:
            yield ", ".join(f"`{value}`" for value in inside)
        elif origin is tuple:
            yield _list(inside)
        elif origin is dict:
            yield "a mapping"
        elif isinstance(kind, type) and issubclass(kind, Enum):
            yield _values([str(member.value) for member in kind])
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            yield "a mapping"
        else:
            yield _PLAIN.get(kind, "a text")


def _values(values: list[str]) -> str:
    if len(values) > _LISTED:
        return "one of a longer list"
    return ", ".join(f"`{value}`" for value in values)


def _list(inside: tuple[Any, ...]) -> str:
    if inside[-1] is not Ellipsis:
        return f"a list of {len(inside)}: {_form(inside[0])}"
    form = _form(inside[0])
    if form.startswith("`"):
        return f"a list of: {form}"
    return f"a list of {form.removeprefix('a ')}s"


def _shown(value: Any) -> str:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, tuple):
        plain = [
            each.model_dump(exclude_unset=True) if isinstance(each, BaseModel) else each
            for each in value
        ]
        return f"`{json.dumps(plain)}`"
    if isinstance(value, str) and value and value.isprintable():
        return f"`{value}`"
    return f"`{json.dumps(value)}`"
