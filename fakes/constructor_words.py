"""The words that fakes are made with, and what is wrong with those that make no sense."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

OWN_WORDS = (
    "authority", "ca_file", "transcript", "timeout", "bind_host", "bind_port", "bind_anywhere",
    "label",
)  # fmt: skip
"""Those that every fake has beside its state. They hold as long as it lives."""


def complaint(
    error: ValidationError,
    what: str,
    state: type[BaseModel] | None = None,
    *,
    beside: Sequence[str] = OWN_WORDS,
) -> str:
    """What is wrong with the words of a constructor: one clause a mistake, each naming the word.

    With the model that the words are for, a word that it does not have gets the choices: the
    model's, and those `beside` them.
    """
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or what}: {_trouble(problem, state, beside)}"
        for problem in error.errors()
    )


def _trouble(problem: ErrorDetails, state: type[BaseModel] | None, beside: Sequence[str]) -> str:
    if problem["type"] != "extra_forbidden":
        return problem["msg"].removeprefix("Value error, ")
    *path, word = (str(part) for part in problem["loc"])
    words = _words(state, path) + ([] if path else list(beside))
    return f"there is no such word{choices(word, words)}"


def choices(word: str, words: Sequence[str]) -> str:
    """What follows upon "there is no such word": what it may have meant, and what there is."""
    alike = get_close_matches(word, words, n=1)
    meant = f", did you mean {alike[0]}?" if alike else ""
    listed = f" (choose from {', '.join(words)})" if words else ""
    return f"{meant}{listed}"


def _words(state: type[BaseModel] | None, path: list[str]) -> list[str]:
    """The words of a model, or of the model that one of its words holds."""
    model: object = state
    for part in path:
        fields = getattr(model, "model_fields", {})
        model = fields[part].annotation if part in fields else None
    return list(getattr(model, "model_fields", {}))
