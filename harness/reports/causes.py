"""Failed cases grouped into causes that a team can mend one by one.

A *deed* is what a sender did wrong: a question that it did not meet, without the figures and names
that differ from case to case. A *circumstance* is what cases have in common: a situation, the
value of an axis, a scenario, a folder. A cause is a deed under the widest circumstance in which the
sender **always** does it, wherever it was asked and decided: it is the passed cases that tell one
cause from another. A sender that takes any certificate has one cause; one that takes two kinds of
wrong ones, and refuses the others, has two.

Where no circumstance explains more than a case or two, the situation does: a row of the catalogue
is one way to go wrong, so the same deed against the same row is one cause, though not always done.

A secret in the sender's words is one cause, in as many places as it had an occasion, and nothing
else follows from it.

What else is never met in those cases follows from the same cause. What is met in some of them does
not, so a case that two things are wrong with is in two causes, and mending one leaves it in the
other.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from harness.model import CaseResult, Finding, Level, Verdict

# What differs from case to case, or from run to run, and makes no other deed.
_PARTICULARS = (
    (re.compile(r"'[^']*'"), "'…'"),
    (re.compile(r"\S+@\S+"), "@"),
    (re.compile(r"\b[\w-]+(?:\.[\w-]+)+\b"), "host"),
    (re.compile(r"\d+"), "#"),
)
# Parts of one statement: who takes one failure for another gets several of them wrong.
_SAME_STATEMENT = {
    f"sender.error.{part}": "sender.error" for part in ("phase", "class", "reply_code")
}
# What is expected here is another text in each scenario, and the same thing.
_ONE_QUESTION = frozenset(
    ["answers", "discretion", "sender.error", "sender.error.says", "from", "sni", "hosts"]
)
# What these observe are different faults: a lost attachment is no wrong subject.
_TOLD_APART = frozenset(["message"])
# One mistake, which shows wherever there is an occasion: how often says nothing about its causes.
_ONE_FLAW = frozenset(["discretion"])
# Fewer scenarios than that show no habit of the sender's.
_SCENARIOS_OF_A_HABIT = 3


# How wide circumstances are, the widest first.
_EVERYWHERE, _FOLDER, _AXIS, _SCENARIO, _ROW, _PART, _CASE = range(7)


class Circumstance(NamedTuple):
    """What cases have in common. `breadth` orders them: 0 is the widest; `words` are for people."""

    breadth: int
    words: str


class Deed(NamedTuple):
    """What was done wrong: the question, and which way it was not met where that says more."""

    question: tuple[str, ...]
    way: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Failed cases with one cause, the most telling first.

    `findings` are those of the first case that belong to this cause. `where` says what the cases
    share, "" where there is but one.
    """

    finding: Finding | None
    findings: tuple[Finding, ...]
    cases: tuple[CaseResult, ...]
    where: str = ""

    @property
    def first(self) -> CaseResult:
        """The case that is shown in full."""
        return self.cases[0]

    @property
    def level(self) -> Level | None:
        """The level of the most binding finding of its first case."""
        return min((f.level for f in self.findings), key=lambda level: level.rank, default=None)


def causes(cases: Iterable[CaseResult]) -> tuple[Cause, ...]:
    """Group the failed among `cases`: leaks first, then MUST before SHOULD, then the larger.

    The passed ones are wanted too, because they bound what has failed.
    """
    decided = [case for case in cases if case.verdict in {Verdict.PASS, Verdict.FAIL}]
    failed = [case for case in decided if case.verdict is Verdict.FAIL]
    record = _Record.of(decided)
    found = [_cause(share, record) for share in _joined(_shares(record), record)]
    found += [
        Cause(finding=None, findings=(), cases=(case,)) for case in failed if not convicting(case)
    ]
    return tuple(sorted(found, key=_gravity))


def convicting(case: CaseResult) -> tuple[Finding, ...]:
    """Return the unmet findings that fail a case, leaks first."""
    found = [finding for finding in case.unmet if finding.level.fails_a_case]
    return tuple(sorted(found, key=lambda finding: (not finding.leak, finding.level.rank)))


