"""The Markdown report: for the step summary of GitHub, and for a file.

One screen says how it went, with a line for each cause of failure; everything else is folded.

Whatever came off the wire, or from a scenario, goes either into a code span or code block with a
fence longer than any run of backticks in it, or through `inline`, which leaves no character that
Markdown or HTML would act on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from harness.escaping import inert, shortened, visible
from harness.gate import meaning
from harness.model import CaseResult, Finding, RequirementResult, RunResult, Verdict
from harness.reports.causes import Cause, convicting
from harness.reports.complaints import MOST_SHOWN, remarks_on_answers
from harness.reports.document import relative
from harness.reports.formats import Context, WholeFormat
from harness.reports.overview import (
    again,
    answer_line,
    by_document,
    by_urgency,
    cases_alike,
    cases_with,
    changed,
    departure,
    excerpt,
    expected_failures,
    failures,
    grouped_failures,
    headline,
    never_asked,
    plural,
    reasons,
    unasked,
)

# Punctuation that Markdown, HTML, GitHub or a bare address could act on. A colon does so only
# before another character (`https://`, `:name:`), and is left as it is elsewhere.
_ACTIVE = re.compile(r"[^\w\s.,;:/()=%'?+-]|_|:(?=\S)", re.ASCII)
_WWW = re.compile(r"www\.", re.IGNORECASE)

# A step summary beyond 1 MiB is refused as a whole: what is left out is said, and no more.
_LARGEST = 900_000
_MOST_CAUSES = 40
_MOST_IDS = 30
# Beyond that many lines the first screen is full; the rest is folded once more.
_CAUSES_AT_SIGHT = 12
_MOST_REASONS = 20
_LONGEST = 1_000
_MOST_MAIL = 3


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
    return inert(_within(_LARGEST, [section for section in sections if section]))


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
    found = grouped_failures(result)
    count = "one cause" if len(found) == 1 else f"{len(found)} causes"
    yield [f"### Failed: {plural(len(failed), 'case')}, {count}"]
    shown = [_cause(cause, result, context) for cause in found[:_MOST_CAUSES]]
    yield from shown[:_CAUSES_AT_SIGHT]
    if further := shown[_CAUSES_AT_SIGHT:]:
        yield [f"<details><summary>{plural(len(further), 'more cause')}</summary>"]
        yield from further
        yield ["</details>"]
    if rest := found[_MOST_CAUSES:]:
        what = f"{plural(len(rest), 'more cause')}, not shown in full"
        yield _folded(what, _ids(cause.first for cause in rest))


def _folded(summary: str, lines: Iterable[str]) -> list[str]:
    # The empty lines matter: they end the HTML, so that what is inside is Markdown again.
    return [f"<details><summary>{summary}</summary>", "", *lines, "", "</details>"]


def _cause(cause: Cause, result: RunResult, context: Context) -> list[str]:
    """Return a cause as one line, which unfolds to its first case in full."""
    case = cause.first
    level = cause.level or case.level
    title = inline(shortened(case.title, 300))
    many = f" ({plural(len(cause.cases), 'case')}, {inline(cause.where)})" if cause.where else ""
    lines = [_short(case.id)]
    for row in dict.fromkeys((*case.requirements, *case.situations)):
        paraphrase = context.describe_row(row)
        lines += ["", f"**{inline(row)}** {inline(paraphrase)}".rstrip()]
    for finding in cause.findings:
        lines += ["", *_finding(finding)]
    others = [each.check for each in convicting(case) if each not in cause.findings]
    if others:
        lines += ["", f"For another cause: {_short(', '.join(others))}"]
    if case.reason:
        lines += ["", f"Reason: {_short(case.reason)}"]
    if said := answer_line(case):
        lines += ["", f"The sender answered {_short(said)}"]
    lines += _conversation(cause)
    lines += ["", "Again:", "", *block([again(case, result, context.command)])]
    if evidence := relative(case.evidence, context.folder):
        lines += ["", f"Evidence: {_short(evidence)}"]
    if case.mail:
        pages = ", ".join(_short(page) for page in case.mail[:_MOST_MAIL])
        lines += ["", f"Mail: {pages}"]
    if len(cause.cases) > 1:
        rest = cause.cases[1:]
        lines += ["", f"For the same cause {plural(len(rest), 'more case')}:", "", *_ids(rest)]
    return _folded(f"{f'{level}: ' if level else ''}{title}{many}", lines)


def _finding(finding: Finding) -> list[str]:
    leak = ", a leak" if finding.leak else ""
    return [
        f"* {_short(finding.check)}{leak}",
        f"  * expected {_short(finding.expected)}",
        f"  * observed {_short(finding.observed)}",
    ]


def _conversation(cause: Cause) -> list[str]:
    cited = {event for finding in cause.findings for event in finding.events}
    lines = excerpt(cause.first.conversation, cited, around=5, most=60)
    if not lines:
        return []
    shown = [
        f"  ({line.left_out} lines left out)"
        if line.left_out
        else f"{'>' if line.cited else ' '} {line.event}  {shortened(line.line, _LONGEST)}"
        for line in lines
    ]
    return ["", "Conversation:", "", *block(shown)]


def _baseline(result: RunResult) -> list[str]:
    lines: list[str] = []
    surprises = changed(result)
    if surprises or result.stale:
        found = [f"* {_short(case.id)}: {_short(departure(case))}" for case in surprises]
        found += [f"* {_short(line)}" for line in result.stale]
        lines += ["### Changed: not as the baseline says", "", *found[:_MOST_IDS]]
        lines += [f"* and {len(found) - _MOST_IDS} more"] if len(found) > _MOST_IDS else []
        lines += ["", f"{code('harness baseline update')} accepts it.", ""]
    if expected := expected_failures(result):
        shown = [f"* {_short(case.id)}: {_short(case.reason or '')}" for case in expected]
        lines += _folded(f"Failed as expected: {plural(len(expected), 'case')}", shown)
    return lines


def _requirements(result: RunResult, context: Context) -> list[str]:
    judged = [row for row in result.requirements if row.verdict not in {"untestable", "not run"}]
    if not judged:
        return []
    cases = {case.id: case for case in result.cases}
    urgent = [row for row in by_urgency(judged) if row.verdict not in {"pass", "unsupported"}]
    calm = [row for row in by_urgency(judged) if row.verdict in {"pass", "unsupported"}]
    lines: list[str] = []
    if urgent:
        lines += _folded(f"Requirements: {len(urgent)} open", _table(urgent, cases, context))
    if calm:
        what = f"Requirements: {len(calm)} met or unsupported"
        lines += ["", *_folded(what, _table(calm, cases, context))]
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
    return _folded(f"Inconclusive: {plural(len(cases), 'case')}", _reasons(cases))


def _errors(result: RunResult, context: Context) -> list[str]:
    cases = cases_with(result, Verdict.ERROR)
    if not cases:
        return []
    commands = block(again(reason.cases[0], result, context.command) for reason in reasons(cases))
    heading = f"### In error: {plural(len(cases), 'case')}"
    first = reasons(cases)[0]
    lines = [*_reasons(cases), "", "Again:", "", *commands]
    return [heading, "", f"{_short(first.text)}", "", *_folded("Every reason", lines)]


def _not_asked(result: RunResult) -> list[str]:
    cases = cases_with(result, Verdict.UNSUPPORTED)
    lines = [f"* {inline(group.in_words)}" for group in unasked(cases)]
    declined = reasons(case for case in cases if not never_asked(case))
    lines += [
        f"* {plural(len(reason.cases), 'case')}: {_short(reason.text)}"
        for reason in declined[:_MOST_REASONS]
    ]
    if len(declined) > _MOST_REASONS:
        lines.append(f"* and {len(declined) - _MOST_REASONS} other reasons")
    for verdict in ("untestable", "not run"):
        rows = [row for row in result.requirements if row.verdict == verdict]
        if rows:
            counts = ", ".join(f"{inline(name)} {count}" for name, count in by_document(rows))
            lines.append(f"* Requirements {verdict}: {len(rows)} ({counts})")
    about = f": {plural(len(cases), 'case')} could not be asked of this sender" if cases else ""
    return _folded(f"Not asked{about}", lines) if lines else []


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
    return [*lines, f"{result.duration:.1f} s, exit status {status}: {_words(result, status)}"]


def _words(result: RunResult, status: int) -> str:
    return inline(meaning(result, status))


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
