"""The proof that a wrong sender is convicted, and right in all else."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.model import CaseResult, Verdict
from harness.record_lines import record_lines
from harness.run_context import RunContext
from harness.scenario.case import Case
from harness.senders.base import Sender

from .careful import handler
from .careful_courier import CarefulCourier
from .convictions import Wrong
from .judging import JOBS, InFolders, InProcess, asked, not_passed, story, with_controls
from .needed import Needed
from .on_aiosmtplib import AsyncSender
from .on_node import NodeSender
from .removal import Freed, Records, freed
from .second import Second

# Cases at a time, in each attempt: a stall spoils all that it meets.
_ATTEMPTS = (JOBS, 1, 1)


def prove(wrong: Wrong, library: tuple[Case, ...], context: RunContext) -> None:
    """Hold it against the cases that have to convict it, and against their controls.

    A machine that stalls makes a wrong sender look right (gaps of a second are even), or wrong in
    another way. A run in which it did not do so is the last word, and so is the third one.
    """
    for jobs in _ATTEMPTS:
        found = attempt(wrong, library, context, jobs)
        if found.complaint is None or found.lost == 0:
            break
    assert found.complaint is None, f"{found.complaint}\nthe machine lost {found.lost:.2f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What was not as declared, if anything, and the seconds that the machine stalled meanwhile."""

    complaint: str | None
    lost: float


def attempt(wrong: Wrong, library: tuple[Case, ...], context: RunContext, jobs: int) -> Attempt:
    """Ask it once."""
    expected = wrong.cases(library)
    cases = with_controls([case for case in library if case.id in expected], library)
    records = Records()
    found = asked(opened(wrong), cases, context, jobs=jobs, mirror=records)
    return Attempt(complaint=complaint(wrong, library, found.results, records), lost=found.lost)


def complaint(
    wrong: Wrong, library: tuple[Case, ...], results: dict[str, CaseResult], records: Records
) -> str | None:
    """The first thing that was not as declared."""
    controls = {id_: result for id_, result in results.items() if result.is_control}
    acquitted = [
        results[case]
        for case, checks in wrong.declared(library).items()
        if not convicts(results[case], checks)
    ]
    if astray := not_passed(controls) or acquitted:
        return story(_with_conversation(each, records) for each in astray)
    by_id = {case.id: case for case in library}
    needless = [
        str(line)
        for line in wrong.needed
        if freed(by_id[line.case], records.by_case[line.case], line.clause) not in at_least(line)
    ]
    return f"clauses that acquit nobody: {needless}" if needless else None


def _with_conversation(result: CaseResult, records: Records) -> CaseResult:
    """Of a case that passed, none is kept: most do, and writing it down takes a while."""
    record = records.by_case.get(result.id)
    return result if record is None else replace(result, conversation=record_lines(record))


def at_least(line: Needed) -> set[Freed]:
    """What the line claims, or better."""
    return {Freed.CASE, Freed(line.gets)}


def opened(wrong: Wrong) -> Sender:
    """It, to be asked."""
    if issubclass(wrong.sender, CarefulCourier):
        return InFolders(wrong.sender)
    if issubclass(wrong.sender, NodeSender):
        return wrong.sender.opened()
    if issubclass(wrong.sender, Second | AsyncSender):
        sender = wrong.sender
        return InProcess(wrong.name, lambda request: sender(request).answer())
    return InProcess(wrong.name, handler(wrong.sender))


def convicts(result: CaseResult, checks: set[str]) -> bool:
    """Whether each check is not met, and fails the case if its level is one that does."""
    unmet = {finding.check: finding for finding in result.unmet}
    if not checks <= set(unmet):
        return False
    is_binding = any(unmet[check].level.fails_a_case for check in checks)
    return result.verdict is (Verdict.FAIL if is_binding else Verdict.PASS)
