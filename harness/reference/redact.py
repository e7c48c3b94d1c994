"""Keeps secrets out of what people read, also where a server sends them back."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote

from harness.reference.settings import SmtpSettings

REDACTED = "[redacted]"

# A shorter piece of base64 stands in ordinary words too.
_SHORTEST_PIECE = 4


class Redactor:
    """Replaces secrets in a server's words, plain, percent-encoded and in base64.

    Inside a longer base64 text, a secret shows in one of three forms, by where in a group of
    three octets it begins: each of them is known here.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        for secret in secrets:
            self.add(secret)

    @classmethod
    def of(cls, settings: SmtpSettings) -> Redactor:
        """For these settings. A user name is a secret when it equals the password."""
        return cls(filter(None, (settings.password, settings.access_token)))

    def add(self, secret: str) -> None:
        """Know one more secret."""
        octets = secret.encode()
        forms = [secret, quote(secret, safe=""), quote(secret), *base64_forms(octets)]
        self._forms |= {form for form in forms if form}

    def add_sent(self, line: str) -> None:
        """Know an authentication line as it went over the wire."""
        if len(line) >= _SHORTEST_PIECE:
            self._forms |= {line, line.rstrip("=")}

    def clean(self, text: str) -> str:
        """The text without any of them."""
        if not self._forms:
            return text
        longest_first = sorted(self._forms, key=len, reverse=True)
        any_form = "|".join(map(re.escape, longest_first))
        return re.sub(any_form, REDACTED, text, flags=re.IGNORECASE)


def base64_forms(octets: bytes) -> list[str]:
    """The base64 of `octets`, and what of it shows inside a longer text at each alignment."""
    whole = base64.b64encode(octets).decode()
    pieces = [_piece(octets, offset) for offset in range(3)]
    # Base64 in its URL alphabet is what some servers log.
    plain = [
        whole,
        whole.rstrip("="),
        *(piece for piece in pieces if len(piece) >= _SHORTEST_PIECE),
    ]
    return [*plain, *(form.replace("+", "-").replace("/", "_") for form in plain)]


def _piece(octets: bytes, offset: int) -> str:
    """The characters that `octets` alone decide when `offset` octets stand before them."""
    encoded = base64.b64encode(b"\0" * offset + octets).decode()
    first = (offset * 8 + 5) // 6
    last = (offset + len(octets)) * 8 // 6
    return encoded[first:last]
