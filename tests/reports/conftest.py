"""Made-up runs for the tests of the reports."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.events import CaseFinished, CaseStarted, Event, RunFinished, RunStarted
from harness.model import CaseResult, Finding, Level, RequirementResult, RunResult, Verdict

STARTED = datetime(2025, 3, 1, 9, 30, 0, tzinfo=UTC)

HOSTILE = (
    "\x00\x1b[2J\x1b]0;owned\x07\u202etxt.exe\r\n]]></failure></testsuite><script>alert(1)</script>"
    " | a | ``` `` ` </details> <!-- & \ud800\udcff\ufffe\x7f\x9b31m # - * _x_ [l](http://x.test)"
)


def make_finding(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "check": "credentials-in-clear",
        "met": False,
        "level": Level.MUST,
        "expected": "no AUTH before a verified handshake",
        "observed": "AUTH PLAIN was sent in clear",
        "events": (5,),
        "rows": ("ORY-035",),
    }
    return Finding(**{**values, **changes})


def make_case(name: str = "tls/certificate[mode=starttls]", **changes: Any) -> CaseResult:
    values: dict[str, Any] = {
        "id": name,
        "scenario": name.partition("[")[0],
        "title": "An expired certificate is refused before credentials are sent",
        "axes": dict(re.findall(r"([\w-]+)=([\w-]+)", name)),
        "tags": (),
        "requirements": ("ORY-035",),
        "situations": ("CERT-02",),
        "verdict": Verdict.PASS,
        "level": None,
        "reason": None,
        "control": None,
        "duration": 0.25,
    }
    made = CaseResult(**{**values, **changes})
    if "rows" in changes:
        return made
    return replace(made, rows=dict.fromkeys((*made.requirements, *made.situations), made.verdict))


def make_failure(name: str = "tls/certificate[mode=starttls]", **changes: Any) -> CaseResult:
    values: dict[str, Any] = {
        "verdict": Verdict.FAIL,
        "level": Level.MUST,
        "findings": (make_finding(),),
        "answer": {"status": "sent", "final_reply": "250 2.0.0 queued as 4F2A"},
        "conversation": CONVERSATION,
        "source": "scenarios/tls/certificate.yaml:12",
    }
    return make_case(name, **{**values, **changes})


def make_result(*cases: CaseResult, **changes: Any) -> RunResult:
    values: dict[str, Any] = {
        "harness": "0.1.0",
        "seed": 4242,
        "sender": "reference",
        "started": STARTED,
        "duration": 12.34,
        "cases": cases,
        "requirements": (),
    }
    return RunResult(**{**values, **changes})


def every_verdict() -> RunResult:
    """One case of each verdict, and an expected failure beside them."""
    return make_result(
        make_case("smtp/plain", requirements=("ORY-035", "ORY-001")),
        make_failure("tls/certificate[mode=tls]", evidence="evidence/tls/certificate"),
        make_case("smtp/slow", verdict=Verdict.INCONCLUSIVE, reason="its control failed too"),
        make_case(
            "api/region",
            verdict=Verdict.UNSUPPORTED,
            reason="the sender cannot be led to another host",
            unmet_need="connect_to",
        ),
        make_case(
            "api/ses", verdict=Verdict.ERROR, reason="a fake broke", output="Traceback\nboom"
        ),
        make_failure("tls/old[mode=tls]", expected_failure=True, reason="pinned by the baseline"),
        requirements=(
            RequirementResult(
                id="ORY-035", level=Level.MUST, verdict="fail", cases=("tls/certificate[mode=tls]",)
            ),
            RequirementResult(
                id="ORY-001", level=Level.SHOULD, verdict="pass", cases=("smtp/plain",)
            ),
            RequirementResult(
                id="AUTH0-011", level=Level.INFO, verdict="untestable", reason="a hyperlink"
            ),
            RequirementResult(id="AUTH0-012", level=Level.MUST, verdict="not run"),
        ),
    )


def hostile_run() -> RunResult:
    """Wherever a sender or a server can put bytes, hostile ones."""
    hostile, long = HOSTILE, "x" * 10_000
    finding = make_finding(check=hostile, expected=long, observed=hostile)
    case = make_failure(
        "tls/hostile[mode=tls]",
        title=hostile,
        tags=(hostile,),
        reason=hostile,
        findings=(finding,),
        answer={"status": "sent", "reason": hostile, hostile: [hostile, float("nan"), {"a": None}]},
        conversation=((1, hostile), (5, long), (6, hostile * 20)),
        output=hostile,
        evidence="evidence/tls/hostile",
    )
    others = [
        make_case(f"api/{verdict}", verdict=verdict, reason=hostile, output=hostile)
        for verdict in (Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED, Verdict.ERROR)
    ]
    return make_result(case, *others, sender=hostile, notes=(hostile,))


def events_of(result: RunResult) -> list[Event]:
    """The events that a runner with one job would have emitted for `result`."""
    total = len(result.cases)
    events: list[Event] = [
        RunStarted(
            harness=result.harness,
            sender=result.sender,
            seed=result.seed,
            total=total,
            started=result.started,
        )
    ]
    for done, case in enumerate(result.cases, start=1):
        events += [CaseStarted(id=case.id), CaseFinished(result=case, done=done, total=total)]
    return [*events, RunFinished(result=result)]


CONVERSATION = (
    (1, "S: 220 mx.example ESMTP"),
    (2, "C: EHLO client.example"),
    (3, "S: 250-mx.example"),
    (3, "S: 250 STARTTLS"),
    (4, "   handshake failed: certificate has expired"),
    (5, "C: AUTH PLAIN ***"),
    (6, "S: 235 2.7.0 ok"),
    (7, "C: MAIL FROM:<a@example>"),
    (8, "S: 250 2.1.0 ok"),
    (9, "C: QUIT"),
)


@pytest.fixture
def empty_run() -> RunResult:
    return make_result()


@pytest.fixture(name="every_verdict")
def _every_verdict() -> RunResult:
    return every_verdict()


@pytest.fixture(name="hostile_run")
def _hostile_run() -> RunResult:
    return hostile_run()


@pytest.fixture(name="make_case")
def _make_case() -> Callable[..., CaseResult]:
    return make_case


@pytest.fixture(name="make_failure")
def _make_failure() -> Callable[..., CaseResult]:
    return make_failure


@pytest.fixture(name="make_finding")
def _make_finding() -> Callable[..., Finding]:
    return make_finding


@pytest.fixture(name="make_result")
def _make_result() -> Callable[..., RunResult]:
    return make_result


@pytest.fixture(name="events_of")
def _events_of() -> Callable[[RunResult], list[Event]]:
    return events_of
