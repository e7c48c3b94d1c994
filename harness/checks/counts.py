"""How often something has to happen, as people write it: `never`, `once`, `2`, `at most 3`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

_FORM = re.compile(r"(?:(?P<bound>at least|at most) )?(?P<number>[0-9]{1,9})\Z")
_WORDS = {"never": (0, 0), "once": (1, 1), "some": (1, None)}
_CHOICES = "never, once, some, a number, 'at least n' or 'at most n'"


@dataclass(frozen=True, slots=True)
class Count:
    """A range of numbers. `most` None means any number."""

    least: int
    most: int | None

    @classmethod
    def read(cls, text: object) -> Count:
        """Read `never`, `once`, `some`, a number, `at least n` or `at most n`.

        Raises:
            ValueError: it is none of these.
        """
        if isinstance(text, str) and text in _WORDS:
            return cls(*_WORDS[text])
        match = _FORM.match(str(text))
        if match is None or isinstance(text, bool) or not isinstance(text, str | int):
            shown = str(text).lower() if isinstance(text, bool) else repr(text)
            raise ValueError(f"{shown} is no count: write {_CHOICES}")
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
        return core_schema.no_info_plain_validator_function(
            Count.read, serialization=core_schema.to_string_ser_schema()
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        words = {"type": "string", "enum": list(_WORDS)}
        bounds = {"type": "string", "pattern": r"^(at least |at most )?\d{1,9}$"}
        return {"anyOf": [{"type": "integer", "minimum": 0}, words, bounds]}


CountField = Annotated[Count, _CountSchema]
