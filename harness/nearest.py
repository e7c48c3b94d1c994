"""What somebody may have meant by a word that means nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

_SHOWN = 3
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def meant(word: str, choices: Iterable[str], *, below: str = "") -> str:
    """`; did you mean …?` with the choices nearest to `word`, or nothing; `below` a folder."""
    by_folded = {choice.lower(): choice for choice in choices}
    alike = get_close_matches(word.lower(), by_folded, n=_SHOWN, cutoff=0.6)
    return _question([f"{below}{by_folded[each]}" for each in alike])


def meant_id(glob: str, ids: Sequence[str]) -> str:
    """`; did you mean …?` with the ids nearest to one that is no case's and no scenario's.

    A folder's name means nothing without stars, and an id needs all of its axes.
    """
    folder = glob.rstrip("/*")
    if folder and any(each.startswith(f"{folder}/") for each in ids):
        return _question([f"{folder}/**"])
    scenario, _, axes = glob.rstrip("]").partition("[")
    parts = [part for part in axes.split(",") if part.strip("*")]
    its = [each for each in ids if each.startswith(f"{scenario}[")]
    alike = [each for each in its if all(part in each for part in parts)]
    if alike:
        return _question(alike)
    if its:
        return meant(glob, its) or _question(its)
    names = dict.fromkeys(each.partition("[")[0] for each in ids)
    return meant(scenario.strip("*/") or glob, names) or _question(
        [f"{name}" for name in names if scenario and scenario.strip("*/") in name]
    )


def meant_words(expression: str, ids: Iterable[str]) -> str:
    """`; did you mean …?` for the words of `-k` that stand in no id."""
    ids = tuple(ids)
    known = {word.lower() for each in ids for word in _WORD.findall(each)}
    whole = " ".join(ids).lower()
    for word in re.findall(r"[^\s()]+", expression):
        if word not in {"and", "or", "not"} and word.lower() not in whole:
            return meant(word, known)
    return ""


def _question(choices: Sequence[str]) -> str:
    if not choices:
        return ""
    more = f" (and {len(choices) - _SHOWN} more)" if len(choices) > _SHOWN else ""
    return f"; did you mean {' or '.join(choices[:_SHOWN])}{more}?"
