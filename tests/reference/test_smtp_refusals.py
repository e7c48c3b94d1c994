"""What a well-formed reply leads to, at every stage."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.protocol import ErrorClass, Phase
from harness.reference.failure import DeliveryError
from harness.reference.smtp import Delivery

pytestmark = pytest.mark.wire

Play = Callable[..., AbstractContextManager[Any]]
Send = Callable[..., Delivery]

REFUSALS = [
    ("greeting", b"554 5.7.1 your address 192.0.2.1 is not allowed\r\n", Phase.GREETING),
    ("greeting", b"450 4.3.2 not now\r\n", Phase.GREETING),
    ("EHLO", b"550 5.7.1 helo rejected\r\n", Phase.EHLO),
    ("EHLO", b"451 4.3.0 try later\r\n", Phase.EHLO),
    ("AUTH", b"535 5.7.8 bad credentials id=4711\r\n", Phase.AUTH),
    ("AUTH", b"538 5.7.11 encryption required\r\n", Phase.AUTH),
    ("AUTH", b"530 5.7.0 not allowed\r\n", Phase.AUTH),
    ("AUTH", b"503 5.5.1 already authenticated\r\n", Phase.AUTH),
    ("MAIL", b"550 5.1.0 sender refused\r\n", Phase.MAIL),
    ("MAIL", b"451 4.7.1 later\r\n", Phase.MAIL),
    ("RCPT", b"550 5.1.1 nobody here\r\n", Phase.RCPT),
    ("RCPT", b"450 4.7.1 greylisted\r\n", Phase.RCPT),
    ("RCPT", b"551 5.1.6 try elsewhere@example.org\r\n", Phase.RCPT),
    ("DATA", b"554 5.5.1 no valid recipients\r\n", Phase.DATA),
    ("DATA", b"451 4.3.0 later\r\n", Phase.DATA),
    ("message", b"554 5.6.0 message refused\r\n", Phase.END_OF_DATA),
    ("message", b"452 4.3.1 disk full\r\n", Phase.END_OF_DATA),
]
CLASSES = {
    Phase.GREETING: ErrorClass.GREETING_REFUSED,
    Phase.EHLO: ErrorClass.EHLO_REFUSED,
    Phase.MAIL: ErrorClass.SENDER_REFUSED,
    Phase.RCPT: ErrorClass.RECIPIENT_REFUSED,
    Phase.DATA: ErrorClass.DATA_REFUSED,
    Phase.END_OF_DATA: ErrorClass.MESSAGE_REFUSED,
}
STAGES = ["greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "message"]


def failure_of(play: Play, send: Send, script: Any, **options: Any) -> tuple[DeliveryError, Any]:
    with play(script) as seen, pytest.raises(DeliveryError) as caught:
        send(seen.port, **options)
    return caught.value, seen


@pytest.mark.parametrize(("stage", "answer", "phase"), REFUSALS)
def test_the_first_digit_decides_and_the_words_are_kept(
    stage: str, answer: bytes, phase: Phase, play: Play, send: Send
) -> None:
    failure, seen = failure_of(play, send, {stage: answer})
    code, enhanced, words = answer.decode().strip().split(" ", 2)
    assert failure.phase is phase
    assert (failure.reply_code, failure.enhanced_code) == (int(code), enhanced)
    assert failure.temporary is (code[0] == "4")
    assert failure.class_ is CLASSES.get(phase, ErrorClass.AUTH_REJECTED)
    assert words in str(failure)
    assert "mail.example.com:587" in str(failure)
    assert seen.verbs[-1] == "QUIT", "the connection works, so the farewell is due"
    assert seen.connections == 1


@pytest.mark.parametrize("code", [454, 432, 451])
def test_a_temporary_refusal_of_credentials_is_no_wrong_password(
    code: int, play: Play, send: Send
) -> None:
    failure, _ = failure_of(play, send, {"AUTH": b"%d 4.7.0 later\r\n" % code})
    assert (failure.class_, failure.temporary) == (ErrorClass.AUTH_TEMPORARY, True)


@pytest.mark.parametrize("stage", STAGES)
def test_421_at_any_time_is_temporary_and_keeps_its_words(
    stage: str, play: Play, send: Send
) -> None:
    failure, seen = failure_of(
        play, send, {stage: (b"421 4.7.0 too many connections\r\n", "CLOSE")}
    )
    assert (failure.class_, failure.temporary) == (ErrorClass.SERVICE_UNAVAILABLE, True)
    assert "421 4.7.0 too many connections" in str(failure)
    assert "QUIT" not in seen.verbs


@pytest.mark.parametrize("stage", ["greeting", "EHLO", "MAIL"])
@pytest.mark.parametrize("end", ["CLOSE", "RESET"])
def test_last_words_are_reported_although_the_connection_goes_at_once(
    stage: str, end: str, play: Play, send: Send
) -> None:
    answer = (b"554 your IP 192.0.2.1 is not allowed\r\n", end)
    failure, _ = failure_of(play, send, {stage: answer})
    assert "554 your IP 192.0.2.1 is not allowed" in str(failure)
    assert failure.phase.value == stage.lower()


def test_words_without_a_line_end_are_reported_too(play: Play, send: Send) -> None:
    failure, _ = failure_of(play, send, {"greeting": (b"554 go away, 192.0.2.1", "CLOSE")})
    assert failure.class_ is ErrorClass.CONNECTION_LOST
    assert "554 go away, 192.0.2.1" in str(failure)


@pytest.mark.parametrize("code", [221, 250, 354, 150])
def test_only_220_greets(code: int, play: Play, send: Send) -> None:
    failure, seen = failure_of(play, send, {"greeting": b"%d hello\r\n" % code})
    assert (failure.phase, failure.class_) == (Phase.GREETING, ErrorClass.PROTOCOL_ERROR)
    assert seen.lines == []


@pytest.mark.parametrize("stage", ["EHLO", "MAIL", "RCPT", "message"])
@pytest.mark.parametrize("code", [259, 299])
def test_an_unknown_positive_code_is_positive(
    stage: str, code: int, play: Play, send: Send
) -> None:
    ehlo = b"%d-mx\r\n%d AUTH PLAIN\r\n" % (code, code)
    answer = ehlo if stage == "EHLO" else b"%d fine\r\n" % code
    with play({stage: answer}) as seen:
        send(seen.port)
    assert len(seen.bodies) == 1


@pytest.mark.parametrize(("code", "temporary"), [(459, True), (599, False)])
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "message"])
def test_an_unknown_negative_code_goes_by_its_first_digit(
    stage: str, code: int, temporary: bool, play: Play, send: Send
) -> None:
    failure, _ = failure_of(play, send, {stage: b"%d hm\r\n" % code})
    assert (failure.temporary, failure.reply_code) == (temporary, code)


@pytest.mark.parametrize("code", [251, 252])
def test_a_forwarded_or_unverified_recipient_is_accepted(code: int, play: Play, send: Send) -> None:
    with play({"RCPT": b"%d will try\r\n" % code}) as seen:
        assert send(seen.port).refused == ()
    assert len(seen.bodies) == 1


@pytest.mark.parametrize(
    "answer", [b"250 ok\r\n", b"200 ok\r\n", b"334 \r\n", b"354-a\r\n250 b\r\n"]
)
def test_only_354_starts_the_body(answer: bytes, play: Play, send: Send) -> None:
    failure, seen = failure_of(play, send, {"DATA": answer})
    assert (failure.phase, failure.class_) == (Phase.DATA, ErrorClass.PROTOCOL_ERROR)
    assert seen.bodies == []


def test_a_354_of_several_lines_starts_the_body(play: Play, send: Send) -> None:
    with play({"DATA": (b"354-go", b" on\r\n3", b"54 please\r\n")}) as seen:
        send(seen.port)
    assert len(seen.bodies) == 1


def test_every_line_of_a_refusal_is_reported(play: Play, send: Send) -> None:
    answer = b"550-5.7.1 first reason\r\n550-5.7.1 https://mx.example/help\r\n550 5.7.1 last\r\n"
    failure, _ = failure_of(play, send, {"message": answer})
    for words in ("first reason", "https://mx.example/help", "last"):
        assert words in str(failure)


def test_control_characters_of_the_server_do_not_reach_people(play: Play, send: Send) -> None:
    answer = b"550 \x1b[31mred\x00 caf\xc3\xa9 \xe9 \xe2\x80\xaegnp\r\n"
    failure, _ = failure_of(play, send, {"MAIL": answer})
    assert "\\x1b[31mred\\x00 café \N{REPLACEMENT CHARACTER} \\u202egnp" in str(failure)


def test_the_basic_code_decides_against_its_enhanced_one(play: Play, send: Send) -> None:
    failure, _ = failure_of(play, send, {"MAIL": b"550 4.2.0 odd\r\n"})
    assert (failure.temporary, failure.enhanced_code) == (False, "4.2.0")
    with play({"RCPT": b"250 5.1.1 odd\r\n"}) as seen:
        assert send(seen.port).refused == ()


def test_530_at_mail_says_what_is_missing(play: Play, send: Send) -> None:
    answer = b"530 5.7.0 Authentication required\r\n"
    failure, _ = failure_of(play, send, {"MAIL": answer}, credentials=False)
    assert failure.class_ is ErrorClass.SENDER_REFUSED
    assert "no credentials are configured" in str(failure)


def test_a_size_refusal_at_mail_is_called_one(play: Play, send: Send) -> None:
    failure, _ = failure_of(play, send, {"MAIL": b"552 5.3.4 too big\r\n"})
    assert failure.class_ is ErrorClass.MESSAGE_TOO_LARGE
