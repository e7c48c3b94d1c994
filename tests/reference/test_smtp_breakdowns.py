"""Silence, hang-ups and garbage, at every stage."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.protocol import ErrorClass, Phase, Security
from harness.reference.failure import DeliveryError
from harness.reference.message import BuiltMessage
from harness.reference.smtp import Delivery

pytestmark = pytest.mark.wire

Play = Callable[..., AbstractContextManager[Any]]
Send = Callable[..., Delivery]
MakeContext = Callable[..., ssl.SSLContext]
MakeMessage = Callable[..., BuiltMessage]

STAGES = [
    ("greeting", Phase.GREETING),
    ("EHLO", Phase.EHLO),
    ("AUTH", Phase.AUTH),
    ("MAIL", Phase.MAIL),
    ("RCPT", Phase.RCPT),
    ("DATA", Phase.DATA),
]
WHOLE_BODY = 200 * 1024


def failure_of(play: Play, send: Send, script: Any, **options: Any) -> tuple[DeliveryError, Any]:
    options.setdefault("timeout", 2.0)
    with play(script) as seen, pytest.raises(DeliveryError) as caught:
        send(seen.port, **options)
    return caught.value, seen


@pytest.mark.parametrize(("stage", "phase"), STAGES)
def test_silence_is_bounded_and_names_its_stage(
    stage: str, phase: Phase, play: Play, send: Send
) -> None:
    failure, seen = failure_of(play, send, {stage: "SILENCE"}, timeout=0.15)
    assert (failure.phase, failure.class_) == (phase, ErrorClass.STALLED)
    assert failure.temporary is True
    assert "silent for 0.15 s" in str(failure)
    assert "QUIT" not in seen.verbs, "an answer that comes late would be taken for the next one"


def test_a_silent_greeting_hints_at_implicit_tls(play: Play, send: Send) -> None:
    failure, _ = failure_of(play, send, {"greeting": "SILENCE"}, timeout=0.1)
    assert "implicit TLS" in str(failure)


@pytest.mark.parametrize("prefix", [b"250-a\r\n", b"25"])
def test_a_reply_in_drips_has_no_more_time_than_one_in_a_piece(
    prefix: bytes, play: Play, send: Send
) -> None:
    failure, _ = failure_of(play, send, {"MAIL": (prefix, b"2", "SILENCE")}, timeout=0.15)
    assert (failure.phase, failure.class_) == (Phase.MAIL, ErrorClass.STALLED)


@pytest.mark.parametrize(("stage", "phase"), STAGES)
@pytest.mark.parametrize("drop", ["CLOSE", "RESET"])
def test_a_hang_up_before_the_end_of_the_message_is_not_sent(
    stage: str, phase: Phase, drop: str, play: Play, send: Send
) -> None:
    failure, _ = failure_of(play, send, {stage: drop})
    silent = stage == "greeting" and drop == "RESET"
    assert (failure.phase, failure.class_) == (
        (Phase.CONNECT, ErrorClass.CONNECTION_RESET)
        if silent
        else (phase, ErrorClass.CONNECTION_LOST)
    )
    assert failure.temporary is True


@pytest.mark.parametrize("drop", ["CLOSE", "RESET", "SILENCE"])
@pytest.mark.parametrize("half", [(), (b"250 2.0.0 o",), (b"250-2.0.0 ok\r\n",)])
def test_what_becomes_of_a_message_whose_last_reply_is_missing_is_unknown(
    drop: str, half: tuple[bytes, ...], play: Play, send: Send
) -> None:
    failure, seen = failure_of(play, send, {"message": (*half, drop)}, timeout=0.15)
    assert (failure.phase, failure.class_) == (Phase.END_OF_DATA, ErrorClass.OUTCOME_UNKNOWN)
    assert failure.temporary is None
    assert len(seen.bodies) == seen.connections == 1


@pytest.mark.parametrize(
    "goodbye",
    ["CLOSE", "RESET", "SILENCE", b"421 bye\r\n", b"500 what\r\n", b"junk\r\n", b"250 x\r\n"],
)
def test_trouble_at_quit_does_not_undo_success(
    goodbye: bytes | str, play: Play, send: Send
) -> None:
    with play({"QUIT": goodbye}) as seen:
        assert send(seen.port, timeout=0.15).final_reply.startswith("250")


def test_a_second_answer_to_the_message_does_not_undo_success(play: Play, send: Send) -> None:
    with play({"message": b"250 taken\r\n250 taken again\r\n"}) as seen:
        assert send(seen.port).final_reply == "250 taken"


@pytest.mark.parametrize(("stage", "phase"), STAGES)
@pytest.mark.parametrize(
    "junk",
    [
        b"2xx yes\r\n",
        b"OK\r\n",
        b"+OK\r\n",
        b"\r\n",
        b"\x16\x03\x01\x02\n",
        b"250-fine\r\n550 no\r\n",
        b"999 high\r\n",
        b"25 0\r\n",
    ],
)
def test_what_is_no_reply_ends_the_session(
    stage: str, phase: Phase, junk: bytes, play: Play, send: Send
) -> None:
    failure, seen = failure_of(play, send, {stage: junk})
    assert (failure.phase, failure.class_) == (phase, ErrorClass.PROTOCOL_ERROR)
    assert failure.temporary is None
    assert seen.bodies == []


def test_a_code_that_changes_after_the_message_is_never_success(play: Play, send: Send) -> None:
    failure, _ = failure_of(play, send, {"message": b"250-fine\r\n550 no\r\n"})
    assert (failure.phase, failure.class_) == (Phase.END_OF_DATA, ErrorClass.PROTOCOL_ERROR)
    assert "250 fine\n550 no" in str(failure)


@pytest.mark.parametrize("endless", [b"250-x\r\n" * 40_000, b"250 " + b"x" * 3_000_000])
def test_a_reply_without_end_is_bounded(endless: bytes, play: Play, send: Send) -> None:
    failure, _ = failure_of(play, send, {"MAIL": endless})
    assert (failure.phase, failure.class_) == (Phase.MAIL, ErrorClass.PROTOCOL_ERROR)
    assert len(str(failure)) < 1000


@pytest.mark.parametrize("text", [b"", b" ", b" " + b"x" * 8192])
def test_missing_and_long_texts_are_fine(text: bytes, play: Play, send: Send) -> None:
    script = {
        "greeting": b"220" + text + b"\r\n",
        "MAIL": b"250" + text + b"\r\n",
        "DATA": b"354" + text + b"\n",
        "message": b"250" + text + b"\n",
    }
    with play(script) as seen:
        send(seen.port)
    assert len(seen.bodies) == 1


@pytest.mark.parametrize("stage", ["greeting", "EHLO", "AUTH", "MAIL", "RCPT"])
def test_two_answers_to_one_command_are_an_error(stage: str, play: Play, send: Send) -> None:
    good = {
        "greeting": b"220 hi\r\n",
        "EHLO": b"250-mx\r\n250 AUTH PLAIN\r\n",
        "AUTH": b"235 ok\r\n",
    }.get(stage, b"250 ok\r\n")
    failure, seen = failure_of(play, send, {stage: good + b"250 and more\r\n"})
    assert failure.class_ is ErrorClass.PROTOCOL_ERROR
    assert "out of turn: 250 and more" in str(failure)
    assert seen.bodies == []


def test_an_answer_before_the_message_is_not_taken_for_its_answer(play: Play, send: Send) -> None:
    failure, _ = failure_of(play, send, {"DATA": b"354 go on\r\n250 taken\r\n"})
    assert (failure.phase, failure.class_) == (Phase.DATA, ErrorClass.PROTOCOL_ERROR)


def test_421_that_nobody_asked_for_is_understood(play: Play, send: Send) -> None:
    failure, _ = failure_of(play, send, {"MAIL": b"250 ok\r\n421 4.4.2 idle\r\n"})
    assert (failure.class_, failure.temporary) == (ErrorClass.SERVICE_UNAVAILABLE, True)
    assert "421 4.4.2 idle" in str(failure)


@pytest.mark.parametrize("last", [b"", b"552 5.3.4 too big\r\n", b"421 4.3.0 bye\r\n"])
def test_a_server_that_leaves_in_the_body_has_no_message(
    last: bytes, play: Play, send: Send, make_message: MakeMessage
) -> None:
    message = make_message(text="x" * 70 + "\n", attachments=[_attachment(20_000_000)])
    failure, _ = failure_of(play, send, {"DATA": (b"354 go\r\n", last, "RESET")}, message=message)
    assert failure.phase is Phase.DATA
    assert (
        failure.class_
        in {
            b"": {ErrorClass.CONNECTION_LOST},
            b"552 5.3.4 too big\r\n": {ErrorClass.MESSAGE_REFUSED, ErrorClass.CONNECTION_LOST},
            b"421 4.3.0 bye\r\n": {ErrorClass.SERVICE_UNAVAILABLE, ErrorClass.CONNECTION_LOST},
        }[last]
    )


def test_a_refusal_in_the_body_stops_it_before_the_dot(
    play: Play, send: Send, make_message: MakeMessage
) -> None:
    message = make_message(attachments=[_attachment(20_000_000)])
    script = {"DATA": (b"354 go\r\n", b"552 5.3.4 too big\r\n", "SILENCE")}
    failure, seen = failure_of(play, send, script, message=message)
    assert (failure.phase, failure.class_) == (Phase.DATA, ErrorClass.MESSAGE_REFUSED)
    assert "552 5.3.4 too big" in str(failure)
    assert seen.bodies == []


def test_a_server_that_stops_reading_in_the_body_is_given_up(
    play: Play, send: Send, make_message: MakeMessage
) -> None:
    message = make_message(attachments=[_attachment(20_000_000)])
    failure, _ = failure_of(
        play, send, {"DATA": (b"354 go\r\n", "SILENCE")}, message=message, timeout=0.2
    )
    assert (failure.phase, failure.class_) == (Phase.DATA, ErrorClass.STALLED)


def test_a_large_message_arrives_whole(
    play: Play, send: Send, make_message: MakeMessage, good_context: MakeContext
) -> None:
    message = make_message(attachments=[_attachment(40_000)])
    with play(context=good_context("mail.example.com")) as seen:
        send(seen.port, message, security=Security.STARTTLS)
    assert seen.bodies == [message.data.replace(b"\r\n.", b"\r\n..") + b".\r\n"]


def _attachment(size: int) -> dict[str, str]:
    return {"filename": "a.bin", "content": "QUJD" * (size // 3)}
