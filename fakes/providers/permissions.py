"""The permissions that a vendor's keys can have, by the vendor's own names, as data.

A file `permissions.toml` has them by what stands in front (`"mail." = ["send"]`) and, under
`alone`, those that begin like no other, each list with its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ..constructor_words import choices
from ..vendor_answer import Date, Text
from .table import read_entry, read_file

_MOST_CHOICES = 30


class ListedPermissions(BaseModel):
    """The data of a file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    source: Text
    """Where the vendor lists them."""

    date: Date
    """When that was so."""

    alone: tuple[Text, ...] = Field(default=(), strict=False)
    """Whole names."""

    of: dict[str, Annotated[tuple[Text, ...], Field(strict=False)]]
    """The ends of names, by how they begin."""

    @property
    def names(self) -> frozenset[str]:
        """Every name."""
        whole = (start + end for start, ends in self.of.items() for end in ends)
        return frozenset((*self.alone, *whole))


class Permissions:
    """The names in a vendor's file, or these; without any its keys have no permissions.

    Raises:
        TableError: where a name is first asked for, and the file is not as it should be.
    """

    def __init__(self, file: Path | None = None, *, names: Iterable[str] = ()) -> None:
        self._file = file
        self._given = frozenset(names)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name."""
        if self._file is None:
            return self._given
        found = read_file(self._file, tables=["permissions"])["permissions"]
        return read_entry(self._file, "permissions", ListedPermissions, found).names

    def mistakes(self, given: tuple[str, ...]) -> Iterator[tuple[int, str]]:
        """Those that the vendor has not: the place of each, and why it is refused."""
        for place, name in enumerate(given):
            if name not in self.names:
                yield place, self._reason(name)

    def _reason(self, name: str) -> str:
        if not self.names:
            return "a key of this provider has no permissions to choose"
        # Of hundreds only those that begin alike help.
        alike = [each for each in sorted(self.names) if each[:3].lower() == name[:3].lower()]
        listed = sorted(self.names) if len(self.names) <= _MOST_CHOICES else alike
        return f"there is no permission {name!r}{choices(name, listed[:_MOST_CHOICES])}"
