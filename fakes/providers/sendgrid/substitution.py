"""Substitutions and sections carried out: what stands in place of the tags of a text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Fill = Callable[[str], str]


def filling(body: Mapping[str, Any], item: Mapping[str, Any]) -> Fill:
    """What fills in the tags of a personalization, which may stand for sections that hold others.

    The longest tag that fits goes first, and what was filled in is read again for sections alone:
    SendGrid's own order is not known.
    """
    own = _once(item.get("substitutions") or {})
    given = body.get("sections") or {}
    sections = _once({tag: own(text) for tag, text in given.items() if text is not None})
    return lambda text: sections(own(text))


def _once(tags: Mapping[str, Any]) -> Fill:
    """What replaces each tag by its text; a tag without one stays."""
    given = {tag: text for tag, text in tags.items() if tag and text is not None}
    if not given:
        return lambda text: text
    longest_first = sorted(given, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest_first)))
    return lambda text: pattern.sub(lambda found: str(given[found[0]]), text)
