"""What a person is told of a run, as values."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.gate import exit_status
from harness.model import CaseResult, Level, RequirementResult, RunResult, Verdict
from harness.reports.overview import (
    again,
    answer_line,
    by_urgency,
    excerpt,
    headline,
    how_to_ask,
    last_line,
    never_asked,
    output_ends,
    reasons,
    unasked,
)

MakeCase = Callable[..., CaseResult]
MakeResult = Callable[..., RunResult]


def test_of_a_long_output_both_ends_are_shown() -> None:
    few = "a\n\nb\n"
    assert output_ends(few, 5) == ("a", "b")
    many = "\n".join(f"line {number}" for number in range(20))
    assert output_ends(many, 5) == (
        "line 0", "line 1", "(16 lines left out)", "line 18", "line 19",
    )  # fmt: skip
    assert output_ends("", 5) == ()


def test_reasons_are_grouped_the_most_frequent_first(make_case: MakeCase) -> None:
    cases = [make_case(f"c{n}", reason=reason) for n, reason in enumerate(["a", "b", "b", None])]
    assert [(each.text, len(each.cases)) for each in reasons(cases)] == [
        ("b", 2),
        ("a", 1),
        ("no reason was given", 1),
    ]


def lacks(make_case: MakeCase, *features: str, number: int = 0) -> CaseResult:
    return make_case(
        f"c{number}", verdict=Verdict.UNSUPPORTED, unmet_need=features[0], lacking=features
    )


def test_what_was_not_asked_is_a_line_a_feature_the_most_useful_first(make_case: MakeCase) -> None:
    cases = [lacks(make_case, "connect_to"), *(lacks(make_case, "uri") for _ in range(2))]
    assert [each.in_words for each in unasked(cases)] == [
        "2 cases: let the sender declare the feature uri",
        "1 case: let the sender declare the feature connect_to",
    ]


def test_a_sender_of_smtp_is_not_told_to_declare_connect_to_for_the_sake_of_apis(
    make_case: MakeCase,
) -> None:
    cases = [
        lacks(make_case, "connect_to"),
        lacks(make_case, "api:ses", "connect_to"),
        lacks(make_case, "connect_to", "security:tls", "uri"),
        lacks(make_case, "security:tls"),
    ]
    assert {each.need: (len(each.cases), each.alone) for each in unasked(cases)} == {
        "connect_to": (1, 1),
        "api:ses": (1, 0),
        "security:tls": (2, 1),
    }
    lines = [each.in_words for each in unasked(cases)]
    assert "2 cases: let the sender declare the feature security:tls (1 needs more: " in lines[0]


def test_what_a_sender_declines_by_itself_was_asked(make_case: MakeCase) -> None:
    declined = make_case(verdict=Verdict.UNSUPPORTED, reason="I speak SMTP only")
    assert unasked([declined]) == ()
    assert not never_asked(declined)


@pytest.mark.parametrize(
    ("need", "advice"),
    [
        ("connect_to", "let the sender declare the feature connect_to"),
        ("delivery-log", "let the sender declare the feature delivery-log"),
        ("proxy", "run with --proxy"),
        ("--isolated", "run with --isolated (Linux)"),
    ],
)
def test_a_need_comes_with_advice(need: str, advice: str) -> None:
    assert how_to_ask(need) == advice


def test_requirements_are_ordered_by_verdict_then_level_then_id() -> None:
    rows = [
        RequirementResult(id="A-3", level=Level.SHOULD, verdict="fail"),
        RequirementResult(id="A-1", level=Level.MUST, verdict="pass"),
        RequirementResult(id="A-2", level=Level.MUST, verdict="fail"),
        RequirementResult(id="A-4", level=Level.MUST, verdict="not run"),
        RequirementResult(id="A-0", level=Level.MUST, verdict="fail"),
        RequirementResult(id="A-5", level=Level.INFO, verdict="inconclusive"),
    ]
    found = [row.id for row in by_urgency(rows)]
    assert found == ["A-0", "A-2", "A-3", "A-5", "A-4", "A-1"]


TALK = tuple((number, f"line {number}") for number in range(1, 21))


def test_an_excerpt_has_the_cited_lines_and_their_neighbours() -> None:
    found = excerpt(TALK, [5, 15], around=1)
    assert [line.event or -line.left_out for line in found] == [-3, 4, 5, 6, -7, 14, 15, 16, -4]
    assert [line.event for line in found if line.cited] == [5, 15]


def test_an_excerpt_without_citations_is_the_end() -> None:
    found = excerpt(TALK, [], around=1)
    assert [line.event for line in found] == [number for number, _ in TALK]
    short = excerpt(TALK, [], most=3)
    assert [line.event or -line.left_out for line in short] == [-17, 18, 19, 20]


LETTER = (
    (1, "  0.001s C: EHLO client"),
    (2, "  0.001s S: 250 AUTH PLAIN"),
    (3, "  0.002s C*: AUTH PLAIN"),
    (4, "  0.003s C*: DATA"),
    *((5, f"  0.004s C*: line {number}") for number in range(40)),
    (5, "  0.004s C*: ."),
    (6, "  0.005s -- message 0 taken"),
    (7, "  0.006s S*: 250 queued"),
)


def test_an_excerpt_shows_the_commands_and_not_the_message() -> None:
    for cited in ([], [6]):
        found = excerpt(LETTER, cited, around=2, most=10)
        assert not [line for line in found if "line" in line.line]
        assert [line.left_out for line in found if line.left_out > 10] == [41]
    assert [line.event for line in excerpt(LETTER, []) if line.event] == [1, 2, 3, 4, 6, 7]


def test_an_excerpt_shows_the_message_where_that_is_cited() -> None:
    assert "  0.004s C*: line 3" in [line.line for line in excerpt(LETTER, [5], most=60)]


def test_an_excerpt_is_bounded_and_accounts_for_every_line() -> None:
    many = tuple((7, f"line {number}") for number in range(1_000))
    found = excerpt(many, [7], most=30)
    assert sum(1 for line in found if line.event) <= 40
    assert sum(line.left_out or 1 for line in found) == 1_000
    assert excerpt((), [1]) == ()


def test_a_case_is_run_again_with_its_own_sender(
    make_case: MakeCase, make_result: MakeResult
) -> None:
    case = make_case("tls/it's[mode=tls]")
    plain = again(case, make_result(case), None)
    assert shlex.split(plain) == ["harness", "run", "--select", "tls/it's[mode=tls]"]
    spec = "command:./send --to 'x y'"
    foreign = again(case, make_result(case, sender=spec), None)
    assert shlex.split(foreign)[-2:] == ["--sender", spec]
    given = again(case, make_result(case, sender=spec), "harness run mine/ --sender file:s.yaml")
    assert given.startswith("harness run mine/ --sender file:s.yaml --select ")


def test_an_answer_is_one_line(make_case: MakeCase) -> None:
    error = {"phase": "tls", "class": "certificate-expired", "message": "too old"}
    assert answer_line(make_case()) is None
    assert answer_line(make_case(answer={"status": "sent"})) == "sent"
    assert (
        answer_line(make_case(answer={"status": "failed", "error": error}))
        == "failed: tls; certificate-expired; too old"
    )
    partial = {"status": "sent", "final_reply": "250 ok", "refused": [{"address": "a@b"}]}
    assert answer_line(make_case(answer=partial)) == "sent: 250 ok; 1 of the recipients refused"
    assert answer_line(make_case(answer={"status": "failed", "error": "odd"})) == "failed"


def test_the_headline_of_a_good_run(make_case: MakeCase, make_result: MakeResult) -> None:
    rows = (RequirementResult(id="A-1", level=Level.MUST, verdict="pass"),)
    assert headline(make_result(make_case(), requirements=rows), 0) == (
        "PASS: 1 case, 1 requirement met"
    )


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"verdict": Verdict.FAIL, "level": Level.MUST}, "FAIL: 1 of 2 cases failed"),
        (
            {"verdict": Verdict.FAIL, "level": Level.SHOULD},
            "PASS: 1 of 2 cases failed at SHOULD (gates under --strict only)",
        ),
        ({"verdict": Verdict.ERROR}, "ERROR: 1 of 2 cases passed, 1 in error"),
        ({"verdict": Verdict.UNSUPPORTED}, "PASS: 1 of 2 cases passed"),
        ({"expected_failure": True}, "FAIL: 2 cases, 1 baseline entry changed"),
        (
            {"verdict": Verdict.FAIL, "level": Level.MUST, "expected_failure": True},
            "PASS: 1 of 2 cases passed, 1 expected failure",
        ),
    ],
)
def test_the_headline_explains_the_exit_status(
    make_case: MakeCase, make_result: MakeResult, changes: dict[str, object], line: str
) -> None:
    result = make_result(make_case("a"), make_case("b", **changes))
    assert headline(result, exit_status(result)) == line


def test_the_headline_of_a_strict_run_says_what_gated(
    make_case: MakeCase, make_result: MakeResult
) -> None:
    unsettled = make_case("b", verdict=Verdict.INCONCLUSIVE, level=Level.MUST)
    result = make_result(make_case("a"), unsettled, strict=True)
    assert headline(result, exit_status(result)) == (
        "FAIL: 1 of 2 cases passed, 1 inconclusive at MUST (gates under --strict)"
    )


def test_the_headline_says_whose_verdict_it_is_where_nobody_named_a_sender(
    make_case: MakeCase, make_result: MakeResult
) -> None:
    assert headline(make_result(make_case(), is_unnamed=True), 0) == (
        "PASS: 1 case; no sender was named: this is about the reference sender"
    )


def test_the_last_line_says_whose_outcome_it_is(
    make_case: MakeCase, make_result: MakeResult
) -> None:
    unnamed = make_result(make_case(), is_unnamed=True)
    assert last_line(unnamed, 0, "1 pass") == "PASS (the reference sender): 1 pass"
    assert last_line(make_result(make_case()), 0, "1 pass") == "PASS: 1 pass"


def test_the_headline_says_what_cut_a_run_short(
    make_case: MakeCase, make_result: MakeResult
) -> None:
    stopped = make_result(make_case(), interrupted=True, total=216)
    assert headline(stopped, 130) == "INTERRUPTED: 1 case; 1 of 216 cases ran"
    given_up = make_result(make_case(), total=9, ended_early="--max-fail 1 was reached")
    assert headline(given_up, 1) == ("FAIL: 1 case; --max-fail 1 was reached; 1 of 9 cases ran")


def test_the_headline_of_nothing(make_case: MakeCase, empty_run: RunResult) -> None:
    assert headline(empty_run, 4) == "NOTHING JUDGED: no case was selected"
    assert headline(replace(empty_run, interrupted=True), 130) == "INTERRUPTED: no case has run"
    unasked = replace(empty_run, cases=(make_case(verdict=Verdict.UNSUPPORTED),))
    assert headline(unasked, 4) == "NOTHING JUDGED: 0 of 1 case passed or failed"
