"""The JUnit report, read back by two parsers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

import junitparser

from harness.model import CaseResult, Finding, Level, RunResult, Verdict
from harness.reports import Context
from harness.reports.junit import render


def parsed(result: RunResult) -> ET.Element:
    return ET.fromstring(render(result, Context()))


def endings(result: RunResult) -> dict[str, str]:
    """Case id → the element that says how it ended."""
    kinds = {"failure", "error", "skipped"}
    return {
        case.get("name", ""): next((child.tag for child in case if child.tag in kinds), "pass")
        for case in parsed(result).iter("testcase")
    }


def test_each_verdict_has_its_element(every_verdict: RunResult) -> None:
    assert endings(every_verdict) == {
        "smtp/plain": "pass",
        "tls/certificate[mode=tls]": "failure",
        "smtp/slow": "skipped",
        "connect_to": "skipped",
        "api/ses": "error",
        "tls/old[mode=tls]": "skipped",
    }


def test_junitparser_counts_what_is_there(every_verdict: RunResult) -> None:
    suites = junitparser.JUnitXml.fromstring(render(every_verdict, Context()).encode())
    announced = (suites.tests, suites.failures, suites.errors, suites.skipped)
    assert announced == (6, 1, 1, 3)
    results = Counter(
        type(result).__name__ for suite in suites for case in suite for result in case.result
    )
    assert results == {"Failure": 1, "Error": 1, "Skipped": 3}


def test_a_suite_is_a_folder_of_scenarios(every_verdict: RunResult) -> None:
    suites = {suite.get("name"): suite for suite in parsed(every_verdict)}
    assert set(suites) == {"smtp", "tls", "api", "not asked"}
    assert suites["tls"].attrib["tests"] == "2"
    assert suites["tls"].attrib["failures"] == "1"
    assert suites["tls"].attrib["skipped"] == "1"
    assert suites["tls"].attrib["timestamp"] == "2025-03-01T09:30:00+00:00"


def test_a_failure_says_what_was_expected_and_shows_the_conversation(
    every_verdict: RunResult,
) -> None:
    failure = next(parsed(every_verdict).iter("failure"))
    assert failure.get("message") == (
        "credentials-in-clear: expected no AUTH before a verified handshake; "
        "observed AUTH PLAIN was sent in clear"
    )
    assert failure.get("type") == "MUST"
    body = (failure.text or "").splitlines()
    assert "expected: no AUTH before a verified handshake" in body
    assert "observed: AUTH PLAIN was sent in clear" in body
    assert "> 5  C: AUTH PLAIN ***" in body
    assert "answered: sent: 250 2.0.0 queued as 4F2A" in body
    assert "again:    harness run --select 'tls/certificate[mode=tls]'" in body


def test_a_skip_says_why(every_verdict: RunResult) -> None:
    messages = [skipped.get("message") for skipped in parsed(every_verdict).iter("skipped")]
    pinned, *others = sorted(str(message) for message in messages)
    assert pinned.startswith("expected failure: credentials-in-clear: expected no AUTH")
    assert others == [
        "inconclusive: its control failed too",
        (
            "unsupported: the sender does not have connect_to; "
            "1 case: let the sender declare the feature connect_to"
        ),
    ]


def test_what_was_never_asked_is_one_skip_a_feature_and_what_was_asked_one_a_case(
    make_case: Callable[..., CaseResult], make_result: Callable[..., RunResult]
) -> None:
    lacking = {"verdict": Verdict.UNSUPPORTED, "unmet_need": "api:ses", "lacking": ("api:ses",)}
    cases = [make_case(f"api/ses[n={number}]", **lacking) for number in range(300)]
    declined = make_case("smtp/utf8", verdict=Verdict.UNSUPPORTED, reason="I have no SMTPUTF8")
    result = make_result(*cases, declined)
    assert endings(result) == {"api:ses": "skipped", "smtp/utf8": "skipped"}
    root = parsed(result)
    assert (root.get("tests"), root.get("skipped")) == ("2", "2")
    messages = {str(each.get("message")) for each in root.iter("skipped")}
    assert "unsupported: I have no SMTPUTF8" in messages
    assert any("300 cases: let the sender declare" in message for message in messages)


def test_a_failure_that_does_not_gate_says_so(
    make_failure: Callable[..., CaseResult],
    make_finding: Callable[..., Finding],
    make_result: Callable[..., RunResult],
) -> None:
    should = make_failure(level=Level.SHOULD, findings=(make_finding(level=Level.SHOULD),))
    must = make_failure("a/b")
    words = {
        (failure.get("type"), "gates under --strict only" in str(failure.get("message")))
        for failure in parsed(make_result(should, must)).iter("failure")
    }
    assert words == {("SHOULD, not gating", True), ("MUST", False)}
    strict = parsed(make_result(should, must, strict=True))
    assert {failure.get("type") for failure in strict.iter("failure")} == {"SHOULD", "MUST"}


def test_a_case_names_its_rows_and_its_source(every_verdict: RunResult) -> None:
    case = next(
        case
        for case in parsed(every_verdict).iter("testcase")
        if case.get("name") == "tls/certificate[mode=tls]"
    )
    properties = {(each.get("name"), each.get("value")) for each in case.iter("property")}
    assert {("requirement", "ORY-035"), ("situation", "CERT-02")} <= properties
    assert (case.get("file"), case.get("line")) == ("scenarios/tls/certificate.yaml", "12")
    assert case.get("classname") == "tls.certificate"


def test_an_error_keeps_the_output_of_the_sender(every_verdict: RunResult) -> None:
    assert parsed(every_verdict).findtext(".//system-out") == "Traceback\nboom"


def test_an_empty_run_is_an_empty_report(empty_run: RunResult) -> None:
    root = parsed(empty_run)
    assert (root.tag, root.get("tests"), len(root)) == ("testsuites", "0", 0)


def test_an_interrupted_run_says_so(every_verdict: RunResult) -> None:
    properties = [
        each.get("name")
        for each in parsed(replace(every_verdict, interrupted=True)).iter("property")
    ]
    assert properties.count("interrupted") == 3  # once a suite of cases


def test_hostile_text_breaks_out_of_nothing(hostile_run: RunResult) -> None:
    text = render(hostile_run, Context())
    root = ET.fromstring(text)
    assert [suite.get("name") for suite in root] == ["tls", "api"]
    assert {element.tag for element in root.iter()} == {
        "testsuites", "testsuite", "properties", "property", "testcase",
        "failure", "error", "skipped", "system-out",
    }  # fmt: skip
    failure = next(root.iter("failure"))
    assert r"\x00\x1b[2J" in (failure.text or "")
    assert r"\u202e" in (failure.get("message") or "")
    assert "]]></failure></testsuite><script>" in (failure.text or "")
    suites = junitparser.JUnitXml.fromstring(text.encode())
    assert (suites.tests, suites.failures, suites.errors, suites.skipped) == (4, 1, 1, 2)


def test_a_failure_without_a_finding_shows_its_reason(
    make_failure: Callable[..., CaseResult], make_result: Callable[..., RunResult]
) -> None:
    result = make_result(make_failure(findings=(), reason="no answer", level=None))
    failure = next(parsed(result).iter("failure"))
    assert failure.get("message") == "no answer"
    assert failure.get("type") == "fail"


def test_the_first_unmet_finding_is_a_leak_where_there_is_one(
    make_failure: Callable[..., CaseResult],
    make_finding: Callable[..., Finding],
    make_result: Callable[..., RunResult],
) -> None:
    findings = (
        make_finding(check="shown-only", level=Level.INFO),
        make_finding(check="status"),
        make_finding(check="leaks", level=Level.SHOULD, leak=True),
    )
    failure = next(parsed(make_result(make_failure(findings=findings))).iter("failure"))
    assert str(failure.get("message")).startswith("leaks:")


def test_a_scenario_at_the_root_has_a_suite(
    make_case: Callable[..., CaseResult], make_result: Callable[..., RunResult]
) -> None:
    result = make_result(make_case("hello", verdict=Verdict.PASS))
    assert [suite.get("name") for suite in parsed(result)] == ["scenarios"]
