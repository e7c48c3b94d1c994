"""Merge tags, carried out: `*|NAME|*` is what the sender gave for the recipient, or for everybody.

Sources: the vendor's help page on merge tags, and the docstrings of its client mandrill 1.0.60
(names are case-insensitive; merging goes on where variables are given or `merge` says so). What
stands there for a tag without a value is not known: the tag stays. Handlebars are not modelled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .validation import text_of

_REGION = re.compile(
    r"<([A-Za-z][A-Za-z0-9]*)([^>]*?)\s+mc:edit=[\"']([^\"']*)[\"']([^>]*)>", re.DOTALL
)
_TAG = re.compile(r"\*\|([A-Za-z0-9_]+)\|\*")


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeTags:
    """The values of a message: for everybody, and by recipient; names in lower case.

    `is_handlebars`: the tags are of the language that is not carried out.
    """

    for_all: Mapping[str, str] = field(default_factory=dict)
    by_recipient: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    is_handlebars: bool = False

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> MergeTags:
        """The values in a message. Never raises."""
        given = [each for each in _list(message.get("merge_vars")) if isinstance(each, dict)]
        for_all = _values(message.get("global_merge_vars"))
        is_used = bool(for_all or given or message.get("merge") is True)
        return cls(
            for_all=for_all,
            by_recipient={
                text_of(each.get("rcpt")).lower(): _values(each.get("vars")) for each in given
            },
            is_handlebars=is_used and message.get("merge_language") == "handlebars",
        )

    def filled(self, text: str, recipient: str) -> str:
        """The text as this recipient gets it."""
        if self.is_handlebars:
            return text
        values = {**self.for_all, **self.by_recipient.get(recipient.lower(), {})}
        return _TAG.sub(lambda tag: values.get(tag[1].lower(), tag[0]), text)


def with_regions(html: str, given: Any) -> str:
    """HTML with its editable regions filled: elements with `mc:edit`, by that name.

    A region that is not named stays as it is written. That its mark is left out is inferred from
    the vendor's example.
    """
    blocks = [each for each in _list(given) if isinstance(each, dict)]
    contents = {text_of(each.get("name")): text_of(each.get("content")) for each in blocks}
    made, rest = "", html
    while (opening := _REGION.search(rest)) is not None:
        end = _closing(rest, opening[1], opening.end())
        content = contents.get(opening[3], rest[opening.end() : end])
        made += f"{rest[: opening.start()]}<{opening[1]}{opening[2]}{opening[4]}>{content}"
        rest = rest[end:]
    return made + rest


def _closing(html: str, tag: str, start: int) -> int:
    """Where the element ends that begins there; the end of it all where it does not."""
    depth = 1
    for found in re.finditer(rf"<(/?){re.escape(tag)}\b[^>]*>", html[start:], re.IGNORECASE):
        depth += -1 if found[1] else 1
        if not depth:
            return start + found.start()
    return len(html)


def _values(given: Any) -> dict[str, str]:
    pairs = [each for each in _list(given) if isinstance(each, dict)]
    return {text_of(each.get("name")).lower(): text_of(each.get("content")) for each in pairs}


def _list(given: Any) -> list[Any]:
    return given if isinstance(given, list) else []
