"""The terminal's summary: the whole run, for the person who started it.

The outcome comes first and last, because a long summary is read from either end. Between them:
what failed and how to run it again, the requirements, then what could not be judged and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from harness.escaping import shortened
from harness.gate import AS_EXPECTED, meaning
from harness.model import CaseResult, Level, RequirementResult, RunResult, Verdict
from harness.reports.complaints import MOST_SHOWN, remarks_on_answers
from harness.reports.document import relative
from harness.reports.formats import Context
from harness.reports.overview import (
    Reason,
    again,
    by_document,
    by_urgency,
    cases_alike,
    cases_with,
    changed,
    departure,
    expected_failures,
    headline,
    in_words,
    last_line,
    never_asked,
    output_ends,
    plural,
    reasons,
    unasked,
)
from harness.reports.terminal.failures import add_failures
from harness.reports.terminal.page import Page

STYLES = {
    "pass": "green",
    "fail": "bold red",
    "error": "bold magenta",
    "inconclusive": "yellow",
    "unsupported": "cyan",
}

_MOST_IDS = 8
_MOST_CHANGES = 30
_MOST_REASONS = 6
_MOST_ROWS = 60
_OUTPUT_LINES = 11


def add_summary(page: Page, result: RunResult, *, status: int, context: Context) -> None:
    """Put the whole summary on `page`."""
    page.add((headline(result, status), _outcome_style(status)))
    about = f"sender {result.sender}, harness {result.harness}, seed {result.seed}"
    page.add((shortened(about, 300), "dim"))
    add_failures(page, result, context)
    _add_baseline(page, result)
    _add_requirements(page, result, context)
    _add_inconclusive(page, result)
    _add_unsupported(page, result)
    _add_errors(page, result, context)
    _add_remarks(page, result)
    _add_notes(page, result)
    _add_closing(page, result, status)


def counts_in_words(result: RunResult) -> str:
    """Return how many cases ended in each verdict, without those that none did."""
    found = [f"{count} {verdict}" for verdict, count in result.summary.items() if count]
    if expected := len(expected_failures(result)):
        found = [f"{each} ({expected} expected)" if " fail" in each else each for each in found]
    return ", ".join(found) or "no case"


def _add_baseline(page: Page, result: RunResult) -> None:
    surprises = changed(result)
    if surprises or result.stale:
        _heading(page, "CHANGED", "not as the baseline says; harness baseline update accepts it")
    for case in surprises[:_MOST_CHANGES]:
        page.add((case.id, "cyan"), indent=2)
        page.add(shortened(departure(case), 600), indent=4)
    if rest := surprises[_MOST_CHANGES:]:
        page.add(f"and {len(rest)} more", indent=2)
    for line in result.stale[:_MOST_CHANGES]:
        page.add(line, indent=2)
    if expected := expected_failures(result):
        _heading(page, "EXPECTED", f"{plural(len(expected), 'case')} failed as expected")
        _add_ids(page, expected, indent=2)


def _add_requirements(page: Page, result: RunResult, context: Context) -> None:
    if not result.requirements:
        return
    unmet = [row for row in result.requirements if row.verdict == Verdict.FAIL]
    judged = [row for row in result.requirements if row.verdict in {"pass", "fail"}]
    _heading(page, "REQUIREMENTS", f"{len(unmet)} of {len(judged)} judged are not met")
    open_rows = by_urgency(
        row for row in result.requirements if row.verdict in {"fail", "error", "inconclusive"}
    )
    cases = {case.id: case for case in result.cases}
    for row in open_rows[:_MOST_ROWS]:
        _add_requirement(page, row, cases, context)
    if len(open_rows) > _MOST_ROWS:
        page.add(f"and {len(open_rows) - _MOST_ROWS} more", indent=2)
    _add_sums(page, result)


def _add_requirement(
    page: Page, row: RequirementResult, cases: Mapping[str, CaseResult], context: Context
) -> None:
    alike = cases_alike(row, cases)
    count = f"{alike} of {plural(len(row.cases), 'case')}"
    paraphrase = context.describe_row(row.id)
    room = max(page.width - 52, 0)
    page.add(
        (f"{row.id:<12}", "bold"),
        f"{row.level:<8}",
        (f"{row.verdict:<14}", STYLES.get(row.verdict, "")),
        f"{count:<16}",
        (_cut(paraphrase, room) if room >= 20 else "", "dim"),
        indent=2,
    )


def _add_sums(page: Page, result: RunResult) -> None:
    met = [row for row in result.requirements if row.verdict == Verdict.PASS]
    if met:
        levels = Counter(row.level for row in met)
        by_level = ", ".join(f"{levels[level]} {level}" for level in Level if levels[level])
        page.add(f"{len(met)} ({by_level}): {_documents(met)}", indent=2, label="met         ")
    for verdict in ("unsupported", "untestable", "not run"):
        rows = [row for row in result.requirements if row.verdict == verdict]
        if rows:
            page.add(f"{len(rows)}: {_documents(rows)}", indent=2, label=f"{verdict:<12}")


def _documents(rows: list[RequirementResult]) -> str:
    return ", ".join(f"{document} {count}" for document, count in by_document(rows))


def _add_inconclusive(page: Page, result: RunResult) -> None:
    cases = cases_with(result, Verdict.INCONCLUSIVE)
    if cases:
        what = "could not be decided: the situation never arose, or the control failed too"
        _heading(page, "INCONCLUSIVE", f"{plural(len(cases), 'case')} {what}")
        _add_reasons(page, reasons(cases), indent=2, most=_MOST_IDS)


def _add_unsupported(page: Page, result: RunResult) -> None:
    """A line a reason: this is about what was not asked, and must not bury what was."""
    cases = cases_with(result, Verdict.UNSUPPORTED)
    if not cases:
        return
    _heading(page, "UNSUPPORTED", f"{plural(len(cases), 'case')} could not be asked of this sender")
    for group in unasked(cases):
        page.add(group.in_words, indent=2)
    declined = reasons(case for case in cases if not never_asked(case))
    for reason in declined[:_MOST_REASONS]:
        said = shortened(reason.text, 200)
        page.add(f"{plural(len(reason.cases), 'case')}: {said}", indent=2)
    if rest := declined[_MOST_REASONS:]:
        count = sum(len(reason.cases) for reason in rest)
        page.add(f"{plural(count, 'case')} for {len(rest)} other reasons", indent=2)


def _add_reasons(page: Page, found: Iterable[Reason], *, indent: int, most: int) -> None:
    for reason in found:
        label = f"{len(reason.cases):>3}  "
        page.add(shortened(reason.text, 300), indent=indent, label=label)
        _add_ids(page, reason.cases, indent=indent + len(label), most=most)


def _add_errors(page: Page, result: RunResult, context: Context) -> None:
    cases = cases_with(result, Verdict.ERROR)
    if not cases:
        return
    _heading(page, "ERRORS", f"{plural(len(cases), 'case')} judged nothing: something broke")
    for reason in reasons(cases):
        first = reason.cases[0]
        page.add(
            (shortened(reason.text, 600), STYLES["error"]),
            indent=2,
            label=f"{len(reason.cases):>3}  ",
        )
        for line in output_ends(first.output, _OUTPUT_LINES):
            page.add((shortened(line, 300), "dim"), indent=7, label="| ")
        _add_ids(page, reason.cases, indent=7)
        page.add(again(first, result, context.command), indent=7, label="again     ", wrap=False)
        if evidence := relative(first.evidence, context.folder):
            page.add(evidence, indent=7, label="evidence  ", wrap=False)


def _add_remarks(page: Page, result: RunResult) -> None:
    remarks = remarks_on_answers(result)
    if not remarks:
        return
    _heading(page, "ANSWERS", "the sender's author may want to mend this; it decided nothing")
    for remark in remarks[:MOST_SHOWN]:
        page.add(f"{shortened(remark.text, 300)} ({remark.where})", indent=2)
    if len(remarks) > MOST_SHOWN:
        page.add(f"and {len(remarks) - MOST_SHOWN} more", indent=2)


def _add_notes(page: Page, result: RunResult) -> None:
    if result.notes:
        page.blank()
    for note in result.notes:
        page.add(shortened(note, 600), label="note: ")


def _add_closing(page: Page, result: RunResult, status: int) -> None:
    page.blank()
    counts = f"{counts_in_words(result)} in {in_words(result.duration)}, seed {result.seed}"
    word, _, said = last_line(result, status, counts).partition(": ")
    page.add((word, _outcome_style(status)), f": {said}")
    page.add(f"exit status {status}: {meaning(result, status)}")


def _add_ids(
    page: Page, cases: tuple[CaseResult, ...], *, indent: int, most: int = _MOST_IDS
) -> None:
    for case in cases[:most]:
        page.add((case.id, "dim"), indent=indent)
    if len(cases) > most:
        page.add((f"and {len(cases) - most} more", "dim"), indent=indent)


def _heading(page: Page, word: str, text: str) -> None:
    page.blank()
    page.add((word, "bold"), f"  {text}")


def _outcome_style(status: int) -> str:
    return "bold green" if status == AS_EXPECTED else "bold red"


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"
