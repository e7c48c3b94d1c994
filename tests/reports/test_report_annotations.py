"""What GitHub's jobs are told to mark, and that nothing else commands the runner."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from harness.events import Event
from harness.model import CaseResult, Level, RunResult, Verdict
from harness.reports.annotations import annotations_of
from harness.reports.dispatch import open_reports, parse_report_spec

MakeCase = Callable[..., CaseResult]
MakeResult = Callable[..., RunResult]


def printed(
    result: RunResult, events_of: Callable[[RunResult], list[Event]], *specs: str, **environ: str
) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    wanted = [parse_report_spec(spec) for spec in specs]
    with open_reports(wanted, environ=environ, stdout=out, stderr=err) as reports:
        for event in events_of(result):
            reports(event)
    return out.getvalue(), err.getvalue()


def commands(text: str) -> list[str]:
    return [line for line in text.splitlines() if re.match(r"\s*::|.*##\[", line)]


def test_a_failure_marks_its_scenario_with_what_was_expected_and_observed(
    make_failure: MakeCase, make_result: MakeResult
) -> None:
    [found] = annotations_of(make_result(make_failure()))
    assert str(found) == (
        "::error file=scenarios/tls/certificate.yaml,line=12,title=MUST%3A An expired certificate "
        "is refused before credentials are sent::tls/certificate[mode=starttls]%0A"
        "credentials-in-clear: expected no AUTH before a verified handshake; "
        "observed AUTH PLAIN was sent in clear"
    )


def test_what_does_not_gate_is_a_warning(
    make_failure: MakeCase, make_finding: Callable[..., Any], make_result: MakeResult
) -> None:
    finding = make_finding(level=Level.SHOULD)
    result = make_result(make_failure(level=Level.SHOULD, findings=(finding,)))
    assert [each.kind for each in annotations_of(result)] == ["warning"]


def test_departures_stale_entries_and_errors_are_marked_and_what_is_expected_is_not(
    make_case: MakeCase, make_failure: MakeCase, make_result: MakeResult
) -> None:
    result = make_result(
        make_failure("a/known", expected_failure=True),
        make_case("a/passes", expected_failure=True, departure="it passes now"),
        make_case("a/broke", verdict=Verdict.ERROR, reason="a fake broke"),
        stale=("known.yaml:7: there is no case a/b",),
    )
    assert [str(each) for each in annotations_of(result)] == [
        "::error file=known.yaml,line=7,title=The baseline changed:: there is no case a/b",
        "::error title=Not as the baseline expects::a/passes: it passes now",
        "::error title=In error%2C nothing judged::1 case: a fake broke",
    ]


def test_there_are_ten_of_a_kind_and_the_last_says_how_many_more(
    make_failure: MakeCase, make_finding: Callable[..., Any], make_result: MakeResult
) -> None:
    cases = [
        make_failure(f"s{word}/c", situations=(f"X-{word}",), requirements=(),
                     findings=(make_finding(check=f"check-{word}", rows=(f"X-{word}",)),))
        for word in "abcdefghijklmnop"
    ]  # fmt: skip
    found = annotations_of(make_result(*cases))
    assert len(found) == 10
    assert str(found[-1]) == "::error title=7 more::7 more are in the summary and the log"


def test_only_the_jobs_of_github_get_any(
    every_verdict: RunResult, events_of: Callable[[RunResult], list[Event]]
) -> None:
    out, err = printed(every_verdict, events_of)
    assert commands(out) == commands(err) == []
    out, err = printed(every_verdict, events_of, GITHUB_ACTIONS="true")
    assert len(commands(out)) == 2
    assert commands(err) == []


def test_a_report_on_standard_output_stays_whole(
    every_verdict: RunResult, events_of: Callable[[RunResult], list[Event]]
) -> None:
    out, err = printed(every_verdict, events_of, "json", GITHUB_ACTIONS="true")
    assert commands(out) == []
    assert len(commands(err)) == 2


@pytest.mark.parametrize("mark", ["\x1b", "\u202e", "\x00", "<script>alert(1)</script>\n"])
def test_hostile_text_is_one_line_of_one_command(
    mark: str, hostile_run: RunResult, events_of: Callable[[RunResult], list[Event]]
) -> None:
    out, _ = printed(hostile_run, events_of, GITHUB_ACTIONS="true")
    lines = commands(out)
    assert lines
    for line in lines:
        assert line.isprintable()
        assert mark not in line
        assert re.match(r"::(error|warning) [^:]*::", line)
