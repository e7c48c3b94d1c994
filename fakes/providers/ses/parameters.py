"""The parameters of a Query API request: flat names such as `Tags.member.1.Name`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import unquote_plus

from ...http.exchange import Request


class Parameters:
    """Parameters by name, with lists and structures below a name: a tree of the parts of names.

    `value` is that of the name which leads here; None where it has none.
    """

    __slots__ = ("_below", "value")

    def __init__(self, values: Mapping[str, str] = MappingProxyType({})) -> None:
        self.value: str | None = None
        self._below: dict[str, Parameters] = {}
        for name, value in values.items():
            place = self
            for part in name.split("."):
                below = place._below
                place = below[part] if part in below else below.setdefault(part, Parameters())
            place.value = value

    def get(self, name: str) -> str | None:
        """The value of a name; None where it is absent."""
        return self.below(name).value

    def below(self, name: str) -> Parameters:
        """What is below a name."""
        place = self
        for part in name.split("."):
            if part not in place._below:
                return _NOTHING
            place = place._below[part]
        return place

    def has_below(self, name: str) -> bool:
        """Whether there is anything below a name."""
        return bool(self.below(name))

    def members(self, name: str) -> tuple[str, ...]:
        """The strings of a list, in the order of their numbers."""
        values = [each.value for each in self.structures(name)]
        return tuple([value for value in values if value is not None])

    def structures(self, name: str) -> tuple[Parameters, ...]:
        """The structures of a list, in the order of their numbers."""
        below = self.below(f"{name}.member")
        return tuple([below.below(number) for number in below.numbers()])

    def numbers(self) -> list[str]:
        """The numbers that names begin with, in order."""
        numbers = [part for part in self._below if part.isascii() and part.isdecimal()]
        return sorted(numbers, key=lambda number: (len(number), number))

    def has_bare_list(self) -> bool:
        """Whether a list is numbered without `member` at the top, as no SDK does it."""
        return any(each.numbers() for each in self._below.values())

    def __bool__(self) -> bool:
        return bool(self._below)


_NOTHING = Parameters()


def query_parameters(request: Request) -> Parameters:
    """The parameters of a request: those of the query and those of a form."""
    query = request.target.partition("?")[2]
    form = request.body.decode("utf-8", "replace")
    return Parameters(_fields(query) | _fields(form))


def _fields(text: str) -> dict[str, str]:
    fields = [field.partition("=") for field in text.split("&") if field]
    return {_unquoted(name): _unquoted(value) for name, _, value in fields}


def _unquoted(text: str) -> str:
    # Most names and many values stand for themselves.
    return unquote_plus(text) if "%" in text or "+" in text else text
