"""The verdict of a case: each step of its order, and what lies at the edge between two of them."""

from __future__ import annotations

from typing import Any

import pytest

from harness.checks.record import Reaction, Record, SendRecord
from harness.fakes.smtp.facts import Command
from harness.fakes.transcript import (
    Acknowledged,
    Broke,
    ClientHelloSeen,
    Connected,
    Fact,
    FaultActed,
    NotModelled,
    Received,
    TlsEstablished,
)
from harness.judge import Judgement, judge, requirement_verdict, row_verdict
from harness.model import Finding, Level, Verdict
from harness.requirements import load_catalogue
from harness.scenario.case import Case
from harness.scenario.expansion import expand
from harness.scenario.loading import loads

from .made_up import PASSWORD, make_captured, make_record, make_send

CATALOGUE = load_catalogue()
CONNECTED = Connected(server="smtp", port=25, peer="x")
HELLO = ClientHelloSeen(server_name=None, versions=("TLSv1.3",), implicit=False)
TAKEN = Acknowledged(messages=(0,), answer="250 ok")
STRANGER = TlsEstablished(version="TLSv1.3", cipher="x", certificate="expired")
IN_CLEAR = Received(data=b"AUTH PLAIN x\r\n", secure=False)
FAILED = make_send({"status": "failed"})
SENT = make_send({"status": "sent"})
CRASHED = make_send(None, reaction=Reaction.CRASHED, summary="crashed: boom")
CANNOT = make_send(None, reaction=Reaction.UNSUPPORTED, summary="no TLS here")


def case(**parts: str) -> Case:
    """The case of a scenario; the control beside it is left out."""
    usual = {
        "title": "A made-up case of a made-up scenario",
        "verifies": "[ORY-035]",
        "situations": "[]",
        "given": "{smtp: {certificate: expired}}",
        "when": "{send: {}}",
        "then": "{sender: {status: failed}, wire: {messages: never}}",
        "control": "{smtp: {certificate: good}}",
    }
    text = "\n".join(f"{key}: {value}" for key, value in {**usual, **parts}.items())
    return expand(loads(text, source="a.yaml"), "a")[-1]


def decide(
    record: Record, asked: Case | None = None, *, control: Verdict | None = Verdict.PASS,
    has_answered: bool = True,
) -> Judgement:  # fmt: skip
    return judge(asked or case(), record, CATALOGUE, control=control, has_answered=has_answered)


def finding(judgement: Judgement, check: str) -> Finding:
    [found] = [each for each in judgement.findings if each.check == check]
    return found


def honest_failure(*more: Fact, **changes: Any) -> Record:
    return make_record(CONNECTED, HELLO, *more, **{"asked": (FAILED,), **changes})


def test_a_right_failure_passes() -> None:
    judged = decide(honest_failure())
    assert (judged.verdict, judged.level, judged.reason) == (Verdict.PASS, None, None)
    assert all(each.met for each in judged.findings)


def test_1_a_broken_fake_is_an_error_whatever_else_happened() -> None:
    judged = decide(honest_failure(IN_CLEAR, Broke(error=f"KeyError: {PASSWORD}")))
    assert (judged.verdict, judged.findings) == (Verdict.ERROR, ())
    assert judged.reason == "the fake broke: KeyError: [password]"


@pytest.mark.parametrize("control", [None, *Verdict])
def test_2_unsupported_is_taken_at_its_word(control: Verdict | None) -> None:
    judged = decide(make_record(asked=(CANNOT,)), control=control)
    assert (judged.verdict, judged.reason) == (Verdict.UNSUPPORTED, "no TLS here")
    assert judged.findings == ()


def test_2_unsupported_without_a_reason_says_who_said_so() -> None:
    silent = make_send(None, reaction=Reaction.UNSUPPORTED)
    assert decide(make_record(asked=(silent,))).reason == "the sender says so"


def test_2_unsupported_and_a_leak_is_a_failure() -> None:
    judged = decide(make_record(CONNECTED, IN_CLEAR, asked=(CANNOT,)), control=Verdict.FAIL)
    assert (judged.verdict, judged.level) == (Verdict.FAIL, Level.MUST)
    assert [each.check for each in judged.findings] == ["credentials-in-clear"]


