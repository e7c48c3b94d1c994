"""The parameters of a Query API request: flat names such as `Tags.member.1.Name`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import unquote_plus

from ...http.exchange import Request


class Parameters:
    """Parameters by name, with lists and structures below a name."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def get(self, name: str) -> str | None:
        """The value of a name; None where it is absent."""
        return self._values.get(name)

    def below(self, name: str) -> Parameters:
        """What is below a name."""
        return Parameters(self._below(f"{name}."))

    def has_below(self, name: str) -> bool:
        """Whether there is anything below a name."""
        return bool(self.below(name))

    def members(self, name: str) -> tuple[str, ...]:
        """The strings of a list, in the order of their numbers."""
        listed = self._below(f"{name}.member.")
        return tuple([listed[number] for number in _numbers(listed)])

    def structures(self, name: str) -> tuple[Parameters, ...]:
        """The structures of a list, in the order of their numbers."""
        listed: dict[str, dict[str, str]] = {}
        for path, value in self._below(f"{name}.member.").items():
            number, dot, rest = path.partition(".")
            structure = listed.setdefault(number, {})
            if dot:
                structure[rest] = value
        return tuple([Parameters(listed[number]) for number in _numbers(listed)])

    def has_bare_list(self) -> bool:
        """Whether a list is numbered without `member` at the top, as no SDK does it."""
        return any(_is_number(name.split(".", 2)[1]) for name in self._values if "." in name)

    def __bool__(self) -> bool:
        return bool(self._values)

    def _below(self, start: str) -> dict[str, str]:
        cut = len(start)
        return {name[cut:]: value for name, value in self._values.items() if name.startswith(start)}


def _is_number(part: str) -> bool:
    return part.isdecimal() and part.isascii()


def _numbers(listed: Iterable[str]) -> list[str]:
    """The numbers in a list, in order."""
    numbers = [part for part in listed if _is_number(part)]
    if len(numbers) > 1:
        numbers.sort(key=lambda number: (len(number), number))
    return numbers


def query_parameters(request: Request) -> Parameters:
    """The parameters of a request: those of the query and those of a form."""
    query = request.target.partition("?")[2]
    form = request.body.decode("utf-8", "replace")
    return Parameters(_fields(query) | _fields(form))


def parameters_of(query: str) -> Parameters:
    """The parameters of a query alone."""
    return Parameters(_fields(query))


def _fields(text: str) -> dict[str, str]:
    fields = [field.partition("=") for field in text.split("&") if field]
    return {_unquoted(name): _unquoted(value) for name, _, value in fields}


def _unquoted(text: str) -> str:
    # Most names and many values stand for themselves.
    return unquote_plus(text) if "%" in text or "+" in text else text
