"""Whole runs: controls, interruptions of all sorts, and what is left behind."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import junitparser
import pytest

from harness.cli import main
from harness.embedding import run
from harness.errors import MachineError, SenderError
from harness.events import CaseFinished, CaseStarted, Event, Listener, RunFinished, RunStarted
from harness.evidence import EvidenceFolder, folder_name
from harness.execution import RunOrder, execute, unheard
from harness.model import RunResult, Verdict
from harness.protocol import SendRequest
from harness.reference.sender import handle as right
from harness.reports.document import report_schema
from harness.run_context import RunContext, prepared
from harness.runner import Options
from harness.scenario.case import Case
from harness.scenario.library import load_library
from harness.secrets import Secrets
from harness.senders.base import Sender
from harness.senders.in_process import InProcessSender
from harness.senders.outcome import Crashed, Outcome, Output
from harness.steps import shown_output

from . import made_up_senders
from .made_up_senders import Handle

pytestmark = pytest.mark.wire

UNVERIFIED_API = """\
title: An API whose certificate is bad gets no request
situations: [API-15]
given:
  api: {provider: postmark, certificate: expired, account: {domains: [{name: harness.test}]}}
when: {send: {}}
then: {sender: {status: failed}, wire: {requests: never}}
control: {api: {certificate: good}}
"""
NEGATIVE = """\
title: A bad certificate is refused
verifies: [ORY-035]
axes: {certificate: [expired, self-signed]}
given: {smtp: {certificate: "{certificate}"}}
when: {send: {}}
then: {sender: {status: failed}, wire: {auth: never, messages: never}}
control: {smtp: {certificate: good}}
"""
POSITIVE = """\
title: A message is sent and taken
verifies: [ORY-035]
when: {send: {}}
then: {sender: {status: sent}, wire: {messages: once, message: intact}}
"""
UNGREETED = """\
title: No word is said to somebody who does not greet
verifies: [ORY-035]
given: {smtp: {faults: [{at: connect, do: close}]}}
when: {send: {}}
then: {sender: {status: failed}, wire: {ehlo: never, auth: never}}
control: {smtp: {faults: []}}
"""
IMPOSSIBLE = """\
title: A certificate that nobody can issue
verifies: [ORY-035]
given: {smtp: {certificate: subdomain-only, names: [localhost]}}
when: {send: {}}
then: {sender: {status: sent}, wire: {messages: once}}
"""
Mixed = Callable[..., tuple[Case, ...]]


@pytest.fixture
def mixed(tmp_path: Path) -> Mixed:
    """The cases of some scenarios, each in a file of its own."""

    def read(**scenarios: str) -> tuple[Case, ...]:
        folder = tmp_path / "scenarios"
        for name, text in scenarios.items():
            file = folder / f"{name}.yaml"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return load_library((str(folder),)).cases

    return read


def carry_out(
    cases: tuple[Case, ...],
    handle: Handle = right,
    *,
    sender: Sender | None = None,
    listener: Listener = unheard,
    **options: Any,
) -> RunResult:
    order = RunOrder(cases=cases, seed=5, time_scale=0.5, options=Options(**options))
    made = sender or InProcessSender("made up", handle)
    return asyncio.run(execute(order, lambda _: made, listener))


def verdicts(result: RunResult) -> dict[str, str]:
    return {case.id: str(case.verdict) for case in result.cases}


def test_the_right_sender_passes_and_is_told_of_in_order(mixed: Mixed) -> None:
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)

    cases = mixed(bad=NEGATIVE, good=POSITIVE)
    result = carry_out(cases, listener=listen, jobs=1)
    assert set(verdicts(result).values()) == {"pass"}
    assert [case.id for case in result.cases] == [case.id for case in cases]
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    started = [event.id for event in events if isinstance(event, CaseStarted)]
    finished = [event for event in events if isinstance(event, CaseFinished)]
    assert started == [event.result.id for event in finished]
    assert sorted(started) == sorted(case.id for case in cases)
    assert [(event.done, event.total) for event in finished] == [(n, 4) for n in (1, 2, 3, 4)]


@pytest.mark.parametrize("jobs", [1, 16])
def test_a_case_waits_for_its_control(jobs: int, mixed: Mixed) -> None:
    finished: list[str] = []
    started: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, CaseStarted):
            started.append(event.id)
            if not event.id.endswith("control]"):
                assert "bad[control]" in finished
        if isinstance(event, CaseFinished):
            finished.append(event.result.id)

    result = carry_out(mixed(bad=NEGATIVE), listener=listen, jobs=jobs)
    assert started[0] == "bad[control]"
    assert len(result.cases) == 3


def test_a_sender_that_never_sends_proves_nothing(mixed: Mixed) -> None:
    result = carry_out(mixed(bad=NEGATIVE, good=POSITIVE), made_up_senders.never)
    assert verdicts(result) == {
        "bad[control]": "fail",
        "bad[certificate=expired]": "inconclusive",
        "bad[certificate=self-signed]": "inconclusive",
        "good": "fail",
    }
    assert result.cases[1].reason == "its control did not pass (fail)"


def test_a_fake_that_cannot_be_is_an_error_and_the_run_goes_on(mixed: Mixed) -> None:
    result = carry_out(mixed(a=IMPOSSIBLE, b=POSITIVE), jobs=1)
    assert verdicts(result) == {"a": "error", "b": "pass"}
    assert "subdomain-only" in str(result.cases[0].reason)


@pytest.mark.parametrize(
    ("handle", "words"),
    [
        (made_up_senders.crash, "crashed: raised RuntimeError: cannot use [password]"),
        (made_up_senders.garbage, "no answer: it returned list, and a dict is due"),
    ],
)
def test_a_crash_and_garbage_fail_the_case_of_a_sender_that_can_answer(
    handle: Handle, words: str, mixed: Mixed
) -> None:
    [case] = carry_out(mixed(good=POSITIVE), handle).cases
    assert (case.verdict, case.level) == (Verdict.FAIL, "MUST")
    assert words in [finding.observed for finding in case.findings]


def test_everything_unsupported_is_said_so(mixed: Mixed) -> None:
    result = carry_out(mixed(good=POSITIVE), made_up_senders.unsupported)
    assert verdicts(result) == {"good": "unsupported"}
    assert result.cases[0].reason == "out of order"


def test_who_says_unsupported_and_logs_in_in_clear_is_convicted(mixed: Mixed) -> None:
    result = carry_out(mixed(good=POSITIVE), made_up_senders.liar)
    assert verdicts(result) == {"good": "fail"}
    assert [finding.check for finding in result.cases[0].findings if finding.leak] == [
        "credentials-in-clear"
    ]


def test_a_case_is_not_asked_of_a_sender_that_lacks_what_it_needs(mixed: Mixed) -> None:
    def narrow(request: dict[str, Any]) -> dict[str, Any]:
        assert request["action"] == "describe"
        return {"features": ["smtp", "security:tls"]}

    [case] = carry_out(mixed(good=POSITIVE), narrow).cases
    assert (case.verdict, case.unmet_need) == (Verdict.UNSUPPORTED, "security:starttls")
    assert case.reason == "the sender does not have: security:starttls"


def test_the_same_seed_gives_the_same_request(mixed: Mixed) -> None:
    def asked(seed: int) -> list[Any]:
        seen: list[Any] = []

        def remember(request: dict[str, Any]) -> dict[str, Any]:
            if request["action"] == "send":
                transport = request["transport"]
                seen.append((transport["username"], transport["password"], request["message"]))
            return right(request)

        order = RunOrder(cases=mixed(good=POSITIVE), seed=seed)
        asyncio.run(execute(order, lambda _: InProcessSender("x", remember), unheard))
        return seen

    assert asked(3) == asked(3)
    assert asked(3) != asked(4)


class Undrivable(InProcessSender):
    """Answers the first request, and cannot be driven after that."""

    async def send(self, request: SendRequest, *, limit: float) -> Outcome:
        raise SenderError(f"the program is gone ({request.case})")


def test_many_sender_errors_end_in_one(mixed: Mixed) -> None:
    with pytest.raises(SenderError, match=r"^the program is gone \(.*\)$"):
        carry_out(mixed(bad=NEGATIVE, good=POSITIVE), sender=Undrivable("x", right), jobs=4)


class GoneAfterOne(InProcessSender):
    """Is right once, and cannot be driven after that."""

    sends = 0

    async def send(self, request: SendRequest, *, limit: float) -> Outcome:
        self.sends += 1
        if self.sends > 1:
            raise SenderError("the program is gone")
        return await super().send(request, limit=limit)


def test_what_had_run_before_the_trouble_is_told(mixed: Mixed) -> None:
    told: list[Event] = []

    def listen(event: Event) -> None:
        told.append(event)

    with pytest.raises(SenderError, match=r"^the program is gone$"):
        carry_out(
            mixed(first=POSITIVE, second=POSITIVE),
            sender=GoneAfterOne("x", right),
            listener=listen,
            jobs=1,
        )
    [last] = [event for event in told if isinstance(event, RunFinished)]
    assert [case.verdict for case in last.result.cases] == [Verdict.PASS]
    assert last.result.interrupted


def test_evidence_that_cannot_be_written_ends_the_run_in_words(
    mixed: Mixed, tmp_path: Path
) -> None:
    evidence = EvidenceFolder(tmp_path / "evidence")
    (tmp_path / "evidence/good").write_text("in the way")
    with pytest.raises(MachineError, match=r"^cannot write evidence to .*good: File exists$"):
        carry_out(mixed(good=POSITIVE), evidence=evidence)


def test_no_cases_ask_the_sender_nothing() -> None:
    def untouched(request: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError(request)

    assert carry_out((), untouched).cases == ()


def test_a_run_from_inside_a_running_loop(mixed: Mixed) -> None:
    mixed(good=POSITIVE)

    async def inside() -> dict[str, int]:
        return run(paths=["scenarios"], sender=right).summary

    summary = asyncio.run(inside())
    assert summary["pass"] >= 1


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


# Evidence.


@pytest.mark.parametrize(
    ("case", "folder"),
    [
        ("tls/a[mode=tls,control]", "tls/a_mode=tls_control_"),
        ("../../etc/passwd", "__/__/etc/passwd"),
        ("/etc//passwd/", "etc/passwd"),
        ("..", "__"),
        ("...", "___"),
        ("a/./b", "a/_/b"),
        ("", "_"),
        ("a\x00b\nc\\d", "a_b_c_d"),
        ("grüße", "gr__e"),
        ("a:b*c?d", "a_b_c_d"),
    ],
)
def test_a_cases_folder_is_a_safe_path(case: str, folder: str) -> None:
    assert folder_name(case) == folder


@pytest.mark.parametrize("case", ["x" * 500, "a/" * 200, "../" * 100, "é" * 121])
def test_a_long_name_is_cut_with_a_hash(case: str) -> None:
    name = folder_name(case)
    assert len(name.encode()) <= 120
    assert name != folder_name(case + "y")
    assert ".." not in Path(name).parts


def test_two_cases_never_share_a_folder(tmp_path: Path) -> None:
    evidence = EvidenceFolder(tmp_path)
    names = [evidence._name(case) for case in ("a:b", "a?b", "A_B", "a_b", "a:b")]
    assert names[0] == names[4]
    assert len({name.casefold() for name in names}) == 4


def test_evidence_holds_what_a_verdict_rests_on(mixed: Mixed, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    stale = folder / "good/message-9.eml"
    stale.parent.mkdir(parents=True)
    stale.write_text("of an older run")
    result = carry_out(mixed(good=POSITIVE), evidence=EvidenceFolder(folder))
    assert result.cases[0].evidence == str(folder / "good")
    assert {file.name for file in (folder / "good").iterdir()} == {
        "request.json", "answers.json", "conversation.txt", "transcript.jsonl", "tls.json",
        "message-0.eml", "output.json", "output.txt", "record.json",
    }  # fmt: skip
    [request] = json.loads((folder / "good/request.json").read_text())
    assert request["transport"]["password"] == "[password]"
    assert json.loads((folder / "good/answers.json").read_text())[0]["status"] == "sent"
    events = [
        json.loads(line) for line in (folder / "good/transcript.jsonl").read_text().splitlines()
    ]
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    assert b"Harness message" in (folder / "good/message-0.eml").read_bytes()


# The canary hunt.


@pytest.mark.parametrize("habit", ["gossip", "flood", "crash", "liar"])
def test_no_password_is_left_anywhere(
    habit: str, mixed: Mixed, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    made_up_senders.TOLD.clear()
    cases = mixed(bad=NEGATIVE, good=POSITIVE)
    formats = ("json", "ndjson", "junit", "markdown")
    reports = [f"--report={name}={tmp_path / f'report.{name}'}" for name in formats]
    source = Path(made_up_senders.__file__).read_text(encoding="utf-8")
    (tmp_path / "habits.py").write_text(source, encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["run", "scenarios", "--sender", f"python:habits:{habit}", "--seed", "11",
              "--time-scale", "0.5", "--evidence", "evidence", *reports])  # fmt: skip
    assert left.value.code in {0, 1}
    out, err = capfd.readouterr()
    produced = {"stdout": out.encode(), "stderr": err.encode()}
    for file in (*tmp_path.glob("report.*"), *(tmp_path / "evidence").rglob("*")):
        if file.is_file():
            produced[file.name] = file.read_bytes()
    assert len(produced) > len(formats) + 6
    with prepared(seed=11) as context:
        canaries = Secrets({case.id: context.account(case.id).password for case in cases})
        rest = context.family.prefix.encode()
    found = {name: canaries.found_in(data) for name, data in produced.items()}
    assert {name: names for name, names in found.items() if names} == {}
    # Not even the beginning of one, where something was cut off.
    assert [name for name, data in produced.items() if rest in data] == []


def test_both_ends_of_a_long_output_are_shown() -> None:
    """Node writes what went wrong above the trace of a crash, and Python below it."""
    password = "pw-0123456789abcdef"
    output = Output(stderr=b"Error: above\n" + b"at a line\n" * 900 + b"Error: below\n")
    shown = shown_output(Crashed(how="", output=output), Secrets({"password": password}))
    assert shown.startswith("Error: above\nat a line\n")
    assert shown.endswith("at a line\nError: below\n")
    assert "characters left out" in shown
    assert len(shown) < 4100
    for before in range(1980, 2005):
        long = b"x" * before + password.encode() + b"y" * 8000
        cut = shown_output(
            Crashed(how="", output=Output(stdout=long)), Secrets({"password": password})
        )
        assert "pw" not in cut


def test_a_short_output_is_shown_whole() -> None:
    output = Output(stdout=b"a" * 2000, stderr=b"b" * 1999)
    shown = shown_output(Crashed(how="", output=output), Secrets({}))
    assert shown == "a" * 2000 + "\n" + "b" * 1999


# Reports of a real run.


def test_the_reports_of_a_run_agree(mixed: Mixed, tmp_path: Path) -> None:
    mixed(bad=NEGATIVE, good=POSITIVE)
    with pytest.raises(SystemExit):
        main(["run", "scenarios", "--evidence", "out/evidence", "--time-scale", "0.5",
              "--report", "json=report.json", "--report", "junit=report.xml"])  # fmt: skip
    document = json.loads(Path("report.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(report_schema()).validate(document)
    assert document["summary"]["pass"] == 4 == len(document["cases"])
    suite = junitparser.JUnitXml.fromfile("report.xml")
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (4, 0, 0, 0)
    for case in document["cases"]:
        assert not Path(case["evidence"]).is_absolute()
        assert (Path(case["evidence"]) / "transcript.jsonl").is_file()
    row = next(row for row in document["requirements"] if row["id"] == "ORY-035")
    assert row["verdict"] == "pass"
    assert sorted(row["cases"]) == [case.id for case in _asked(document)]


def _asked(document: dict[str, Any]) -> list[Any]:
    ids = sorted(case["id"] for case in document["cases"] if not case["id"].endswith("control]"))
    return [type("Case", (), {"id": identifier}) for identifier in ids]


def test_the_trust_anchor_is_gone_after_the_run() -> None:
    def files(context: RunContext) -> list[Path]:
        return [Path(context.trust.ca_file), Path(context.trust.ca_pkcs12)]

    with prepared() as context:
        assert all(file.is_file() for file in files(context))
    assert not any(file.exists() for file in files(context))


class TalksWhileNobodyReads(InProcessSender):
    """Is asked without a turn of the loop in which the fakes run: they read when it is over."""

    async def exchange(self, document: Mapping[str, Any], *, limit: float) -> Outcome:
        del limit
        return self._call(dict(document))


def blurt(request: dict[str, Any]) -> dict[str, Any]:
    """Say the password without waiting for a greeting, and hang up."""
    if request["action"] == "describe":
        return right(request)
    real = next(iter(request["connect_to"].values()))
    host, _, port = real.rpartition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"EHLO me.example\r\nAUTH PLAIN AGEAYg==\r\n")
    return {"status": "failed"}


def test_what_a_sender_said_last_is_read_before_it_is_judged(mixed: Mixed) -> None:
    cases = mixed(ungreeted=UNGREETED)
    result = carry_out(cases, sender=TalksWhileNobodyReads("blurting", blurt))
    [_, case] = result.cases
    assert any("AUTH PLAIN" in line for _, line in case.conversation), case


def trusting(request: dict[str, Any]) -> dict[str, Any]:
    """Send without a look at the certificate, and say that it failed."""
    if request["action"] == "describe":
        return right(request)
    right({**request, "transport": {**request["transport"], "verify": False}})
    return {"status": "failed"}


@pytest.mark.parametrize(
    ("certificate", "verdict"), [("expired", "fail"), ("must-staple", "inconclusive")]
)
def test_a_key_that_went_to_an_unverified_api_convicts_without_a_control(
    certificate: str, verdict: str, mixed: Mixed
) -> None:
    cases = mixed(api=UNVERIFIED_API.replace("expired", certificate))
    [control, case] = carry_out(cases, trusting).cases
    assert (str(control.verdict), str(case.verdict)) == ("fail", verdict), case.reason


def test_a_row_that_a_case_was_not_meant_for_is_charged_all_the_same(mixed: Mixed) -> None:
    def boastful(request: dict[str, Any]) -> dict[str, Any]:
        return right(request) if request["action"] == "describe" else {"status": "sent"}

    result = carry_out(mixed(good=POSITIVE), boastful)
    honesty = next(row for row in result.requirements if row.id == "ORY-045")
    assert (honesty.verdict, honesty.cases) == ("fail", ("good",))
