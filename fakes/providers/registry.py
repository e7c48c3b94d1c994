"""The providers there are, found by package scan: described at once, imported when used."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import FakeError
from .vendor import Vendor

if TYPE_CHECKING:
    from ..faults import Fault
    from .account import Account
    from .rules import Provider
    from .submission import Submission

_PACKAGE = __name__.rpartition(".")[0]


@cache
def vendors() -> Mapping[str, Vendor]:
    """The description of every vendor by its name: those of the packages beside this module."""
    package = importlib.import_module(_PACKAGE)
    names = sorted(found.name for found in pkgutil.iter_modules(package.__path__) if found.ispkg)
    modules = {name: importlib.import_module(f"{_PACKAGE}.{name}.vendor") for name in names}
    return MappingProxyType({name: module.VENDOR for name, module in modules.items()})


def provider_names() -> tuple[str, ...]:
    """The name of every provider."""
    return tuple(vendors())


def api_versions() -> tuple[str, ...]:
    """Every version of an API that a sender can be told of, whichever vendor has it."""
    return tuple(dict.fromkeys(each for found in vendors().values() for each in found.versions))


def vendor(name: str) -> Vendor:
    """A provider's description.

    Raises:
        FakeError: there is no provider of that name.
    """
    if name not in vendors():
        known = ", ".join(vendors())
        raise FakeError(f"there is no fake of the provider {name!r}; there are: {known}")
    return vendors()[name]


def provider(name: str) -> Provider[Any]:
    """A provider's rules.

    Raises:
        FakeError: there is no provider of that name.
    """
    found: Provider[Any] = _part(name, "rules").PROVIDER
    return found


@cache
def account_type(name: str) -> type[Account]:
    """The words in which a provider's account is written; that is lighter than its rules.

    Raises:
        FakeError: there is no provider of that name.
    """
    found: type[Account] = _part(name, "account").ACCOUNT
    return found


def submission(name: str) -> Submission[Any, Any]:
    """The rules of a provider's SMTP service.

    Raises:
        FakeError: there is no provider of that name.
    """
    found: Submission[Any, Any] = _part(name, "smtp").SUBMISSION
    return found


def mistaken_refusals_of(
    name: str, faults: Sequence[Fault]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with the refusals of a provider's that faults name (see `mistaken_refusals`).

    Raises:
        FakeError: there is no provider of that name.
    """
    # Most faults name none, and cost no import.
    if _name_refusals(faults):
        from .refusals_in_faults import mistaken_refusals  # noqa: PLC0415  # it knows the tables

        yield from mistaken_refusals(_part(name, "refusals").REFUSALS, faults)


def mistaken_replies_of(
    name: str, faults: Sequence[Fault]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The same of the refusals of a provider's SMTP service (see `mistaken_replies`).

    Raises:
        FakeError: there is no provider of that name.
    """
    if _name_refusals(faults):
        from .refusals_in_faults import mistaken_replies  # noqa: PLC0415  # it knows the tables

        yield from mistaken_replies(submission(name).replies, faults)


def _name_refusals(faults: Sequence[Fault]) -> bool:
    return any(each.action.do == "refuse" for fault in faults for each in fault.sequence)


def _part(name: str, module: str) -> Any:
    """A module of a provider's package."""
    return importlib.import_module(f"{_PACKAGE}.{vendor(name).name}.{module}")