def test_2_a_reason_with_a_secret_is_a_leak_and_is_redacted() -> None:
    told = f"not with {PASSWORD}"
    send = make_send(None, reaction=Reaction.UNSUPPORTED, summary=told, words=told)
    judged = decide(make_record(asked=(send,)))
    assert judged.verdict is Verdict.FAIL
    assert PASSWORD not in str(judged)
    quiet = make_send(None, reaction=Reaction.UNSUPPORTED, summary=told)
    assert decide(make_record(asked=(quiet,))).reason == "not with [password]"


@pytest.mark.parametrize("control", [None, *Verdict])
@pytest.mark.parametrize("has_answered", [True, False])
@pytest.mark.parametrize("asked", [(FAILED,), (CRASHED,)])
def test_3_a_leak_convicts_whatever_the_control_did_and_whoever_is_silent(
    control: Verdict | None, has_answered: bool, asked: Any
) -> None:
    record = honest_failure(IN_CLEAR, asked=asked)
    judged = decide(record, control=control, has_answered=has_answered)
    assert (judged.verdict, judged.level) == (Verdict.FAIL, Level.MUST)
    assert finding(judged, "credentials-in-clear").events == (3,)


def test_3_a_sender_told_to_send_in_clear_leaks_nothing_by_it() -> None:
    judged = decide(honest_failure(IN_CLEAR, in_clear=True))
    assert judged.verdict is Verdict.PASS
    assert "credentials-in-clear" not in {each.check for each in judged.findings}


@pytest.mark.parametrize("send", [FAILED, SENT, CRASHED])
@pytest.mark.parametrize("control", [Verdict.PASS, Verdict.FAIL, None])
def test_4_what_the_fake_does_not_model_proves_nothing(
    send: SendRecord, control: Verdict | None
) -> None:
    judged = decide(honest_failure(NotModelled(call="GET /x"), asked=(send,)), control=control)
    assert judged.verdict is Verdict.INCONCLUSIVE
    assert judged.reason == "the fake does not model GET /x"
    assert set(judged.rows.values()) == {Verdict.INCONCLUSIVE}


def test_4_a_leak_convicts_beside_what_the_fake_does_not_model() -> None:
    judged = decide(honest_failure(NotModelled(call="GET /x"), IN_CLEAR))
    assert judged.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("control", "has_answered", "verdict"),
    [
        (None, True, Verdict.FAIL),
        (Verdict.PASS, False, Verdict.FAIL),
        (Verdict.FAIL, True, Verdict.FAIL),
        (None, False, Verdict.ERROR),
        (Verdict.FAIL, False, Verdict.ERROR),
        (Verdict.ERROR, False, Verdict.ERROR),
    ],
)
def test_5_silence_is_the_senders_fault_once_it_has_shown_that_it_can_answer(
    control: Verdict | None, has_answered: bool, verdict: Verdict
) -> None:
    judged = decide(honest_failure(asked=(CRASHED,)), control=control, has_answered=has_answered)
    assert judged.verdict is verdict
    assert judged.reason == ("crashed: boom" if verdict is Verdict.ERROR else None)
    assert finding(judged, "answers").level is Level.MUST


def test_5_silence_is_a_must_even_where_the_question_is_a_small_one() -> None:
    row = next(row for row in CATALOGUE.situations if row.level is Level.MAY)
    small = case(verifies="[]", situations=f"[{row.id}]")
    judged = decide(honest_failure(asked=(CRASHED,)), small)
    assert (judged.verdict, judged.level) == (Verdict.FAIL, Level.MUST)


@pytest.mark.parametrize("control", [each for each in Verdict if each is not Verdict.PASS])
def test_6_without_its_control_a_case_proves_nothing(control: Verdict) -> None:
    for asked in ((FAILED,), (SENT,)):
        judged = decide(honest_failure(asked=asked), control=control)
        assert (judged.verdict, judged.level) == (Verdict.INCONCLUSIVE, Level.MUST)
        assert judged.reason == f"its control did not pass ({control})"


