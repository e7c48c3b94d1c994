"""How often something has to happen, as people write it: `never`, `once`, `2`, `at most 3`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_FORM = re.compile(r"(?:(?P<bound>at least|at most) )?(?P<number>\d+)\Z")
_WORDS = {"never": (0, 0), "once": (1, 1), "some": (1, None)}


@dataclass(frozen=True, slots=True)
class Count:
    """A range of numbers. `most` None means any number."""

    least: int
    most: int | None

    @classmethod
    def read(cls, text: str | int) -> Count:
        """Read `never`, `once`, `some`, a number, `at least n` or `at most n`.

        Raises:
            ValueError: it is none of these.
        """
        if isinstance(text, str) and text in _WORDS:
            return cls(*_WORDS[text])
        match = _FORM.match(str(text))
        if match is None or isinstance(text, bool):
            raise ValueError(
                f"{text!r} is no count: write never, once, some, a number, "
                "'at least n' or 'at most n'"
            )
        number = int(match["number"])
        if match["bound"] == "at least":
            return cls(number, None)
        return cls(0 if match["bound"] else number, number)

    def holds(self, number: int) -> bool:
        """Whether `number` is in the range."""
        return self.least <= number and (self.most is None or number <= self.most)

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {self.least}"
        if self.least == self.most:
            return {0: "none", 1: "exactly one"}.get(self.least, str(self.least))
        return f"at most {self.most}"


class _CountSchema:
    """Tells pydantic how a `Count` is written."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.union_schema(
            [core_schema.int_schema(strict=True), core_schema.str_schema(strict=True)]
        )
        return core_schema.no_info_after_validator_function(
            Count.read, written, serialization=core_schema.to_string_ser_schema()
        )


CountField = Annotated[Count, _CountSchema]
