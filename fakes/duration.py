"""Times as people write them: `"2.5x"` of the sender's time-out, `"300ms"`, `"1.5s"`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

_FORM = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>x|ms|s)\Z")


# A day in seconds, and more of any other unit than a test has time for.
_MOST = 86_400


def _shortened(text: str) -> str:
    """It may be as long as its author likes, and is shown in an error."""
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def seconds(text: str, *, timeout: float) -> float:
    """The duration in seconds, where `x` stands for `timeout`.

    Raises:
        ValueError: it is not a number of at most 86,400 followed by `x`, `ms` or `s`.

    """
    match = _FORM.match(text)
    if match is None:
        raise ValueError(
            f"{text!r} is not a duration: write '2.5x' (of the time-out), '300ms' or '1.5s'"
        )
    if float(match["number"]) > _MOST:
        raise ValueError(f"{_shortened(text)} is longer than anybody waits: {_MOST} is the most")
    factor = {"x": timeout, "ms": 0.001, "s": 1.0}[match["unit"]]
    return float(match["number"]) * factor


def _checked(text: str) -> str:
    seconds(text, timeout=1.0)
    return text


Duration = Annotated[str, AfterValidator(_checked)]
"""A field that holds a duration; it stays a string until the time-out is known."""
