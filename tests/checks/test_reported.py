"""The status and the id that a sender tells of an API, against made-up transcripts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from harness.checks.reported import http_status, provider_id
from harness.fakes.http.exchange import Response
from harness.fakes.http.facts import HttpResponded
from harness.fakes.marks import Mark
from harness.fakes.providers.accepted_mail import AcceptedMail
from harness.fakes.providers.message import ApiMessage
from harness.fakes.transcript import Connected, Fact, MessageCaptured
from harness.judge import Judgement, judge
from harness.model import Level, Verdict
from harness.requirements import load_catalogue
from harness.scenario.case import Case
from harness.scenario.expansion import expand
from harness.scenario.loading import loads

from .made_up import make_record, make_send

CONNECTED = Connected(server="api", port=443, peer="x")
API_CASE = """\
title: A title that is long enough
verifies: [ORY-035]
given: {api: {provider: sendgrid}}
when: {send: {}}
then: {sender: {status: failed}}
control: {api: {skew: 5}}
"""
SMTP_CASE = API_CASE.replace("api: {provider: sendgrid}", "smtp: {certificate: expired}").replace(
    "api: {skew: 5}", "smtp: {certificate: good}"
)


def answered(status: int, body: str = "") -> HttpResponded:
    response = Response(status=status, body=body.encode(), mark=Mark.SYNTHETIC, source="a test")
    return HttpResponded(response=response, secure=True)


def taken(identifier: str) -> MessageCaptured:
    mail = AcceptedMail(
        provider_id=identifier,
        mail_from="a@harness.test",
        recipients=("b@example.net",),
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    message = ApiMessage(mail=mail, secure=True, connection=1)
    return MessageCaptured(index=0, message=message)


def failed(status: int | None) -> dict[str, Any]:
    return {"status": "failed", "error": {"http_status": status}}


@pytest.mark.parametrize(
    ("told", "facts", "met"),
    [
        (401, [answered(401)], True),
        (400, [answered(401)], False),
        # Any of them: it may have asked several times.
        (503, [answered(429), answered(503), answered(202)], True),
        (500, [answered(429), answered(503)], False),
        (302, [answered(307, "302")], False),
        (400, [], False),
        # What is not said, however that is written.
        (None, [answered(401)], True),
        (0, [], True),
    ],
)
def test_a_status_that_is_told_was_answered(told: int | None, facts: list[Fact], met: bool) -> None:
    seen = http_status(make_record(*facts, asked=(make_send(failed(told)),)))
    assert seen.met is met
    assert met or f"HTTP status {told} is told, and " in seen.observed


@pytest.mark.parametrize(
    ("told", "facts", "met"),
    [
        ("abc-1", [taken("abc-1")], True),
        ("abc-2", [taken("abc-1")], False),
        ("<ABC-1@email.example>", [taken("abc-1")], True),
        ("2026.1@harness.test", [taken("<2026.1@harness.test>")], True),
        ("2026.1", [taken("<2026.1@harness.test>")], True),
        ("2026.2@harness.test", [taken("<2026.1@harness.test>")], False),
        # Several recipients, and an id for each.
        ("second", [taken("first"), taken("second")], True),
        ("first, second", [taken("first"), taken("second")], True),
        ("third", [taken("first"), taken("second")], False),
        # One that was refused has an id too.
        ("no-1", [answered(200, '[{"status": "rejected", "_id": "no-1"}]')], True),
        ("no-1", [answered(200, '{"request": "no-1", "id": "yes-1"}')], False),
        ("abc-1", [], False),
        (None, [taken("abc-1")], True),
        ("", [taken("abc-1")], True),
    ],
)
def test_an_id_that_is_told_is_the_providers(
    told: str | None, facts: list[Fact], met: bool
) -> None:
    send = make_send({"status": "sent", "provider_id": told})
    seen = provider_id(make_record(*facts, asked=(send,)))
    assert seen.met is met
    assert met or f"the id {told} is told, and the server gave " in seen.observed


def test_each_send_is_compared_with_its_own_events() -> None:
    facts = (answered(401), taken("first"), answered(503), taken("second"))
    parts = ((1, 2), (3, 4))

    def record_of(statuses: tuple[int, int], ids: tuple[str, str]) -> tuple[bool, bool]:
        sends = tuple(
            make_send({**failed(status), "provider_id": each}, first=first, last=last)
            for status, each, (first, last) in zip(statuses, ids, parts, strict=True)
        )
        record = make_record(*facts, asked=sends)
        return http_status(record).met, provider_id(record).met

    assert record_of((401, 503), ("first", "second")) == (True, True)
    assert record_of((401, 401), ("first", "first")) == (False, False)
    assert record_of((503, 503), ("second", "second")) == (False, False)


def test_what_was_answered_instead_is_cited() -> None:
    record = make_record(CONNECTED, answered(401), answered(503), asked=(make_send(failed(400)),))
    seen = http_status(record)
    assert seen.observed == "HTTP status 400 is told, and 401, 503 was answered"
    assert seen.events == (2, 3)
    send = make_send({"status": "sent", "provider_id": "made-up"})
    seen = provider_id(make_record(CONNECTED, taken("abc-1"), asked=(send,)))
    assert seen.observed == "the id made-up is told, and the server gave abc-1"
    assert seen.events == (2,)


def test_who_says_nothing_is_not_held_to_it() -> None:
    record = make_record(answered(401), asked=(make_send(None), make_send({"status": "failed"})))
    assert http_status(record).met
    assert provider_id(record).met


def judged(text: str, which: int) -> Judgement:
    case: Case = expand(loads(text, source="a.yaml"), "a")[which]
    lie = {**failed(400), "provider_id": "made-up"}
    record = make_record(CONNECTED, answered(401), asked=(make_send(lie),))
    return judge(case, record, load_catalogue(), control=Verdict.PASS, has_answered=True)


def test_every_case_asks_it_and_a_control_does_not() -> None:
    verdict = judged(API_CASE, -1)
    unmet = {each.check: each.level for each in verdict.findings if not each.met}
    assert unmet == {
        "sender.told.http_status": Level.SHOULD,
        "sender.told.provider_id": Level.SHOULD,
    }
    assert (verdict.verdict, verdict.level) == (Verdict.FAIL, Level.SHOULD)
    asked = [{each.check for each in judged(*other).findings} for other in OTHERS]
    assert not set(unmet) & set().union(*asked)


OTHERS = [(API_CASE, 0), (SMTP_CASE, 0)]
