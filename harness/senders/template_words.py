"""Command lines with placeholders: pure parsing and substitution.

The line is split into words first and filled afterwards, so a value with blanks or quotes stays in
the one word that held its placeholder.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import UsageError

RECIPIENTS = "to*"

PLACEHOLDERS = (
    "uri",
    "host",
    "port",
    "username",
    "password",
    "security",
    "server_name",
    "from",
    "subject",
    "text",
    "ca_file",
    "timeout",
    "message_file",
    RECIPIENTS,
)

_PART = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of a word that stays as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A piece of a word that is filled."""

    name: str


@dataclass(frozen=True, slots=True)
class Word:
    """One word of the command line."""

    parts: tuple[Text | Placeholder, ...]

    @property
    def names(self) -> frozenset[str]:
        """The placeholders in it."""
        return frozenset(part.name for part in self.parts if isinstance(part, Placeholder))

    def filled(self, values: Mapping[str, str]) -> str:
        """The word with each placeholder replaced by its value."""
        return "".join(
            values[part.name] if isinstance(part, Placeholder) else part.text for part in self.parts
        )


@dataclass(frozen=True, slots=True)
class WordTemplate:
    """A command line with placeholders."""

    words: tuple[Word, ...]

    @property
    def program(self) -> str:
        """The first word, which is the same for each request."""
        return self.words[0].filled({})

    @property
    def names(self) -> frozenset[str]:
        """The placeholders in it."""
        return frozenset().union(*(word.names for word in self.words))

    def filled(self, values: Mapping[str, str], recipients: Sequence[str]) -> tuple[str, ...]:
        """The words of the command, with a copy of each `{to*}` word for each recipient."""
        return tuple(self._fill(values, recipients))

    def _fill(self, values: Mapping[str, str], recipients: Sequence[str]) -> Iterator[str]:
        for word in self.words:
            if RECIPIENTS not in word.names:
                yield word.filled(values)
                continue
            for recipient in recipients:
                yield word.filled({**values, RECIPIENTS: recipient})


def parse_template(words: Sequence[str]) -> WordTemplate:
    """Find the placeholders in words that are split already.

    `{{` and `}}` are braces. A brace that opens anything else than a known placeholder is refused,
    because it is a misspelling more often than not.
    """
    template = WordTemplate(tuple(Word(tuple(_parts(word))) for word in words))
    if template.words[0].names:
        raise UsageError(f"template: the program cannot be a placeholder: {words[0]}")
    return template


def _parts(word: str) -> Iterator[Text | Placeholder]:
    for piece in _PART.findall(word):
        if piece in ("{{", "}}"):
            yield Text(piece[0])
        elif piece == "{":
            raise UsageError(f"template: {word!r} has an opening brace alone; write {{{{ for one")
        elif piece.startswith("{"):
            yield _placeholder(piece)
        else:
            yield Text(piece)


def _placeholder(piece: str) -> Placeholder:
    name = piece[1:-1]
    if name not in PLACEHOLDERS:
        choices = ", ".join(f"{{{choice}}}" for choice in PLACEHOLDERS)
        raise UsageError(
            f"template: unknown placeholder {piece}; choose from {choices}; {{{{ is a brace"
        )
    return Placeholder(name)
