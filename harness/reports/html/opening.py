"""The top of the page: how it went, and of what run it is."""

from __future__ import annotations

from collections.abc import Iterable

from harness.escaping import shortened
from harness.gate import AS_EXPECTED, meaning
from harness.model import RunResult
from harness.reports.document import in_utc
from harness.reports.formats import Context
from harness.reports.html.elements import Child, Html, element
from harness.reports.html.words import css_class, verdict
from harness.reports.overview import headline, in_words

_LONGEST = 600


def opening(result: RunResult, context: Context) -> Html:
    """The header of the page."""
    status = context.status(result)
    word, _, figures = headline(result, status).partition(": ")
    return element(
        "header",
        element(
            "h1",
            element("span", word, class_="good" if status == AS_EXPECTED else "bad"),
            " ",
            element("span", figures, class_="figures"),
        ),
        _bar(result),
        element("dl", _facts(result, status), class_="run"),
        [element("p", shortened(note, _LONGEST), class_="note-of-run") for note in result.notes],
        id="top",
    )


def _bar(result: RunResult) -> Iterable[Child]:
    """How the verdicts are shared out, as a bar and in words that filter."""
    counts = [(word, count) for word, count in result.summary.items() if count]
    parts = [
        element("span", class_=css_class(word), style=f"flex-grow:{count}")
        for word, count in counts
    ]
    yield element("div", parts, class_="bar", aria_hidden="true")
    links = [
        element(
            "li",
            element(
                "a",
                verdict(word, " ", element("b", f"{count}")),
                href=f"#verdict={word}",
                class_="filter",
            ),
        )
        for word, count in counts
    ]
    yield element("ul", links, class_="legend", aria_label="Cases by verdict")


def _facts(result: RunResult, status: int) -> Iterable[Child]:
    started = in_utc(result.started).strftime("%Y-%m-%d %H:%M UTC")
    facts = [
        ("Sender", shortened(result.sender, _LONGEST)),
        ("Harness", result.harness),
        ("Seed", str(result.seed)),
        ("Started", started),
        ("Took", in_words(result.duration)),
        ("Exit status", f"{status}: {meaning(result, status)}"),
    ]
    for name, said in facts:
        yield element("div", element("dt", name), element("dd", said))
