"""The one owner of an account's state: who changes it does so in one step, or loses nothing.

An account is a frozen value, so to change it is to put another in its place. Requests do that in
the event loop while a test does it in its own thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from pydantic import BaseModel

A = TypeVar("A", bound=BaseModel)
D = TypeVar("D")


class AccountOwner(Generic[A]):
    """Holds an account, for several threads."""

    def __init__(self, account: A) -> None:
        self._account = account
        self._lock = threading.RLock()
        self._lent = threading.local()

    @property
    def account(self) -> A:
        """The account as it is now, to be looked at."""
        return self._account

    def lend(self) -> A:
        """The account as it is now, perhaps to be given back changed, from the same thread."""
        self._lent.account = lent = self._account
        return lent

    def take_back(self, account: A) -> None:
        """Put a changed copy of what was lent in place, or a wholly new account.

        What has happened in the meantime stays: of a copy only those fields are taken that
        differ from what was lent.
        """
        with self._lock:
            lent: A | None = getattr(self._lent, "account", None)
            self._lent.account = None
            self._account = _merged(self._account, lent, account)

    def change(self, change: Callable[[A], A]) -> A:
        """Put what `change` makes of the account in its place; no request comes in between."""
        with self._lock:
            self._account = change(self._account)
            return self._account

    def decide(self, rule: Callable[[A], D], account_of: Callable[[D], A]) -> D:
        """Let a rule decide on the account as it is, and keep the account that it decides on."""
        with self._lock:
            decided = rule(self._account)
            self._account = account_of(decided)
            return decided


def _merged(current: A, lent: A | None, given: A) -> A:
    if lent is None or type(given) is not type(lent):
        return given
    changed = {
        name: value
        for name in type(given).model_fields
        if (value := getattr(given, name)) is not (before := getattr(lent, name))
        and value != before
    }
    return current.model_copy(update=changed)
