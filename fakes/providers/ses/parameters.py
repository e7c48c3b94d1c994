"""The parameters of a Query API request: flat names such as `Tags.member.1.Name`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from ...http.exchange import Request

# What is below each part of a name; None leads to the value of the name that ends there.
_Tree = dict[str | None, Any]


class Parameters:
    """Parameters by name, with lists and structures below a name."""

    __slots__ = ("_tree",)

    def __init__(self, tree: _Tree) -> None:
        self._tree = tree

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Parameters:
        """Those of these flat names."""
        tree: _Tree = {}
        for name, value in values.items():
            place = tree
            for part in name.split("."):
                place = place.setdefault(part, {})
            place[None] = value
        return cls(tree)

    def get(self, name: str) -> str | None:
        """The value of a name; None where it is absent."""
        return _text(self._found(name))

    def below(self, name: str) -> Parameters:
        """What is below a name."""
        return Parameters(self._found(name))

    def has_below(self, name: str) -> bool:
        """Whether there is anything below a name."""
        return bool(self.below(name))

    def members(self, name: str) -> tuple[str, ...]:
        """The strings of a list, in the order of their numbers."""
        listed = self._found(f"{name}.member")
        values = [_text(listed[number]) for number in _numbers(listed)]
        return tuple([value for value in values if value is not None])

    def structures(self, name: str) -> tuple[Parameters, ...]:
        """The structures of a list, in the order of their numbers."""
        listed = self._found(f"{name}.member")
        return tuple([Parameters(listed[number]) for number in _numbers(listed)])

    def has_bare_list(self) -> bool:
        """Whether a list is numbered without `member` at the top, as no SDK does it."""
        return any(_numbers(below) for part, below in self._tree.items() if part is not None)

    def __bool__(self) -> bool:
        return any(part is not None for part in self._tree)

    def _found(self, name: str) -> _Tree:
        place = self._tree
        for part in name.split("."):
            place = place.get(part, _NOTHING)
        return place


_NOTHING: _Tree = {}


def _text(place: _Tree) -> str | None:
    found: str | None = place.get(None)
    return found


def _numbers(listed: _Tree) -> list[str]:
    """The numbers in a list, in order."""
    numbers = [part for part in listed if part and part.isascii() and part.isdecimal()]
    return sorted(numbers, key=lambda number: (len(number), number))


def query_parameters(request: Request) -> Parameters:
    """The parameters of a request: those of the query and those of a form."""
    query = request.target.partition("?")[2]
    form = request.body.decode("utf-8", "replace")
    return Parameters.of(_fields(query) | _fields(form))


def _fields(text: str) -> dict[str, str]:
    fields = [field.partition("=") for field in text.split("&") if field]
    return {_unquoted(name): _unquoted(value) for name, _, value in fields}


def _unquoted(text: str) -> str:
    # Most names and many values stand for themselves.
    return unquote_plus(text) if "%" in text or "+" in text else text
