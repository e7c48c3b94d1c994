r"""The secrets that the harness hands out, found and hidden wherever they turn up.

They are canaries: nothing else has their octets, so whatever contains one of their forms has it
from us. The forms are the octets themselves, their escapes (percent, JSON, Python, HTML), their
hexadecimal digits, and their base64 at each of the three alignments, because inside
`\0user\0password` a password is encoded with what stands before it. A form may be wrapped over
several lines, as base64 is in messages and logs. White space at the ends of a secret may be gone.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

# Shorter ones are found by chance.
_SHORTEST = 6
_BREAK = rb"(?:=?\r?\n)?"
_LINE_ENDS = (b"=\r\n", b"=\n", b"\r\n", b"\n")


class Span(NamedTuple):
    """Where a secret stands in some octets."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordFamily:
    """What all passwords made up in one run have in common: how they begin, and their length.

    A sender that keeps state may show the password of another case; it is hidden by this.
    """

    prefix: str
    length: int


@dataclass(frozen=True, slots=True)
class Secrets:
    """Named secrets: `{"password": "…"}`, and the family that hides those of other cases.

    `guarded` are names that may be secrets: hidden like them, and found nowhere, because whoever
    shows one need not know.
    """

    values: Mapping[str, str]
    family: PasswordFamily | None = None
    guarded: Mapping[str, str] = field(default_factory=dict)
    _forms: tuple[tuple[bytes, str], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        forms = {
            form: name
            for name, value in (*self.guarded.items(), *self.values.items())
            # Whoever is told one with white space at its ends may show it without.
            for form in _forms(value) | _forms(value.strip())
            if len(form) >= _SHORTEST
        }
        ordered = sorted(forms.items(), key=lambda item: -len(item[0]))
        object.__setattr__(self, "_forms", tuple(ordered))

    def found_in(self, data: bytes | str) -> tuple[str, ...]:
        """The names of the secrets of which a form stands in `data`."""
        octets = _octets(data) if isinstance(data, str) else data
        flat = _flat(octets)
        places = (octets,) if len(flat) == len(octets) else (octets, flat)
        found = (
            name
            for form, name in self._forms
            if name in self.values and any(form in place for place in places)
        )
        return tuple(dict.fromkeys(found))

    def spans(self, data: bytes) -> Iterator[Span]:
        """Every place in `data` where a form of a secret stands, from left to right."""
        flat = _flat(data)
        if len(flat) < len(data) and any(flat.count(f) > data.count(f) for f, _ in self._forms):
            # Wrapped over lines. Seldom, and compiling takes longer than all the rest.
            names = {_flat(form): name for form, name in self._forms}
            for match in _wrapped(tuple(names)).finditer(data):
                yield Span(match.start(), match.end(), names[_flat(match[0])])
            return
        end = 0
        for span in sorted(self._places(data), key=lambda place: (place.start, -place.end)):
            if span.start >= end:
                yield span
                end = span.end

    def _places(self, data: bytes) -> Iterator[Span]:
        """Every place of each form, whether or not one lies within another."""
        for form, name in self._forms:
            at = data.find(form)
            while at >= 0:
                yield Span(at, at + len(form), name)
                at = data.find(form, at + 1)

    def redact(self, data: bytes) -> bytes:
        """`data` with each form replaced by the name of its secret, as `[password]`."""
        shown, end = b"", 0
        for span in self.spans(data):
            shown += data[end : span.start] + f"[{span.name}]".encode()
            end = span.end
        shown += data[end:]
        return _relatives(self.family).sub(b"[a password]", shown) if self.family else shown

    def redact_text(self, text: str) -> str:
        """As `redact`, for text."""
        return self.redact(_octets(text)).decode("utf-8", "surrogatepass")

    def redact_document(self, data: Any) -> Any:
        """JSON-ready data with every text in it redacted, keys too."""
        if isinstance(data, str):
            return self.redact_text(data)
        if isinstance(data, Mapping):
            return {self.redact_text(str(k)): self.redact_document(v) for k, v in data.items()}
        if isinstance(data, list | tuple):
            return [self.redact_document(item) for item in data]
        return data


def _octets(text: str) -> bytes:
    # A lone surrogate can stand in what a sender says; it has to come out as it went in.
    return text.encode("utf-8", "surrogatepass")


def _flat(data: bytes) -> bytes:
    for end in _LINE_ENDS:
        data = data.replace(end, b"")
    return data


@lru_cache(maxsize=16)
def _wrapped(forms: tuple[bytes, ...]) -> re.Pattern[bytes]:
    """Any of these, the longest first, wherever its lines are broken."""
    return re.compile(b"|".join(map(_wrappable, forms)))


@lru_cache(maxsize=16)
def _relatives(family: PasswordFamily) -> re.Pattern[bytes]:
    """Any password of a family."""
    return re.compile(b"|".join(_family_forms(family)))


def _wrappable(form: bytes) -> bytes:
    return _BREAK.join(re.escape(form[at : at + 1]) for at in range(len(form)))


def _forms(value: str) -> set[bytes]:
    texts = {
        value,
        *(json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)),
        repr(value)[1:-1],
        html.escape(value),
        html.escape(value, quote=False),
    }
    octets = _octets(value)
    for escaped in (*(quote(octets, safe=safe) for safe in ("", "/", "!*'()")), quote_plus(octets)):
        texts |= {escaped, re.sub("%..", lambda match: match[0].lower(), escaped)}
    forms = {_octets(text) for text in texts} | {
        octets.hex().encode(),
        octets.hex().upper().encode(),
    }
    return forms | set(_base64_forms(octets))


def _base64_forms(octets: bytes) -> Iterator[bytes]:
    for offset in range(3):
        # Of the padded text only the characters that depend on nothing but the secret.
        encoded = b64encode(b"\0" * offset + octets)
        stable = encoded[(offset * 8 + 5) // 6 : (offset + len(octets)) * 8 // 6]
        yield stable
        yield stable.replace(b"+", b"-").replace(b"/", b"_")


def _family_forms(family: PasswordFamily) -> Iterator[bytes]:
    """Patterns for the octets, the hexadecimal digits and the base64 of a family's passwords."""
    prefix = family.prefix.encode()
    rest = family.length - len(prefix)
    yield _beginning_with(prefix, rb"[0-9A-Za-z_-]", rest)
    for digits in (prefix.hex(), prefix.hex().upper()):
        yield _beginning_with(digits.encode(), rb"[0-9A-Fa-f]", 2 * rest)
    whole = _base64_forms(b"\0" * family.length)
    for beginning, form in zip(_base64_forms(prefix), whole, strict=True):
        yield _beginning_with(beginning, rb"[0-9A-Za-z+/_-]", len(form) - len(beginning))


def _beginning_with(beginning: bytes, more: bytes, times: int) -> bytes:
    return _wrappable(beginning) + rb"(?:%b%b){%d}" % (_BREAK, more, times)
