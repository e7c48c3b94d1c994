"""An address as a test writes it, with the name that stands before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Self


class MailAddress(str):
    """An address, equal to the text that it is: `message.to == ("you@example.com",)`.

    `name` is what stands before it, decoded; "" where there is nothing. "" is no address at all.
    """

    __slots__ = ("name",)

    name: str

    def __new__(cls, address: str, *, name: str = "") -> Self:
        """Take an address, and the name before it."""
        made = super().__new__(cls, address)
        made.name = name
        return made

    @property
    def domain(self) -> str:
        """What follows the last `@`, in lower case."""
        return self.rpartition("@")[2].lower()

    def __repr__(self) -> str:
        named = f", name={self.name!r}" if self.name else ""
        return f"{type(self).__name__}({str(self)!r}{named})"


NO_ADDRESS = MailAddress("")
# Longer fields are read by what takes no time over them.
_LONGEST = 16_384
_PLAIN = re.compile(r"[^\s<>,;:\"()@]{1,64}@[^\s<>,;:\"()@]+")


def addresses(fields: list[str]) -> Iterator[MailAddress]:
    """The mailboxes of address fields, those in groups among them, as well as they can be read."""
    from email.headerregistry import AddressHeader  # noqa: PLC0415  # its tables take time to build

    for field in fields:
        read: dict[str, object] = {"defects": []}
        if len(field) > _LONGEST:
            yield from map(MailAddress, _PLAIN.findall(field))
            continue
        try:
            AddressHeader.parse(field, read)
            groups = read["groups"]
            assert isinstance(groups, list)
            yield from [
                MailAddress(box.addr_spec, name=box.display_name)
                for group in groups
                for box in group.addresses
            ]
        except Exception:  # noqa: BLE001  # there is no single error for what it trips over
            yield from map(MailAddress, _PLAIN.findall(field))
