"""The proof that each clause is needed: without it a wrong sender would pass.

What a sender did in a case is judged a second time, by the same record, as if the scenario did
not ask the clause. Nobody is asked anything again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from harness.checks.record import Record
from harness.judge import Judgement, judge
from harness.mirroring import Mirror
from harness.model import Finding, Verdict
from harness.requirements import load_catalogue
from harness.scenario.case import Case, CaseContent


class Freed(StrEnum):
    """What a wrong sender gets where a clause is not asked.

    `CASE`: it passes the case, and where it did before, nothing is remarked any more. `ROW`: it is
    still accused by what every case is asked, or by what decides other rows, and acquitted of one
    that the case is about.
    """

    CASE = "case"
    ROW = "row"


@dataclass(slots=True)
class Records(Mirror):
    """Keeps the record of each case, as the judge had it."""

    by_case: dict[str, Record] = field(default_factory=dict)

    def take(self, case: Case, record: Record) -> None:
        """Keep the last attempt's."""
        self.by_case[case.id] = record


def freed(case: Case, record: Record, clause: str) -> Freed | None:
    """What removing the clause does for the sender of which this is the record."""
    before, after = _judged(case, record), _judged(without(case, clause), record)
    if all(finding.check != clause for finding in _unmet(before)):
        return None
    is_only_remarked = before.verdict is Verdict.PASS
    if after.verdict is Verdict.PASS and not (is_only_remarked and _unmet(after)):
        return Freed.CASE
    accused, failed = _accused(before) - _accused(after), _failed(before) - _failed(after)
    return Freed.ROW if (accused | failed) & set(case.rows) else None


def _unmet(judged: Judgement) -> list[Finding]:
    return [finding for finding in judged.findings if not finding.met]


def _accused(judged: Judgement) -> set[str]:
    return {row for finding in _unmet(judged) for row in finding.rows}


def _failed(judged: Judgement) -> set[str]:
    return {row for row, verdict in judged.rows.items() if verdict is Verdict.FAIL}


def _judged(case: Case, record: Record) -> Judgement:
    # Its control has passed, and it has shown there that it can answer.
    return judge(case, record, load_catalogue(), control=Verdict.PASS, has_answered=True)


def without(case: Case, clause: str) -> Case:
    """The case, and what it asks but for one clause, by its name as a check."""
    assert case.then is not None
    *above, last = clause.split(".")
    path = [*above, last] if above else ["wire", last]
    then = _left(case.then, path)
    return replace(case, content=CaseContent(given=case.given, steps=case.steps, then=then))


def _left(model: Any, path: list[str]) -> Any:
    """A copy of a model without the field at that path of aliases."""
    assert isinstance(model, BaseModel)
    fields = type(model).model_fields
    name = next(n for n, each in fields.items() if path[0] in {n, each.alias})
    default = fields[name].get_default(call_default_factory=True)
    value = _left(getattr(model, name), path[1:]) if path[1:] else default
    return model.model_copy(update={name: value})
