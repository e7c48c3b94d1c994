"""API keys, domains and addresses, as accounts at several providers have them."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable

from pydantic import BaseModel, ConfigDict, Field

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)


class ApiKey(BaseModel):
    """A key. `permissions` None means every one; `region` None means that it works in each.

    `key` None stands for the key that the world hands to the sender.
    """

    model_config = _STRICT

    key: str | None = None
    permissions: tuple[str, ...] | None = Field(default=None, strict=False)
    region: str | None = None
    revoked: bool = False

    def may(self, permission: str) -> bool:
        """Whether it has a permission."""
        return self.permissions is None or permission in self.permissions


class Domain(BaseModel):
    """A sending domain of an account, and whether it was verified; `region` None: in each."""

    model_config = _STRICT

    name: str
    verified: bool = True
    region: str | None = None


def find_key(keys: Iterable[ApiKey], given: str, *, region: str) -> ApiKey | None:
    """The key that was given, where it is one of the account's, not revoked, and of this region."""
    for key in keys:
        is_it = key.key is not None and hmac.compare_digest(_octets(key.key), _octets(given))
        if is_it and not key.revoked and key.region in {None, region}:
            return key
    return None


def find_proven(
    keys: Iterable[ApiKey], proves: Callable[[str], bool], *, region: str
) -> ApiKey | None:
    """The key of this region that a sender has shown to know; it may be a revoked one."""
    for key in keys:
        if key.key is not None and proves(key.key) and key.region in {None, region}:
            return key
    return None


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def domain_of(address: str) -> str:
    """The domain of `a@b` or `Name <a@b>`, in lower case; "" where there is none."""
    _local, at, domain = address.rpartition("<")[2].rstrip("> ").rpartition("@")
    return domain.strip().lower() if at else ""


def find_domain(domains: Iterable[Domain], name: str, *, region: str) -> Domain | None:
    """The domain of that name, where the account has it in this region."""
    for domain in domains:
        if domain.name.lower() == name and domain.region in {None, region}:
            return domain
    return None
