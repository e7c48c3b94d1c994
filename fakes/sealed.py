"""Objects whose attributes are not set by mistake."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from .errors import FakeError


class UnsettableAttributeError(FakeError, AttributeError):
    """An attribute that is not there, or that is not set but changed in another way."""


class Sealed(ABCMeta):
    """The class of classes whose objects are whole once they are made.

    From then on only attributes with an underscore, and properties with a setter, can be set.
    """

    def __call__(cls, *args: Any, **keywords: Any) -> Any:
        """Make an object, and seal it."""
        made = super().__call__(*args, **keywords)
        made._is_made = True  # noqa: SLF001  # what an object of these classes is
        return made


def unsettable(name: str, *, of: object, words: Iterable[str]) -> UnsettableAttributeError:
    """Why `name` cannot be set; `words` are what `change` takes."""
    kind = type(of).__name__
    words = tuple(words)
    if name in words:
        return UnsettableAttributeError(f"{name}: it is not set, but changed: change({name}=…)")
    if hasattr(of, name):
        return UnsettableAttributeError(f"{name}: it tells what the {kind} is, and cannot be set")
    settable = [each for each in dir(type(of)) if is_settable(type(of), each)]
    alike = get_close_matches(name, [*settable, *words, *_public(of)], n=1)
    meant = f", did you mean {alike[0]}?" if alike else ""
    may = f"{', '.join(settable)} can be set; " if settable else ""
    choices = f" ({may}change(…) takes {', '.join(words)})"
    return UnsettableAttributeError(f"{name}: there is no such attribute of {kind}{meant}{choices}")


def is_settable(kind: type, name: str) -> bool:
    """Whether objects of this class have a property of that name, with a setter."""
    found = getattr(kind, name, None)
    return isinstance(found, property) and found.fset is not None


def _public(of: object) -> list[str]:
    return [name for name in dir(of) if not name.startswith("_")]
