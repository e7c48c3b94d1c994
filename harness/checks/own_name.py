"""The name that a sender gives with EHLO and HELO. This module knows SMTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import Literal

from harness.fakes.smtp.facts import Command

from .check import Check
from .record import Observation, Record, numbers

# RFC 5321 section 4.1.2.
_DOMAIN = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_LITERAL = re.compile(
    r"\[(?:(?P<tag>[A-Za-z0-9-]*[A-Za-z0-9]):)?(?P<address>[\x21-\x5a\x5e-\x7e]+)\]"
)

Wanted = Literal["qualified", "as-configured"]


def syntax(record: Record, wanted: Literal["as-specified"]) -> Observation:
    """Whether it is a domain name or an address in brackets (RFC 5321 sections 4.1.1.1, 4.1.3)."""
    del wanted
    return _each(record, "a domain name or an address literal", _is_well_formed)


def name(record: Record, wanted: Wanted) -> Observation:
    """Whether it is a whole name, or the one that the sender was told to give."""
    if wanted == "qualified":
        return _each(record, "a fully qualified name or an address literal", _is_qualified)
    told = [send.request.transport for send in record.sends]
    names = {each.ehlo_name for each in told if each is not None and each.kind == "smtp"}
    shown = " or ".join(sorted(filter(None, names)))
    return _each(record, f"the name {shown}, as configured", lambda given: given in names)


def _each(record: Record, expected: str, is_right: Callable[[str], bool]) -> Observation:
    wrong = {
        f"{command.verb} {command.argument}": event
        for event, command in record.of(Command)
        if command.verb in {"EHLO", "HELO"} and not is_right(command.argument.rstrip(" "))
    }
    return Observation(
        met=not wrong,
        expected=expected,
        observed="; ".join(wrong) or "so it is",
        events=numbers(list(wrong.values())),
    )


def _is_well_formed(given: str) -> bool:
    return _DOMAIN.fullmatch(given) is not None or _is_a_literal(given)


def _is_qualified(given: str) -> bool:
    if given.startswith("["):
        return True  # whether it is one is asked beside this
    return "." in given and given.lower() not in {"localhost", "localhost.localdomain"}


def _is_a_literal(given: str) -> bool:
    match = _LITERAL.fullmatch(given)
    if match is None:
        return False
    kind = {None: IPv4Address, "ipv6": IPv6Address}.get(match["tag"] and match["tag"].lower())
    if kind is None:
        return True  # a general one, whose tag says what follows
    try:
        kind(match["address"])
    except ValueError:
        return False
    return True


CHECKS = (
    Check(
        key="ehlo-syntax",
        words="whether the name in EHLO is a domain name or an address literal",
        wanted=Literal["as-specified"],
        ask=syntax,
    ),
    Check(
        key="ehlo-name",
        words="whether the name in EHLO is a whole one, or the one that is configured",
        wanted=Wanted,
        ask=name,
    ),
)
