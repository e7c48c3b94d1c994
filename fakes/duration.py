"""Times as people write them: `"2.5x"` of the sender's time-out, `"300ms"`, `"1.5s"`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_FORM = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>x|ms|s)\Z")


def seconds(text: str, *, timeout: float) -> float:
    """The duration in seconds, where `x` stands for `timeout`.

    Raises:
        ValueError: it is not a number followed by `x`, `ms` or `s`.

    """
    match = _FORM.match(text)
    if match is None:
        raise ValueError(
            f"{text!r} is not a duration: write '2.5x' (of the time-out), '300ms' or '1.5s'"
        )
    factor = {"x": timeout, "ms": 0.001, "s": 1.0}[match["unit"]]
    return float(match["number"]) * factor


def _checked(text: str) -> str:
    seconds(text, timeout=1.0)
    return text


Duration = Annotated[str, AfterValidator(_checked)]
"""A field that holds a duration; it stays a string until the time-out is known."""