def test_7_an_unmet_must_fails() -> None:
    judged = decide(make_record(CONNECTED, HELLO, make_captured(), TAKEN, asked=(SENT,)))
    assert (judged.verdict, judged.level) == (Verdict.FAIL, Level.MUST)
    assert {each.check for each in judged.findings if not each.met} == {"sender.status", "messages"}


@pytest.mark.parametrize(
    ("level", "verdict", "carried"),
    [
        (Level.SHOULD, Verdict.FAIL, Level.SHOULD),
        (Level.MAY, Verdict.PASS, None),
        (Level.INFO, Verdict.PASS, None),
    ],
)
def test_7_what_is_below_should_is_shown_and_never_fails(
    level: Level, verdict: Verdict, carried: Level | None
) -> None:
    asked = case(
        then="{sender: {status: failed, error: {phase: auth}}, "
        f"levels: {{sender.error.phase: {level}}}}}"
    )
    send = make_send({"status": "failed", "error": {"phase": "tls"}})
    judged = decide(honest_failure(asked=(send,)), asked)
    assert (judged.verdict, judged.level) == (verdict, carried)
    assert not finding(judged, "sender.error.phase").met


def test_7_a_level_can_only_be_lowered() -> None:
    row = next(row for row in CATALOGUE.situations if row.level is Level.MAY)
    asked = case(
        verifies="[]",
        situations=f"[{row.id}]",
        then="{sender: {status: failed}, levels: {sender.status: MUST}}",
    )
    assert finding(decide(honest_failure(asked=(SENT,)), asked), "sender.status").level is Level.MAY


def test_7_a_lie_is_a_smaller_matter_where_the_scenario_says_so() -> None:
    asked = case(then="{sender: {status: [sent, failed]}, levels: {honesty: SHOULD}}")
    judged = decide(honest_failure(asked=(SENT,)), asked)
    assert (judged.verdict, judged.level) == (Verdict.FAIL, Level.SHOULD)


def test_7_a_lie_fails_every_case() -> None:
    asked = case(then="{sender: {status: [sent, failed]}}")
    judged = decide(honest_failure(asked=(SENT,)), asked)
    assert judged.verdict is Verdict.FAIL
    assert {each.check for each in judged.findings if not each.met} == {"honesty"}


@pytest.mark.parametrize(
    ("given", "facts", "missing"),
    [
        ("{smtp: {certificate: expired}}", [], "the sender never connected"),
        ("{smtp: {certificate: expired}}", [CONNECTED], "no TLS handshake began"),
        ("{smtp: {certificate: expired, security: none}}", [CONNECTED], None),
        ("{smtp: {faults: [{at: mail, do: close}]}}", [CONNECTED, HELLO],
         "the sender never came to the moment of the fault"),
        ("{smtp: {faults: [{at: mail, do: close}]}}",
         [CONNECTED, FaultActed(moment="mail[1]", action="close")], None),
        ("{smtp: {certificate: expired, faults: [{at: ehlo, do: close}]}}",
         [CONNECTED, FaultActed(moment="ehlo[1]", action="close")], None),
        ("{smtp: {certificate: expired, network: refused}}", [], None),
        ("{smtp: {size: 5}}", [CONNECTED], None),
    ],
)  # fmt: skip
def test_8_what_never_arose_decides_nothing(
    given: str, facts: list[Fact], missing: str | None
) -> None:
    asked = case(given=given, control="{smtp: {size: 9}}", then="{sender: {status: failed}}")
    judged = decide(make_record(*facts, asked=(FAILED,)), asked)
    assert judged.verdict is (Verdict.INCONCLUSIVE if missing else Verdict.PASS)
    assert judged.reason == missing
    assert judged.level is (Level.MUST if missing else None)


