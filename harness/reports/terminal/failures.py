"""The failed cases on the terminal: one block a cause, however many cases share it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from harness.escaping import shortened, visible
from harness.model import CaseResult, Finding, RunResult
from harness.reports.causes import Cause, convicting
from harness.reports.document import relative
from harness.reports.formats import Context
from harness.reports.overview import (
    again,
    answer_line,
    described,
    excerpt,
    failures,
    grouped_failures,
    output_ends,
    plural,
    remarks,
)
from harness.reports.terminal.page import Page

_MOST_CAUSES = 25
_FEWEST_FOR_A_LIST = 4
_MOST_ALIKE = 60
_OUTPUT_LINES = 9
_LONGEST = 600
_MOST_MAIL = 3


def add_failures(page: Page, result: RunResult, context: Context) -> None:
    """Put the failed cases on `page`: those that share a cause once, with the ids of the rest."""
    failed = failures(result)
    if not failed:
        return
    found = grouped_failures(result)
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, cause in enumerate(found, start=1):
        for case in cause.cases:
            numbers[case.id].append(number)
    page.blank()
    page.add(("FAILED", "bold red"), f"  {plural(len(failed), 'case')}, {_count(found)}")
    if len(found) >= _FEWEST_FOR_A_LIST:
        _add_list(page, found)
    for number, cause in enumerate(found[:_MOST_CAUSES], start=1):
        _add_cause(page, number, cause, result, context, numbers)
    _add_rest(page, found[_MOST_CAUSES:])


def _count(found: tuple[Cause, ...]) -> str:
    return "one cause" if len(found) == 1 else f"{len(found)} causes"


def _add_list(page: Page, found: tuple[Cause, ...]) -> None:
    """A line for each cause that follows in full: what there is to do, on one screen."""
    page.blank()
    for number, cause in enumerate(found[:_MOST_CAUSES], start=1):
        level = cause.level or cause.first.level or ""
        words = f"{cause.finding.check}: {cause.finding.observed}" if cause.finding else ""
        line = f"{level:<7} {plural(len(cause.cases), 'case'):>9}  "
        room = max(page.width - len(line) - 4, 20)
        text = _one_line(words or cause.first.reason or cause.first.id)
        text = text if len(text) <= room else f"{text[: room - 1]}…"
        page.add((line, "dim"), text, label=f"{number:>2}. ", wrap=False)


def _add_cause(
    page: Page,
    number: int,
    cause: Cause,
    result: RunResult,
    context: Context,
    numbers: Mapping[str, list[int]],
) -> None:
    case = cause.first
    level = cause.level or case.level or ""
    page.blank()
    page.add((f"{level}", "bold red"), "  ", (case.title, "bold"), label=f"{number:>2}. ")
    page.add((case.id, "cyan"), indent=4)
    for row, paraphrase in described((*case.requirements, *case.situations), context.describe_row):
        page.add((paraphrase, "dim"), indent=4, label=f"{row:<12}")
    elsewhere = [each for each in numbers[case.id] if each != number]
    _add_findings(page, cause, elsewhere)
    _add_sender(page, case)
    _add_conversation(page, cause)
    if evidence := relative(case.evidence, context.folder):
        page.add(evidence, indent=4, label="evidence  ", wrap=False)
    for address in case.mail[:_MOST_MAIL]:
        page.add(address, indent=4, label="mail      ", wrap=False)
    page.add(again(case, result, context.command), indent=4, label="again     ", wrap=False)
    _add_alike(page, cause, number, numbers)


def _add_findings(page: Page, cause: Cause, elsewhere: list[int]) -> None:
    case = cause.first
    if not cause.findings and case.reason:
        page.add(shortened(case.reason, _LONGEST), indent=4)
    for finding in cause.findings:
        _add_finding(page, finding)
    page.blank()
    others = [each.check for each in convicting(case) if each not in cause.findings]
    if others:
        see = f" (see {', '.join(map(str, elsewhere))})" if elsewhere else ""
        text = f"for another cause{see}: {', '.join(others)}"
        page.add((shortened(text, 300), "dim"), indent=4, label="and       ")
    for finding in remarks(case):
        text = f"{finding.check}: {finding.observed}"
        page.add((shortened(text, 300), "dim"), indent=4, label=f"{f'({finding.level})':<10}")


def _add_finding(page: Page, finding: Finding) -> None:
    page.blank()
    leak = ("  LEAK", "bold red") if finding.leak else ""
    rows = f"  ({', '.join(finding.rows)})" if finding.rows else ""
    page.add((finding.check, "bold"), leak, (rows, "dim"), indent=4)
    page.add(shortened(finding.expected, _LONGEST), indent=6, label="expected  ")
    page.add((shortened(finding.observed, _LONGEST), "red"), indent=6, label="observed  ")


def _add_sender(page: Page, case: CaseResult) -> None:
    if said := answer_line(case):
        page.add(shortened(said, _LONGEST), indent=4, label="answered  ")
        return
    for line in output_ends(case.output, _OUTPUT_LINES):
        page.add((shortened(line, 300), "dim"), indent=4, label="output    | ")


def _add_conversation(page: Page, cause: Cause) -> None:
    case = cause.first
    cited = {event for finding in cause.findings for event in finding.events}
    lines = excerpt(case.conversation, cited)
    if not lines:
        return
    page.blank()
    digits = len(str(max(event for event, _ in case.conversation)))
    for line in lines:
        if line.left_out:
            page.add((f"({plural(line.left_out, 'line')} left out)", "dim"), indent=8 + digits)
            continue
        mark = ">" if line.cited else " "
        style = "bold yellow" if line.cited else ""
        label = f"{mark} {line.event:>{digits}}  "
        page.add((_one_line(line.line), style), indent=4, label=label)
    page.blank()


def _one_line(line: str) -> str:
    return shortened(visible(line), 200)


def _add_alike(page: Page, cause: Cause, number: int, numbers: Mapping[str, list[int]]) -> None:
    others = cause.cases[1:]
    if not others:
        return
    text = f"in {plural(len(others), 'more case')}, {cause.where}:"
    page.add(text, indent=4, label="also      ")
    for scenario, words in _by_scenario(others[:_MOST_ALIKE], number, numbers).items():
        page.add((f"{scenario}  {'  '.join(words)}".rstrip(), "dim"), indent=14)
    if len(others) > _MOST_ALIKE:
        page.add((f"and {len(others) - _MOST_ALIKE} more", "dim"), indent=14)


def _by_scenario(
    cases: Iterable[CaseResult], number: int, numbers: Mapping[str, list[int]]
) -> dict[str, list[str]]:
    """Group ids by scenario; behind each the other causes that it fails for."""
    found: dict[str, list[str]] = defaultdict(list)
    for case in cases:
        elsewhere = ", ".join(str(each) for each in numbers[case.id] if each != number)
        suffix = case.id.removeprefix(case.scenario)
        found[case.scenario].append(f"{suffix} (and {elsewhere})" if elsewhere else suffix)
    return found


def _add_rest(page: Page, rest: tuple[Cause, ...]) -> None:
    if not rest:
        return
    page.blank()
    page.add(f"{plural(len(rest), 'more cause')}, shown in full by the other reports:", indent=4)
    for cause in rest[:_MOST_ALIKE]:
        observed = cause.finding.observed if cause.finding else cause.first.reason or ""
        count = f" ({plural(len(cause.cases), 'case')})" if len(cause.cases) > 1 else ""
        page.add((cause.first.id, "cyan"), count, f": {shortened(observed, 100)}", indent=4)
    if len(rest) > _MOST_ALIKE:
        page.add(f"and {len(rest) - _MOST_ALIKE} more", indent=4)
