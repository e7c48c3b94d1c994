"""Expressions of SparkPost's template language, carried out; its statements are not.

Source: developers.sparkpost.com, content/api/template-language.apib (2026-06): `{{ name }}`, paths
of names, `[...]` and dots, `or 'a default'`, `{{{ }}}` for HTML that is not escaped; what is
missing or null is empty. What is anything else (`if`, `each`, arithmetic, places in arrays, macros)
stays as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_STEP = rf"(?:\.{_NAME}|\[\s*(?:{_NAME}|'[^']*'|\"[^\"]*\")\s*\])"
_EXPRESSION = re.compile(
    rf"\s*(?P<path>{_NAME}(?:{_STEP})*)\s*"
    r"(?:\bor\s+(?P<quote>['\"])(?P<default>.*?)(?P=quote)\s*)?\Z",
    re.DOTALL,
)
_BRACES = re.compile(r"\{\{\{(.*?)\}\}\}|\{\{(.*?)\}\}", re.DOTALL)
_STEPS = re.compile(rf"{_NAME}|'[^']*'|\"[^\"]*\"|\[")
_KEYWORDS = frozenset(["end", "else", "if", "elseif", "each", "not", "nil", "true", "false"])
# As HTML is escaped in the documentation's example, the slash included.
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "/": "&#x2F;"}
)


@dataclass(frozen=True, slots=True)
class Substitutions:
    """What a recipient's expressions stand for."""

    data: Mapping[str, Any]

    def filled(self, text: str, *, html: bool = False) -> str:
        """The text as this recipient gets it."""

        def value(found: re.Match[str]) -> str:
            raw = found[1] is not None
            expression = _expression(found[1] if raw else found[2])
            if expression is None:
                return found[0]
            shown = self._shown(expression)
            return shown.translate(_ESCAPES) if html and not raw else shown

        return _BRACES.sub(value, text)

    def _shown(self, expression: re.Match[str]) -> str:
        value = self._value(expression["path"])
        return _text(expression["default"] if value is None else value)

    def _value(self, path: str) -> Any:
        found: Any = self.data
        in_brackets = False
        for step in _STEPS.findall(path):
            if step == "[":
                in_brackets = True
                continue
            key = self._key(step) if in_brackets else step
            found = found.get(key) if isinstance(found, Mapping) and isinstance(key, str) else None
            in_brackets = False
        return found

    def _key(self, step: str) -> Any:
        """What stands in brackets: a text, or a variable."""
        return step[1:-1] if step[0] in "'\"" else self.data.get(step)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str):
        return json.dumps(value)
    return value.encode("utf-8", "replace").decode("utf-8")


def _expression(text: str) -> re.Match[str] | None:
    found = _EXPRESSION.match(text)
    return None if found is None or text.split(None, 1)[0] in _KEYWORDS else found


def is_beyond(text: str) -> bool:
    """Whether something in braces is not carried out."""
    return any(
        _expression(found[1] if found[1] is not None else found[2]) is None
        for found in _BRACES.finditer(text)
    )


def has_braces(text: str) -> bool:
    """Whether there is anything in braces."""
    return _BRACES.search(text) is not None
