"""The Markdown report: for the step summary of GitHub, and for a file.

Whatever came off the wire, or from a scenario, goes either into a code span or code block with a
fence longer than any run of backticks in it, or through `inline`, which leaves no character that
Markdown or HTML would act on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from harness.escaping import shortened, visible
from harness.gate import MEANING
from harness.model import CaseResult, Finding, RequirementResult, RunResult, Verdict
from harness.reports.complaints import MOST_SHOWN, remarks_on_answers
from harness.reports.document import relative
from harness.reports.formats import Context, WholeFormat
from harness.reports.overview import (
    Cause,
    again,
    answer_line,
    by_document,
    by_need,
    by_urgency,
    cases_alike,
    cases_with,
    causes,
    changed,
    convicting,
    excerpt,
    expected_failures,
    failures,
    headline,
    how_to_ask,
    plural,
    reasons,
)

# Punctuation that Markdown, HTML, GitHub or a bare address could act on. A colon does so only
# before another character (`https://`, `:name:`), and is left as it is elsewhere.
_ACTIVE = re.compile(r"[^\w\s.,;:/()=%'?+-]|_|:(?=\S)", re.ASCII)
_WWW = re.compile(r"www\.", re.IGNORECASE)

# A step summary beyond 1 MiB is refused as a whole: what is left out is said, and no more.
_LARGEST = 900_000
_MOST_CAUSES = 40
_MOST_IDS = 30
_LONGEST = 1_000


def render(result: RunResult, context: Context) -> str:
    """Return the report as Markdown."""
    sections = [
        _opening(result, context),
        *_failures(result, context),
        _baseline(result),
        _requirements(result, context),
        _not_judged(result),
        _errors(result, context),
        _not_asked(result),
        _remarks(result),
        _closing(result, context),
    ]
    return _within(_LARGEST, [section for section in sections if section])


def inline(text: str) -> str:
    """Return `text` so that Markdown and HTML show it as it is, in a table too."""
    shown = _ACTIVE.sub(
        lambda match: f"&#{ord(match[0])};" if match[0].isascii() else match[0], visible(text)
    )
    return _WWW.sub(lambda match: f"{match[0][:3]}&#46;", shown)


def code(text: str) -> str:
    """Return `text` as a code span. Not for a table, where a span does not protect a bar."""
    shown = visible(text)
    fence = "`" * (_longest_run(shown) + 1)
    needs_room = shown[:1] in {"`", " ", ""} or shown[-1:] in {"`", " "}
    return f"{fence} {shown} {fence}" if needs_room else f"{fence}{shown}{fence}"


def block(lines: Iterable[str]) -> list[str]:
    """Return lines as a code block."""
    shown = [visible(line) for line in lines]
    fence = "`" * max(3, _longest_run("\n".join(shown)) + 1)
    return [f"{fence}text", *shown, fence]


def _opening(result: RunResult, context: Context) -> list[str]:
    counts = " | ".join(str(count) for count in result.summary.values())
    return [
        f"## {inline(headline(result, context.status(result)))}",
        "",
        f"Sender {_short(result.sender)}, harness {code(result.harness)}, seed {result.seed}",
        "",
        f"| {' | '.join(result.summary)} |",
        "|" + " ---: |" * len(result.summary),
        f"| {counts} |",
    ]


def _failures(result: RunResult, context: Context) -> Iterable[list[str]]:
    failed = failures(result)
    if not failed:
        return
    found = causes(failed)
    yield [f"### Failed: {plural(len(failed), 'case')}"]
    for cause in found[:_MOST_CAUSES]:
        yield _cause(cause, result, context)
    if rest := found[_MOST_CAUSES:]:
        heading = f"{plural(len(rest), 'more cause')}, not shown in full:"
        yield [heading, "", *_ids(cause.first for cause in rest)]


def _cause(cause: Cause, result: RunResult, context: Context) -> list[str]:
    case = cause.first
    level = f"{case.level}: " if case.level else ""
    lines = [f"#### {level}{inline(shortened(case.title, 300))}", "", _short(case.id)]
    for row in dict.fromkeys((*case.requirements, *case.situations)):
        paraphrase = context.describe_row(row)
        lines += ["", f"**{inline(row)}** {inline(paraphrase)}".rstrip()]
    for finding in convicting(case):
        lines += ["", *_finding(finding)]
    if case.reason:
        lines += ["", f"Reason: {_short(case.reason)}"]
    if said := answer_line(case):
        lines += ["", f"The sender answered {_short(said)}"]
    lines += _conversation(case)
    lines += ["", "Again:", "", *block([again(case, result, context.command)])]
    if evidence := relative(case.evidence, context.folder):
        lines += ["", f"Evidence: {_short(evidence)}"]
    if len(cause.cases) > 1:
        others = cause.cases[1:]
        lines += ["", f"For the same cause {plural(len(others), 'more case')}:", "", *_ids(others)]
    return lines


def _finding(finding: Finding) -> list[str]:
    leak = ", a leak" if finding.leak else ""
    return [
        f"* {_short(finding.check)}{leak}",
        f"  * expected {_short(finding.expected)}",
        f"  * observed {_short(finding.observed)}",
    ]


def _conversation(case: CaseResult) -> list[str]:
    cited = {event for finding in convicting(case) for event in finding.events}
    lines = excerpt(case.conversation, cited, around=5, most=60)
    if not lines:
        return []
    shown = [
        f"  ({line.left_out} lines left out)"
        if line.left_out
        else f"{'>' if line.cited else ' '} {line.event}  {shortened(line.line, _LONGEST)}"
        for line in lines
    ]
    # The empty lines matter: they end the HTML, so that the block is Markdown again.
    return ["", "<details><summary>Conversation</summary>", "", *block(shown), "", "</details>"]


def _baseline(result: RunResult) -> list[str]:
    lines: list[str] = []
    if surprises := changed(result):
        lines += ["### Expected failures that passed", "", *_ids(surprises)]
    if expected := expected_failures(result):
        lines += ["", f"### Failed as expected: {plural(len(expected), 'case')}", ""]
        lines += _ids(expected)
    return lines


def _requirements(result: RunResult, context: Context) -> list[str]:
    judged = [row for row in result.requirements if row.verdict not in {"untestable", "not run"}]
    if not judged:
        return []
    cases = {case.id: case for case in result.cases}
    urgent = [row for row in by_urgency(judged) if row.verdict not in {"pass", "unsupported"}]
    calm = [row for row in by_urgency(judged) if row.verdict in {"pass", "unsupported"}]
    lines = ["### Requirements"]
    lines += _table(urgent, cases, context) if urgent else []
    if calm:
        summary = f"<details><summary>{len(calm)} met or unsupported</summary>"
        lines += ["", summary, *_table(calm, cases, context), "", "</details>"]
    return lines


def _table(
    rows: Iterable[RequirementResult], cases: Mapping[str, CaseResult], context: Context
) -> list[str]:
    head = ["", "| id | level | verdict | cases | requirement |", "| --- | --- | --- | --- | --- |"]
    return [*head, *(_row(row, cases, context) for row in rows)]


def _row(row: RequirementResult, cases: Mapping[str, CaseResult], context: Context) -> str:
    alike = cases_alike(row, cases)
    cells = [
        inline(row.id),
        row.level,
        f"**{row.verdict}**" if row.verdict == Verdict.FAIL else row.verdict,
        f"{alike} of {len(row.cases)}",
        inline(shortened(context.describe_row(row.id), 200)),
    ]
    return f"| {' | '.join(cells)} |"


def _not_judged(result: RunResult) -> list[str]:
    cases = cases_with(result, Verdict.INCONCLUSIVE)
    if not cases:
        return []
    return [f"### Inconclusive: {plural(len(cases), 'case')}", "", *_reasons(cases)]


def _errors(result: RunResult, context: Context) -> list[str]:
    cases = cases_with(result, Verdict.ERROR)
    if not cases:
        return []
    commands = block(again(reason.cases[0], result, context.command) for reason in reasons(cases))
    heading = f"### In error: {plural(len(cases), 'case')}"
    return [heading, "", *_reasons(cases), "", "Again:", "", *commands]


def _not_asked(result: RunResult) -> list[str]:
    lines: list[str] = []
    cases = cases_with(result, Verdict.UNSUPPORTED)
    for need, group in by_need(cases):
        cure = f"To ask these, {inline(how_to_ask(need))}:" if need else "No mode would ask these:"
        lines += ["", cure, "", *_reasons(group)]
    for verdict in ("untestable", "not run"):
        rows = [row for row in result.requirements if row.verdict == verdict]
        if rows:
            counts = ", ".join(f"{inline(name)} {count}" for name, count in by_document(rows))
            lines += ["", f"Requirements {verdict}: {len(rows)} ({counts})"]
    if not lines:
        return []
    about = f": {plural(len(cases), 'case')} could not be asked of this sender" if cases else ""
    return [f"### Not asked{about}", *lines]


def _remarks(result: RunResult) -> list[str]:
    remarks = remarks_on_answers(result)
    if not remarks:
        return []
    heading = "### Answers: the sender's author may want to mend this; it decided nothing"
    shown = [f"* {_short(remark.text)} ({remark.where})" for remark in remarks[:MOST_SHOWN]]
    more = len(remarks) - MOST_SHOWN
    return [heading, "", *shown, *([f"* and {more} more"] if more > 0 else [])]


def _closing(result: RunResult, context: Context) -> list[str]:
    status = context.status(result)
    lines: list[str] = []
    for note in result.notes:
        lines += [f"Note: {_short(note)}", ""]
    return [*lines, f"{result.duration:.1f} s, exit status {status}: {MEANING[status]}"]


def _reasons(cases: Iterable[CaseResult]) -> list[str]:
    lines: list[str] = []
    for reason in reasons(cases):
        lines.append(f"* {_short(reason.text)}")
        lines += [f"  {line}" for line in _ids(reason.cases)]
    return lines


def _ids(cases: Iterable[CaseResult]) -> list[str]:
    found = [f"* {_short(case.id)}" for case in cases]
    more = len(found) - _MOST_IDS
    return [*found[:_MOST_IDS], f"* and {more} more"] if more > 0 else found


def _short(text: str) -> str:
    return code(shortened(text, _LONGEST))


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _within(limit: int, sections: list[list[str]]) -> str:
    """Join sections, leaving out those that would make the whole longer than `limit` bytes."""
    texts: list[str] = []
    room = limit
    for section in sections:
        text = "\n".join(section).strip("\n") + "\n"
        size = len(text.encode("utf-8", "backslashreplace")) + 1
        if size > room:
            text = "A section was left out here, because this report would be too long.\n"
            size = len(text) + 1
        room -= size
        texts.append(text)
    return "\n".join(texts)


FORMAT = WholeFormat(name="markdown", about="for people, in a pull request or job", render=render)
