"""Recipients that a vendor does not send to any more: put on an account's lists, and taken off.

A list is a field of the account, `suppressed` or one that the vendor keeps beside it. Addresses are
compared without regard to case, as every vendor of ours does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from .account import Account

A = TypeVar("A", bound=Account)


def listed(account: Account, address: str, *lists: str) -> str | None:
    """The first of the lists that has this address; None where none has."""
    wanted = address.lower()
    return next((name for name in lists if wanted in map(str.lower, on_list(account, name))), None)


def on_list(account: Account, name: str = "suppressed") -> tuple[str, ...]:
    """The addresses of a list, in the order in which they came."""
    found: tuple[str, ...] = getattr(account, name)
    return found


def suppressing(account: A, *addresses: str, on: str = "suppressed") -> A:
    """The account with these recipients on a list, each once."""
    for address in addresses:
        if listed(account, address, on) is None:
            account = account.model_copy(update={on: (*on_list(account, on), address)})
    return account


def released(account: A, addresses: Iterable[str], *lists: str) -> A:
    """The account that has these recipients on none of the lists."""
    gone = {address.lower() for address in addresses}
    kept = {
        name: tuple(each for each in on_list(account, name) if each.lower() not in gone)
        for name in lists
    }
    return account.model_copy(update=kept)
