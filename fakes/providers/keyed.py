"""Providers whose customers have API keys, one of which the sender is handed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeVar

from pydantic import Field, ValidationError, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from .account import Account
from .keys import ApiKey, each_once
from .permissions import Permissions
from .rules import Provider

UNKNOWN_PERMISSION = "unknown_permission"
"""What pydantic is told that an error about a permission is."""


class KeyedAccount(Account):
    """An account with keys. `known_permissions` are those that a key of the vendor's can have."""

    known_permissions: ClassVar[Permissions] = Permissions()

    keys: tuple[ApiKey, ...] = Field(default=(ApiKey(),), strict=False)
    """The keys that open it; a key that names none is the one that the sender is handed."""

    @field_validator("keys")
    @classmethod
    def _each_once(cls, keys: tuple[ApiKey, ...]) -> tuple[ApiKey, ...]:
        return each_once(keys, lambda key: key.key)

    @field_validator("keys")
    @classmethod
    def _may_what_there_is(cls, keys: tuple[ApiKey, ...]) -> tuple[ApiKey, ...]:
        found = [
            InitErrorDetails(
                type=PydanticCustomError(UNKNOWN_PERMISSION, "{reason}", {"reason": reason}),
                loc=(place, "permissions", among),
                input=None,
            )
            for place, key in enumerate(keys)
            for among, reason in cls.known_permissions.mistakes(key.permissions or ())
        ]
        if found:
            raise ValidationError.from_exception_data("keys", found)
        return keys


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
