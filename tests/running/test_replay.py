"""Verdicts from the evidence alone are those of the run; evidence that is not whole is told."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.baseline import Baseline, ExpectedFailure, pinned
from harness.baseline_file import write_baseline
from harness.cli import main
from harness.evidence import EvidenceFolder
from harness.evidence_record import line_digests
from harness.execution import RunOrder, execute, unheard
from harness.model import RunResult
from harness.recorded_events import NoEventError, event_of
from harness.reference.sender import handle as right
from harness.replay import EvidenceError, Replay, replay
from harness.requirements import load_catalogue
from harness.runner import Options
from harness.scenario.case import Case
from harness.scenario.library import load_library
from harness.selection import Selection
from harness.senders.in_process import InProcessSender

from .made_up_senders import gossip

pytestmark = pytest.mark.wire

# Clear text and TLS, faults, log-ins, certificates that have to be refused, APIs, services.
PART = (
    "modes/cleartext", "modes/starttls", "modes/other-name-missing", "auth/initial-response",
    "modes/stripped[verification=verified,temptation=auth-in-clear]", "starttls/bait",
    "tls/certificate[mode=tls,certificate=expired]", "api/any/recipients-all-refused[provider=ses]",
    "api/any/bad-certificate[provider=ses,certificate=expired]",
    "api/any/bad-certificate[provider=sendgrid,certificate=self-signed]",
    "submission/mailgun/other-region", "submission/any/password-refused[provider=ses]",
)  # fmt: skip
Handle = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def part() -> tuple[Case, ...]:
    cases = load_library().cases
    return Selection(globs=PART).of(cases)


def believes_anybody(request: dict[str, Any]) -> dict[str, Any]:
    """Verify no certificate, and tell what is told."""
    if request["action"] == "send" and request["transport"]:
        request["transport"]["verify"] = False
    return gossip(request)


def broken(request: dict[str, Any]) -> dict[str, Any]:
    """Send nothing at all."""
    if request["action"] == "describe":
        return right(request)
    return {"status": "failed", "error": {"message": "no idea"}}


def recorded(folder: Path, cases: tuple[Case, ...], handle: Handle) -> RunResult:
    options = Options(jobs=8, evidence=EvidenceFolder(folder))
    order = RunOrder(cases=cases, seed=3, options=options)
    return asyncio.run(execute(order, lambda _: InProcessSender("made up", handle), unheard))


def again(folder: Path, cases: tuple[Case, ...]) -> Replay:
    return replay(folder, cases, load_catalogue(), strict=False)


@pytest.fixture
def _without_sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a replay opens no socket")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", refuse)
        yield


@pytest.mark.timeout(600)
@pytest.mark.parametrize("handle", [right, believes_anybody], ids=lambda handle: handle.__name__)
def test_the_verdicts_are_those_of_the_run(
    handle: Handle, part: tuple[Case, ...], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    run = recorded(tmp_path / "evidence", part, handle)
    request.getfixturevalue("_without_sockets")
    found = again(tmp_path / "evidence", part)
    assert (found.problems, found.otherwise) == ((), {})
    then = {case.id: (case.verdict, case.level, dict(case.rows)) for case in run.cases}
    now = {case.id: (case.verdict, case.level, dict(case.rows)) for case in found.result.cases}
    assert now == then
    assert found.result.requirements == run.requirements
    findings = {case.id: [(f.check, f.met, f.leak) for f in case.findings] for case in run.cases}
    for case in found.result.cases:
        assert [(f.check, f.met, f.leak) for f in case.findings] == findings[case.id], case.id


def test_a_baseline_expects_the_same_failures_as_of_the_run(
    part: tuple[Case, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = recorded(tmp_path / "evidence", part[:1], broken)
    baseline = tmp_path / "expected.yaml"
    write_baseline(baseline, Baseline(baseline=1, failures=tuple(map(pinned, run.cases))))

    def status(*options: str) -> object:
        with pytest.raises(SystemExit) as left:
            main(["replay", str(tmp_path / "evidence"), *options])
        return left.value.code

    assert (status(), status("--baseline", str(baseline))) == (1, 0)
    write_baseline(
        baseline,
        Baseline(baseline=1, failures=(ExpectedFailure(case="modes/starttls[nothing=here]"),)),
    )
    capsys.readouterr()
    assert status("--baseline", str(baseline)) == 1
    assert "there is no case modes/starttls[nothing=here]" in "".join(capsys.readouterr())


@pytest.fixture(scope="module")
def whole(part: tuple[Case, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evidence of a few cases, for those who spoil a copy of it."""
    folder = tmp_path_factory.mktemp("whole") / "evidence"
    recorded(folder, part[:4], right)
    return folder


@pytest.fixture
def evidence(whole: Path, tmp_path: Path) -> Path:
    for file in whole.rglob("*"):
        copy = tmp_path / "evidence" / file.relative_to(whole)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.is_file():
            copy.write_bytes(file.read_bytes())
    return tmp_path / "evidence"


def spoilt(file: Path, edit: Callable[[bytes], bytes]) -> None:
    file.write_bytes(edit(file.read_bytes()))


def any_file(evidence: Path, name: str) -> Path:
    return min(evidence.rglob(name))


