"""What octets give away on their face, in either protocol: a log-in, an address."""

from __future__ import annotations

import re
from collections.abc import Iterator

# RFC 5321 section 3.3: both commands name an address of the envelope.
_ENVELOPE = re.compile(rb"^(?:MAIL FROM|RCPT TO):", re.MULTILINE | re.IGNORECASE)
# RFC 4954 section 4; RFC 9110 section 11.6.2. Vendors' own headers hold a secret, which is found.
_LOGIN = re.compile(rb"^(?:AUTH |Authorization:)[^\r\n]*", re.MULTILINE | re.IGNORECASE)


def names_an_address(octets: bytes) -> bool:
    """Whether somebody who reads along learns an address of an envelope."""
    return _ENVELOPE.search(octets) is not None


def log_ins(octets: bytes) -> Iterator[tuple[int, int]]:
    """Where log-ins begin and end, whatever was presented in them."""
    yield from (found.span() for found in _LOGIN.finditer(octets))
