"""What a fault does: each action is a class in a module of this package, found by scan.

`Action` is any of them, told apart by `do`, for pydantic and so for schemas too. To add one, write
a module with a subclass of `FaultAction`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, TypeAlias, Union, get_args

from pydantic import Field

from .base import FaultAction


def _in_the_modules() -> Iterator[type[FaultAction]]:
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        for kind in vars(loaded).values():
            is_action = isinstance(kind, type) and issubclass(kind, FaultAction)
            if is_action and kind.__module__ == loaded.__name__ and kind is not FaultAction:
                yield kind


def by_word(kinds: Iterable[type[FaultAction]]) -> dict[str, type[FaultAction]]:
    """The actions by what `do` calls them. Two of one name are a `ValueError`."""
    found: dict[str, type[FaultAction]] = {}
    for kind in kinds:
        (word,) = get_args(kind.model_fields["do"].annotation)
        other = found.setdefault(word, kind)
        if other is not kind:
            raise ValueError(f"two actions are called {word}: {other} and {kind}")
    return found


if TYPE_CHECKING:
    Action: TypeAlias = FaultAction
else:
    _ACTIONS = tuple(by_word(_in_the_modules()).values())
    Action = Annotated[Union[_ACTIONS], Field(discriminator="do")]  # noqa: UP007

__all__ = ["Action", "FaultAction", "by_word"]
