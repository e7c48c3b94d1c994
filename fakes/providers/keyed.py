"""Providers whose customers have API keys, one of which the sender is handed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeVar

from pydantic import Field, field_validator

from .account import Account
from .keys import ApiKey, each_once
from .rules import Provider


class KeyedAccount(Account):
    """An account with keys."""

    keys: tuple[ApiKey, ...] = Field(default=(ApiKey(),), strict=False)
    """The keys that open it; a key that names none is the one that the sender is handed."""

    @field_validator("keys")
    @classmethod
    def _each_once(cls, keys: tuple[ApiKey, ...]) -> tuple[ApiKey, ...]:
        return each_once(keys, lambda key: key.key)


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
