"""Providers whose customers have API keys, one of which the sender is handed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeVar

from pydantic import Field

from .keys import ApiKey
from .rules import Account, Provider


class KeyedAccount(Account):
    """An account with keys."""

    keys: tuple[ApiKey, ...] = Field(default=(ApiKey(),), strict=False)


K = TypeVar("K", bound=KeyedAccount)


class KeyedProvider(Provider[K]):
    """A vendor of such accounts. `credential` is the sender protocol's name for a key."""

    credential: ClassVar[str] = "api_key"

    def furnished(self, account: K, credentials: Mapping[str, str]) -> K:
        """The account with this key wherever it leaves one open."""
        handed = {"key": credentials[self.credential]}
        keys = tuple(
            key if key.key is not None else key.model_copy(update=handed) for key in account.keys
        )
        return account.model_copy(update={"keys": keys})
