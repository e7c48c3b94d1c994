"""The Markdown report, read back by a Markdown parser that lets HTML through."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from harness.escaping import visible
from harness.model import CaseResult, Finding, Level, RequirementResult, RunResult, Verdict
from harness.reports import Context
from harness.reports.markdown import block, code, inline, render

OWN_HTML = re.compile(r"<details><summary>[^<>]*</summary>|</details>")

NASTY = [
    "plain",
    "`",
    "``` `` `",
    "```",
    "~~~~",
    "a | b",
    r"a \| b \\",
    "<b>bold</b> <!-- </details> -->",
    "&amp; &#60;",
    "*a* _b_ ~~c~~ __init__ $x$",
    "[l](http://x.test) ![i](y) [r][s]",
    "https://x.test www.x.test WWW.x.test a@x.test @name :smile:",
    "line\nother\n# heading\n```\n</details>",
    " lead and trail ",
    "\x1b[31m\u202e\x00",
    "",
]


def tokens(text: str) -> list[Token]:
    found = MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(text)
    return [each for token in found for each in (token, *(token.children or []))]


def plain_text(found: Iterable[Token]) -> str:
    return "".join(t.content for t in found if t.type in {"text", "text_special", "code_inline"})


def assert_nothing_breaks_out(text: str) -> list[Token]:
    found = tokens(text)
    html = [t.content for t in found if t.type in {"html_block", "html_inline"}]
    assert [OWN_HTML.sub("", each).strip() for each in html] == [""] * len(html)
    assert "".join(html).count("<details>") == "".join(html).count("</details>")
    assert not [t for t in found if t.type in {"link_open", "image", "em_open", "s_open"}]
    return found


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("form", [inline, code])
def test_escaped_text_reads_as_itself(form: Callable[[str], str], text: str) -> None:
    shown = form(text)
    assert "\n" not in shown
    found = assert_nothing_breaks_out(f"before {shown} after")
    read = plain_text(found).removeprefix("before ").removesuffix(" after")
    assert read.strip() == visible(text).strip()


@pytest.mark.parametrize("text", NASTY)
def test_a_table_cell_stays_one_cell(text: str) -> None:
    found = tokens(f"| a | b |\n| --- | --- |\n| {inline(text)} | end |\n")
    cells = [i for i, token in enumerate(found) if token.type == "td_open"]
    assert len(cells) == 2
    assert found[cells[1] + 1].content == "end"


def test_a_bare_address_is_no_link() -> None:
    shown = inline("https://x.test www.x.test a@x.test :smile:")
    assert not re.search(r"://|www\.|@|:\S", re.sub(r"&#\d+;", "", shown))


@pytest.mark.parametrize("text", NASTY)
def test_a_block_ends_where_it_should(text: str) -> None:
    lines = ["before", "", *block([text, text]), "", "after"]
    found = tokens("\n".join(lines))
    assert [t.type for t in found if t.level == 0 and t.type in {"fence", "paragraph_open"}] == [
        "paragraph_open",
        "fence",
        "paragraph_open",
    ]


def headings(found: list[Token]) -> list[str]:
    return [
        plain_text(found[index + 1].children or [])
        for index, token in enumerate(found)
        if token.type == "heading_open"
    ]


def test_the_sections_are_there(every_verdict: RunResult) -> None:
    found = assert_nothing_breaks_out(render(every_verdict, Context()))
    title, *others = headings(found)
    assert title == (
        "FAIL: 1 of 6 cases failed, 1 in error, 1 expected failure, "
        "1 MUST requirement not met, 1 met"
    )
    assert others == [
        "Failed: 1 case, one cause",
        "In error: 1 case",
    ]
    assert re.findall("<details><summary>(.*?)</summary>", render(every_verdict, Context())) == [
        "MUST: An expired certificate is refused before credentials are sent",
        "Failed as expected: 1 case",
        "Requirements: 1 open",
        "Requirements: 1 met or unsupported",
        "Inconclusive: 1 case",
        "Every reason",
        "Not asked: 1 case could not be asked of this sender",
    ]


def test_a_failure_shows_expected_observed_and_a_collapsed_conversation(
    every_verdict: RunResult,
) -> None:
    text = render(every_verdict, Context(describe_row=lambda row: f"what {row} says"))
    assert "expected `no AUTH before a verified handshake`" in text
    assert "observed `AUTH PLAIN was sent in clear`" in text
    assert "**ORY-035** what ORY-035 says" in text
    details = text[text.index("<details><summary>MUST") :]
    assert "> 5  C: AUTH PLAIN ***" in details[: details.index("</details>")]


def test_requirements_are_a_table_with_the_worst_first(every_verdict: RunResult) -> None:
    text = render(every_verdict, Context())
    rows = re.findall(r"^\| ([A-Z0-9]+-\d+) \| (\w+) \| (\S+) \| (.*?) \|", text, re.MULTILINE)
    assert rows == [
        ("ORY-035", "MUST", "**fail**", "1 of 1"),
        ("ORY-001", "SHOULD", "pass", "1 of 1"),
    ]
    assert "Requirements untestable: 1 (AUTH0 1)" in text
    assert "Requirements not run: 1 (AUTH0 1)" in text


def test_what_was_not_asked_comes_with_the_way_to_ask_it(every_verdict: RunResult) -> None:
    text = "".join(
        t.content for t in tokens(render(every_verdict, Context())) if t.type == "inline"
    )
    assert "let the sender declare the feature connect" in text


def test_an_empty_run_says_so(empty_run: RunResult) -> None:
    found = assert_nothing_breaks_out(render(empty_run, Context()))
    assert headings(found) == ["NOTHING JUDGED: no case was selected"]


def test_an_interrupted_run_says_so(every_verdict: RunResult) -> None:
    text = render(replace(every_verdict, interrupted=True), Context())
    assert text.startswith("## INTERRUPTED: 1 of 6 cases failed")
    assert "exit status 130" in text


def test_hostile_text_breaks_out_of_nothing(hostile_run: RunResult) -> None:
    hostile = hostile_run.notes[0]
    rows = (RequirementResult(id="X-1", level=Level.MUST, verdict="fail"),)
    text = render(
        replace(hostile_run, requirements=rows), Context(describe_row=lambda _row: hostile)
    )
    found = assert_nothing_breaks_out(text)
    assert len([t for t in found if t.type == "table_open"]) == 2
    assert len([t for t in found if t.type == "td_open"]) == 5 + 5
    assert [t.tag for t in found if t.type == "heading_open"].count("h2") == 1


def test_failures_of_one_cause_are_told_once(
    make_failure: Callable[..., CaseResult], make_result: Callable[..., RunResult]
) -> None:
    cases = [make_failure(f"tls/certificate[n={number}]") for number in range(60)]
    text = render(make_result(*cases), Context())
    assert text.count("expected `no AUTH") == 1
    assert "For the same cause 59 more cases" in text
    assert "and 29 more" in text


def test_a_report_too_long_for_a_step_summary_says_what_it_leaves_out(
    make_failure: Callable[..., CaseResult],
    make_finding: Callable[..., Finding],
    make_result: Callable[..., RunResult],
) -> None:
    talk = tuple((number, "x" * 10_000) for number in range(1, 61))
    cases = [
        make_failure(
            f"a/b[n={number}]",
            findings=(make_finding(check=f"kind-{number}", events=tuple(range(1, 61))),),
            conversation=talk,
        )
        for number in range(45)
    ]
    text = render(make_result(*cases), Context())
    assert len(text.encode()) < 1_000_000
    assert "A section was left out here" in text
    assert "exit status 1" in text.splitlines()[-1]
    assert_nothing_breaks_out(text)


def test_a_passing_run_is_short(
    make_case: Callable[..., CaseResult], make_result: Callable[..., RunResult]
) -> None:
    text = render(make_result(make_case(verdict=Verdict.PASS)), Context())
    assert text.startswith("## PASS: 1 case\n")
    assert "###" not in text
