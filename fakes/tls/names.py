"""The names that a sender verifies against: host names and addresses (RFC 9525, RFC 5280).

A host name is given as it goes over the wire, so an internationalised one as its A-label
(RFC 5890), without a trailing dot. Names below `elsewhere.test` are kept for the certificates
whose name must not fit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ELSEWHERE = "elsewhere.test"
"""The domain of every name that must not fit (`.test` is nobody's: RFC 2606)."""

WRONG_HOST = f"wrong.host.{ELSEWHERE}"
"""The unrelated host, after badssl.com's."""

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII | re.IGNORECASE)
_LONGEST_NAME = 253


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Reference identifiers, sorted by what they are; each kept once, in the order given."""

    hosts: tuple[str, ...]
    addresses: tuple[str, ...]


def is_address(name: str) -> bool:
    """Whether `name` is an IP address and not a host name."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def references(names: Iterable[str]) -> References:
    """Sort `names` into host names and addresses; a ValueError names the one that is neither."""
    if isinstance(names, str):
        raise TypeError(f"names is a list of names, and {names!r} is one name")
    each = tuple(dict.fromkeys(names))
    if not each:
        raise ValueError("a certificate needs a name to be right or wrong for; none was given")
    addresses = tuple(name for name in each if is_address(name))
    hosts = tuple(_host(name) for name in each if name not in addresses)
    return References(hosts=hosts, addresses=addresses)


def _host(name: str) -> str:
    if not name.isascii():
        raise ValueError(f"host name {name!r}: give its A-label (xn--…), as it goes over the wire")
    if len(name) > _LONGEST_NAME or not all(_LABEL.fullmatch(part) for part in name.split(".")):
        raise ValueError(f"{name!r} is neither an address nor a host name")
    if f".{name}".lower().endswith(f".{ELSEWHERE}"):
        raise ValueError(f"host name {name!r}: {ELSEWHERE} is kept for names that must not fit")
    return name
