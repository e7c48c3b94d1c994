"""The providers there are, found by package scan, each imported when it is used."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

from ..errors import FakeError
from .rules import Account, Provider
from .submission import Submission

_PACKAGE = __name__.rpartition(".")[0]


@cache
def provider_names() -> tuple[str, ...]:
    """Every provider: the names of the packages beside this module."""
    package = importlib.import_module(_PACKAGE)
    return tuple(sorted(m.name for m in pkgutil.iter_modules(package.__path__) if m.ispkg))


def provider(name: str) -> Provider[Any]:
    """A provider's rules.

    Raises:
        FakeError: there is none of that name.
    """
    found: Provider[Any] = importlib.import_module(f"{_PACKAGE}.{_known(name)}").PROVIDER
    return found


def _known(name: str) -> str:
    if name not in provider_names():
        known = ", ".join(provider_names())
        raise FakeError(f"there is no fake of the provider {name!r}; there are: {known}")
    return name


@cache
def account_type(name: str) -> type[Account]:
    """The words in which a provider's account is written; that is lighter than its rules.

    Raises:
        FakeError: there is no provider of that name.
    """
    found: type[Account] = importlib.import_module(f"{_PACKAGE}.{_known(name)}.account").ACCOUNT
    return found


def submission(name: str) -> Submission[Any, Any]:
    """The rules of a provider's SMTP service.

    Raises:
        FakeError: there is no provider of that name.
    """
    rules = provider(name)
    found: Submission[Any, Any] = importlib.import_module(
        f"{_PACKAGE}.{rules.name}.smtp"
    ).SUBMISSION
    return found
