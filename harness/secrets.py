r"""The secrets that the harness hands out, found and hidden wherever they turn up.

They are canaries: nothing else has their octets, so whatever contains one of their forms has it
from us. The forms are the octets themselves, their percent-encoding and their base64 at each of
the three alignments, because inside `\0user\0password` a password is encoded with what stands
before it.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

# Shorter ones are found by chance.
_SHORTEST = 6


@dataclass(frozen=True, slots=True)
class Secrets:
    """Named secrets: `{"password": "…"}`."""

    values: Mapping[str, str]
    _forms: tuple[tuple[bytes, str], ...] = field(init=False, repr=False)
    _pattern: re.Pattern[bytes] | None = field(init=False, repr=False)

    def __post_init__(self) -> None:
        forms = {
            form: name
            for name, value in self.values.items()
            for form in _forms(value)
            if len(form) >= _SHORTEST
        }
        ordered = sorted(forms.items(), key=lambda item: -len(item[0]))
        object.__setattr__(self, "_forms", tuple(ordered))
        pattern = re.compile(b"|".join(re.escape(form) for form, _ in ordered)) if ordered else None
        object.__setattr__(self, "_pattern", pattern)

    def found_in(self, data: bytes | str) -> tuple[str, ...]:
        """The names of the secrets of which a form stands in `data`."""
        octets = data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
        return tuple(dict.fromkeys(name for form, name in self._forms if form in octets))

    def redact(self, data: bytes) -> bytes:
        """`data` with each form replaced by the name of its secret, as `[password]`."""
        if self._pattern is None:
            return data
        names = dict(self._forms)
        return self._pattern.sub(lambda match: b"[" + names[match[0]].encode() + b"]", data)

    def redact_text(self, text: str) -> str:
        """As `redact`, for text."""
        return self.redact(text.encode("utf-8", "surrogateescape")).decode("utf-8", "replace")

    def redact_document(self, data: Any) -> Any:
        """JSON-ready data with every text in it redacted, keys too."""
        if isinstance(data, str):
            return self.redact_text(data)
        if isinstance(data, Mapping):
            return {self.redact_text(str(k)): self.redact_document(v) for k, v in data.items()}
        if isinstance(data, list | tuple):
            return [self.redact_document(item) for item in data]
        return data


def _forms(value: str) -> set[bytes]:
    octets = value.encode("utf-8", "surrogateescape")
    forms = {octets, quote(octets, safe="").encode()}
    for offset in range(3):
        # Of the padded text only the characters that depend on nothing but the secret.
        encoded = b64encode(b"\0" * offset + octets)
        stable = encoded[(offset * 8 + 5) // 6 : (offset + len(octets)) * 8 // 6]
        forms |= {stable, stable.replace(b"+", b"-").replace(b"/", b"_")}
    return forms
