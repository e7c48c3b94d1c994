"""The parameters of a Query API request: flat names such as `Tags.member.1.Name`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

from ...http.exchange import Request

_BARE_LIST = re.compile(r"\w+\.\d+(?:\.|\Z)")


class Parameters:
    """Parameters by name, with lists and structures below a name."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def get(self, name: str) -> str | None:
        """The value of a name; None where it is absent."""
        return self._values.get(name)

    def below(self, name: str) -> Parameters:
        """What is below a name."""
        start = f"{name}."
        length = len(start)
        return Parameters({k[length:]: v for k, v in self._values.items() if k.startswith(start)})

    def has_below(self, name: str) -> bool:
        """Whether there is anything below a name."""
        start = f"{name}."
        return any(each.startswith(start) for each in self._values)

    def members(self, name: str) -> tuple[str, ...]:
        """The strings of a list, in the order of their numbers."""
        below = self.below(f"{name}.member")
        return tuple([each for n in below.numbers() if (each := below.get(n)) is not None])

    def structures(self, name: str) -> tuple[Parameters, ...]:
        """The structures of a list, in the order of their numbers."""
        below = self.below(f"{name}.member")
        return tuple([below.below(number) for number in below.numbers()])

    def numbers(self) -> list[str]:
        """The numbers that names begin with, in order."""
        if not self._values:
            return []
        firsts = {name.partition(".")[0] for name in self._values}
        numbers = [first for first in firsts if first.isascii() and first.isdecimal()]
        return sorted(numbers, key=lambda number: (len(number), number))

    def has_bare_list(self) -> bool:
        """Whether a list is numbered without `member` at the top, as no SDK does it."""
        return any(_BARE_LIST.match(name) for name in self._values)

    def __bool__(self) -> bool:
        return bool(self._values)


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
