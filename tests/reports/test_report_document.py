"""The JSON report against its contract and its schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from harness.model import CaseResult, RunResult
from harness.reports import Context
from harness.reports.document import ReportDocument, relative, report_schema, to_document
from harness.reports.json_report import render

RUN_KEYS = [
    "report", "harness", "seed", "sender", "started", "duration", "interrupted", "total", "summary",
]  # fmt: skip
CASE_KEYS = [
    "id", "scenario", "axes", "tags", "requirements", "situations", "verdict", "level", "reason",
    "control", "expected_failure", "findings", "answer", "duration", "evidence",
]  # fmt: skip


def loaded(result: RunResult, folder: Path | None = None) -> dict[str, Any]:
    text = render(result, Context(folder=folder or Path.cwd()))
    document: dict[str, Any] = json.loads(text, parse_constant=pytest.fail)
    jsonschema.Draft202012Validator(
        report_schema(), format_checker=jsonschema.FormatChecker()
    ).validate(document)
    return document


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(report_schema())


def test_the_keys_are_those_of_the_contract(every_verdict: RunResult) -> None:
    document = loaded(every_verdict)
    assert list(document) == [*RUN_KEYS, "requirements", "cases"]
    assert list(document["cases"][1]) == CASE_KEYS
    assert list(document["requirements"][0]) == ["id", "level", "verdict", "cases"]
    assert list(document["cases"][1]["findings"][0]) == [
        "check", "met", "level", "expected", "observed", "events",
    ]  # fmt: skip
    assert document["report"] == 1
    assert document["summary"] == {
        "pass": 1, "fail": 2, "inconclusive": 1, "unsupported": 1, "error": 1,
    }  # fmt: skip


def test_a_run_that_was_cut_short_does_not_look_whole(every_verdict: RunResult) -> None:
    whole = loaded(every_verdict)
    assert (whole["interrupted"], whole["total"]) == (False, 6)
    cut = loaded(replace(every_verdict, interrupted=True, total=216))
    assert (cut["interrupted"], cut["total"]) == (True, 216)
    given_up = loaded(replace(every_verdict, ended_early="--max-fail 1", total=216))
    assert (given_up["interrupted"], given_up["total"]) == (True, 216)


def test_every_key_is_required_and_no_other_is_allowed(every_verdict: RunResult) -> None:
    document = loaded(every_verdict)
    for key in document:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({k: v for k, v in document.items() if k != key}, report_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "extra": 1}, report_schema())


def test_an_empty_run_and_an_interrupted_one_are_valid(
    empty_run: RunResult, every_verdict: RunResult
) -> None:
    assert loaded(empty_run)["cases"] == []
    assert len(loaded(replace(every_verdict, interrupted=True))["cases"]) == 6


def test_hostile_text_comes_through_as_json(hostile_run: RunResult) -> None:
    finding = loaded(hostile_run)["cases"][0]["findings"][0]
    assert finding["expected"] == "x" * 10_000
    assert finding["observed"].startswith("\x00\x1b[2J")
    assert "\u202e" in finding["observed"]
    assert "\\ud800\\xff" in finding["observed"]  # no JSON reader takes a lone surrogate


def test_what_json_cannot_say_in_an_answer_becomes_text(hostile_run: RunResult) -> None:
    answer = loaded(hostile_run)["cases"][0]["answer"]
    values = next(value for key, value in answer.items() if key not in {"status", "reason"})
    assert values[1:] == ["nan", {"a": None}]


def test_an_answer_nested_without_end_is_cut(
    make_case: Callable[..., CaseResult], make_result: Callable[..., RunResult]
) -> None:
    nested: list[Any] = []
    nested.append(nested)
    document = loaded(make_result(make_case(answer={"status": "sent", "deep": nested})))
    assert "…" in json.dumps(document["cases"][0]["answer"], ensure_ascii=False)


def test_times_are_in_utc(empty_run: RunResult) -> None:
    east = timezone(timedelta(hours=2))
    moved = replace(empty_run, started=datetime(2025, 1, 1, 1, 0, tzinfo=east))
    assert loaded(moved)["started"] == "2024-12-31T23:00:00Z"
    assert loaded(empty_run)["started"] == "2025-03-01T09:30:00Z"


def test_evidence_is_relative_to_the_folder_of_the_report(tmp_path: Path) -> None:
    evidence = str(tmp_path / "out" / "evidence" / "tls")
    assert relative(evidence, tmp_path / "out") == "evidence/tls"
    assert relative(evidence, tmp_path / "reports") == "../out/evidence/tls"
    assert relative("evidence/tls", Path.cwd()) == "evidence/tls"
    assert relative(None, tmp_path) is None


def test_evidence_in_the_document_is_relative_too(
    every_verdict: RunResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    document = loaded(every_verdict, tmp_path / "reports")
    assert document["cases"][1]["evidence"] == "../evidence/tls/certificate"


def test_a_document_can_be_read_back_and_is_strict(every_verdict: RunResult) -> None:
    document = loaded(every_verdict)
    assert ReportDocument.model_validate(document) == to_document(every_verdict)
    with pytest.raises(ValidationError):
        ReportDocument.model_validate({**document, "report": 2})
