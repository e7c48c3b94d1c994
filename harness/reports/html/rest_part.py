"""What was not judged, and why: expectations, errors, what is open, what was never asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.escaping import shortened
from harness.model import CaseResult, RunResult, Verdict
from harness.reports.complaints import MOST_SHOWN, remarks_on_answers
from harness.reports.formats import Context
from harness.reports.html.elements import Child, Html, element
from harness.reports.html.words import case_link, command
from harness.reports.overview import (
    again,
    cases_with,
    changed,
    expected_failures,
    never_asked,
    output_ends,
    plural,
    reasons,
    unasked,
)

_MOST_IDS = 12
_OUTPUT_LINES = 12
_LONGEST = 600


def rest_part(result: RunResult, context: Context, numbers: Mapping[str, int]) -> Html | None:
    """The section of what decided nothing, None where everything was decided."""
    blocks = [
        *_errors(result, context, numbers),
        *_baseline(result, numbers),
        *_inconclusive(result, numbers),
        *_unasked(result),
        *_remarks(result),
    ]
    if not blocks:
        return None
    heading = element("h2", "The rest", id="rest-title")
    return element("section", heading, blocks, id="rest", aria_labelledby="rest-title")


def _errors(result: RunResult, context: Context, numbers: Mapping[str, int]) -> Iterable[Html]:
    cases = cases_with(result, Verdict.ERROR)
    if not cases:
        return
    yield element("h3", f"In error: {plural(len(cases), 'case')} judged nothing, something broke")
    for reason in reasons(cases):
        first = reason.cases[0]
        output = output_ends(first.output, _OUTPUT_LINES)
        lines = [element("span", shortened(line, 300)) for line in output]
        yield element("p", shortened(reason.text, _LONGEST), class_="reason")
        if lines:
            yield element("pre", lines, tabindex=0)
        yield command(again(first, result, context.command))
        yield _ids(reason.cases, numbers)


def _baseline(result: RunResult, numbers: Mapping[str, int]) -> Iterable[Html]:
    if surprises := changed(result):
        yield element("h3", f"{plural(len(surprises), 'expected failure')} passed")
        yield _ids(surprises, numbers)
    if expected := expected_failures(result):
        yield element("h3", f"{plural(len(expected), 'case')} failed as expected")
        yield _ids(expected, numbers)


def _inconclusive(result: RunResult, numbers: Mapping[str, int]) -> Iterable[Html]:
    cases = cases_with(result, Verdict.INCONCLUSIVE)
    if not cases:
        return
    yield element("h3", f"Inconclusive: {plural(len(cases), 'case')}")
    yield element("p", "The situation never arose, or the control failed too.", class_="lead")
    for reason in reasons(cases):
        yield element("p", shortened(reason.text, _LONGEST), class_="reason")
        yield _ids(reason.cases, numbers)


def _unasked(result: RunResult) -> Iterable[Html]:
    cases = cases_with(result, Verdict.UNSUPPORTED)
    if not cases:
        return
    declined = reasons(case for case in cases if not never_asked(case))
    lines = [group.in_words for group in unasked(cases)]
    lines += [
        f"{plural(len(each.cases), 'case')}: {shortened(each.text, _LONGEST)}" for each in declined
    ]
    yield element("h3", f"Not asked: {plural(len(cases), 'case')}")
    yield element("ul", (element("li", line) for line in lines), class_="lines")


def _remarks(result: RunResult) -> Iterable[Html]:
    remarks = remarks_on_answers(result)
    if not remarks:
        return
    lines: list[Child] = [
        element("li", shortened(each.text, _LONGEST), element("small", f" {each.where}"))
        for each in remarks[:MOST_SHOWN]
    ]
    if (more := len(remarks) - MOST_SHOWN) > 0:
        lines.append(element("li", f"and {more} more"))
    yield element("h3", "The sender's answers: its author may want to mend this")
    yield element("ul", lines, class_="lines")


def _ids(cases: tuple[CaseResult, ...], numbers: Mapping[str, int]) -> Html:
    links = [element("li", case_link(each, numbers[each.id])) for each in cases]
    shown = element("ul", links[:_MOST_IDS], class_="alike")
    if len(links) <= _MOST_IDS:
        return shown
    title = f"{len(links) - _MOST_IDS} more"
    rest = element("ul", links[_MOST_IDS:], class_="alike")
    return element("div", shown, element("details", element("summary", title), rest))