@pytest.mark.parametrize(
    ("arises", "facts", "verdict"),
    [
        ("[]", [], Verdict.PASS),
        ("[asked]", [], Verdict.PASS),
        ("[connected]", [], Verdict.INCONCLUSIVE),
        ("[connected]", [CONNECTED], Verdict.PASS),
        ("[hello]", [CONNECTED], Verdict.INCONCLUSIVE),
        ("[faults]", [CONNECTED, HELLO], Verdict.INCONCLUSIVE),
    ],
)
def test_8_a_scenario_may_say_what_has_to_arise(
    arises: str, facts: list[Fact], verdict: Verdict
) -> None:
    asked = case(then=f"{{sender: {{status: failed}}, arises: {arises}}}")
    assert decide(make_record(*facts, asked=(FAILED,)), asked).verdict is verdict


def test_8_comes_after_7() -> None:
    assert decide(make_record(asked=(SENT,))).verdict is Verdict.FAIL


def test_9_a_control_passes_when_its_message_was_taken_once() -> None:
    control = expand(loads(_CONTROLLED, source="a.yaml"), "a")[0]
    assert control.is_control
    good = make_record(CONNECTED, make_captured(), TAKEN)
    assert decide(good, control, control=None).verdict is Verdict.PASS
    for bad in (make_record(CONNECTED, asked=(FAILED,)), make_record(CONNECTED)):
        judged = decide(bad, control, control=None)
        assert (judged.verdict, judged.level) == (Verdict.FAIL, Level.MUST)


_CONTROLLED = """\
title: A made-up case with a control
verifies: [ORY-035]
given: {smtp: {certificate: expired}}
when: {send: {}}
then: {sender: {status: failed}}
control: {smtp: {certificate: good}}
"""


# Which rows a finding decides.


def test_decides_takes_rows_from_the_other_clauses() -> None:
    asked = case(
        situations="[CERT-02, CERT-35]",
        then="{sender: {status: failed, error: {phase: tls, says: expired}}, wire: {auth: never},"
        " decides: {sender.error.says: [CERT-35]}}",
    )
    send = make_send({"status": "failed", "error": {"phase": "tls", "message": "expired"}})
    judged = decide(honest_failure(asked=(send,)), asked)
    assert finding(judged, "sender.error.says").rows == ("CERT-35",)
    for check in ("sender.status", "sender.error.phase", "auth"):
        assert finding(judged, check).rows == ("ORY-035", "CERT-02")


def test_decides_by_the_nearest_name_around_a_clause() -> None:
    asked = case(
        situations="[CERT-02, CERT-35]",
        then="{sender: {status: failed, error: {phase: tls, says: expired}}, wire: {auth: never},"
        " decides: {sender: [CERT-02], sender.error: [CERT-35], wire.auth: [ORY-035]}}",
    )
    send = make_send({"status": "failed", "error": {"phase": "tls", "message": "expired"}})
    judged = decide(honest_failure(asked=(send,)), asked)
    assert finding(judged, "sender.status").rows == ("CERT-02",)
    assert finding(judged, "sender.error.phase").rows == ("CERT-35",)
    assert finding(judged, "auth").rows == ("ORY-035",)


def test_a_finding_has_the_highest_level_of_its_rows() -> None:
    low = next(row for row in CATALOGUE.situations if row.level is Level.MAY)
    asked = case(situations=f"[{low.id}]")
    assert finding(decide(honest_failure()), "sender.status").level is Level.MUST
    assert finding(decide(honest_failure(), asked), "sender.status").level is Level.MUST
    alone = case(verifies="[]", situations=f"[{low.id}]")
    assert finding(decide(honest_failure(), alone), "sender.status").level is Level.MAY


def test_what_was_seen_is_redacted() -> None:
    told = {"status": "failed", "error": {"message": f"bad {PASSWORD}"}}
    asked = case(then="{sender: {status: failed, error: {says: expired}}}")
    judged = decide(honest_failure(asked=(make_send(told),)), asked)
    assert finding(judged, "sender.error.says").observed == "it says: bad [password]"


