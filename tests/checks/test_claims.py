"""What the sender says, against what it should say, what the wire shows and what was taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.checks.claims import (
    SenderClause,
    answers,
    ask_sender,
    discretion,
    honesty,
    sent_and_taken,
)
from harness.checks.record import Reaction, Record, SendRecord
from harness.fakes.transcript import (
    Acknowledged,
    Connected,
    Fact,
    FaultActed,
    MessageCaptured,
    Received,
    Sent,
)

MakeRecord = Callable[..., Record]
MakeSend = Callable[..., SendRecord]
Captured = Callable[..., MessageCaptured]

CONNECTED = Connected(server="smtp", port=25, peer="127.0.0.1:1")
TAKEN = Acknowledged(messages=(0,), answer="250 2.0.0 queued")
RSET = Received(data=b"RSET\r\n", secure=False)
HELLO = Sent(data=b"220 mx ESMTP\r\n", secure=False)


def sent(data: bytes) -> Sent:
    return Sent(data=data, secure=True)


# Honesty: five outcomes, of which the leak is in test_exposure.


def test_an_honest_success(make_record: MakeRecord, captured: Captured) -> None:
    assert honesty(make_record(CONNECTED, HELLO, captured(), TAKEN)).met


def test_an_honest_failure(make_record: MakeRecord, make_send: MakeSend) -> None:
    record = make_record(CONNECTED, HELLO, asked=(make_send({"status": "failed"}),))
    assert honesty(record).met


def test_a_false_success_cites_the_last_that_was_seen(make_record: MakeRecord) -> None:
    seen = honesty(make_record(CONNECTED, HELLO))
    assert not seen.met
    assert seen.observed == "the sender says sent, and no server acknowledged a message"
    assert seen.events == (2,)


def test_a_false_success_without_any_event_cites_none(make_record: MakeRecord) -> None:
    seen = honesty(make_record())
    assert (seen.met, seen.events) == (False, ())


def test_a_false_failure_cites_the_message(
    make_record: MakeRecord, make_send: MakeSend, captured: Captured
) -> None:
    failed = make_send({"status": "failed"})
    seen = honesty(make_record(CONNECTED, captured(), TAKEN, asked=(failed,)))
    assert not seen.met
    assert seen.observed == "the sender says failed, and the server had acknowledged the message"
    assert seen.events == (3,)


def test_each_send_is_compared_with_its_own_events(
    make_record: MakeRecord, make_send: MakeSend, captured: Captured
) -> None:
    right = (
        make_send({"status": "sent"}, first=1, last=2),
        make_send({"status": "failed"}, first=3, last=4),
    )
    facts: list[Fact] = [captured(), TAKEN, CONNECTED, HELLO]
    assert honesty(make_record(*facts, asked=right)).met
    wrong = (
        make_send({"status": "failed"}, first=1, last=2),
        make_send({"status": "sent"}, first=3, last=4),
    )
    assert honesty(make_record(*facts, asked=wrong)).events == (2,)


def test_what_comes_after_the_answer_is_not_known_to_the_sender(
    make_record: MakeRecord, make_send: MakeSend, captured: Captured
) -> None:
    gave_up = make_send({"status": "failed"}, first=1, last=1)
    assert honesty(make_record(captured(), TAKEN, asked=(gave_up,))).met


@pytest.mark.parametrize(
    ("facts", "seconds", "is_honest"),
    [
        ((RSET, TAKEN), 2.1, True),
        # Who speaks on at once has not waited, and who keeps silent hears the answer.
        ((RSET, TAKEN), 1.9, False),
        ((TAKEN,), 2.1, False),
        (((2, RSET), TAKEN), 2.1, False),
    ],
)
def test_an_answer_behind_the_time_out_of_a_sender_that_spoke_on_is_not_known_to_it(
    facts: tuple[Any, ...],
    seconds: float,
    is_honest: bool,
    make_record: MakeRecord,
    make_send: MakeSend,
    captured: Captured,
) -> None:
    record = make_record(RSET, captured(), *facts, asked=(make_send({"status": "failed"}),))
    *early, last = record.events
    late = replace(last, at=early[1].at + seconds)
    assert honesty(replace(record, events=(*early, late))).met is is_honest


def test_who_says_nothing_is_neither_honest_nor_not(
    make_record: MakeRecord, make_send: MakeSend
) -> None:
    assert honesty(make_record(CONNECTED, asked=(make_send(None),))).met


# Answers.


@pytest.mark.parametrize("reaction", [Reaction.CRASHED, Reaction.HUNG, Reaction.NO_ANSWER])
def test_a_sender_has_to_answer(
    reaction: Reaction, make_record: MakeRecord, make_send: MakeSend
) -> None:
    silent = make_send(None, reaction=reaction, summary="crashed: boom")
    good = make_send({"status": "sent"})
    seen = answers(make_record(asked=(good, silent)))
    assert (seen.met, seen.observed) == (False, "crashed: boom")


@pytest.mark.parametrize("reaction", [Reaction.ANSWERED, Reaction.UNSUPPORTED])
def test_unsupported_is_an_answer(
    reaction: Reaction, make_record: MakeRecord, make_send: MakeSend
) -> None:
    assert answers(make_record(asked=(make_send(None, reaction=reaction),))).met


# Discretion.


def test_a_secret_in_the_senders_words_is_a_leak(
    make_record: MakeRecord, make_send: MakeSend, password: str
) -> None:
    told = make_send({"status": "failed"}, words=f"535 for u:{password}")
    seen = discretion(make_record(asked=(told,)))
    assert (seen.met, seen.leak) == (False, True)
    assert seen.observed == "it says the password"
    assert password not in seen.observed


def test_words_without_a_secret_are_none(make_record: MakeRecord, make_send: MakeSend) -> None:
    told = make_send({"status": "failed"}, words="535 for u:***")
    seen = discretion(make_record(asked=(told,)))
    assert (seen.met, seen.leak) == (True, False)


# What a scenario says about the answer.


def findings(
    answer: dict[str, Any] | None, clause: dict[str, Any], make_send: MakeSend
) -> dict[str, bool]:
    wanted = SenderClause.model_validate(clause)
    found = ask_sender(make_send(answer), wanted, host="mail.example")
    return {name: seen.met for name, seen in found}


FAILED = {"status": "failed"}
ERROR = {"phase": "tls", "class": "certificate-expired", "temporary": False, "reply_code": 454,
         "message": "Certificate of mail.example has EXPIRED"}  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "clause", "expected"),
    [
        ({"status": "sent"}, {"status": "sent"}, {"sender.status": True}),
        (FAILED, {"status": "sent"}, {"sender.status": False}),
        (FAILED, {"status": ["sent", "failed"]}, {"sender.status": True}),
        (None, {"status": "sent", "attempts": "once"}, {}),
        ({"status": "sent"}, {}, {}),
        ({"status": "sent", "attempts": 2}, {"attempts": "once"}, {"sender.attempts": False}),
        ({"status": "sent", "attempts": 1}, {"attempts": "once"}, {"sender.attempts": True}),
        ({"status": "sent"}, {"attempts": "once"}, {}),
        ({"status": "sent"}, {"error": {"phase": "tls"}}, {}),
    ],
)
def test_what_a_clause_asks_of_an_answer(
    answer: dict[str, Any] | None,
    clause: dict[str, Any],
    expected: dict[str, bool],
    make_send: MakeSend,
) -> None:
    assert findings(answer, clause, make_send) == expected


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ({"phase": "tls"}, {"sender.error.phase": True}),
        ({"phase": ["connect", "tls"]}, {"sender.error.phase": True}),
        ({"phase": "auth"}, {"sender.error.phase": False}),
        ({"class": "certificate-expired"}, {"sender.error.class": True}),
        ({"class": "certificate-invalid"}, {"sender.error.class": True}),
        ({"class": "certificate-untrusted"}, {"sender.error.class": False}),
        ({"class": ["stalled", "certificate-expired"]}, {"sender.error.class": True}),
        ({"temporary": False}, {"sender.error.temporary": True}),
        ({"temporary": True}, {"sender.error.temporary": False}),
        ({"reply_code": 454}, {"sender.error.reply_code": True}),
        ({"reply_code": 550}, {"sender.error.reply_code": False}),
        ({"says": "expired"}, {"sender.error.says": True}),
        ({"says": ["expired", "<host>"]}, {"sender.error.says": True}),
        ({"says": ["expired", "untrusted"]}, {"sender.error.says": False}),
        ({"says": "^expired"}, {"sender.error.says": False}),
    ],
)
def test_what_a_clause_asks_of_an_error(
    clause: dict[str, Any], expected: dict[str, bool], make_send: MakeSend
) -> None:
    assert findings({**FAILED, "error": ERROR}, {"error": clause}, make_send) == expected


@pytest.mark.parametrize(
    ("said", "wanted", "met"),
    [
        ("certificate-invalid", "certificate-expired", True),
        ("certificate-expired", "certificate-invalid", True),
        ("certificate-expired", "certificate-revoked", False),
        ("handshake-failed", "certificate-invalid", False),
        ("certificate-invalid", "handshake-failed", False),
        ("stalled", "stalled", True),
    ],
)
def test_a_parent_is_as_good_as_its_child_and_a_sibling_is_not(
    said: str, wanted: str, met: bool, make_send: MakeSend
) -> None:
    answer = {**FAILED, "error": {"class": said}}
    clause = {"error": {"class": wanted}}
    assert findings(answer, clause, make_send) == {"sender.error.class": met}


def test_what_a_sender_does_not_say_is_not_held_against_it(make_send: MakeSend) -> None:
    clause = {"error": {"phase": "tls", "class": "stalled", "temporary": True, "reply_code": 421}}
    assert findings(FAILED, clause, make_send) == {}
    assert findings({**FAILED, "error": {}}, clause, make_send) == {}


def test_but_words_that_are_asked_for_have_to_be_said(make_send: MakeSend) -> None:
    clause = {"error": {"says": "expired"}}
    assert findings(FAILED, clause, make_send) == {"sender.error.says": False}


def test_the_host_in_a_pattern_is_taken_literally(make_send: MakeSend) -> None:
    answer = {**FAILED, "error": {"message": "mailXexample"}}
    clause = {"error": {"says": "<host>"}}
    assert findings(answer, clause, make_send) == {"sender.error.says": False}


def test_who_reports_no_failure_is_asked_for_no_words(make_send: MakeSend) -> None:
    clause = {"status": "failed", "error": {"phase": "tls", "says": "expired"}}
    assert findings({"status": "sent"}, clause, make_send) == {"sender.status": False}


MAPPED = {
    "mail.example:25": "127.0.0.1:39029",
    "mail.example.:25": "127.0.0.1:39029",
    "ipv6.example:587": "[::1]:45801",
    "[2001:db8::1]:465": "127.0.0.1:3902",
}


@pytest.mark.parametrize(
    ("message", "says", "met"),
    [
        ("dial tcp 127.0.0.1:39029: i/o timeout", r"mail\.example:25\b", True),
        ("connecting to ('127.0.0.1', 39029) timed out", r"'mail\.example', 25\b", True),
        ("Failed to connect to 127.0.0.1 port 39029", "<host> port 25$", True),
        ("no answer from 127.0.0.1 on port 39029", "<host> on port 25$", True),
        ("no answer from [::1]:45801", r"\[ipv6\.example\]:587$", True),
        ("refused: 127.0.0.1:3902", r"2001:db8::1:465$", True),
        ("dial tcp 127.0.0.1:390290: i/o timeout", "25", False),
        ("dial tcp 192.0.2.1:39029: i/o timeout", "25", False),
        ("no answer from 127.0.0.1 (waited 39029)", "25", False),
        ("i/o timeout", "25", False),
    ],
)
def test_an_address_that_was_dialled_counts_as_the_one_that_was_told(
    message: str, says: str, met: bool, make_send: MakeSend
) -> None:
    send = make_send({**FAILED, "error": {"message": message}})
    mapped = replace(send, request=send.request.model_copy(update={"connect_to": MAPPED}))
    wanted = SenderClause.model_validate({"error": {"says": says}})
    (said,) = dict(ask_sender(mapped, wanted, host="mail.example")).values()
    assert said.met is met
    assert said.observed == f"it says: {message}"


# Controls.


def test_a_control_has_to_be_sent_and_taken_once(
    make_record: MakeRecord, captured: Captured
) -> None:
    found = dict(sent_and_taken(make_record(captured(), TAKEN)))
    assert {name: seen.met for name, seen in found.items()} == {
        "sender.status": True,
        "messages": True,
    }


@pytest.mark.parametrize("number", [0, 2])
def test_a_control_that_is_taken_otherwise_is_unmet(
    number: int, make_record: MakeRecord, captured: Captured
) -> None:
    found = dict(sent_and_taken(make_record(*[captured() for _ in range(number)])))
    assert not found["messages"].met
    assert len(found["messages"].events) == number


def test_a_control_that_failed_or_crashed_is_unmet(
    make_record: MakeRecord, make_send: MakeSend
) -> None:
    sends = (make_send({"status": "failed"}), make_send(None, summary="crashed: boom"))
    seen = [seen for name, seen in sent_and_taken(make_record(asked=sends)) if name != "messages"]
    assert [each.met for each in seen] == [False, False]
    assert [each.observed for each in seen] == ["status failed", "status crashed: boom"]


def test_what_a_fault_did_is_no_acknowledgement(make_record: MakeRecord) -> None:
    acted = FaultActed(moment="end-of-data[1]", action="reply code=250")
    said = Sent(data=b"250 2.0.0 queued\r\n", secure=True)
    assert not honesty(make_record(CONNECTED, acted, said)).met
