"""Host and domain names in the one form that DNS, SNI and comparison share."""

from __future__ import annotations

import ipaddress
import re

import idna

# Underscores are no host name by RFC 952, but are in use as one.
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_LITERAL = re.compile(r"\[(IPv6:)?([0-9A-Fa-f:.]+)\]", re.IGNORECASE)
_LONGEST = 253


def ascii_domain(name: str) -> str:
    """The A-label form of a domain name, in the case that it came in where it is ASCII.

    Raises ValueError whose text says what is wrong and quotes nothing.
    """
    if not name:
        raise ValueError("it is empty")
    ascii_name = name if name.isascii() else _a_labels(name)
    if len(ascii_name) > _LONGEST:
        raise ValueError(f"it is longer than {_LONGEST} characters")
    labels = ascii_name.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("it is not made of letters, digits, hyphens and single dots")
    if labels[-1].isdigit() and not is_ip(ascii_name):
        raise ValueError("it looks like an IPv4 address and is none")
    return ascii_name


def host_name(name: str) -> str:
    """A host: lower case, A-labels, no final dot; an IP address in its shortest form.

    Raises ValueError whose text says what is wrong and quotes nothing.
    """
    if is_ip(name):
        return ipaddress.ip_address(name).compressed
    return ascii_domain(name.removesuffix(".")).lower()


def is_ip(name: str) -> bool:
    """Whether this is an IPv4 or IPv6 address without zone and brackets."""
    try:
        return ipaddress.ip_address(name) is not None and "%" not in name
    except ValueError:
        return False


def helo_name(name: str) -> str:
    """The argument of EHLO: a domain name, or an address literal in brackets.

    Raises ValueError whose text says what is wrong and quotes nothing.
    """
    if not name.startswith("["):
        return ascii_domain(name)
    literal = _LITERAL.fullmatch(name)
    if literal is None or not is_ip(literal[2]) or bool(literal[1]) != (":" in literal[2]):
        raise ValueError("it is not an address literal such as [192.0.2.1] or [IPv6:2001:db8::1]")
    return name


def address_literal(address: str) -> str:
    """An IP address as EHLO wants it: `[192.0.2.1]`, `[IPv6:2001:db8::1]`."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def endpoint(host: str, port: int) -> str:
    """`host:port` for people and tables, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def split_endpoint(text: str) -> tuple[str, int]:
    """The reverse of `endpoint`. Raises ValueError when it is not `host:port`."""
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()):
        raise ValueError("it is not host:port")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _a_labels(name: str) -> str:
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError:
        reason = "it is not a valid internationalised name"
    raise ValueError(reason)
