"""Every case as a line, with what filters and the search go by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.escaping import shortened
from harness.model import CaseResult, Level, RunResult, Verdict
from harness.reports.causes import leading
from harness.reports.html.elements import Child, Html, element
from harness.reports.html.words import case_link, contrast, css_class, verdict
from harness.reports.overview import document_of, in_words, never_asked, plural

_LONGEST = 240
_WORST_FIRST = (
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.INCONCLUSIVE,
    Verdict.PASS,
    Verdict.UNSUPPORTED,
)


def case_list(result: RunResult, numbers: Mapping[str, int]) -> Html:
    """The section of all cases."""
    cases = result.cases
    worst_first = sorted(cases, key=lambda case: _WORST_FIRST.index(case.verdict))
    return element(
        "section",
        element("h2", "All cases", id="cases-title", tabindex=-1),
        _filters(cases),
        element("p", plural(len(cases), "case"), id="shown", role="status", class_="lead"),
        element("ul", (_line(case, numbers[case.id]) for case in worst_first), class_="cases"),
        element("p", "No case is like that.", id="none", class_="empty", hidden=True),
        id="cases",
        aria_labelledby="cases-title",
    )


def documents_of(case: CaseResult) -> tuple[str, ...]:
    """The documents whose requirements a case verifies."""
    return tuple(dict.fromkeys(document_of(row) for row in case.requirements))


def level_of(case: CaseResult) -> Level | None:
    """The level that a case failed at, else the highest that it was asked at."""
    if case.level is not None or not case.findings:
        return case.level
    return Level.highest(each.level for each in case.findings)


def _filters(cases: tuple[CaseResult, ...]) -> Html:
    """Shown by the script, because without it they do nothing."""
    present = {case.verdict for case in cases}
    levels = {level_of(case) for case in cases}
    choices: list[tuple[str, str, Iterable[str]]] = [
        ("verdict", "Verdict", [each for each in Verdict if each in present]),
        ("level", "Level", [each for each in Level if each in levels]),
        ("provider", "Provider", sorted({_provider(case) for case in cases})),
        ("document", "Document", sorted({each for case in cases for each in documents_of(case)})),
        ("tag", "Tag", sorted({tag for case in cases for tag in case.tags})),
    ]
    return element(
        "form",
        element(
            "label",
            "Search ",
            element(
                "input",
                type="search",
                name="q",
                autocomplete="off",
                placeholder="id, words of the title, a requirement …",
            ),
            class_="search",
        ),
        element(
            "label",
            element("input", type="checkbox", name="whole", value="yes"),
            " in conversations too",
            class_="whole",
        ),
        [_choice(name, title, options) for name, title, options in choices],
        element("button", "Clear", type="reset"),
        id="filters",
        role="search",
        aria_label="Cases",
        hidden=True,
    )


def _choice(name: str, title: str, options: Iterable[str]) -> Html | None:
    listed = [element("option", option, value=option) for option in options if option]
    if not listed:
        return None
    everything = element("option", "any", value="")
    return element("label", title, element("select", everything, listed, name=name))


def _line(case: CaseResult, number: int) -> Html:
    return element(
        "li",
        verdict(case.verdict),
        case_link(case, number),
        element("span", in_words(case.duration), class_="time") if case.duration else None,
        element("span", case.title, class_="title"),
        element("span", why, class_="why") if (why := _why(case)) else None,
        id=f"case-{number}",
        class_=css_class(case.verdict),
        data_verdict=case.verdict,
        data_level=level_of(case),
        data_provider=_provider(case) or None,
        data_document=" ".join(documents_of(case)) or None,
        data_tag=" ".join(case.tags) or None,
        data_rows=" ".join((*case.requirements, *case.situations)) or None,
    )


def _why(case: CaseResult) -> Child:
    if case.verdict is Verdict.PASS or never_asked(case):
        return None
    if found := leading(case):
        return contrast(found)
    return shortened(case.reason, _LONGEST) if case.reason else None


def _provider(case: CaseResult) -> str:
    return case.axes.get("provider", "")
