"""What AUTH needs beside aiosmtpd's own LOGIN and PLAIN."""

from __future__ import annotations

import hmac


def decode(octets: bytes) -> str:
    """User name or password as text. What is not UTF-8 compares equal to nothing."""
    return octets.decode("utf-8", "surrogateescape")


def cram_md5(password: str, challenge: str) -> str:
    """The digest that answers `challenge` (RFC 2195), in lower-case hexadecimal."""
    return hmac.new(password.encode(), challenge.encode(), "md5").hexdigest()
