"""Which cases of a library a run is about."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from harness.errors import UsageError
from harness.model import Level
from harness.nearest import meant, meant_id, meant_words
from harness.requirements import Catalogue, load_catalogue
from harness.scenario.case import Case

_WILD = re.compile(r"\*{2,}|\*|\?")
_MOST_WORDS = 200
_TOKEN = re.compile(r"\s*(\(|\)|[^\s()]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of `count` parts of whatever is selected; `number` counts from 1.

    The name of a case alone decides where it belongs, so that no other case moves when one is
    added. Cases with the same control are in one part with it: all parts together are the whole,
    and no case is in two.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `2/4`.

        Raises:
            UsageError: it makes no sense.
        """
        found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", text)
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            raise UsageError(f"--shard {text} makes no sense: 1/4 to 4/4 are the four parts")
        return cls(number=int(found[1]), count=int(found[2]))

    def holds(self, case: Case) -> bool:
        """Whether the case is in this part."""
        digest = hashlib.sha256((case.control or case.id).encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.number - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What was asked for. Within one kind any match counts; between kinds all have to match.

    `globs`: ids, first compared literally, then with `*` (within a folder), `**` and `?`.
    `expression`: `-k`, words joined by and, or, not and brackets, found in the id.
    `level`: cases that verify a row of that level or a higher one.
    `providers`: cases in which the sender is told to send by one of these.
    `excluded`: globs of what is left out, but for controls of what is not.
    `shard`: the part of all this that is meant.
    `only`: ids, none of which need exist, beyond which nothing is meant.
    """

    globs: tuple[str, ...] = ()
    expression: str | None = None
    requirements: tuple[str, ...] = ()
    situations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    level: Level | None = None
    excluded: tuple[str, ...] = ()
    shard: Shard | None = None
    only: frozenset[str] | None = None

    def of(self, cases: Sequence[Case], *, catalogue: Catalogue | None = None) -> tuple[Case, ...]:
        """The selected cases, with the control of each before it.

        `catalogue` has the rows that can be named; without one, the bundled.

        Raises:
            UsageError: a row or a tag is unknown, or an expression is broken.
        """
        rows = catalogue or load_catalogue()
        self._check(cases, rows)
        everything = replace(self, excluded=(), shard=None) == Selection()
        chosen = {case.id for case in cases if self._holds(case, rows, controls=everything)}
        wanted = chosen | {case.control for case in cases if case.id in chosen and case.control}
        return tuple(case for case in cases if case.id in wanted)

    def matching_nothing(self, cases: Sequence[Case]) -> tuple[str, ...]:
        """What was asked for and matches no case by itself: a line each, with what may be meant."""
        ids = [case.id for case in cases]
        found = [
            f"--select {glob} matches no case{meant_id(glob, ids)}"
            for glob in self.globs
            if not any(matches(glob, identifier) for identifier in ids)
        ]
        found += [
            f"--exclude {glob} matches no case{meant_id(glob, ids)}"
            for glob in self.excluded
            if not any(matches(glob, identifier) for identifier in ids)
        ]
        if self.expression is not None and not any(_evaluate(self.expression, i) for i in ids):
            hint = meant_words(self.expression, ids)
            found.append(f"-k {self.expression!r} matches no case{hint}")
        verified = {row for case in cases for row in case.rows}
        found += [
            f"no case here verifies {row} (harness explain {row} tells what does)"
            for row in (*self.requirements, *self.situations)
            if row not in verified
        ]
        return tuple(found)

    def all_of(
        self, cases: Sequence[Case], *, catalogue: Catalogue | None = None
    ) -> tuple[Case, ...]:
        """As `of`, for whoever has to get something for each word.

        Raises:
            UsageError: something that was asked for matches nothing, as well.
        """
        chosen = self.of(cases, catalogue=catalogue)
        if nothing := self.matching_nothing(cases):
            raise UsageError("; ".join(nothing))
        return chosen

    def _check(self, cases: Sequence[Case], catalogue: Catalogue) -> None:
        if self.expression is not None:
            _evaluate(self.expression, "")
        for row in self.requirements:
            catalogue.requirement(row)
        for row in self.situations:
            catalogue.situation(row)
        if self.tags:
            _check_words("tag", self.tags, {tag for case in cases for tag in case.tags})
        if self.providers:
            known = {provider for case in cases for provider in case.providers}
            _check_words("provider", self.providers, known)

    def _holds(self, case: Case, catalogue: Catalogue, *, controls: bool) -> bool:
        if any(matches(glob, case.id) for glob in self.excluded):
            return False
        if self.shard is not None and not self.shard.holds(case):
            return False
        if self.only is not None and case.id not in self.only:
            return False
        if case.is_control and not self.globs and not self.expression and self.only is None:
            # Without a word about ids a control comes with its cases, or not at all.
            return controls
        return (
            (not self.globs or any(matches(glob, case.id) for glob in self.globs))
            and (self.expression is None or _evaluate(self.expression, case.id))
            and (not self.requirements or bool({*self.requirements} & {*case.requirements}))
            and (not self.situations or bool({*self.situations} & {*case.situations}))
            and (not self.tags or bool({*self.tags} & {*case.tags}))
            and (not self.providers or bool({*self.providers} & case.providers))
            and (self.level is None or _reaches(case.rows, self.level, catalogue))
        )


def _check_words(kind: str, wanted: Iterable[str], known: set[str]) -> None:
    for word in wanted:
        if word not in known:
            choices = ", ".join(sorted(known)) or "there are none"
            hint = meant(word, known)
            raise UsageError(f"no case has the {kind} {word!r}{hint or ';'} choose from {choices}")


def matches(glob: str, identifier: str) -> bool:
    """Whether a glob means this id. Brackets are not wild: they stand in ids.

    A glob that names a scenario means all its cases.
    """
    if glob in {identifier, identifier.partition("[")[0]}:
        return True
    return _pattern(glob).fullmatch(identifier) is not None


@lru_cache(maxsize=4096)
def _pattern(glob: str) -> re.Pattern[str]:
    pattern = ""
    at = 0
    for wild in _WILD.finditer(glob):
        pattern += re.escape(glob[at : wild.start()])
        # However many stars there are in a row, two say all.
        pattern += {"**": ".*", "*": "[^/]*", "?": "[^/]"}[wild[0][:2]]
        at = wild.end()
    return re.compile(pattern + re.escape(glob[at:]))


def _reaches(rows: Iterable[str], level: Level, catalogue: Catalogue) -> bool:
    return any(catalogue.level(row).rank <= level.rank for row in rows)


def _evaluate(expression: str, identifier: str) -> bool:
    tokens = _TOKEN.findall(expression)
    if len(tokens) > _MOST_WORDS:
        raise UsageError(f"-k: {len(tokens)} words are too long an expression")
    value, rest = _disjunction(tokens, identifier, expression)
    if rest:
        raise _broken(expression, rest[0])
    return value


def _disjunction(tokens: list[str], identifier: str, whole: str) -> tuple[bool, list[str]]:
    value, rest = _conjunction(tokens, identifier, whole)
    while rest and rest[0] == "or":
        other, rest = _conjunction(rest[1:], identifier, whole)
        value = value or other
    return value, rest


def _conjunction(tokens: list[str], identifier: str, whole: str) -> tuple[bool, list[str]]:
    value, rest = _term(tokens, identifier, whole)
    while rest and rest[0] == "and":
        other, rest = _term(rest[1:], identifier, whole)
        value = value and other
    return value, rest


def _term(tokens: list[str], identifier: str, whole: str) -> tuple[bool, list[str]]:
    if not tokens or tokens[0] in {"and", "or", ")"}:
        raise _broken(whole, tokens[0] if tokens else "its end")
    first, *rest = tokens
    if first == "not":
        value, rest = _term(rest, identifier, whole)
        return not value, rest
    if first == "(":
        value, rest = _disjunction(rest, identifier, whole)
        if not rest or rest[0] != ")":
            raise _broken(whole, rest[0] if rest else "its end")
        return value, rest[1:]
    return first.lower() in identifier.lower(), rest


def _broken(expression: str, at: str) -> UsageError:
    return UsageError(
        f"-k {expression!r} makes no sense at {at}: words joined by and, or, not and brackets"
    )
