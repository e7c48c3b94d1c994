"""API keys, domains and addresses, as accounts at several providers have them."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Hashable, Iterable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..http.region import Region

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True)
_DOMAIN = re.compile(r"[^\s@<>,;:/]+\Z")
T = TypeVar("T")


def _address(text: str) -> str:
    if not text.isprintable() or text.rpartition("@")[0] == "" or text.endswith(("@", ">")):
        raise ValueError(f"an address as name@example.com is due, and {text!r} is none")
    return text


def _domain_name(text: str) -> str:
    if not _DOMAIN.match(text):
        raise ValueError(f"a name as example.com is due, and {text!r} is none")
    return text


Address = Annotated[str, AfterValidator(_address)]
"""An address without a display name."""

DomainName = Annotated[str, AfterValidator(_domain_name)]
"""The name of a domain: no address, and no URL."""


def each_once(items: tuple[T, ...], called: Callable[[T], Hashable | None]) -> tuple[T, ...]:
    """`items`, where no two are called the same; one that is called None has no name yet.

    Raises:
        ValueError: an account with two of that name cannot be.
    """
    seen: set[Hashable] = set()
    for item in items:
        name = called(item)
        if name is not None and name in seen:
            told = name[0] if isinstance(name, tuple) else name
            raise ValueError(f"{told} is here twice, and an account can have it once")
        seen.add(name)
    return items


class ApiKey(BaseModel):
    """A key."""

    model_config = _STRICT

    key: str | None = None
    """The key itself. Default: the one that the sender is handed."""

    permissions: tuple[str, ...] | None = Field(default=None, strict=False)
    """What it may do, by the vendor's own names. Default: everything."""

    region: Region = None
    """The only region in which it works. Default: it works in each."""

    revoked: bool = False
    """Whether it was taken back."""

    def may(self, permission: str) -> bool:
        """Whether it has a permission."""
        return self.permissions is None or permission in self.permissions


class Domain(BaseModel):
    """A sending domain of an account."""

    model_config = _STRICT

    name: DomainName
    """Its name, as example.com."""

    verified: bool = True
    """Whether the vendor has found its DNS records."""

    region: Region = None
    """The only region in which the account has it. Default: in each."""


def _domains_once(domains: tuple[D, ...]) -> tuple[D, ...]:
    return each_once(domains, lambda domain: (domain.name.lower(), domain.region))


D = TypeVar("D", bound=Domain)
Domains = Annotated[tuple[D, ...], Field(strict=False), AfterValidator(_domains_once)]
"""Domains, none of them twice in a region."""

Addresses = Annotated[tuple[Address, ...], Field(strict=False)]
Names = Annotated[tuple[str, ...], Field(strict=False)]


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
