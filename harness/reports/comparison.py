"""What became of each case from one run to the next: worse, better, otherwise, new, gone.

Two failures are the same where a baseline would take one for the other (`harness.baseline`): ports,
ids and times make no difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from harness.baseline import differences, pinned
from harness.model import Level, Verdict
from harness.reports.document import CaseDocument, ReportDocument


class Became(StrEnum):
    """What became of a case, in the order in which it is told."""

    WORSE = "worse"
    OTHERWISE = "fails otherwise"
    BETTER = "better"
    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """One case that is not as it was. `is_worse`: a gate would mind."""

    kind: Became
    case: str
    words: str
    is_worse: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """One requirement that has another verdict."""

    row: str
    level: Level
    before: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything that is not as it was, and how many cases are."""

    changes: tuple[CaseChange, ...]
    rows: tuple[RowChange, ...]
    same: int

    @property
    def is_worse(self) -> bool:
        """Whether something got worse."""
        return any(change.is_worse for change in self.changes)

    def of(self, kind: Became) -> tuple[CaseChange, ...]:
        """The changes of one kind."""
        return tuple(change for change in self.changes if change.kind is kind)


# The better comes first. From `pass` to `unsupported` is a loss: what was proved is not any more.
_ORDER = (Verdict.PASS, Verdict.UNSUPPORTED, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAIL)


def compared(before: ReportDocument, now: ReportDocument) -> Comparison:
    """What became of each case and requirement."""
    old = {case.id: case for case in before.cases}
    new = {case.id: case for case in now.cases}
    changes = [
        change
        for identifier in dict.fromkeys((*old, *new))
        if (change := _change(old.get(identifier), new.get(identifier), now)) is not None
    ]
    return Comparison(
        changes=tuple(sorted(changes, key=lambda each: list(Became).index(each.kind))),
        rows=tuple(_rows(before, now)),
        same=len(old.keys() | new.keys()) - len(changes),
    )


def _change(
    old: CaseDocument | None, new: CaseDocument | None, now: ReportDocument
) -> CaseChange | None:
    if old is None and new is not None:
        fails = new.verdict is Verdict.FAIL and not new.expected_failure
        return _told(Became.NEW, new.id, _verdict(new), is_worse=fails)
    if new is None and old is not None:
        # A run that was cut short says nothing of what it did not ask.
        why = ", not asked: that run ended early" if now.interrupted else ""
        return _told(Became.GONE, old.id, f"{_verdict(old)} before{why}", is_worse=False)
    if old is None or new is None:
        return None
    if old.verdict is not new.verdict:
        is_worse = _ORDER.index(new.verdict) > _ORDER.index(old.verdict)
        words = f"{_verdict(old)}, now {_verdict(new)}"
        return _told(Became.WORSE if is_worse else Became.BETTER, new.id, words, is_worse=is_worse)
    if new.verdict is not Verdict.FAIL:
        return None
    how = "; ".join(differences(pinned(old), pinned(new)))
    return _told(Became.OTHERWISE, new.id, how, is_worse=_is_graver(old, new)) if how else None


def _told(kind: Became, case: str, words: str, *, is_worse: bool) -> CaseChange:
    return CaseChange(kind=kind, case=case, words=words, is_worse=is_worse)


def _is_graver(old: CaseDocument, new: CaseDocument) -> bool:
    """Whether a failure has something in it that it had not, or is at a higher level."""
    had = {finding.check for finding in old.findings if not finding.met}
    has = {
        finding.check for finding in new.findings if not finding.met and finding.level.fails_a_case
    }
    rank = len(Level)
    return (new.level.rank if new.level else rank) < (
        old.level.rank if old.level else rank
    ) or bool(has - had)


def _verdict(case: CaseDocument) -> str:
    if case.verdict is not Verdict.FAIL:
        reason = f" ({case.reason})" if case.reason else ""
        return f"{case.verdict}{reason}"
    finding = next((f for f in case.findings if not f.met and f.level.fails_a_case), None)
    why = f": {finding.check}, {finding.observed}" if finding else ""
    return f"fail at {case.level or 'no level'}{why}"


def _rows(before: ReportDocument, now: ReportDocument) -> Iterator[RowChange]:
    old = {row.id: row.verdict for row in before.requirements}
    for row in now.requirements:
        was = old.get(row.id, "not run")
        if was != row.verdict:
            yield RowChange(row=row.id, level=row.level, before=was, now=row.verdict)
