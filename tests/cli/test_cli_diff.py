"""What became of each case from one run to the next."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Harness = Callable[..., Any]


def finding(check: str = "auth", observed: str = "AUTH commands: 1", **changes: Any) -> Any:
    values = {"check": check, "met": False, "level": "MUST", "expected": "none"}
    return {**values, "observed": observed, "events": [3], **changes}


def case(name: str, verdict: str = "pass", **changes: Any) -> Any:
    values = {
        "id": name, "scenario": name, "axes": {}, "tags": [], "requirements": ["ORY-035"],
        "situations": [], "verdict": verdict, "level": "MUST" if verdict == "fail" else None,
        "reason": None, "control": None, "expected_failure": False,
        "findings": [finding()] if verdict == "fail" else [], "answer": {"status": "sent"},
        "duration": 0.1, "evidence": None,
    }  # fmt: skip
    return {**values, **changes}


def report(name: str, *cases: Any, **changes: Any) -> str:
    counts = dict.fromkeys(("pass", "fail", "inconclusive", "unsupported", "error"), 0)
    for each in cases:
        counts[each["verdict"]] += 1
    rows = [{"id": "ORY-035", "level": "MUST", "cases": [],
             "verdict": "fail" if counts["fail"] else "pass"}]  # fmt: skip
    document = {
        "report": 1, "harness": "0.1.0", "seed": 0, "sender": "x", "duration": 1.0,
        "started": "2026-01-01T00:00:00Z", "interrupted": False, "total": len(cases),
        "summary": counts, "requirements": rows, "cases": list(cases),
    }  # fmt: skip
    Path(name).write_text(json.dumps({**document, **changes}), encoding="utf-8")
    return name


@pytest.mark.parametrize(
    ("before", "now", "status", "words"),
    [
        (case("a"), case("a"), 0, "1 as before"),
        (case("a"), case("a", "fail"), 1, "a: pass, now fail at MUST: auth, AUTH commands: 1"),
        (case("a", "fail"), case("a"), 0, "BETTER  1 case"),
        (case("a"), case("a", "unsupported", reason="no TLS"), 1, "now unsupported (no TLS)"),
        (case("a", "error"), case("a", "inconclusive"), 0, "BETTER"),
        (case("a", "fail"), case("a", "fail"), 0, "1 as before"),
        (
            case("a", "fail", findings=[finding(observed="port 40123, after 2.1 s")]),
            case("a", "fail", findings=[finding(observed="port 51234, after 1.9 s")]),
            0,
            "1 as before",
        ),
        (
            case("a", "fail"),
            case("a", "fail", findings=[finding(), finding("mail")]),
            1,
            "a: mail fails it as well: AUTH commands: 1",
        ),
        (
            case("a", "fail", findings=[finding(), finding("mail")]),
            case("a", "fail"),
            0,
            "a: mail does not fail it any more",
        ),
    ],
)
def test_what_became_of_a_case(
    before: Any, now: Any, status: int, words: str, harness: Harness
) -> None:
    ended = harness("diff", report("a.json", before), report("b.json", now))
    assert ended.status == status, ended.out
    assert words in ended.out


def test_what_is_new_or_gone_is_told_and_a_new_failure_is_worse(harness: Harness) -> None:
    old = report("a.json", case("a"), case("gone"))
    ended = harness("diff", old, report("b.json", case("a"), case("new")))
    assert ended.status == 0
    assert "NEW  1 case\n  new: pass" in ended.out
    assert "GONE  1 case\n  gone: pass before" in ended.out
    assert ended.out.endswith("1 new, 1 gone, 1 as before\n")
    assert harness("diff", old, report("b.json", case("a"), case("new", "fail"))).status == 1


def test_requirements_with_another_verdict_are_told(harness: Harness) -> None:
    ended = harness("diff", report("a.json", case("a")), report("b.json", case("a", "fail")))
    assert "REQUIREMENTS  1 verdict changed\n  ORY-035     MUST    pass, now fail" in ended.out


def test_a_run_that_was_cut_short_or_is_of_another_sender_is_noted(harness: Harness) -> None:
    old = report("a.json", case("a"), case("b"))
    new = report("b.json", case("a"), interrupted=True, total=2, sender="y", harness="0.2.0")
    ended = harness("diff", old, new)
    assert "note: sender x then, y now" in ended.out
    assert "note: harness 0.1.0 then, 0.2.0 now" in ended.out
    assert "note: the second run asked 1 of 2 cases" in ended.out
    assert "b: pass before, not asked: that run ended early" in ended.out


def test_hostile_words_of_a_report_do_nothing(harness: Harness) -> None:
    hostile = "\x1b[2J\n::error::owned ##[error]owned"
    bad = case("a", "fail", findings=[finding(observed=hostile)])
    ended = harness("diff", report("a.json", case("a")), report("b.json", bad))
    assert "\x1b" not in ended.out
    assert "\n::error" not in ended.out
    assert "##[" not in ended.out


def test_a_file_that_is_no_report_is_refused_in_one_line(harness: Harness) -> None:
    ended = harness("diff", report("a.json", case("a")), "nowhere.json")
    assert ended.status == 2
    assert ended.err == "harness: cannot read the report nowhere.json: No such file or directory\n"
