"""A name and an address as a header has them."""

from __future__ import annotations


def mailbox(name: str, address: str) -> str:
    r"""`"Name" <address>`, whatever the name holds: `"` and `\` are escaped (RFC 5322, 3.2.4)."""
    if not name:
        return address
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>'
