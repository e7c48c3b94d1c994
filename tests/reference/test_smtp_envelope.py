"""Recipients, extensions, EHLO names and the octets of the message."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from harness.protocol import ErrorClass, Phase
from harness.reference.failure import ConfigError, DeliveryError
from harness.reference.message import BuiltMessage
from harness.reference.smtp import Delivery

pytestmark = pytest.mark.wire

Play = Callable[..., AbstractContextManager[Any]]
Send = Callable[..., Delivery]
MakeMessage = Callable[..., BuiltMessage]


def boxes(*addresses: str) -> list[dict[str, str]]:
    return [{"address": address} for address in addresses]


def ehlo(*lines: str) -> bytes:
    return "".join(f"250-{line}\r\n" for line in ("mx", *lines)).encode() + b"250 AUTH PLAIN\r\n"


@pytest.mark.parametrize("code", [550, 450, 551])
def test_the_rest_gets_the_message_when_one_is_refused(code: int, play: Play, send: Send) -> None:
    with play({"RCPT": [b"%d 5.1.1 not him\r\n" % code, b"250 ok\r\n"]}) as seen:
        delivery = send(seen.port)
    assert len(seen.bodies) == 1
    assert [(refused.address, refused.reply_code) for refused in delivery.refused] == [
        ("a@one.example", code)
    ]
    assert "not him" in delivery.refused[0].message
    assert seen.verbs.count("MAIL") == 1


def test_no_data_when_everybody_is_refused(play: Play, send: Send) -> None:
    script = {"RCPT": [b"550 5.1.1 never\r\n", b"450 4.2.1 later\r\n"]}
    with play(script) as seen, pytest.raises(DeliveryError) as caught:
        send(seen.port)
    failure = caught.value
    assert (failure.phase, failure.class_) == (Phase.RCPT, ErrorClass.RECIPIENT_REFUSED)
    assert (failure.temporary, failure.reply_code) == (True, 450)
    assert "550 5.1.1 never" in str(failure)
    assert seen.verbs[-2:] == ["RCPT", "QUIT"]


@pytest.mark.parametrize("answer", [b"452 4.5.3 too many\r\n", b"552 too many\r\n"])
def test_recipients_that_are_too_many_get_a_transaction_of_their_own(
    answer: bytes, play: Play, send: Send, make_message: MakeMessage
) -> None:
    message = make_message(to=boxes("a@x.example", "b@x.example", "c@x.example"))
    with play({"RCPT": [b"250 ok\r\n", answer, b"250 ok\r\n"]}) as seen:
        assert send(seen.port, message).refused == ()
    recipients = [re.findall("<(.*)>", line)[0] for line in seen.lines if line.startswith("RCPT")]
    assert recipients == ["a@x.example", "b@x.example", "b@x.example", "c@x.example"]
    assert seen.bodies[0] == seen.bodies[1]
    assert seen.connections == 1


def test_a_second_transaction_that_fails_does_not_undo_the_first(play: Play, send: Send) -> None:
    script = {
        "RCPT": [b"250 ok\r\n", b"452 4.5.3 too many\r\n", b"250 ok\r\n"],
        "message": [b"250 one\r\n", b"451 4.3.0 not this time\r\n"],
    }
    with play(script) as seen:
        delivery = send(seen.port)
    assert delivery.final_reply == "250 one"
    assert [(refused.address, refused.reply_code) for refused in delivery.refused] == [
        ("b@two.example", 451)
    ]


def test_a_full_mailbox_is_not_too_many_recipients(play: Play, send: Send) -> None:
    with play({"RCPT": [b"250 ok\r\n", b"452 4.2.2 mailbox full\r\n"]}) as seen:
        delivery = send(seen.port)
    assert [refused.reply_code for refused in delivery.refused] == [452]
    assert len(seen.bodies) == 1


@pytest.mark.parametrize("size", ["SIZE", "SIZE 0", "SIZE x", "SIZE 99999999999999999999999"])
def test_a_size_that_says_nothing_is_no_limit(size: str, play: Play, send: Send) -> None:
    with play({"EHLO": ehlo(size)}) as seen:
        send(seen.port)
    assert len(seen.bodies) == 1


def test_the_declared_size_is_that_of_the_octets(
    play: Play, send: Send, make_message: MakeMessage
) -> None:
    message = make_message(text=".\n" * 50 + "no line end")
    with play({"EHLO": ehlo("SIZE 100000")}) as seen:
        send(seen.port, message)
    unstuffed = re.sub(rb"(?m)^\.\.", b".", seen.bodies[0]).removesuffix(b".\r\n")
    assert f"MAIL FROM:<courier@sender.example> SIZE={len(unstuffed)}" in seen.lines


def test_a_message_beyond_the_size_is_not_offered(play: Play, send: Send) -> None:
    with play({"EHLO": ehlo("SIZE 100")}) as seen, pytest.raises(DeliveryError) as caught:
        send(seen.port)
    assert (caught.value.phase, caught.value.class_) == (
        Phase.MESSAGE,
        ErrorClass.MESSAGE_TOO_LARGE,
    )
    assert seen.verbs == ["EHLO", "AUTH", "QUIT"]


def test_a_non_ascii_local_part_needs_smtputf8(
    play: Play, send: Send, make_message: MakeMessage
) -> None:
    message = make_message(to=boxes("josé@bücher.example"))
    with play({"EHLO": ehlo("8BITMIME")}) as seen, pytest.raises(DeliveryError) as caught:
        send(seen.port, message)
    assert (caught.value.phase, caught.value.class_) == (
        Phase.MESSAGE,
        ErrorClass.SMTPUTF8_REQUIRED,
    )
    assert "MAIL" not in seen.verbs
    with play({"EHLO": ehlo("8BITMIME", "SMTPUTF8")}) as seen:
        send(seen.port, message)
    assert "MAIL FROM:<courier@sender.example> BODY=8BITMIME SMTPUTF8" in seen.lines
    assert "RCPT TO:<josé@xn--bcher-kva.example>" in seen.lines


def test_extensions_that_are_not_needed_are_not_used(
    play: Play, send: Send, make_message: MakeMessage
) -> None:
    message = make_message(
        to=boxes("x@bücher.example"), subject="ünïcode", text="ß\n", envelope_from=""
    )
    unknown = [f"XEXT-{number} {'y' * 200}" for number in range(100)]
    offers = ehlo("8BITMIME", "SMTPUTF8", "PIPELINING", "CHUNKING", "DSN", "REQUIRETLS", *unknown)
    with play({"EHLO": offers}) as seen:
        send(seen.port, message)
    assert seen.lines[2:4] == ["MAIL FROM:<>", "RCPT TO:<x@xn--bcher-kva.example>"]
    assert seen.bodies[0].isascii()


@pytest.mark.parametrize("code", [500, 502])
def test_helo_serves_who_needs_neither_tls_nor_auth(code: int, play: Play, send: Send) -> None:
    refusal = b"%d what?\r\n" % code
    with play({"EHLO": refusal}) as seen:
        send(seen.port, credentials=False, ehlo_name="client.example.org")
    assert seen.lines[:3] == [
        "EHLO client.example.org",
        "HELO client.example.org",
        "MAIL FROM:<courier@sender.example>",
    ]
    with play({"EHLO": refusal}) as seen, pytest.raises(DeliveryError) as caught:
        send(seen.port)
    assert caught.value.class_ is ErrorClass.EHLO_REFUSED
    assert seen.verbs == ["EHLO", "QUIT"]


@pytest.mark.parametrize("code", [501, 504, 550])
def test_a_name_that_is_refused_is_not_tried_with_helo(code: int, play: Play, send: Send) -> None:
    answer = b"%d <localhost>: Helo command rejected\r\n" % code
    with play({"EHLO": answer}) as seen, pytest.raises(DeliveryError) as caught:
        send(seen.port, credentials=False)
    assert "Helo command rejected" in str(caught.value)
    assert seen.verbs == ["EHLO", "QUIT"]


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        ("build-7", "[127.0.0.1]"),
        ("localhost", "[127.0.0.1]"),
        ("localhost.localdomain", "[127.0.0.1]"),
        ("under_score..example", "[127.0.0.1]"),
        ("ws7.corp.example", "ws7.corp.example"),
    ],
)
def test_the_default_ehlo_name_is_full_or_a_literal(
    machine: str, name: str, play: Play, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: machine)
    with play() as seen:
        send(seen.port)
    assert seen.lines[0] == f"EHLO {name}"


@pytest.mark.parametrize(
    "name", ["a\r\nRSET", "a b", "", "[1.2.3]", "[IPv6:192.0.2.1]", "[::1]", "a..b", "-a.example"]
)
def test_an_ehlo_name_that_is_none_is_refused_before_connecting(
    name: str, play: Play, send: Send
) -> None:
    with play() as seen, pytest.raises(ConfigError):
        send(seen.port, ehlo_name=name)
    assert seen.connections == 0


@pytest.mark.parametrize(
    "text",
    [
        ".",
        "..\n.\n.x\n\n",
        "a\r\n.\r\nMAIL FROM:<x@evil.example>\r\n",
        "a\n.\r\n\n.\n\r.\r\r\n.\r\n",
        "",
        "\n\n\n",
    ],
)
def test_the_body_stays_one_message(
    text: str, play: Play, send: Send, make_message: MakeMessage
) -> None:
    message = make_message(text=text)
    with play() as seen:
        send(seen.port, message)
    assert seen.verbs[-2:] == ["DATA", "QUIT"]
    (body,) = seen.bodies
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", body) is None
    assert re.sub(rb"(?m)^\.", b"", body.removesuffix(b".\r\n")) == message.data
