"""Several mistakes of a scenario at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


def refuse_all(mistakes: Iterable[tuple[tuple[str | int, ...], str]], *, of: str = "also") -> None:
    """Refuse what is wrong with a part of a scenario, where anything is.

    Raises:
        ValidationError: with every mistake at its place below `of`.
    """
    found = [
        InitErrorDetails(
            type=PydanticCustomError("given_also", "{reason}", {"reason": reason}),
            loc=path,
            input=None,
        )
        for path, reason in mistakes
    ]
    if found:
        raise ValidationError.from_exception_data(of, found)
