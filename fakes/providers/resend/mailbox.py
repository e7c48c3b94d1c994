"""Addresses as Resend takes them: `email@example.com` or `Name <email@example.com>`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..display_name import with_display_name

_ANGLE = re.compile(r"(?P<name>.*)<(?P<address>[^<>]*)>\s*\Z", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\Z', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_LOCAL = re.compile(r'(?:[^\s()<>\[\]:;,@\\"]+|"(?:[^"\\\r\n]|\\.)*")\Z')
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAddress:
    """One address, and the name before it where there is one."""

    name: str
    address: str

    @property
    def shown(self) -> str:
        """As it stands in a header."""
        return with_display_name(self.name, self.address)


def mailbox(text: str) -> NamedAddress | None:
    """The mailbox that a string stands for; None where it is none."""
    angle = _ANGLE.match(text)
    name, address = (angle["name"].strip(), angle["address"]) if angle else ("", text)
    local, _, domain = address.strip().rpartition("@")
    if not (_LOCAL.match(local) and _DOMAIN.match(domain)):
        return None
    quoted = _QUOTED.match(name)
    meant = _ESCAPE.sub(r"\1", quoted[1]) if quoted else name
    return NamedAddress(name=meant, address=address.strip())


def strings(value: Any) -> tuple[str, ...]:
    """The strings of a field that is one or a list of them, without halves of characters."""
    given = value if isinstance(value, list) else [value]
    return tuple([text_of(each) for each in given if isinstance(each, str) and each])


def mailboxes(value: Any) -> tuple[NamedAddress, ...]:
    """The mailboxes of such a field; what is none is left out."""
    return tuple(_found(value))


def text_of(value: Any) -> str:
    """A string, halves of characters replaced; "" for anything else."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def _found(value: Any) -> Iterator[NamedAddress]:
    for text in strings(value):
        box = mailbox(text)
        if box is not None:
            yield box
