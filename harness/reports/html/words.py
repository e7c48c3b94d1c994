"""Small pieces that several parts of the page share: verdicts, levels, names of cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from harness.escaping import shortened
from harness.model import CaseResult, Finding, Level
from harness.reports.html.elements import Child, Html, element
from harness.reports.overview import described

# Beside each verdict its mark, because colour alone tells nothing to many people.
_MARKS: Mapping[str, str] = {
    "pass": "✓",
    "fail": "✕",
    "inconclusive": "?",
    "unsupported": "–",
    "error": "!",
    "untestable": "–",
    "not run": "–",
}
_LONGEST = 1_000
_LONGEST_OF_A_LINE = 160


def verdict(word: str, *more: Child) -> Html:
    """A verdict: its mark and its word."""
    mark = element("span", _MARKS.get(word, ""), class_="mark", aria_hidden="true")
    return element("span", mark, word, *more, class_=f"verdict {css_class(word)}")


def css_class(word: str) -> str:
    """A verdict as a class of CSS."""
    return word.replace(" ", "-")


def level(which: Level | str | None) -> Html | None:
    """How binding something is."""
    return element("span", str(which), class_=f"level {str(which).lower()}") if which else None


def case_name(case: CaseResult) -> Iterable[Html]:
    """The id of a case, in pieces that may be broken between."""
    yield element("span", case.scenario, class_="scenario")
    if rest := case.id.removeprefix(case.scenario):
        yield element("span", rest, class_="axes")


def case_link(case: CaseResult, number: int) -> Html:
    """A link that opens a case, which is the `number`th of the run."""
    return element("a", case_name(case), href=f"#case-{number}", class_="case")


def command(text: str) -> Html:
    """A command line to copy. The button is for scripts, which show it."""
    return element(
        "div",
        element("code", text, tabindex=0),
        element("button", "Copy", type="button", class_="copy", hidden=True),
        class_="command",
    )


def finding(one: Finding, *, jump: bool = False) -> Html:
    """What was expected and what was observed; `jump`: with the lines that show it, to go to."""
    leak = element("span", "leak", class_="leak") if one.leak else None
    events = [_jump(event) for event in one.events[:4]] if jump else []
    return element(
        "section",
        element("h4", element("code", one.check), " ", level(one.level), " ", leak),
        element(
            "dl",
            element("dt", "Expected"),
            element("dd", shortened(one.expected, _LONGEST)),
            element("dt", "Observed"),
            element("dd", shortened(one.observed, _LONGEST), class_="observed"),
            [element("dt", "Lines"), element("dd", events)] if events else None,
        ),
        class_="finding met" if one.met else "finding",
    )


def contrast(one: Finding) -> Iterable[Child]:
    """What was observed, and what instead of, in a line."""
    yield from (element("code", one.check), " ", shortened(one.observed, _LONGEST_OF_A_LINE))
    yield element("span", " instead of ", class_="instead")
    yield shortened(one.expected, _LONGEST_OF_A_LINE)


def rows(names: Iterable[str], describe: Callable[[str], str]) -> Html | None:
    """Requirements and situations with what they say."""
    found = described(names, describe)
    if not found:
        return None
    pairs = ([element("dt", row), element("dd", said or "–")] for row, said in found)
    return element("dl", pairs, class_="rows")


def _jump(event: int) -> Html:
    return element("button", f"{event}", type="button", class_="jump", data_event=event)
