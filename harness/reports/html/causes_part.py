"""What to mend: a card for each cause of failure, the most urgent first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from harness.escaping import shortened
from harness.model import CaseResult, RunResult
from harness.reports.causes import Cause, convicting
from harness.reports.formats import Context
from harness.reports.html.elements import Child, Html, element
from harness.reports.html.talk import drawn
from harness.reports.html.words import case_link, command, contrast, finding, level, rows
from harness.reports.overview import (
    Excerpt,
    again,
    answer_line,
    excerpt,
    failures,
    grouped_failures,
    plural,
)

_MOST_FINDINGS = 4
_MOST_ALIKE = 200


def causes_part(result: RunResult, context: Context, numbers: Mapping[str, int]) -> Html:
    """The section of the causes, also where there is none."""
    found = grouped_failures(result)
    heading = element("h2", "What to mend", id="mend-title")
    if not found:
        nothing = element("p", "No case failed.", class_="empty")
        return element("section", heading, nothing, id="mend", aria_labelledby="mend-title")
    count = plural(len(failures(result)), "failed case")
    causes = "one cause" if len(found) == 1 else f"{len(found)} causes"
    elsewhere = _numbers(found)
    cards = [
        _card(number, cause, result, context, numbers, elsewhere)
        for number, cause in enumerate(found, start=1)
    ]
    return element(
        "section",
        heading,
        element(
            "p",
            f"{count}, {causes}: each is what one change to the sender would mend.",
            class_="lead",
        ),
        element("ol", cards, class_="causes"),
        id="mend",
        aria_labelledby="mend-title",
    )


def _numbers(found: Sequence[Cause]) -> Mapping[str, list[int]]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, cause in enumerate(found, start=1):
        for case in cause.cases:
            numbers[case.id].append(number)
    return numbers


def _card(
    number: int,
    cause: Cause,
    result: RunResult,
    context: Context,
    numbers: Mapping[str, int],
    elsewhere: Mapping[str, list[int]],
) -> Html:
    case = cause.first
    return element(
        "li",
        element(
            "details",
            element("summary", _summary(number, cause)),
            element("p", "First seen in ", case_link(case, numbers[case.id]), class_="first"),
            rows((*case.requirements, *case.situations), context.describe_row),
            [finding(each) for each in cause.findings[:_MOST_FINDINGS]],
            _further(cause, [each for each in elsewhere[case.id] if each != number]),
            _sender(case),
            drawn(_excerpt(cause), cause.findings),
            element("h4", "Ask it again"),
            command(again(case, result, context.command)),
            _alike(cause, numbers),
            open=number == 1,
        ),
        id=f"cause-{number}",
    )


def _summary(number: int, cause: Cause) -> Iterable[Child]:
    case, leading = cause.first, cause.finding
    count = plural(len(cause.cases), "case")
    leak = element("span", "leak", class_="leak") if leading and leading.leak else None
    yield element("span", f"{number}", class_="n")
    yield element("h3", case.title, class_="title")
    yield element("span", level(cause.level or case.level), leak, class_="badges")
    yield element("span", count, class_="count")
    yield element("span", contrast(leading) if leading else case.reason or "", class_="why")


def _excerpt(cause: Cause) -> Iterable[Excerpt]:
    cited = {event for each in cause.findings for event in each.events}
    return excerpt(cause.first.conversation, cited, around=3, most=40)


def _further(cause: Cause, elsewhere: Sequence[int]) -> Iterable[Child]:
    if (more := len(cause.findings) - _MOST_FINDINGS) > 0:
        names = ", ".join(each.check for each in cause.findings[_MOST_FINDINGS:])
        yield element(
            "p", f"Also of this cause, {plural(more, 'finding')}: {names}", class_="aside"
        )
    others = [each.check for each in convicting(cause.first) if each not in cause.findings]
    if others:
        links: list[Child] = [
            [" ", element("a", f"{each}", href=f"#cause-{each}")] for each in elsewhere
        ]
        where: list[Child] = ["; see", links] if links else []
        words = f"For another cause: {', '.join(others)}"
        yield element("p", shortened(words, 400), where, class_="aside")


def _sender(case: CaseResult) -> Html | None:
    if said := answer_line(case):
        return element(
            "p", "The sender answered ", element("q", shortened(said, 600)), class_="answer"
        )
    return None


def _alike(cause: Cause, numbers: Mapping[str, int]) -> Html | None:
    others = cause.cases[1:]
    if not others:
        return None
    links = [element("li", case_link(each, numbers[each.id])) for each in others[:_MOST_ALIKE]]
    if (more := len(others) - _MOST_ALIKE) > 0:
        links.append(element("li", f"and {more} more"))
    title = f"{plural(len(others), 'more case')} of this cause, {cause.where}"
    return element("details", element("summary", title), element("ul", links, class_="alike"))
