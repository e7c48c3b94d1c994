r"""The secrets that the harness hands out, found and hidden wherever they turn up.

They are canaries: nothing else has their octets, so whatever contains one of their forms has it
from us. The forms are the octets themselves, in UTF-8 and UTF-16, their hexadecimal digits, and
their base64 at each of the three alignments, because inside `\0user\0password` a password is
encoded with what stands before it; and the base64 of that. They are looked for in the octets as
they are, and in what one reading of them makes of it (`harness.views`): without the ends of lines,
over which base64 is wrapped in messages and logs, with escapes of any kind resolved, whichever
octets are escaped, and without what stands between hexadecimal digits. White space at the ends of a
secret may be gone.
"""

from __future__ import annotations

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from harness.views import View, is_read_in_one_way, views

# Shorter ones are found by chance.
_SHORTEST = 6

# No form of a secret is longer, so two windows that overlap by this hold each one whole: a token of
# 9 KiB, whose base64 fills the longest line of an exchange, with each octet written as `\u0041`.
LONGEST_FORM = 64 * 1024

# A document of a stranger's that is nested deeper is shown as "…" from there on.
_DEEPEST = 200


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
        }
        ordered = sorted(forms.items(), key=lambda item: -len(item[0]))
        object.__setattr__(self, "_forms", tuple(ordered))

    def found_in(self, data: bytes | str, *, closely: bool = True) -> tuple[str, ...]:
        """The names of the secrets of which a form stands in `data`.

        Not `closely`: only in the octets as they are, which takes a tenth of the time.
        """
        if not self.values:
            return ()
        octets = _octets(data) if isinstance(data, str) else data
        places = [view.data for view in views(octets)] if closely else [octets]
        found = (
            name
            for form, name in self._forms
            if name in self.values and any(form in place for place in places)
        )
        return tuple(dict.fromkeys(found))

    def spans(self, data: bytes) -> Iterator[Span]:
        """Every place in `data` where a form of a secret stands, from left to right."""
        if not self._is_absent_from(data):
            yield from _apart(span for view in views(data) for span in self._places(view))

    def _is_absent_from(self, data: bytes) -> bool:
        """Whether a glance at `data` tells that there is none; most lines of a case are such."""
        return not self._forms or (
            is_read_in_one_way(data) and not any(form in data for form, _ in self._forms)
        )

    def _places(self, view: View) -> Iterator[Span]:
        """Every place of each form, whether or not one lies within another."""
        for form, name in self._forms:
            at = view.data.find(form)
            while at >= 0:
                yield Span(*view.source(at, at + len(form)), name)
                at = view.data.find(form, at + 1)

    def redact(self, data: bytes) -> bytes:
        """`data` with each form replaced by the name of its secret, as `[password]`."""
        shown = _replaced(data, self.spans(data))
        if self.family is None:
            return shown
        pattern = _relatives(self.family)
        if is_read_in_one_way(shown) and pattern.search(shown) is None:
            return shown
        found = (
            Span(*view.source(*match.span()), "a password")
            for view in views(shown)
            for match in pattern.finditer(view.data)
        )
        return _replaced(shown, _apart(found))

    def redact_text(self, text: str) -> str:
        """As `redact`, for text."""
        return self.redact(_octets(text)).decode("utf-8", "surrogatepass")

    def redact_document(self, data: Any, *, deepest: int = _DEEPEST) -> Any:
        """JSON-ready data with every text in it redacted, keys too."""
        if isinstance(data, str):
            return self.redact_text(data)
        if not isinstance(data, Mapping | list | tuple):
            return data
        if deepest == 0:
            return "…"
        inside = deepest - 1
        if isinstance(data, Mapping):
            return {
                self.redact_text(str(key)): self.redact_document(item, deepest=inside)
                for key, item in data.items()
            }
        return [self.redact_document(item, deepest=inside) for item in data]


NO_SECRETS = Secrets({})


def _octets(text: str) -> bytes:
    # A lone surrogate can stand in what a sender says; it has to come out as it went in.
    return text.encode("utf-8", "surrogatepass")


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    """From left to right, the longest first, those that do not lie in what came before."""
    end = 0
    for span in sorted(spans, key=lambda place: (place.start, -place.end)):
        if span.start >= end:
            yield span
            end = span.end


def _replaced(data: bytes, spans: Iterable[Span]) -> bytes:
    pieces, end = [], 0
    for span in spans:
        pieces += [data[end : span.start], f"[{span.name}]".encode()]
        end = span.end
    return b"".join((*pieces, data[end:])) if pieces else data


@lru_cache(maxsize=16)
def _relatives(family: PasswordFamily) -> re.Pattern[bytes]:
    """Any password of a family."""
    return re.compile(b"|".join(_family_forms(family)))


@lru_cache(maxsize=64)
def _forms(value: str) -> frozenset[bytes]:
    """Every form that no view of `harness.views` turns back into the octets."""
    octets = _octets(value)
    # Two octets a letter, whichever of them comes first.
    forms = {octets, value.encode("utf-16-le", "surrogatepass")[:-1]}
    forms |= {_octets(text) for text in (quote_plus(octets), repr(value)[1:-1])}
    forms |= {_octets(json.dumps(value)[1:-1]), _octets(html.escape(value))}
    forms |= {octets.hex().encode(), octets.hex().upper().encode()}
    forms |= {mark.join(b"%d" % octet for octet in octets) for mark in (b", ", b",", b" ")}
    once = set(_base64_forms(octets))
    # Short ones, and what a short one leaves of itself in base64, are found by chance.
    twice = {form for inner in once if len(inner) > _SHORTEST for form in _base64_forms(inner)}
    return frozenset(form for form in forms | once | twice if len(form) >= _SHORTEST)


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
    return re.escape(beginning) + rb"%b{%d}" % (more, times)
