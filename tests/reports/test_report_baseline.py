"""What departs from a baseline, and what is expected by it, in each report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from harness.model import CaseResult, RunResult, Verdict
from harness.reports import Context
from harness.reports.formats import WholeFormat, report_formats
from harness.reports.terminal import summary_text

MakeCase = Callable[..., CaseResult]
STALE = "known.yaml:7: there is no case a/b; did you mean a/c?"


@pytest.fixture
def departing(
    make_case: MakeCase, make_failure: MakeCase, make_result: Callable[..., RunResult]
) -> RunResult:
    """A case of each way to be not as the baseline says, and one that is."""
    return make_result(
        make_case("a/passes", expected_failure=True, departure="it passes now"),
        make_failure("a/otherwise", departure="it fails otherwise: auth fails it as well"),
        make_case("a/undecided", verdict=Verdict.INCONCLUSIVE, departure="it is inconclusive now"),
        make_failure("a/expected", expected_failure=True, reason="expected by known.yaml: SHOP-17"),
        stale=(STALE,),
    )


def rendered(name: str, result: RunResult) -> str:
    form = report_formats()[name]
    assert isinstance(form, WholeFormat)
    return form.render(result, Context())


def test_the_terminal_shows_each_departure_with_how_it_departs(departing: RunResult) -> None:
    text = summary_text(departing, status=1, width=100, colour=False, context=Context())
    for words in ("it passes now", "it fails otherwise", "it is inconclusive now", STALE):
        assert words in text
    assert "EXPECTED  1 case failed as expected" in text
    assert "exit status 1: 4 baseline entries changed" in text


def test_the_step_summary_shows_departures_and_folds_what_is_expected(
    departing: RunResult,
) -> None:
    text = rendered("markdown", departing)
    assert "### Changed: not as the baseline says" in text
    assert "* `a/passes`: `it passes now`" in text
    assert f"* `{STALE}`" in text
    assert "<details><summary>Failed as expected: 1 case</summary>" in text
    assert "SHOP-17" in text


def test_junit_has_a_failure_for_each_departure_and_a_skip_for_what_is_expected(
    departing: RunResult,
) -> None:
    root = ET.fromstring(rendered("junit", departing))
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("5", "4", "1")
    failures = [each.get("message") or "" for each in root.iter("failure")]
    assert [each.startswith("not as the baseline expects: ") for each in failures] == [
        True, True, True, False,
    ]  # fmt: skip
    assert failures[3] == STALE
    assert {each.get("type") for each in root.iter("failure")} == {"baseline"}
    (skipped,) = root.iter("skipped")
    assert "SHOP-17" in (skipped.get("message") or "")


def test_the_json_report_keeps_its_keys_and_tells_expected_failures(departing: RunResult) -> None:
    document = json.loads(rendered("json", departing))
    told = {case["id"]: (case["verdict"], case["expected_failure"]) for case in document["cases"]}
    assert told["a/expected"] == ("fail", True)
    assert told["a/passes"] == ("pass", True)
    assert told["a/otherwise"] == ("fail", False)


def test_a_case_that_failed_in_an_expected_way_is_not_among_the_failed(
    departing: RunResult,
) -> None:
    text = summary_text(departing, status=1, width=100, colour=False, context=Context())
    assert "FAILED  1 case" in text
    alone = replace(departing, cases=departing.cases[3:], stale=())
    text = summary_text(alone, status=0, width=100, colour=False, context=Context())
    assert "FAILED" not in text
    assert "exit status 0: all as expected" in text