@pytest.mark.parametrize(
    ("name", "edit", "line", "words"),
    [
        ("transcript.jsonl", lambda b: b.replace(b'"Connected"', b'"Sent"', 1), 1, "is not as the"),
        ("transcript.jsonl", lambda b: b"\n".join(b.split(b"\n")[:3]), 4, "the file ends before"),
        ("transcript.jsonl", lambda b: b + b"{}\n", None, "this line is not as the"),
        (
            "request.json",
            lambda b: b.replace(b"2.0", b"9.0").replace(b"0.5", b"9.0"),
            None,
            "not as",
        ),
        ("answers.json", lambda b: b.replace(b'"status": "', b'"status": "x'), 3, "not as the run"),
        ("record.json", lambda b: b.replace(b'"evidence": 2', b'"evidence": 1'), 1, "version 1"),
        ("record.json", lambda b: b[: len(b) // 2], None, "no JSON"),
        ("record.json", lambda b: b.replace(b'"case": "', b'"case": "x'), 1, "this is of the case"),
        (
            "record.json",
            lambda b: b.replace(b'"fingerprint": "', b'"fingerprint": "0'),
            1,
            "asks something else",
        ),
    ],
)
def test_what_is_not_as_the_run_wrote_it_is_told_with_its_line(
    name: str,
    edit: Callable[[bytes], bytes],
    line: int | None,
    words: str,
    evidence: Path,
    part: tuple[Case, ...],
) -> None:
    file = any_file(evidence, name)
    before = file.read_bytes()
    spoilt(file, edit)
    assert file.read_bytes() != before
    found = again(evidence, part)
    [problem] = [each for each in found.problems if not each.startswith(f"{evidence}/run.json")]
    assert problem.startswith(f"{file}:{line if line is not None else ''}")
    assert words in problem
    broken = [case for case in found.result.cases if case.verdict == "error"]
    assert any(problem in (case.reason or "") for case in broken)


@pytest.mark.parametrize("name", ["transcript.jsonl", "record.json", "answers.json", "output.txt"])
def test_a_file_that_is_gone_is_told(name: str, evidence: Path, part: tuple[Case, ...]) -> None:
    file = any_file(evidence, name)
    file.unlink()
    assert again(evidence, part).problems == (f"{file}:1: No such file or directory",)


def test_words_that_are_no_text_are_read_all_the_same(
    evidence: Path, part: tuple[Case, ...]
) -> None:
    file = any_file(evidence, "output.txt")
    file.write_bytes(b"\xff")
    record = file.parent / "record.json"
    kept = json.loads(record.read_bytes())
    kept["files"][file.name] = list(line_digests(b"\xff"))
    record.write_text(json.dumps(kept), "utf-8")
    assert again(evidence, part).problems == ()


def test_nothing_is_read_outside_the_folder(evidence: Path, part: tuple[Case, ...]) -> None:
    (evidence.parent / "outside").write_text("[]", "utf-8")
    file = any_file(evidence, "record.json")
    spoilt(file, lambda b: b.replace(b'"answers.json"', b'"../../../../outside"'))
    assert "outside is not below" in again(evidence, part).problems[0]
    run = json.loads((evidence / "run.json").read_text("utf-8"))
    run["cases"][0]["folder"] = "/etc"
    (evidence / "run.json").write_text(json.dumps(run), "utf-8")
    assert "/etc is not below" in "".join(again(evidence, part).problems)


def test_a_run_that_was_killed_left_no_whole_evidence(
    evidence: Path, part: tuple[Case, ...]
) -> None:
    (evidence / "run.json").unlink()
    with pytest.raises(EvidenceError, match=r"run\.json:1: No such file or directory"):
        again(evidence, part)


def test_a_case_that_these_scenarios_do_not_have_is_told(
    evidence: Path, part: tuple[Case, ...]
) -> None:
    found = again(evidence, ())
    assert f"{evidence}/run.json:1: there is no case {part[0].id} in these scenarios" in (
        found.problems
    )


def test_a_sender_that_writes_the_name_of_a_secret_as_we_do_is_not_judged_again(
    part: tuple[Case, ...], tmp_path: Path
) -> None:
    def mimic(request: dict[str, Any]) -> dict[str, Any]:
        return {**right(request), "final_reply": "[password]"}

    cases = tuple(case for case in part if case.id.startswith("modes/"))[:1]
    recorded(tmp_path / "e", cases, mimic)
    assert "the sender wrote [password] itself" in again(tmp_path / "e", cases).problems[0]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "this is no event"),
        ("[]", "this is no event"),
        ('{"fact": "Nothing", "number": 1}', "this is no event"),
        ('{"fact": "Closed", "number": 2, "at": 0, "connection": 1}', "this is event 2, and 1 is"),
        (
            '{"fact": "Closed", "number": 1, "at": 0, "connection": 1, "by": 7, "how": "x"}',
            "no str",
        ),
        ('{"fact": "Sent", "number": 1, "at": 0, "connection": 1, "data": "\\u20ac"}', "no event"),
        (
            json.dumps({"fact": "MessageCaptured", "number": 1, "at": 0, "connection": 1}),
            "no event",
        ),
    ],
)
def test_a_line_that_is_no_event_is_refused(line: str, words: str) -> None:
    with pytest.raises(NoEventError, match=words):
        event_of(line, 1, iter(()))
