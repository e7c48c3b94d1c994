"""A red run turned green by a baseline, and red again by whatever changes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml

Harness = Callable[..., Any]

# The sender is the right one; it is what is asked of it that makes it fail, in one way or another.
RUN = ("run", "mine", "--sender", "reference")
ASKED = {
    "right": "messages: once",
    "wrong": "messages: 2",
    "wrong otherwise": "messages: 2, auth: never",
}


@pytest.fixture
def ask(harness: Harness) -> Callable[[str], object]:
    """Ask something else in the one scenario; at first what the sender fails in."""
    text = Path("mine/one.yaml").read_text("utf-8")

    def ask(what: str) -> None:
        Path("mine/one.yaml").write_text(text.replace("messages: once", ASKED[what]), "utf-8")

    ask("wrong")
    return ask


@pytest.fixture
def baseline(harness: Harness, ask: Callable[[str], object]) -> Path:
    """A baseline of what fails at first."""
    ended = harness("baseline", "update", "known.yaml", *RUN[1:])
    assert ended.status == 0, ended.err
    assert "known.yaml: 1 expected failure (1 new, 0 otherwise than before, 0 gone)" in ended.out
    return Path("known.yaml")


def test_a_red_run_is_green_with_its_baseline(harness: Harness, baseline: Path) -> None:
    assert harness(*RUN).status == 1
    ended = harness(*RUN, "--baseline", str(baseline), "--seed", "7", "--report", "json=r.json")
    assert ended.status == 0
    assert "EXPECTED  1 case failed as expected" in ended.out
    assert "1 fail (1 expected)" in ended.out
    (case,) = json.loads(Path("r.json").read_text("utf-8"))["cases"]
    assert (case["verdict"], case["expected_failure"]) == ("fail", True)
    assert case["reason"] == "expected by known.yaml"


def test_an_expected_failure_is_no_pass_of_its_requirement(
    harness: Harness, baseline: Path
) -> None:
    harness(*RUN, "--baseline", "known.yaml", "--report", "json=r.json", "--report", "junit=j.xml")
    rows = json.loads(Path("r.json").read_text("utf-8"))["requirements"]
    assert [row["verdict"] for row in rows if row["id"] == "ORY-035"] == ["fail"]
    case = next(ET.parse("j.xml").iter("testcase"))
    message = case.findtext("skipped") or next(case.iter("skipped")).get("message") or ""
    assert message.startswith("expected failure: ")


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("right", "it passes now"),
        ("wrong otherwise", "it fails otherwise: auth fails it as well: AUTH commands: 1"),
    ],
)
def test_a_failure_that_changed_turns_the_run_red_again(
    now: str, words: str, harness: Harness, ask: Callable[[str], object], baseline: Path
) -> None:
    ask(now)
    ended = harness(*RUN, "--baseline", "known.yaml", "--report", "junit=j.xml")
    assert ended.status == 1
    assert words in ended.out
    assert "exit status 1: 1 baseline entry changed" in ended.out
    root = ET.parse("j.xml").getroot()
    assert root.get("failures") == "1"
    assert words in (next(root.iter("failure")).get("message") or "")
    assert harness("baseline", "update", "known.yaml", *RUN[1:]).status == 0
    assert harness(*RUN, "--baseline", "known.yaml").status == 0


def test_a_gate_is_red_for_a_new_failure_beside_the_expected_ones(
    harness: Harness, baseline: Path
) -> None:
    other = Path("mine/one.yaml").read_text("utf-8").replace("A message", "Another message")
    Path("mine/two.yaml").write_text(other, encoding="utf-8")
    ended = harness(*RUN, "--baseline", "known.yaml")
    assert ended.status == 1
    assert "FAILED  1 case" in ended.out
    assert "exit status 1: 1 case failed at MUST" in ended.out


def test_an_entry_about_no_case_is_stale_and_named_with_its_line(
    harness: Harness, baseline: Path
) -> None:
    text = baseline.read_text("utf-8")
    baseline.write_text(text.replace("case: one", "case: one[mode=tls]"), encoding="utf-8")
    ended = harness(*RUN, "--baseline", "known.yaml", "--report", "junit=j.xml")
    assert ended.status == 1
    assert "known.yaml:5: there is no case one[mode=tls]; did you mean one?" in ended.err
    assert "1 baseline entry changed" in ended.out
    suites = ET.parse("j.xml").getroot()
    assert [suite.get("name") for suite in suites] == ["scenarios", "baseline"]
    assert suites.get("failures") == "2"


def test_an_entry_of_a_scenario_that_this_run_does_not_read_is_left_alone(
    harness: Harness, baseline: Path
) -> None:
    baseline.write_text(
        baseline.read_text("utf-8") + "- case: elsewhere/two\n  says: sent\n", encoding="utf-8"
    )
    assert harness(*RUN, "--baseline", "known.yaml").status == 0
    ended = harness("baseline", "update", "known.yaml", *RUN[1:])
    assert "2 expected failures (0 new, 0 otherwise than before, 0 gone)" in ended.out
    ended = harness("baseline", "update", "known.yaml", *RUN[1:], "--prune")
    assert "1 expected failure (0 new, 0 otherwise than before, 1 gone)" in ended.out


def test_what_a_team_wrote_into_an_entry_is_kept_and_shown(
    harness: Harness, ask: Callable[[str], object], baseline: Path
) -> None:
    told = baseline.read_text("utf-8") + "  reason: SHOP-17, after the move\n"
    baseline.write_text(told, encoding="utf-8")
    harness(*RUN, "--baseline", "known.yaml", "--report", "json=r.json")
    (case,) = json.loads(Path("r.json").read_text("utf-8"))["cases"]
    assert case["reason"] == "expected by known.yaml: SHOP-17, after the move"
    ask("wrong otherwise")
    harness("baseline", "update", "known.yaml", *RUN[1:])
    (entry,) = yaml.safe_load(baseline.read_text("utf-8"))["failures"]
    assert entry["reason"] == "SHOP-17, after the move"
    assert set(entry["unmet"]) == {"auth", "messages"}


def test_a_flaky_case_may_pass_and_may_not_fail_otherwise(
    harness: Harness, ask: Callable[[str], object], baseline: Path
) -> None:
    baseline.write_text(baseline.read_text("utf-8") + "  flaky: true\n", encoding="utf-8")
    ask("right")
    ended = harness(*RUN, "--baseline", "known.yaml")
    assert (ended.status, "CHANGED" in ended.out) == (0, False)
    harness("baseline", "update", "known.yaml", *RUN[1:])
    assert "flaky: true" in baseline.read_text("utf-8")
    ask("wrong otherwise")
    assert harness(*RUN, "--baseline", "known.yaml").status == 1


def test_a_baseline_is_written_from_a_json_report_as_from_a_run(
    harness: Harness, baseline: Path
) -> None:
    harness(*RUN, "--report", "json=r.json")
    ended = harness("baseline", "update", "other.yaml", "--from", "r.json")
    assert ended.status == 0
    assert Path("other.yaml").read_bytes() == baseline.read_bytes()


def test_a_run_in_which_nothing_changed_changes_nothing_in_the_file(
    harness: Harness, baseline: Path
) -> None:
    before = baseline.read_bytes()
    assert harness("baseline", "update", "known.yaml", *RUN[1:], "--seed", "3").status == 0
    assert baseline.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "there is no baseline known.yaml; harness baseline update known.yaml writes one"),
        ("", "known.yaml:1: file: no baseline of the harness"),
        ("baseline: 2\n", "known.yaml:1: baseline: a baseline of version 2; this harness reads"),
        ("baseline: [\n", "known.yaml:2: file: no YAML"),
        ("\xff", "no baseline of the harness"),
        ("baseline: 1\nfailures:\n- case: one\n  unmet: {a: off}\n", "known.yaml:4: "),
        ("baseline: 1\nfailures:\n- case: one\n- case: one\n", "known.yaml:4: failures.1: one st"),
        ("baseline: 1\nfailures:\n- case: one\n  lvl: MUST\n", "there is no such key"),
        ("baseline: 1\nfailures:\n- reason: x\n", "known.yaml:3: failures.0.case: this is missing"),
    ],
)
def test_a_baseline_that_cannot_be_read_is_refused_in_one_line(
    text: str | None, words: str, harness: Harness
) -> None:
    if text is not None:
        Path("known.yaml").write_text(text, encoding="utf-8")
    ended = harness("run", "mine", "--baseline", "known.yaml")
    assert (ended.status, ended.out) == (2, "")
    assert words in ended.err
    assert len(re.findall("\n", ended.err)) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "r.json is no JSON report of a run: "),
        ("[]", "r.json is no JSON report of a run (harness run --report json=r.json)"),
        ('{"report": 2}', "r.json is a report of version 2; this harness reads 1"),
        ('{"report": 1}', "r.json is no JSON report of a run: harness: Field required"),
    ],
)
def test_a_report_that_is_none_writes_no_baseline(text: str, words: str, harness: Harness) -> None:
    Path("r.json").write_text(text, encoding="utf-8")
    ended = harness("baseline", "update", "known.yaml", "--from", "r.json")
    assert ended.status == 2
    assert words in ended.err
    assert not Path("known.yaml").exists()


def test_the_schema_for_editors_takes_what_is_written(harness: Harness, baseline: Path) -> None:
    schema = json.loads(harness("schema", "baseline").out)
    jsonschema.validate(yaml.safe_load(baseline.read_text("utf-8")), schema)
    entry = schema["$defs"]["ExpectedFailure"]["properties"]
    assert all(each["description"] for each in entry.values())


def test_a_verb_without_its_own_verb_shows_what_there_is(harness: Harness) -> None:
    ended = harness("baseline")
    assert ended.status == 2
    assert "Usage: harness baseline" in ended.err
