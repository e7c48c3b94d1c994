"""A run as one call, with a function as the sender."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import threading
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from harness.embedding import run
from harness.errors import MachineError, UsageError
from harness.reference.sender import handle as right

pytestmark = pytest.mark.wire

SCENARIO = """\
title: A message is sent and taken
verifies: [ORY-035]
when: {send: {}}
then: {sender: {status: sent}, wire: {messages: once}}
"""


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(SCENARIO, encoding="utf-8")
    return [str(tmp_path)]


def send(request: dict[str, Any]) -> dict[str, Any]:
    return {"status": "failed", "error": {"message": request["action"]}}


def test_with_one_job_a_function_is_called_in_the_thread_of_the_caller(paths: list[str]) -> None:
    database = sqlite3.connect(":memory:")  # which only the thread that made it may use
    mine = threading.local()
    mine.seen = []

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        database.execute("SELECT 1")
        mine.seen.append(request["action"])
        return right(request)

    run(sender=handle, paths=paths, jobs=1).assert_passed()
    assert mine.seen == ["describe", "send", "send"]
    database.close()


@pytest.mark.parametrize("jobs", [1, 2, None])
def test_a_function_may_be_asynchronous(jobs: int | None, paths: list[str]) -> None:
    async def handle(request: dict[str, Any]) -> dict[str, Any]:
        await asyncio.sleep(0)
        return right(request)

    async def inside() -> None:
        run(sender=handle, paths=paths, jobs=jobs).assert_passed()

    run(sender=handle, paths=paths, jobs=jobs).assert_passed()
    asyncio.run(inside())


def test_with_one_job_all_coroutines_have_one_loop(paths: list[str]) -> None:
    loops = set()

    async def handle(request: dict[str, Any]) -> dict[str, Any]:
        loops.add((asyncio.get_running_loop(), threading.get_ident()))
        return right(request)

    run(sender=handle, paths=paths, jobs=1).assert_passed()
    assert {thread for _, thread in loops} == {threading.get_ident()}
    assert len(loops) == 1


@pytest.mark.parametrize("jobs", [1, None])
def test_evidence_and_reports_are_written_beside(
    jobs: int | None, paths: list[str], tmp_path: Path
) -> None:
    files = [tmp_path / "mail.xml", tmp_path / "mail.json"]
    report = [f"junit={files[0]}", f"json={files[1]}"]
    found = run(sender=send, paths=paths, jobs=jobs, evidence=tmp_path / "kept", report=report)
    assert [case.evidence for case in found.cases] == [
        str(tmp_path / "kept" / name) for name in ("one", "two")
    ]
    assert (tmp_path / "kept" / "one" / "request.json").is_file()
    assert [case["id"] for case in json.loads(files[1].read_text())["cases"]] == ["one", "two"]
    assert "harness_run(&quot;one&quot;, sender=send" in files[0].read_text() or (
        'harness_run("one", sender=send' in files[0].read_text()
    )


def test_a_report_that_cannot_be_written_is_known_before_the_run(
    paths: list[str], tmp_path: Path
) -> None:
    asked: list[str] = []

    def note(request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request["action"])
        return right(request)

    with pytest.raises(MachineError, match="there is no folder"):
        run(sender=note, paths=paths, report=f"junit={tmp_path / 'none' / 'mail.xml'}")
    with pytest.raises(UsageError, match="unknown report format 'xml'"):
        run(sender=note, paths=paths, report="xml=mail.xml")
    assert asked == []


class TestOver(BaseException):
    """As pytest ends a test."""

    __test__ = False


@pytest.mark.parametrize("end", [TestOver, KeyboardInterrupt])
def test_what_ends_the_test_ends_the_run(end: type[BaseException], paths: list[str]) -> None:
    def handle(request: dict[str, Any]) -> dict[str, Any]:
        if request["action"] == "send":
            raise end
        return right(request)

    before = set(threading.enumerate())  # fakes of other tests may run in threads of their own
    with pytest.raises(end):
        run(sender=handle, paths=paths, jobs=1)
    assert not set(threading.enumerate()) - before


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_function_that_crashes_or_exits_fails_its_case_only(jobs: int, paths: list[str]) -> None:
    def handle(request: dict[str, Any]) -> dict[str, Any]:
        if request["action"] == "send":
            raise SystemExit(3) if "one" in request["case"] else ValueError("no idea")
        return right(request)

    report = run(sender=handle, paths=paths, jobs=jobs)
    assert [case.verdict for case in report.cases] == ["fail", "fail"]
    said = [finding.observed for case in report.cases for finding in case.unmet]
    assert "crashed: raised SystemExit: 3" in said
    assert "crashed: raised ValueError: no idea" in said


def test_a_call_that_hangs_is_cut_off_and_the_next_one_waits_for_its_end(
    paths: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # For `describe`, for the first case, and for whatever is asked after that.
    limits = chain([20.0, 0.0], repeat(20.0))
    monkeypatch.setattr("harness.senders.base.case_limit", lambda *_: next(limits))
    returned = []

    def handle(request: dict[str, Any]) -> dict[str, Any]:
        returned.append(request.get("case"))
        return right(request)

    report = run(sender=handle, paths=paths, jobs=1)
    assert [case.verdict for case in report.cases] == ["fail", "pass"]
    assert returned == [None, "one", "two"]
    assert "the run goes on when the call returns" in report.cases[0].unmet[0].observed


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("answer", ["deep", "cyclic", "bytes", "list"])
def test_what_no_program_could_answer_is_no_answer(
    answer: str, jobs: int, paths: list[str]
) -> None:
    deep: Any = 1
    for _ in range(600):
        deep = {"a": deep}
    cyclic: dict[str, Any] = {"status": "sent"}
    cyclic["me"] = cyclic
    answers: dict[str, Any] = {
        "deep": {"status": "sent", "x": deep},
        "cyclic": cyclic,
        "bytes": {"status": "sent", "message_id": b"<x>"},
        "list": ["sent"],
    }
    report = run(
        sender=lambda request: (
            right(request) if request["action"] == "describe" else answers[answer]
        ),
        paths=paths,
        jobs=jobs,
    )
    for case in report.cases:
        assert case.verdict == "fail"
        assert any(finding.observed.startswith("no answer: ") for finding in case.unmet)


def test_the_line_that_asks_again_is_one_of_python_for_a_function(paths: list[str]) -> None:
    assert f'harness_run("one", sender=send, paths={paths!r})' in str(run(sender=send, paths=paths))
    text = str(run(sender=lambda request: {**send(request)}, paths=paths, seed=3, time_scale=0.5))
    assert f'harness_run("one", sender=..., paths={paths!r}, seed=3, time_scale=0.5)' in text
    assert "--sender" not in text


def test_the_line_that_asks_again_is_a_command_for_a_spec(paths: list[str]) -> None:
    text = str(run(sender="command:sh -c 'exit 1'", paths=paths, seed=3))
    spec = """'command:sh -c '"'"'exit 1'"'"''"""
    assert f"harness run {paths[0]} --sender {spec} --seed 3 --select one" in text


def test_a_kind_that_was_turned_down_in_its_plainest_form_is_not_asked_again() -> None:
    asked = []

    def only_smtp(request: dict[str, Any]) -> dict[str, Any]:
        if request["action"] == "send":
            asked.append(request["case"])
            if request["transport"]["kind"] == "api":
                return {"status": "unsupported", "reason": "no API"}
        return {"status": "unsupported"} if request["action"] == "describe" else right(request)

    report = run(["api/any/accepted*", "api/any/bad-certificate*"], sender=only_smtp, jobs=4)
    assert sorted(asked) == sorted(case.id for case in report.cases if "accepted" in case.id)
    others = [case for case in report.cases if "accepted" not in case.id]
    assert others
    for case in others:
        [provider] = re.findall(r"provider=(\w+)", case.id)
        told = f"no API (asked once, in api/any/accepted[provider={provider}])"
        assert (case.verdict, case.reason, case.unmet_need) == ("unsupported", told, None)


def test_what_is_turned_down_for_something_special_says_nothing_of_its_kind() -> None:
    asked = []

    def no_bad_certificates(request: dict[str, Any]) -> dict[str, Any]:
        if request["action"] == "send":
            asked.append(request["case"])
            if "self-signed" in request["case"]:
                return {"status": "unsupported"}
        return right(request)

    report = run(["tls/certificate*", "modes/starttls*"], sender=no_bad_certificates, jobs=4)
    assert sorted(asked) == sorted(
        case.id for case in report.cases if case.reason is None or "asked once" not in case.reason
    )
    assert any("expired" in case for case in asked)


def test_failures_that_a_baseline_expects_pass(
    paths: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    expected = tmp_path_factory.mktemp("expected") / "all.yaml"
    expected.write_text("baseline: 1\nfailures: [{case: one}, {case: two}]\n", encoding="utf-8")
    run(sender=send, paths=paths, baseline=expected).assert_passed()
    report = run(sender="reference", paths=paths, baseline=expected)
    with pytest.raises(AssertionError, match="the baseline"):
        report.assert_passed()
    expected.write_text("baseline: 1\nfailures: [{case: 'one[a=b]'}]\n", encoding="utf-8")
    report = run(sender="reference", paths=paths, baseline=expected)
    with pytest.raises(AssertionError, match=r"all.yaml:2: there is no case one\[a=b\]"):
        report.assert_passed()
