"""Leaks: what crossed the network where anybody could read it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

import pytest

from harness.checks.exposure import content_in_clear, credentials_in_clear
from harness.checks.record import Record
from harness.fakes.smtp.facts import AuthResponse, Command
from harness.fakes.transcript import Body, Fact, Received, Unread

MakeRecord = Callable[..., Record]


def received(data: bytes, *, secure: bool = False) -> Received:
    return Received(data=data, secure=secure)


def test_nothing_in_clear_is_no_leak(make_record: MakeRecord, password: str) -> None:
    record = make_record(received(b"EHLO a\r\n"), received(password.encode(), secure=True))
    seen = credentials_in_clear(record, "never")
    assert (seen.met, seen.leak, seen.events) == (True, False, ())


@pytest.mark.parametrize("before", [b"", b"x", b"\0user\0", b"\0mailer@harness.test\0"])
def test_a_password_is_found_in_each_alignment_of_base64(
    before: bytes, make_record: MakeRecord, password: str
) -> None:
    line = b64encode(before + password.encode()) + b"\r\n"
    seen = credentials_in_clear(make_record(received(b"EHLO a\r\n"), received(line)), "never")
    assert (seen.met, seen.leak, seen.observed) == (False, True, "in clear: password")
    assert seen.events == (2,)


def test_a_log_in_is_a_leak_whatever_is_in_it(make_record: MakeRecord) -> None:
    for line in (b"AUTH PLAIN AHUAeA==\r\n", b"auth login\r\n", b"Auth CRAM-MD5\r\n"):
        seen = credentials_in_clear(make_record(received(line)), "never")
        assert (seen.leak, seen.observed, seen.events) == (True, "in clear: a log-in", (1,))


def test_a_log_in_behind_another_command_is_found(make_record: MakeRecord) -> None:
    seen = credentials_in_clear(make_record(received(b"EHLO a\r\nAUTH PLAIN x\r\n")), "never")
    assert seen.leak


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_credentials_cut_into_segments_are_found_and_each_segment_is_cited(
    size: int, make_record: MakeRecord, password: str
) -> None:
    line = b"AUTH PLAIN " + b64encode(b"\0user\0" + password.encode()) + b"\r\n"
    pieces: list[Fact] = [received(line[at : at + size]) for at in range(0, len(line), size)]
    seen = credentials_in_clear(make_record(received(b"EHLO a\r\n"), *pieces), "never")
    assert (seen.leak, seen.observed) == (True, "in clear: password")
    before_the_line_end = range(0, len(line) - 2, size)
    assert seen.events == tuple(range(2, 2 + len(before_the_line_end)))


def test_segments_of_two_connections_are_not_put_together(
    make_record: MakeRecord, password: str
) -> None:
    half = len(password) // 2
    record = make_record(
        (1, received(password[:half].encode())), (2, received(password[half:].encode()))
    )
    assert credentials_in_clear(record, "never").met


@pytest.mark.parametrize(
    "why", ["came instead of a TLS handshake", "sent in clear behind STARTTLS"]
)
def test_what_the_fake_threw_away_was_seen_by_others(
    why: str, make_record: MakeRecord, password: str
) -> None:
    octets = f"EHLO a\r\nAUTH PLAIN {password}\r\n".encode()
    thrown = Unread(data=octets, secure=False, why=why, repeated=False)
    seen = credentials_in_clear(make_record(thrown), "never")
    assert (seen.leak, seen.events) == (True, (1,))
    again = (received(octets), Unread(data=octets, secure=False, why=why))
    assert credentials_in_clear(make_record(*again), "never").events == (1,)


def test_a_password_in_a_message_is_a_leak_and_a_line_about_auth_is_none(
    make_record: MakeRecord, password: str
) -> None:
    body = Body(data=b"AUTH is a word\r\nAUTH PLAIN x\r\n", secure=False, complete=True)
    assert credentials_in_clear(make_record(body), "never").met
    body = Body(data=password.encode(), secure=False, complete=True)
    assert credentials_in_clear(make_record(body), "never").leak


def test_words_that_begin_like_auth_are_no_log_in(make_record: MakeRecord) -> None:
    record = make_record(received(b"AUTHORS\r\nMAIL FROM:<AUTH x>\r\n AUTH x\r\n"))
    assert credentials_in_clear(record, "never").met


def test_a_line_that_was_read_is_not_counted_beside_its_segment(
    make_record: MakeRecord, password: str
) -> None:
    record = make_record(
        received(password.encode()), AuthResponse(line=password.encode(), secure=False)
    )
    assert credentials_in_clear(record, "never").events == (1,)


def test_addresses_and_content_in_clear(make_record: MakeRecord) -> None:
    record = make_record(
        Command(line=b"EHLO a", secure=False),
        Command(line=b"MAIL FROM:<a@b>", secure=False),
        Command(line=b"rcpt TO:<c@d>", secure=False),
        Command(line=b"DATA", secure=False),
        Body(data=b"x", secure=False, complete=False),
    )
    seen = content_in_clear(record, "never")
    assert (seen.met, seen.leak, seen.events) == (False, True, (2, 3, 4, 5))
    assert seen.observed == "in clear: MAIL, RCPT, DATA, content"


def test_the_same_inside_tls_is_none(make_record: MakeRecord) -> None:
    record = make_record(
        Command(line=b"EHLO a", secure=False),
        Command(line=b"MAIL FROM:<a@b>", secure=True),
        Body(data=b"x", secure=True, complete=True),
    )
    seen = content_in_clear(record, "never")
    assert (seen.met, seen.leak, seen.observed) == (True, False, "none in clear")


def test_an_address_that_was_never_read_is_out_all_the_same(make_record: MakeRecord) -> None:
    thrown = Unread(
        data=b"EHLO a\r\nMAIL FROM:<a@b>\r\n", secure=False, why="sent in clear behind STARTTLS"
    )
    seen = content_in_clear(make_record(thrown), "never")
    assert (seen.leak, seen.observed) == (True, "in clear: an address")
