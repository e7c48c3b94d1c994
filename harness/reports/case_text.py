"""One case as lines of text, for reports that tell of single cases.

Nothing here is escaped but what `visible_lines` gives back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.escaping import shortened, visible
from harness.model import CaseResult, Finding
from harness.reports.causes import convicting
from harness.reports.overview import answer_line, excerpt, remarks

_LONGEST_LINE = 2_000


def first_unmet(case: CaseResult) -> str:
    """What failed a case, in one line."""
    finding = next(iter(convicting(case)), None)
    if finding is None:
        return case.reason or "no reason was given"
    return f"{finding.check}: expected {finding.expected}; observed {finding.observed}"


def what_was_found(case: CaseResult) -> Iterator[str]:
    """What the case is about, what was not met in it, and what the sender said."""
    yield case.title
    if case.reason:
        yield f"reason:   {case.reason}"
    for finding in (*convicting(case), *remarks(case)):
        yield from _finding_lines(finding)
    if said := answer_line(case):
        yield f"answered: {said}"


def what_was_said(case: CaseResult) -> Iterator[str]:
    """The conversation around what convicts, or its end; the lines that convict are marked."""
    cited = {event for finding in convicting(case) for event in finding.events}
    for line in excerpt(case.conversation, cited, around=5, most=100):
        mark = ">" if line.cited else " "
        left_out = f"  ({line.left_out} lines left out)"
        yield left_out if line.left_out else f"{mark} {line.event}  {line.line}"


def visible_lines(lines: Iterable[str]) -> str:
    """Lines as one text that does nothing where it is shown."""
    return "\n".join(visible(shortened(line, _LONGEST_LINE)) for line in lines)


def _finding_lines(finding: Finding) -> Iterator[str]:
    leak = ", a leak" if finding.leak else ""
    rows = f" ({', '.join(finding.rows)})" if finding.rows else ""
    yield f"{finding.level} {finding.check}{rows}{leak}"
    yield f"expected: {finding.expected}"
    yield f"observed: {finding.observed}"