def leading(case: CaseResult) -> Finding | None:
    """Return the finding that best says why a case failed: a leak, else the most binding."""
    return next(iter(convicting(case)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Share:
    """The cases that a cause explains, and the deeds that follow from it."""

    deed: Deed
    where: str
    members: frozenset[str]
    deeds: frozenset[Deed]


@dataclass(frozen=True, slots=True)
class _Record:
    """Ids of decided cases by what was asked, by what was done, and by circumstance."""

    cases: Mapping[str, CaseResult]
    asked: Mapping[tuple[str, ...], set[str]]
    unmet: Mapping[tuple[str, ...], set[str]]
    done: Mapping[Deed, set[str]]
    under: Mapping[Circumstance, set[str]]
    values: Mapping[tuple[str, str], set[str]]

    @classmethod
    def of(cls, decided: Sequence[CaseResult]) -> _Record:
        record = cls(
            {case.id: case for case in decided},
            *(defaultdict(set) for _ in range(5)),
        )
        for case in decided:
            for axis, value in case.axes.items():
                record.values[case.scenario, axis].add(value)
        for case in decided:
            for circumstance in record.circumstances(case):
                record.under[circumstance].add(case.id)
            fails = case.verdict is Verdict.FAIL
            for finding in case.findings:
                if finding.met or (fails and finding.level.fails_a_case):
                    record._note(case.id, finding)
        return record

    def _note(self, case: str, finding: Finding) -> None:
        deed = _deed(finding)
        self.asked[deed.question].add(case)
        if not finding.met:
            self.unmet[deed.question].add(case)
            self.done[deed].add(case)

    def circumstances(self, case: CaseResult) -> Iterator[Circumstance]:
        """What the case may have in common with others. An axis counts where it has a choice."""
        folder = case.scenario.rpartition("/")[0]
        yield Circumstance(_EVERYWHERE, "wherever it is asked")
        yield Circumstance(_FOLDER, f"in every scenario of {folder or 'this folder'} that asks it")
        for axis, value in case.axes.items():
            if len(self.values[case.scenario, axis]) > 1:
                yield Circumstance(_AXIS, f"always where {axis}={value}")
                yield Circumstance(_PART, f"always in {case.scenario} where {axis}={value}")
        for row in (*case.situations, *case.requirements):
            yield Circumstance(_ROW, f"always where {row} is asked")
        if provider := case.axes.get("provider"):
            yield Circumstance(_SCENARIO, f"always in {folder} where provider={provider}")
        yield Circumstance(_SCENARIO, f"in every case of {case.scenario} that asks it")
        yield Circumstance(_CASE, f"in {case.id}")

    def shares(self) -> Iterator[tuple[Deed, Circumstance, frozenset[str]]]:
        """Each deed under each circumstance in which it was always done."""
        for deed, ids in self.done.items():
            near = {each for case in ids for each in self.circumstances(self.cases[case])}
            for circumstance in sorted(near):
                members = ids & self.under[circumstance]
                asked = self.asked[deed.question] & self.under[circumstance]
                always = asked <= self.unmet[deed.question]
                if always and self._is_habit(circumstance, members):
                    yield deed, circumstance, frozenset(members)

    def _is_habit(self, circumstance: Circumstance, members: set[str]) -> bool:
        if circumstance.breadth >= _AXIS:
            return True
        scenarios = {self.cases[case].scenario for case in members}
        return len(scenarios) >= _SCENARIOS_OF_A_HABIT

    def never_met_in(self, members: frozenset[str]) -> frozenset[Deed]:
        """What was done in some of these cases, and in each of them where it was asked."""
        return frozenset(
            deed
            for deed, ids in self.done.items()
            if ids & members and self.asked[deed.question] & members <= self.unmet[deed.question]
        )


def _shares(record: _Record) -> Iterator[_Share]:
    """Explain every unmet finding: always by what explains most of those that are left."""
    left = {deed: set(ids) for deed, ids in record.done.items()}
    queue = [
        (-len(members), circumstance.breadth, number, deed, circumstance, members)
        for number, (deed, circumstance, members) in enumerate(record.shares())
    ]
    heapq.heapify(queue)
    while queue:
        size, breadth, number, deed, circumstance, members = heapq.heappop(queue)
        now = len(left[deed] & members)
        if now < -size:  # some of them have been explained since
            if now:
                entry = (-now, breadth, number, deed, circumstance, members)
                heapq.heappush(queue, entry)
            continue
        alike = record.never_met_in(members)
        explained = frozenset(
            each
            for each in alike
            if left[each] & members and (each == deed or _go_together(each, deed))
        )
        for each in explained:
            left[each] -= members
        yield _Share(deed=deed, where=circumstance.words, members=members, deeds=explained)


def _go_together(one: Deed, other: Deed) -> bool:
    """Whether one of them may follow from the other."""
    return not {one.question[0], other.question[0]} & _ONE_FLAW


def _joined(shares: Iterable[_Share], record: _Record) -> Iterator[_Share]:
    """Join what is one flaw, or the same deed against the same row, of the same provider."""
    alike: dict[tuple[object, ...], list[_Share]] = defaultdict(list)
    for number, share in enumerate(shares):
        row = _row_of(share, record)
        key: tuple[object, ...] = (share.deed, row) if row else (number,)
        alike[(share.deed,) if share.deed.question[0] in _ONE_FLAW else key].append(share)
    for group in alike.values():
        if len(group) == 1:
            yield group[0]
            continue
        members = frozenset[str]().union(*(share.members for share in group))
        yield replace(
            group[0],
            where=_where_of(group[0], members, record),
            members=members,
            deeds=frozenset().union(*(share.deeds for share in group)),
        )


def _where_of(share: _Share, members: frozenset[str], record: _Record) -> str:
    """What joined cases have in common."""
    if share.deed.question[0] in _ONE_FLAW:
        scenarios = {record.cases[case].scenario for case in members}
        return f"in {len(scenarios)} scenarios" if len(scenarios) > 1 else share.where
    row = _row_of(share, record)
    return f"against {', '.join(sorted(row.rows))}" if row else ""


class _Row(NamedTuple):
    """What a deed is against: rows of the catalogue, at one provider or none."""

    provider: str | None
    rows: frozenset[str]


def _row_of(share: _Share, record: _Record) -> _Row | None:
    """What the deed is against, or None where that differs from case to case."""
    found: set[_Row] = set()
    for case in (record.cases[each] for each in share.members):
        rows = {row for f in case.unmet if _deed(f) == share.deed for row in f.rows}
        # What is asked of every case, honesty for one, decides the same rows everywhere.
        own = rows & {*case.situations} or rows & {*case.requirements}
        found.add(_Row(case.axes.get("provider"), frozenset(own)))
    return found.pop() if len(found) == 1 and all(each.rows for each in found) else None


@lru_cache(maxsize=8192)
def _general(text: str) -> str:
    for pattern, word in _PARTICULARS:
        text = pattern.sub(word, text)
    return text


def _deed(finding: Finding) -> Deed:
    check = _SAME_STATEMENT.get(finding.check, finding.check)
    question = (check,) if check in _ONE_QUESTION else (check, _general(finding.expected))
    told_apart = check in _TOLD_APART and not finding.met
    return Deed(question, _general(finding.observed) if told_apart else "")


def _cause(share: _Share, record: _Record) -> Cause:
    def own(case: CaseResult) -> tuple[Finding, ...]:
        return tuple(each for each in convicting(case) if _deed(each) in share.deeds)

    members = [case for case in record.cases.values() if case.id in share.members]
    scenarios = Counter(case.scenario for case in members)

    def telling(case: CaseResult) -> tuple[bool, bool, int, int, int]:
        mine = own(case)
        others = len(convicting(case)) - len(mine)
        rank = min((each.level.rank for each in mine), default=len(Level))
        is_no_leak = not any(each.leak for each in mine)
        # The scenario that is most of the cause is what the cause is about.
        return (is_no_leak, rank != 0, others, rank, -scenarios[case.scenario])

    ordered = tuple(sorted(members, key=telling))
    findings = own(ordered[0])
    return Cause(
        finding=next(iter(findings), None),
        findings=findings,
        cases=ordered,
        where=share.where if len(ordered) > 1 else "",
    )


def _gravity(cause: Cause) -> tuple[int, bool, int]:
    if cause.finding is None:
        return (len(Level), True, 0)
    level = cause.level or Level.INFO
    return (level.rank, not cause.finding.leak, -len(cause.cases))
