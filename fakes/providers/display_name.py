"""Display names as they stand in a header."""

from __future__ import annotations


def with_display_name(name: str, address: str) -> str:
    """`"name" <address>`, the name as a quoted string (RFC 5322); the address where it has none."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address}>' if name else address
