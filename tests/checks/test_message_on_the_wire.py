"""What is asked of whole messages and of their envelopes, put to made-up records."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from harness.checks import Record, wire_checks
from harness.fakes.smtp.facts import Command

from .made_up import make_captured, make_record, make_send

HEAD = (
    b"From: Harness <sender@harness.test>\r\nTo: recipient@harness.test\r\n"
    b"Date: Mon, 30 Nov 2026 17:41:33 +0000\r\nMessage-ID: <a@harness.test>\r\nSubject: s\r\n"
)
RIGHT = HEAD + b"\r\nText.\r\n"
MAIL = b"MAIL FROM:<sender@harness.test>"
RCPT = b"RCPT TO:<recipient@harness.test>"


def taken(wire: bytes = RIGHT, *, mail: bytes = MAIL, rcpt: bytes = RCPT, **words: Any) -> Record:
    """A record of one transaction, asked for with the text that `RIGHT` has."""
    asked = make_send({"status": "sent"}, last=4, text="Text.\n", subject="s")
    commands = [Command(line=line, secure=True) for line in (mail, rcpt)]
    return make_record(*commands, make_captured(wire, **words), asked=(asked,))


def is_met(key: str, wanted: object, record: Record) -> bool:
    check = wire_checks()[key]
    return check.ask(record, TypeAdapter(check.wanted).validate_python(wanted)).met


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("line-ends", "crlf"), ("line-lengths", "within-limits"), ("lines", "verbatim"),
        ("date", "valid"), ("authors", "one"), ("message-ids", "unique"),
        ("repeated-headers", "never"), ("mail-syntax", "as-specified"), ("envelope", "as-asked"),
        ("declared-sizes", "enough"), ("smtputf8", "never"), ("unasked-parameters", "never"),
        ("eight-bit", "declared"),
    ],
)  # fmt: skip
def test_a_plain_message_is_right_in_all_respects(key: str, wanted: str) -> None:
    assert is_met(key, wanted, taken())


@pytest.mark.parametrize(
    ("key", "wanted", "record"),
    [
        ("line-ends", "crlf", taken(HEAD + b"\r\nText.\n")),
        ("line-lengths", "within-limits", taken(HEAD + b"\r\n" + b"x" * 999 + b"\r\n")),
        ("lines", "verbatim", taken(HEAD + b"\r\nOther.\r\n")),
        ("date", "valid", taken(RIGHT.replace(b"30 Nov 2026", b"2026-11-30"))),
        ("date", "valid", taken(RIGHT.replace(b"Date:", b"X-Date:"))),
        ("authors", "one", taken(RIGHT.replace(b"From:", b"X-From:"))),
        ("repeated-headers", "never", taken(b"Subject: t\r\n" + RIGHT)),
        ("mail-syntax", "as-specified", taken(mail=b"MAIL FROM: <sender@harness.test>")),
        ("mail-syntax", "as-specified", taken(rcpt=b"RCPT TO:recipient@harness.test")),
        ("envelope", "as-asked", taken(mail_from="other@harness.test")),
        ("envelope", "as-asked", taken(rcpt_tos=("other@harness.test",))),
        ("envelope", "as-asked", taken(rcpt_tos=("recipient@harness.test",) * 2)),
        ("declared-sizes", "enough", taken(mail=MAIL + b" SIZE=3")),
        ("smtputf8", "never", taken(mail=MAIL + b" SMTPUTF8")),
        ("unasked-parameters", "never", taken(rcpt=RCPT + b" NOTIFY=NEVER")),
        ("eight-bit", "declared", taken(HEAD + "\r\nTäxt.\r\n".encode())),
        ("eight-bit", "declared", taken(mail="MAIL FROM:<ä@harness.test>".encode())),
    ],
)
def test_one_thing_wrong_is_seen(key: str, wanted: str, record: Record) -> None:
    assert not is_met(key, wanted, record)


@pytest.mark.parametrize(
    ("body", "met"),
    [
        (b"Text.\r\n\r\n\r\n", True),
        (b"\r\nText.\r\n", False),
        (b"Text.\r\n\r\nText.\r\n", False),
        (b"Text. \r\n", False),
        (b"\r\n\r\n", False),
    ],
)
def test_up_to_the_end_only_empty_lines_behind_the_last_are_no_difference(
    body: bytes, met: bool
) -> None:
    record = taken(HEAD + b"\r\n" + body)
    assert is_met("lines", "up-to-the-end", record) is met
    assert not is_met("lines", "verbatim", record)


def test_recipients_may_come_in_any_order() -> None:
    boxes = [{"address": "a@x.test"}, {"address": "b@y.test"}]
    asked = make_send({"status": "sent"}, last=4, to=boxes)
    captured = make_captured(RIGHT, rcpt_tos=("b@y.test", "a@x.test"))
    assert is_met("envelope", "as-asked", make_record(captured, asked=(asked,)))


def test_what_is_declared_may_be_sent() -> None:
    eight = HEAD + "\r\nTäxt.\r\n".encode()
    assert is_met("eight-bit", "declared", taken(eight, mail=MAIL + b" BODY=8BITMIME"))
    assert is_met("declared-sizes", "enough", taken(mail=MAIL + b" SIZE=5000"))


def test_two_messages_with_one_message_id_are_told() -> None:
    asked = make_send({"status": "sent"}, last=2)
    record = make_record(make_captured(RIGHT), make_captured(RIGHT), asked=(asked, asked))
    assert not is_met("message-ids", "unique", record)
