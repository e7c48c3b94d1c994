"""Bcc in a finished message, for vendors that read recipients there."""

from __future__ import annotations

import re

_EMPTY_LINE = re.compile(rb"^\r?\n", re.MULTILINE)
# The header with the lines that continue it.
_BCC = re.compile(rb"^bcc[ \t]*:[^\n]*\n(?:[ \t]+[^\n]*\n)*", re.IGNORECASE | re.MULTILINE)


def without_blind_copies(octets: bytes) -> bytes:
    """The message as it goes on, without its Bcc header."""
    end = _EMPTY_LINE.search(octets)
    head = len(octets) if end is None else end.start()
    return _BCC.sub(b"", octets[:head]) + octets[head:]
