"""What was accepted so far, as a value that is cheap to go on from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar, overload

T_co = TypeVar("T_co", covariant=True)


class Log(Sequence[T_co]):
    """A sequence that never changes, and whose successor costs only what is added to it.

    A log and those that follow it share one list, of which each sees as much as it had when it was
    made. Where two follow the same log, the second copies. Equal to any sequence of the same.
    """

    __slots__ = ("_entries", "_length")

    def __init__(self, entries: Iterable[T_co] = ()) -> None:
        self._entries = list(entries)
        self._length = len(self._entries)

    def followed_by(self, more: Sequence[T_co]) -> Log[T_co]:
        """This log with `more` behind it."""
        is_last = len(self._entries) == self._length
        after: Log[T_co] = Log.__new__(Log)
        after._entries = self._entries if is_last else self._entries[: self._length]
        after._entries.extend(more)
        after._length = len(after._entries)
        return after

    @overload
    def __getitem__(self, index: int) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T_co, ...]: ...
    def __getitem__(self, index: int | slice) -> T_co | tuple[T_co, ...]:
        if isinstance(index, slice):
            return tuple([self._entries[place] for place in range(self._length)[index]])
        place = index + self._length if index < 0 else index
        if not 0 <= place < self._length:
            raise IndexError(index)
        return self._entries[place]

    def __iter__(self) -> Iterator[T_co]:
        return islice(self._entries, self._length)

    def __len__(self) -> int:
        return self._length

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and all(map(_is_same, self, other))

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Log({list(self)!r})"


def _is_same(one: Any, other: Any) -> bool:
    return bool(one == other)