def test_each_step_is_held_to_its_own_expectation() -> None:
    asked = case(
        when="[{send: {}, expect: {status: failed}}, {change: {smtp: {size: 5}}}, {send: {}}]",
        then="{sender: {status: failed}}",
    )
    record = honest_failure(asked=(SENT, FAILED))
    judged = decide(record, asked)
    assert [f.met for f in judged.findings if f.check == "sender.status"] == [False, True]


def test_the_host_stands_for_the_one_that_was_told() -> None:
    asked = case(then="{sender: {status: failed}, wire: {sni: <host>}}")
    hello = ClientHelloSeen(server_name="mail.harness.test", versions=(), implicit=False)
    record = make_record(CONNECTED, hello, asked=(FAILED,), host="mail.harness.test")
    assert finding(decide(record, asked), "sni").met
    assert finding(decide(record, asked), "sni").expected == "SNI mail.harness.test"


def test_a_command_to_an_untrusted_peer_is_a_leak_even_without_a_control() -> None:
    asked = case(then="{sender: {status: failed}, wire: {mail: never}}")
    mail = Command(line=b"MAIL FROM:<>", secure=True)
    for verifies, verdict in ((True, Verdict.FAIL), (False, Verdict.INCONCLUSIVE)):
        record = honest_failure(STRANGER, mail, verifies=verifies)
        assert decide(record, asked, control=Verdict.FAIL).verdict is verdict


# Requirements.


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        ("pass", "pass"),
        ("pass fail error inconclusive unsupported", "fail"),
        ("pass error inconclusive unsupported", "error"),
        ("pass inconclusive unsupported", "inconclusive"),
        ("pass unsupported", "pass"),
        ("unsupported unsupported", "unsupported"),
    ],
)
def test_a_requirements_verdict_is_the_worst_of_its_cases(verdicts: str, worst: str) -> None:
    assert requirement_verdict(Verdict(word) for word in verdicts.split()) == worst


def decided(
    check: str, *rows: str, met: bool = False, level: Level = Level.MUST, leak: bool = False
) -> Finding:
    return Finding(
        check=check, met=met, level=level, expected="", observed="", rows=rows, leak=leak
    )


@pytest.mark.parametrize(
    ("findings", "counted", "uncounted"),
    [
        ((decided("auth", "ORY-035"),), "fail", "inconclusive"),
        ((decided("auth", "ORY-035", leak=True),), "fail", "fail"),
        ((decided("answers", "ORY-035"),), "fail", "fail"),
        ((decided("auth", "ORY-035", met=True),), "pass", "inconclusive"),
        ((decided("auth", "ORY-036"),), "inconclusive", "inconclusive"),
        ((decided("discretion", "AUTH-30", leak=True),), "inconclusive", "inconclusive"),
        ((decided("quit", "ORY-035", level=Level.SHOULD),), "inconclusive", "inconclusive"),
        (
            (decided("quit", "ORY-035", level=Level.SHOULD), decided("x", "ORY-035", met=True)),
            "pass",
            "inconclusive",
        ),
        ((decided("auth", "ORY-035"), decided("x", "ORY-035", met=True)), "fail", "inconclusive"),
        ((), "inconclusive", "inconclusive"),
    ],
)
def test_a_row_is_judged_by_the_findings_that_decide_it(
    findings: tuple[Finding, ...], counted: str, uncounted: str
) -> None:
    assert str(row_verdict(findings, "ORY-035", Level.MUST, proved=True, arose=True)) == counted
    assert str(row_verdict(findings, "ORY-035", Level.MUST, proved=False, arose=True)) == uncounted
    unseen = row_verdict(findings, "ORY-035", Level.MUST, proved=True, arose=False)
    assert str(unseen) == ("inconclusive" if counted == "pass" else counted)


@pytest.mark.parametrize(
    ("level", "said"), [(Level.MUST, "fail"), (Level.SHOULD, "fail"), (Level.MAY, "inconclusive")]
)
def test_a_finding_convicts_no_row_above_its_level(level: Level, said: str) -> None:
    verdict = row_verdict(
        [decided("quit", "ORY-036", level=level)], "ORY-036", Level.SHOULD, proved=True, arose=True
    )
    assert str(verdict) == said
