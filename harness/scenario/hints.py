"""What a word that does not exist could have been: the choices, and the nearest of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from harness.fakes.faults.plan import Fault


def choose_from(given: object, choices: Sequence[str]) -> str:
    """What follows upon "there is no such word": what it may have meant, and what there is."""
    if not choices:
        return ""
    listed = ", ".join(choices)
    alike = get_close_matches(str(given).lower(), {each.lower(): each for each in choices}, n=1)
    if not alike:
        return f"; choose from {listed}"
    meant = next(each for each in choices if each.lower() == alike[0])
    return f", did you mean {meant}? (choose from {listed})"


def keys_for(model: type[BaseModel], path: Sequence[str | int]) -> tuple[str, ...]:
    """The keys that might stand below a model in place of the unknown one that ends `path`.

    A path of pydantic's names members of unions too, though not each time: where several members
    are left, those that have that key are not the one that was meant.
    """
    *around, unknown = path
    found: list[Any] = [model]
    beside: list[str] = []
    for part in around:
        if part == "action" and Fault in found:  # faults are written flat
            beside += [key for key in written_keys(Fault) if key != "action"]
        inside = [each for one in found for each in _inside(one, part)]
        found = inside or [each for each in found if _is_called(each, part)] or found
    written = [written_keys(one) for one in found if _is_model(one)]
    fitting = [key for keys in written if unknown not in keys for key in keys]
    return tuple(dict.fromkeys([*beside, *fitting]))


def written_keys(model: type[BaseModel]) -> list[str]:
    """The keys of a model that people write; what it keeps for itself is never dumped."""
    fields = model.model_fields.items()
    keys = [field.alias or name for name, field in fields if not field.exclude]
    return keys + list(getattr(model, "keys_beside", ()))


def members(annotation: Any) -> Iterator[Any]:
    """What an annotation stands for: the members of unions, each without what is annotated."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from members(get_args(annotation)[0])
    elif origin in {Union, UnionType}:
        for member in get_args(annotation):
            yield from members(member)
    else:
        yield annotation


def _inside(kind: Any, part: str | int) -> Iterator[Any]:
    """What stands at a key or a place of something."""
    if _is_model(kind):
        for name, field in kind.model_fields.items():
            if part in {name, field.alias}:
                yield from members(field.annotation)
    elif isinstance(part, int) and get_origin(kind) in {tuple, list}:
        yield from members(get_args(kind)[0])
    elif get_origin(kind) is dict:
        yield from members(get_args(kind)[1])


def _is_called(kind: Any, part: str | int) -> bool:
    """Whether a member of a union goes by this name: its class, or what tells it apart."""
    if not _is_model(kind):
        return False
    tags = (get_args(each.annotation) for each in kind.model_fields.values() if each.is_required())
    return part == kind.__name__ or (part,) in tags


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
