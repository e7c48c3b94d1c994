"""What a person is told of a run, as values."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.gate import exit_status
from harness.model import CaseResult, Finding, Level, RequirementResult, RunResult, Verdict
from harness.reports.overview import (
    again,
    answer_line,
    by_need,
    by_urgency,
    causes,
    excerpt,
    headline,
    how_to_ask,
    output_ends,
    reasons,
)

MakeCase = Callable[..., CaseResult]
MakeFinding = Callable[..., Finding]
MakeResult = Callable[..., RunResult]


def test_failures_are_grouped_by_their_leading_finding(
    make_failure: MakeCase, make_finding: MakeFinding
) -> None:
    other = make_finding(observed="something else")
    cases = [
        make_failure("a[n=1]"),
        make_failure("a[n=2]", findings=(other,)),
        make_failure("a[n=3]", findings=(make_finding(), other)),
    ]
    assert [[case.id for case in cause.cases] for cause in causes(cases)] == [
        ["a[n=1]", "a[n=3]"],
        ["a[n=2]"],
    ]


def test_what_says_little_is_one_cause_within_a_family_only(
    make_failure: MakeCase, make_finding: MakeFinding
) -> None:
    lie = (make_finding(check="honesty"),)
    names = ["tls/a", "tls/b", "auth/a"]
    cases = [make_failure(name, findings=lie, scenario=name) for name in names]
    assert [len(cause.cases) for cause in causes(cases)] == [2, 1]


def test_each_provider_is_a_cause_of_its_own(make_failure: MakeCase) -> None:
    cases = [make_failure(name, axes={"provider": name}) for name in ("ses", "mailgun", "ses")]
    assert [len(cause.cases) for cause in causes(cases)] == [2, 1]


def test_of_a_long_output_both_ends_are_shown() -> None:
    few = "a\n\nb\n"
    assert output_ends(few, 5) == ("a", "b")
    many = "\n".join(f"line {number}" for number in range(20))
    assert output_ends(many, 5) == (
        "line 0", "line 1", "(16 lines left out)", "line 18", "line 19",
    )  # fmt: skip
    assert output_ends("", 5) == ()


def test_the_port_of_a_fake_makes_no_other_cause(
    make_failure: MakeCase, make_finding: MakeFinding
) -> None:
    observed = ["refused by localhost:40123", "refused by localhost:51234", "refused with 550"]
    cases = [make_failure(text, findings=(make_finding(observed=text),)) for text in observed]
    assert [len(cause.cases) for cause in causes(cases)] == [2, 1]


def test_causes_go_from_leaks_to_musts_to_shoulds(
    make_failure: MakeCase, make_finding: MakeFinding
) -> None:
    should = make_failure("s", findings=(make_finding(check="s", level=Level.SHOULD),))
    must = make_failure("m", findings=(make_finding(check="m"),))
    leak = make_failure("l", findings=(make_finding(check="l", leak=True),))
    nothing = make_failure("n", findings=())
    assert [cause.first.id for cause in causes([nothing, should, must, leak])] == list("lmsn")


def test_reasons_are_grouped_the_most_frequent_first(make_case: MakeCase) -> None:
    cases = [make_case(f"c{n}", reason=reason) for n, reason in enumerate(["a", "b", "b", None])]
    assert [(each.text, len(each.cases)) for each in reasons(cases)] == [
        ("b", 2),
        ("a", 1),
        ("no reason was given", 1),
    ]


def test_needs_are_grouped_the_most_useful_first(make_case: MakeCase) -> None:
    names = [None, None, None, "proxy", "connect_to", "connect_to"]
    cases = [make_case(f"c{number}", unmet_need=name) for number, name in enumerate(names)]
    found = [(need, len(group)) for need, group in by_need(cases)]
    assert found == [("connect_to", 2), ("proxy", 1), (None, 3)]


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
    assert [line.event or -line.left_out for line in found] == [-17, 18, 19, 20]


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
            "PASS: 1 of 2 cases failed below MUST (gates under --strict only)",
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


def test_the_headline_of_nothing(make_case: MakeCase, empty_run: RunResult) -> None:
    assert headline(empty_run, 4) == "NOTHING JUDGED: no case was selected"
    assert headline(replace(empty_run, interrupted=True), 130) == "INTERRUPTED: no case has run"
    unasked = replace(empty_run, cases=(make_case(verdict=Verdict.UNSUPPORTED),))
    assert headline(unasked, 4) == "NOTHING JUDGED: 0 of 1 case passed or failed"
