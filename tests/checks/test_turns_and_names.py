"""Checks of turns, names, control characters and recipients put off, put to made-up records."""

from __future__ import annotations

from typing import Any

import pytest

from harness.checks import control_characters, own_name, put_off, taking_turns
from harness.checks.author import mailboxes
from harness.checks.record import Record
from harness.delivery_protocol import DeliveryEntry
from harness.fakes.smtp.facts import AheadOfReply, Command
from harness.fakes.transcript import Body, Closed, Received, RecipientRefused, Sent

from .made_up import make_captured, make_record, make_send
from .test_delivery_log import a_log, entry


def ahead(data: bytes, *before: Sent, first: bool = False) -> Record:
    return make_record(*before, AheadOfReply(data=data, first=first, secure=True))


def said(line: str) -> Command:
    return Command(line=line.encode(), secure=True)


def test_a_command_ahead_of_a_reply_convicts_where_there_is_no_pipelining() -> None:
    assert not taking_turns.ahead_of_reply(ahead(b"RCPT TO:<a@b.test>\r\n")).met
    listed = Sent(data=b"250-mx.test\r\n250-Pipelining\r\n250 SIZE\r\n", secure=True)
    assert taking_turns.ahead_of_reply(ahead(b"RCPT TO:<a@b.test>\r\n", listed)).met


@pytest.mark.parametrize("farewell", [b"QUIT\r\n", b"quit", b"RSET\r\nQUIT\r\n"])
def test_who_gives_a_server_up_may_say_so_at_any_time(farewell: bytes) -> None:
    assert taking_turns.ahead_of_reply(ahead(farewell)).met


def test_who_speaks_tls_where_words_are_due_has_no_turns_to_take() -> None:
    hello = b"\x16\x03\x01\x02\x00"
    noted = [AheadOfReply(data=hello, first=first, secure=False) for first in (True, False)]
    record = make_record(Received(data=hello, secure=False), *noted)
    assert taking_turns.ahead_of_reply(record).met
    assert taking_turns.ahead_of_greeting(record).met


def test_what_comes_before_the_greeting_is_a_question_of_its_own() -> None:
    early = ahead(b"EHLO me.test\r\n", first=True)
    assert taking_turns.ahead_of_reply(early).met
    assert not taking_turns.ahead_of_greeting(early).met


def test_quit_is_heard_out_where_the_reply_went_out_before_the_end() -> None:
    bye = Sent(data=b"221 Bye\r\n", secure=True)
    left = Closed(by="sender", how="fin")
    assert taking_turns.goodbye(make_record(said("QUIT"), bye, left), "heard-out").met
    assert not taking_turns.goodbye(make_record(said("QUIT"), left), "heard-out").met


@pytest.mark.parametrize(
    "name", ["me.test", "a", "x-1.b2.test", "[192.0.2.1]", "[IPv6:2001:db8::1]", "[ipv6:::1]"]
)
def test_a_name_or_an_address_literal_is_one(name: str) -> None:
    assert own_name.syntax(make_record(said(f"EHLO {name}")), "as-specified").met


@pytest.mark.parametrize(
    "name", ["", "my_host", "-a.test", "a..test", "[::1]", "[192.0.2]", "[IPv6:192.0.2.1]", "a b"]
)
def test_anything_else_is_none(name: str) -> None:
    assert not own_name.syntax(make_record(said(f"HELO {name}")), "as-specified").met


def test_a_name_without_a_dot_is_no_whole_one() -> None:
    for name, is_right in (("me.test", True), ("[192.0.2.1]", True), ("localhost", False)):
        assert own_name.name(make_record(said(f"EHLO {name}")), "qualified").met is is_right


def test_control_characters_count_in_headers_and_nul_everywhere() -> None:
    for data, is_right in (
        (b"Subject: a\tb\r\n\r\nred \x1b[31m\r\n", True),
        (b"Subject: a\x1b\r\n\r\n", False),
        (b"Subject: a\r\n\r\n\0\r\n", False),
    ):
        record = make_record(Body(data=data, secure=True, complete=True))
        assert control_characters.control_characters(record, "none").met is is_right


@pytest.mark.parametrize(
    ("head", "is_right"),
    [
        (b"From: a@b.test\r\n", True),
        (b'From: "Doe, J" <a@b.test>\r\n', True),
        (b"From: a@b.test, c@d.test\r\n", False),
        (b"From: a@b.test, c@d.test\r\nSender: a@b.test\r\n", True),
    ],
)
def test_from_has_one_mailbox_or_a_sender_beside_it(head: bytes, is_right: bool) -> None:
    assert mailboxes(make_record(make_captured(head + b"\r\nx\r\n")), "one").met is is_right


def refused(code: int) -> RecipientRefused:
    return RecipientRefused(address="recipient@harness.test", code=code, words="no")


def test_who_is_put_off_has_to_get_it_in_the_end() -> None:
    asked: dict[str, Any] = {"asked": (make_send({"status": "queued"}),)}
    assert not put_off.put_off(make_record(refused(450), **asked), "tried-again").met
    assert put_off.put_off(make_record(refused(450), make_captured(), **asked), "tried-again").met
    assert put_off.put_off(make_record(refused(550), **asked), "tried-again").met


@pytest.mark.parametrize(
    ("shown", "is_told"),
    [
        (entry("abandoned", to="recipient@harness.test"), True),
        (entry("sent", {"message": "450 to recipient@harness.test"}, to="x@harness.test"), True),
        (entry("sent", {"message": "450 come again"}, to="recipient@harness.test"), False),
    ],
)
def test_to_give_up_who_was_put_off_is_honest_where_the_log_says_so(
    shown: DeliveryEntry, is_told: bool
) -> None:
    record = make_record(refused(450), asked=(make_send({"status": "queued"}), a_log(shown)))
    assert put_off.put_off(record, "tried-again").met is is_told


def test_who_is_refused_for_good_is_not_named_again() -> None:
    again = said("RCPT TO:<recipient@harness.test>")
    assert put_off.refused(make_record(again, refused(550)), "left-alone").met
    assert not put_off.refused(make_record(again, refused(550), again), "left-alone").met
    assert put_off.refused(make_record(again, refused(450), again), "left-alone").met
