"""What SES does to the names of files and of people, whichever way the message came."""

from __future__ import annotations

from base64 import b64encode
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import botocore.session
import pytest

from harness.fakes.http.exchange import Request
from harness.fakes.providers.ses.filenames import unsent_filename
from harness.fakes.providers.ses.letter import Letter
from harness.fakes.providers.ses.raw_message import read_raw

from .ses_requests import (
    SIMPLE,
    account,
    answer,
    error_of,
    query,
    raw_v2,
    send_email,
    send_raw,
    send_v2,
)

UNSENT = [
    "setup.exe",
    "SCRIPT.JS",
    "a.tmp",
    "a/b.pdf",
    "a\\b.pdf",
    "a:b.pdf",
    "a|b",
    "a<b>",
    "a?",
    "a*",
]
SENT = ["report.pdf", "archive.zip", "exe", "a.exe.txt", "Zählung – 3.csv", "a b (1).txt", ""]


def raw(name: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.net", "Hi"
    message.set_content("t")
    message.add_attachment(b"x", maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def simple(name: str) -> Request:
    file = {"FileName": name, "RawContent": b64encode(b"x").decode()}
    return send_v2(Content={"Simple": {**SIMPLE["Simple"], "Attachments": [file]}})


@pytest.mark.parametrize("name", UNSENT)
def test_a_file_that_is_not_sent_is_refused_by_every_way_in(name: str) -> None:
    for request, case in (
        (simple(name), "v2-bad-filename"),
        (raw_v2(raw(name)), "v2-bad-filename"),
        (send_raw(raw(name)), "bad-filename"),
    ):
        outcome = answer(account(), request)
        assert outcome.response.case == case
        assert outcome.accepted == ()
        assert error_of(outcome.response)[2] == f"Illegal filename '{name}'."


@pytest.mark.parametrize("name", SENT)
def test_any_other_file_is_taken(name: str) -> None:
    for request in (simple(name), raw_v2(raw(name)), send_raw(raw(name))):
        assert len(answer(account(), request).accepted) == 1


@pytest.mark.parametrize(
    "disposition",
    [
        b'attachment; filename="=?utf-8?q?Bericht=3F?="',
        b"attachment; filename*=nonsense''%ff.pdf",
        b"attachment; filename=\xff\xfe.pdf",
        b"attachment; filename*0=a; filename*2=b",
        b"attachment",
    ],
)
def test_a_name_that_cannot_be_read_convicts_nobody(disposition: bytes) -> None:
    octets = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Disposition: '
        + disposition.replace(b"=3F", b"")
        + b"\r\n\r\nx\r\n--b--\r\n"
    )
    assert unsent_filename(Letter(raw=read_raw(octets))) is None


def test_a_name_that_is_not_encoded_keeps_the_low_octet_of_each_character() -> None:
    for request in (
        send_email(Source="Blog 한국어 <a@example.com>"),
        send_v2(FromEmailAddress="Blog 한국어 <a@example.com>"),
    ):
        [mail] = answer(account(), request).accepted
        assert mail.content.startswith(b"From: Blog \x5c\x6d\xb4 <a@example.com>\r\n")
        assert mail.mail_from == "a@example.com"


def test_low_octets_end_no_line() -> None:
    [mail] = answer(account(), send_email(Source="a\u010d\u010aX-Own: b <a@example.com>")).accepted
    message = message_from_bytes(mail.content)
    assert message["X-Own"] is None


def test_an_encoded_name_and_the_subject_come_through() -> None:
    name = "=?utf-8?b?QsO8csO2?= <a@example.com>"
    [mail] = answer(account(), send_email(Source=name, Message_Subject_Data="Grüße")).accepted
    assert mail.content.startswith(f"From: {name}\r\n".encode())
    assert b"Subject: =?utf-8?" in mail.content


@pytest.mark.parametrize(
    ("operation", "shape"),
    [
        ("GetIdentityMailFromDomainAttributes", "IdentityMailFromDomainAttributes"),
        ("GetIdentityNotificationAttributes", "IdentityNotificationAttributes"),
        ("GetIdentityDkimAttributes", "IdentityDkimAttributes"),
        ("GetIdentityVerificationAttributes", "IdentityVerificationAttributes"),
    ],
)
@pytest.mark.parametrize("name", ["example.com", "m.test", "me@x.test"])
def test_an_entry_has_every_member_that_the_model_requires(
    operation: str, shape: str, name: str
) -> None:
    state: Any = account(
        domains=[{"name": "example.com"}, {"name": "m.test", "mail_from": "b.m.test"}],
        addresses=[{"name": "me@x.test"}],
    )
    body = answer(state, query(operation, Identities_member_1=name)).response.body.decode()
    model = botocore.session.get_session().get_service_model("ses")
    assert [
        each for each in model.shape_for(shape).required_members if f"<{each}>" not in body
    ] == []
