"""What every entry of a vendor's tables has: when it is answered, and how that is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from .marks import Mark

_VARIABLE = re.compile(r"<([a-z_]+)>")
Date = Annotated[str, Field(pattern=r"\A\d{4}(-\d\d(-\d\d)?)?\z")]
Text = Annotated[str, Field(min_length=1)]


class VendorAnswer(BaseModel):
    """One answer of a vendor's, and how it is known."""

    # Whoever only speaks SMTP, or of another vendor, never builds it.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    name: Text
    """The heading of its table."""

    when: Text
    """In plain words: in which case the vendor answers so."""

    mark: Mark = Field(strict=False)
    """How well it is known."""

    source: Text
    """Where it is known from: the source's key, and what it shows."""

    date: Date | None = None
    """The newest day, month or year of which that is known."""

    example: dict[str, str] = Field(default_factory=dict)
    """A plausible value for each variable part, as it stands in the answer."""

    @property
    def known_from(self) -> str:
        """The source with its date."""
        if self.date is None or self.date in self.source:
            return self.source
        return f"{self.source} ({self.date})"


def filled(text: str, variables: Mapping[str, object]) -> str:
    """The text with its variable parts filled in, as far as they are given.

    What is filled in is not looked at again: it may hold anything.
    """
    return _VARIABLE.sub(lambda found: str(variables.get(found[1], found[0])), text)


def check_variables(text: str, example: Mapping[str, str], *, may_be_markup: bool = False) -> None:
    """Check that the variable parts of a text are those that there are examples of.

    Raises:
        ValueError: one is without an example, or an example is of none.
    """
    found = dict.fromkeys(_VARIABLE.findall(text))
    without = [] if may_be_markup else [name for name in found if name not in example]
    if without:
        raise ValueError(f"example has no value for {', '.join(f'<{name}>' for name in without)}")
    strange = [name for name in example if name not in found]
    if strange:
        known = ", ".join(found) or "there is none"
        raise ValueError(f"there is no variable <{strange[0]}>: choose from {known}")
