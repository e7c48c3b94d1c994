"""What rests on the name localhost alone convicts nobody for good."""

from __future__ import annotations

from typing import Any

import pytest

from harness.checks import wire_checks
from harness.checks.loopback import relaxed_rule
from harness.checks.record import Reaction, Record
from harness.fakes.smtp.facts import AuthOutcome, Command
from harness.fakes.transcript import Acknowledged, Connected, Fact, Received
from harness.judge import Judgement, judge
from harness.model import Level, Verdict
from harness.requirements import load_catalogue
from harness.scenario.expansion import expand
from harness.scenario.loading import loads

from .made_up import make_captured, make_record, make_send

STRIPPED = """
title: A server without STARTTLS is given up
verifies: [ORY-035]
given: {smtp: {starttls: absent, auth: {offer: always}}}
when: {send: {}}
then: {sender: {status: failed}, wire: {auth: never, mail: never, messages: never}}
control: {smtp: {starttls: required}}
"""


def log_in(mechanism: str, *, secure: bool = False) -> tuple[Fact, ...]:
    line = f"AUTH {mechanism} AHUAcA==\r\n".encode()
    return (
        Received(data=line, secure=secure),
        Command(line=line.strip(), secure=secure),
        AuthOutcome(mechanism=mechanism, username="u", accepted=True, secure=secure),
    )


def stripped_session(*facts: Fact, **changes: Any) -> Record:
    asked = (make_send({"status": "sent"}),)
    told = Connected(server="smtp", port=25, peer="x")
    mail = Command(line=b"MAIL FROM:<a@b.c>", secure=False)
    taken = make_captured(secure=False)
    reply = Acknowledged(messages=(0,), answer="250 ok")
    return make_record(told, *facts, mail, taken, reply, **{"asked": asked, **changes})


def judged(record: Record, control: Verdict = Verdict.PASS) -> Judgement:
    case = expand(loads(STRIPPED, source="a.yaml"), "a")[-1]
    return judge(case, record, load_catalogue(), control=control, has_answered=True)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "::1"])
def test_plain_in_clear_at_this_machine_is_no_leak_and_no_more_than_should(host: str) -> None:
    found = judged(stripped_session(*log_in("PLAIN"), host=host))
    assert (found.verdict, found.level) == (Verdict.FAIL, Level.SHOULD)
    doubtful = [each for each in found.findings if not each.met]
    assert {each.check for each in doubtful} >= {"auth", "mail", "messages", "sender.status"}
    assert all("connect_to" in each.observed and not each.leak for each in doubtful)


@pytest.mark.parametrize(
    ("facts", "host"),
    [
        (log_in("PLAIN"), "mail.harness.test"),
        (log_in("LOGIN"), "localhost"),
        ((*log_in("PLAIN"), *log_in("CRAM-MD5")), "localhost"),
        ((), "localhost"),
        (log_in("PLAIN", secure=True), "localhost"),
    ],
)
def test_whatever_no_library_excepts_is_judged_as_anywhere(
    facts: tuple[Fact, ...], host: str
) -> None:
    found = judged(stripped_session(*facts, host=host))
    assert (found.verdict, found.level) == (Verdict.FAIL, Level.MUST)
    assert any(each.leak for each in found.findings)


def test_a_sender_that_was_told_to_be_in_clear_is_in_no_doubt() -> None:
    record = stripped_session(*log_in("PLAIN"), in_clear=True)
    assert relaxed_rule(record) is None


def test_a_sender_that_says_unsupported_and_logs_in_is_in_no_doubt() -> None:
    cannot = make_send(None, reaction=Reaction.UNSUPPORTED, summary="not this")
    found = judged(stripped_session(*log_in("PLAIN"), asked=(cannot,)))
    assert (found.verdict, found.level) == (Verdict.FAIL, Level.MUST)


@pytest.mark.parametrize(
    ("wanted", "is_asked"),
    [("localhost", False), ("mail.harness.test", True), ("none", True), ("LOCALHOST", False)],
)
def test_a_name_in_the_client_hello_is_asked_for_only_where_it_is_qualified(
    wanted: str, is_asked: bool
) -> None:
    assert wire_checks()["sni"].applies(wanted) is is_asked
    text = STRIPPED.replace("{auth: never,", f"{{sni: {wanted}, auth: never,")
    case = expand(loads(text, source="a.yaml"), "a")[-1]
    found = judge(case, make_record(), load_catalogue(), control=Verdict.PASS, has_answered=True)
    assert any(each.check == "sni" for each in found.findings) is is_asked
