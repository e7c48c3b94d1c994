"""The words of `account`: each provider has its own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from harness.fakes.providers.keyed import UNKNOWN_PERMISSION
from harness.fakes.providers.registry import account_type, vendor

from .hints import choose_from, keys_for, written_keys


def check_account(provider: str, words: Mapping[str, Any]) -> None:
    """Check that these words make an account at the provider.

    Raises:
        ValidationError: they do not; an unknown word is told with the words that there are.
    """
    model = account_type(provider)
    hidden = _hidden(model).intersection(words)
    problems = [_unknown(model, (word,)) for word in sorted(hidden)]
    try:
        written = {word: said for word, said in words.items() if word not in hidden}
        model.model_validate(written, context=vendor(provider).context)
    except ValidationError as error:
        problems += [_told(model, problem) for problem in error.errors(include_url=False)]
    if problems:
        raise ValidationError.from_exception_data("account", problems)


@cache
def _hidden(model: type[BaseModel]) -> frozenset[str]:
    """What the rules keep in an account for themselves."""
    return frozenset(model.model_fields).difference(written_keys(model))


def _told(model: type[BaseModel], problem: ErrorDetails) -> InitErrorDetails:
    if problem["type"] == "extra_forbidden":
        return _unknown(model, problem["loc"])
    if problem["type"] == UNKNOWN_PERMISSION:
        reason = PydanticCustomError("account_word", "{reason}", {"reason": problem["msg"]})
        return InitErrorDetails(type=reason, loc=problem["loc"], input=problem["input"])
    return InitErrorDetails(
        type=problem["type"],
        loc=problem["loc"],
        input=problem["input"],
        ctx=problem.get("ctx", {}),
    )


def _unknown(model: type[BaseModel], path: tuple[str | int, ...]) -> InitErrorDetails:
    choices = choose_from(path[-1], keys_for(model, path))
    reason = f"there is no such key{choices}"
    kind = PydanticCustomError("account_word", "{reason}", {"reason": reason})
    return InitErrorDetails(type=kind, loc=path, input=None)
