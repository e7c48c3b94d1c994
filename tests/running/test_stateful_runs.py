"""Runs of senders that keep state: logs that make no sense, and senders that cannot be ended."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from harness.evidence import EvidenceFolder
from harness.execution import RunOrder, execute, unheard
from harness.model import CaseResult, Finding, RunResult, Verdict
from harness.reference.sender import handle as sends
from harness.replay import replay
from harness.requirements import load_catalogue
from harness.runner import Options
from harness.scenario.case import Case
from harness.scenario.library import load_library
from harness.senders.base import Sender
from harness.senders.in_process import InProcessSender
from harness.senders.standing import StandingSender

pytestmark = pytest.mark.wire

FEATURES = ["smtp", "security:starttls", "security:none", "connect_to", "state", "configure",
            "test-send", "delivery-log"]  # fmt: skip
PLAIN = """\
title: A message that is handed over is sent
situations: [DLV-01]
given: {smtp: {security: none}}
when:
  - configure: {}
  - send: {stored: true}
    expect: {status: [queued, sent]}
  - deliveries: {show: {state: sent}}
then: {wire: {messages: 1}}
"""
QUEUED = """\
title: A message is sent, whenever it may be
situations: [DLV-01]
given: {smtp: {security: none}}
when: {send: {}}
then: {sender: {status: sent}, wire: {messages: 1}}
"""
ENDED = PLAIN.replace("  - deliveries", "  - restart: kill\n  - deliveries")
TWICE = PLAIN.replace("  - send", "  - instances: 2\n  - send", 1)
KILLED = PLAIN.replace("stored: true", "stored: true, killed: true").replace(
    "security: none", "security: none, faults: [{at: rcpt, do: stall, times: 1}]"
)


class Keeps:
    """Sends as soon as it is asked, and says of it in its log what it is made with."""

    def __init__(self, log: Any = None) -> None:
        self.transport: Any = None
        self.entries: list[dict[str, Any]] = []
        self.log = log

    def handle(self, request: Mapping[str, Any]) -> dict[str, Any]:
        match request["action"]:
            case "describe":
                return {"name": "made up", "version": "1", "features": FEATURES}
            case "configure":
                self.transport = request["transport"]
                return {"status": "stored", "settings": {"host": self.transport["host"]}}
            case "deliveries":
                is_true = self.log is None or not self.entries
                return {"deliveries": self.entries if is_true else self.log}
        answer = sends({**request, "transport": request["transport"] or self.transport})
        to = [box["address"] for box in request["message"]["to"]]
        self.entries.append({"state": answer["status"], "to": to, "attempts": [{}]})
        return {"status": "queued"}

    def stop(self, *, patience: float) -> None:
        """Nothing is on its way."""


class Impatient(StandingSender):
    """Is not waited for as long as others, though it states nothing."""

    def delivery_limit(self, timeout: float) -> float:
        return self.stated_delivery_limit or timeout / 10


def opened(log: Any = None, *, states: float | None = None) -> Sender:
    sender = Impatient(
        "made up",
        Keeps(log).handle,
        made_for=lambda _: Keeps(log),
        words=("false",),
        environment={},
    )
    sender.stated_delivery_limit = states
    return sender


def cases(folder: Path, text: str) -> tuple[Case, ...]:
    (folder / "made-up.yaml").write_text(text, encoding="utf-8")
    return load_library((str(folder / "made-up.yaml"),)).cases


def run(made: tuple[Case, ...], sender: Sender, *, evidence: Path | None = None) -> RunResult:
    options = Options(evidence=EvidenceFolder(evidence) if evidence is not None else None)
    order = RunOrder(cases=made, seed=5, options=options)
    return asyncio.run(execute(order, lambda _: sender, unheard))


def result(folder: Path, sender: Sender, text: str = PLAIN) -> CaseResult:
    (found,) = run(cases(folder, text), sender).cases
    return found


def unmet(found: CaseResult) -> dict[str, Finding]:
    return {finding.check: finding for finding in found.unmet}


def entry(state: str = "sent", **words: Any) -> dict[str, Any]:
    return {"state": state, "to": ["recipient@harness.test"], **words}


def test_a_log_that_says_what_happened_passes(tmp_path: Path) -> None:
    assert result(tmp_path, opened()).verdict is Verdict.PASS


def test_an_unknown_state_is_told_and_no_pass(tmp_path: Path) -> None:
    found = result(tmp_path, opened([entry("delivered")], states=0.2))
    assert found.verdict is Verdict.FAIL
    assert "'delivered'" in unmet(found)["log.soundness"].observed


@pytest.mark.parametrize(
    ("log", "check", "words"),
    [
        ([entry(attempts=[{"at": "2999-01-01T00:00:00Z"}])], "log.soundness", "still to come"),
        (
            [entry(attempts=[{"at": 1_700_000_000}, {"at": 1_600_000_000}])],
            "log.soundness",
            "backwards",
        ),
        ([entry(), entry("sent", to=["nobody@harness.test"])], "log.entries", "nobody asked for"),
        ([entry(), entry()], "log.entries", "there are 2"),
        ([entry(attempts=[{"reply_code": 599}])], "log.codes", "599"),
        ([entry("abandoned")], "log.honesty", "which was taken"),
    ],
)
def test_what_a_log_makes_up_convicts_it(
    log: list[dict[str, Any]], check: str, words: str, tmp_path: Path
) -> None:
    found = result(tmp_path, opened(log))
    assert found.verdict is Verdict.FAIL
    assert words in unmet(found)[check].observed


@pytest.mark.parametrize("log", ["none", {}, 4, [{"to": ["recipient@harness.test"]}]])
def test_a_log_that_is_none_is_no_answer(log: Any, tmp_path: Path) -> None:
    found = result(tmp_path, opened(log))
    assert found.verdict is Verdict.FAIL
    assert "answers" in unmet(found)


def test_one_that_never_leaves_processing_decides_nothing(tmp_path: Path) -> None:
    found = result(tmp_path, opened([entry("processing")]))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "limits.deliver" in (found.reason or "")


def test_and_convicts_who_states_when_it_is_final(tmp_path: Path) -> None:
    found = result(tmp_path, opened([entry("processing")], states=0.2))
    assert found.verdict is Verdict.FAIL
    assert "within 0.2 s" in unmet(found)["log.rest"].expected


def test_what_is_queued_without_a_word_about_the_log_is_what_the_log_says(tmp_path: Path) -> None:
    assert result(tmp_path, opened(), QUEUED).verdict is Verdict.PASS
    found = result(tmp_path, opened([entry("abandoned")]), QUEUED)
    assert found.verdict is Verdict.FAIL
    assert found.answer is not None
    assert found.answer["status"] == "failed"


def test_queued_for_ever_convicts_only_who_states_a_limit(tmp_path: Path) -> None:
    log = [entry("queued")]
    assert result(tmp_path, opened(log, states=0.2), QUEUED).verdict is Verdict.FAIL
    found = result(tmp_path, opened(log), QUEUED)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "limits.deliver" in (found.reason or "")


@pytest.mark.parametrize("text", [ENDED, TWICE, KILLED], ids=["ended", "twice", "killed"])
def test_who_cannot_be_ended_is_not_asked_what_comes_of_it(text: str, tmp_path: Path) -> None:
    keeps = Keeps()
    found = result(tmp_path, InProcessSender("made up", keeps.handle), text)
    assert found.verdict is Verdict.UNSUPPORTED
    assert "did not start this one" in (found.reason or "")
    assert not keeps.entries


def test_of_whom_there_is_no_second_one_two_are_not_asked_for(tmp_path: Path) -> None:
    class Single(Impatient):
        @property
        def can_be_several(self) -> bool:
            return False

    sender = Single(
        "made up",
        Keeps().handle,
        made_for=lambda _: Keeps(),
        words=("false",),
        environment={},
    )
    found = result(tmp_path, sender, TWICE)
    assert found.verdict is Verdict.UNSUPPORTED
    assert "its file starts one of it" in (found.reason or "")


def test_where_the_state_is_one_for_all_one_case_is_asked_at_a_time(tmp_path: Path) -> None:
    made = cases(tmp_path, PLAIN + "axes: {number: [one, two, three, four]}\n")
    configured: list[str] = []

    class Watched(Keeps):
        def handle(self, request: Mapping[str, Any]) -> dict[str, Any]:
            if request["action"] in {"configure", "send", "deliveries"}:
                configured.append(request["case"])
            return super().handle(request)

    found = run(made, InProcessSender("made up", Watched().handle))
    assert {case.verdict for case in found.cases} <= {Verdict.PASS, Verdict.FAIL}
    changes = sum(one != other for one, other in pairwise(configured))
    assert changes == len(made) - 1


def test_evidence_of_state_is_judged_alike_again(tmp_path: Path) -> None:
    made = cases(tmp_path, PLAIN)
    for name, log in {"right": None, "wrong": [entry(), entry()]}.items():
        then = run(made, opened(log), evidence=tmp_path / name)
        now = replay(tmp_path / name, made, load_catalogue(), strict=False)
        assert (now.problems, now.otherwise) == ((), {})
        for one, other in zip(now.result.cases, then.cases, strict=True):
            assert (one.verdict, dict(one.rows)) == (other.verdict, dict(other.rows))
            assert [(f.check, f.met) for f in one.findings] == [
                (f.check, f.met) for f in other.findings
            ]
