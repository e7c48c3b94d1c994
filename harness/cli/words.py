"""What `harness explain` says of a word of the language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from harness.errors import UsageError
from harness.vocabulary import Section, Term, sections


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What is said of a word: its heading, and below it lines, each with its label."""

    heading: str
    lines: tuple[tuple[str, str], ...]


def explained(asked: str, *, rows: tuple[str, ...]) -> list[Explanation]:
    """Everything that goes by this word.

    A word is meant by its whole path or by the end of it, in any case. `rows` are the ids of
    requirements and situations, which may have been meant where there is no such word.

    Raises:
        UsageError: there is no such word.
    """
    known = tuple(sections())
    words = [word for section in known for word in section.words if _is_meant(word.path, asked)]
    listed = {inside for word in words for inside in _inside(word)}
    alone = [each for each in known if _is_meant(each.path, asked) and each.path not in listed]
    found = [*_of_words(words, known), *map(_of_section, alone)]
    if not found:
        raise UsageError(_unknown(asked, known, rows))
    return found


def _is_meant(path: str, asked: str) -> bool:
    return bool(path) and f".{path}".lower().endswith(f".{asked.lower()}")


def _inside(word: Term) -> tuple[str, ...]:
    """The paths of the sections that belong to a word: what stands below it, its values."""
    return (word.path, word.values) if word.values else (word.path,)


def _of_words(words: list[Term], known: tuple[Section, ...]) -> Iterator[Explanation]:
    """One for all those of which the same is to be said."""
    alike: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for word in words:
        said = {"means": word.meaning, "written": word.form, "default": word.default}
        lines = [(label, text) for label, text in said.items() if text]
        for section in known:
            if section.path in _inside(word):
                lines += _lines(section)
        alike.setdefault(tuple(lines), []).append(word.path)
    for same, paths in alike.items():
        yield Explanation(heading=", ".join(dict.fromkeys(paths)), lines=same)


def _of_section(section: Section) -> Explanation:
    return Explanation(heading=f"{section.path}: {section.title}", lines=tuple(_lines(section)))


def _lines(section: Section) -> list[tuple[str, str]]:
    return [(word.name, _in_brief(word)) for word in section.words]


def _in_brief(word: Term) -> str:
    said = [word.form or "", f"default: {word.default}" if word.default else ""]
    more = "; ".join(each for each in said if each)
    return f"{word.meaning} ({more})" if more else word.meaning


def _unknown(asked: str, known: tuple[Section, ...], rows: tuple[str, ...]) -> str:
    near = get_close_matches(asked.upper(), rows, n=3)
    near += get_close_matches(asked.lower(), _spelled(known), n=3)
    hint = f"; the nearest are {', '.join(near)}" if near else ""
    return (
        f"there is no requirement, situation or word {asked!r}{hint} (or: harness explain errors)"
    )


def _spelled(known: tuple[Section, ...]) -> list[str]:
    """Every word, alone and with what stands before it."""
    paths = [path for each in known for path in (each.path, *(word.path for word in each.words))]
    ends = (path.split(".")[place:] for path in paths for place in range(path.count(".") + 1))
    return list(dict.fromkeys(".".join(parts) for parts in ends if parts != [""]))
