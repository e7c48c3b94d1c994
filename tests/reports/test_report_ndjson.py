"""The NDJSON report: each line by itself, as soon as it is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.events import Event, Note
from harness.model import RunResult
from harness.reports import Context, open_report, parse_report_spec
from harness.reports.document import CaseDocument
from harness.reports.ndjson import line

Events = Callable[[RunResult], list[Event]]


def lines(events: list[Event]) -> list[dict[str, Any]]:
    texts = [line(event, Context()) for event in events]
    assert not any("\n" in text for text in texts)
    return [json.loads(text) for text in texts]


def test_each_event_is_a_line(every_verdict: RunResult, events_of: Events) -> None:
    found = lines(events_of(every_verdict))
    middle = ["case-started", "case-finished"] * 6
    assert [each["event"] for each in found] == ["run-started", *middle, "run-finished"]
    assert found[0]["total"] == 6
    assert found[0]["report"] == 1
    assert found[-1]["summary"]["fail"] == 2
    assert found[-1]["requirements"][0]["id"] == "ORY-035"


def test_the_last_line_says_whether_the_run_was_cut_short(
    every_verdict: RunResult, events_of: Events
) -> None:
    cut = replace(every_verdict, interrupted=True)
    assert lines(events_of(cut))[-1]["interrupted"] is True
    assert lines(events_of(every_verdict))[-1]["interrupted"] is False


def test_a_case_is_the_one_of_the_json_report(every_verdict: RunResult, events_of: Events) -> None:
    found = [each for each in lines(events_of(every_verdict)) if "case" in each]
    cases = [CaseDocument.model_validate(each["case"]) for each in found]
    assert [case.id for case in cases] == [case.id for case in every_verdict.cases]
    assert [(each["done"], each["total"]) for each in found][-1] == (6, 6)


def test_hostile_text_stays_on_its_line(hostile_run: RunResult, events_of: Events) -> None:
    events: list[Event] = [*events_of(hostile_run), Note(text="a\nb\u2028c\x1b")]
    found = lines(events)
    assert found[-1]["text"] == "a\nb\u2028c\x1b"
    assert found[2]["case"]["findings"][0]["observed"].startswith("\x00\x1b[2J")


def test_a_line_is_in_the_file_before_the_next_event(
    every_verdict: RunResult, events_of: Events, tmp_path: Path
) -> None:
    path = tmp_path / "run.ndjson"
    path.write_text("an older run\n")
    report = open_report(parse_report_spec(f"ndjson={path}"))
    assert path.read_text() == ""
    for count, event in enumerate(events_of(every_verdict)[:4], start=1):
        report(event)
        assert len(path.read_text().splitlines()) == count
    report.close()
    assert len(path.read_text().splitlines()) == 4  # a run that broke leaves what it wrote
