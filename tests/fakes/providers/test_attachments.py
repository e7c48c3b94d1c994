"""Attachments given in fields: each provider's rules carry them into the message that is shown."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.http.exchange import Request
from harness.fakes.providers import mandrill
from harness.fakes.providers.attachment import AttachedFile
from harness.fakes.providers.fields import Fields
from harness.fakes.providers.rendering import rendered
from harness.fakes.providers.rules import Outcome

from . import (
    mailgun_asking,
    postmark_requests,
    resend_requests,
    sendgrid_requests,
    ses_requests,
    sparkpost_asking,
)

NOW = datetime(2026, 5, 4, 12, 30, tzinfo=UTC)
FILES = {
    "octets.pdf": ("application/x-harness", bytes(range(256))),
    "Zählung.csv": ("text/csv", b"a,b\r\n1,2\r\n"),
}
Sent = Outcome[Any]
Files = dict[str, tuple[str, bytes]]


def listed(name: str, kind: str, content: str) -> list[dict[str, str]]:
    """The files as JSON APIs take them, under a vendor's names for the three parts."""
    return [
        {name: filename, kind: content_type, content: b64encode(octets).decode()}
        for filename, (content_type, octets) in FILES.items()
    ]


def by_sendgrid() -> Sent:
    letter = sendgrid_requests.letter(attachments=listed("filename", "type", "content"))
    return sendgrid_requests.ask(sendgrid_requests.account(), body=letter)


def by_postmark() -> Sent:
    letter = {**postmark_requests.LETTER, "Attachments": listed("Name", "ContentType", "Content")}
    return postmark_requests.ask(postmark_requests.account(), body=letter)


def by_resend() -> Sent:
    letter = resend_requests.letter(attachments=listed("filename", "content_type", "content"))
    return resend_requests.ask(resend_requests.account(), body=letter)


def by_sparkpost() -> Sent:
    letter = sparkpost_asking.letter(content={"attachments": listed("name", "type", "data")})
    return sparkpost_asking.ask(sparkpost_asking.account(), body=letter)


def by_mandrill() -> Sent:
    owner = mandrill.MandrillAccount.model_validate({"domains": [{"name": "sender.test"}]})
    message = {
        "from_email": "from@sender.test",
        "to": [{"email": "to@recipient.test"}],
        "text": "words",
        "attachments": listed("name", "type", "content"),
    }
    request = Request(
        method="POST",
        target="/api/1.0/messages/send",
        headers=(("Host", "mandrillapp.com"),),
        body=json.dumps({"key": "k" * 22, "message": message}).encode(),
    )
    furnished = mandrill.PROVIDER.furnished(owner, {"api_key": "k" * 22})
    return mandrill.PROVIDER.answer(furnished, request, region="", now=NOW)


def by_mailgun() -> Sent:
    fields = {"from": "from@sender.test", "to": "to@recipient.test", "text": "words"}
    parts = [(f'name="{name}"', "", value.encode()) for name, value in fields.items()]
    parts += [
        (f'name="attachment"; filename="{name}"', f"Content-Type: {kind}\r\n", octets)
        for name, (kind, octets) in FILES.items()
    ]
    body = b"".join(
        f"--b\r\nContent-Disposition: form-data; {what}\r\n{kind}\r\n".encode() + octets + b"\r\n"
        for what, kind, octets in parts
    )
    return mailgun_asking.ask(
        mailgun_asking.account(),
        raw=body + b"--b--\r\n",
        content_type="multipart/form-data; boundary=b",
    )


def by_ses() -> Sent:
    simple = {
        **ses_requests.SIMPLE["Simple"],
        "Attachments": listed("FileName", "ContentType", "RawContent"),
    }
    request = ses_requests.send_v2(Content={"Simple": simple})
    return ses_requests.answer(ses_requests.account(), request)


def by_ses_with_a_template() -> Sent:
    template = {
        "TemplateContent": {"Subject": "Hi", "Text": "words"},
        "TemplateData": "{}",
        "Attachments": listed("FileName", "ContentType", "RawContent"),
    }
    request = ses_requests.send_v2(Content={"Template": template})
    return ses_requests.answer(ses_requests.account(), request)


def files_of(octets: bytes) -> Files:
    """The attachments of a message."""
    found: Files = {}
    for part in message_from_bytes(octets, policy=policy.default).walk():
        content = part.get_payload(decode=True)
        if part.get_content_disposition() == "attachment" and isinstance(content, bytes):
            found[str(part.get_filename())] = (part.get_content_type(), content)
    return found


@pytest.mark.parametrize(
    "send",
    [
        by_sendgrid, by_postmark, by_resend, by_sparkpost, by_mandrill, by_mailgun, by_ses,
        by_ses_with_a_template,
    ],
)  # fmt: skip
def test_name_type_and_octets_come_through(send: Callable[[], Sent]) -> None:
    outcome = send()
    assert outcome.response.status < 300, outcome.response.body
    [mail] = outcome.accepted
    assert files_of(mail.content) == FILES


@pytest.mark.parametrize("kind", ["", "pdf", "a/b/c", "message/rfc822", "multipart/mixed", "ä/ö"])
def test_what_is_no_type_of_a_file_is_shown_as_octets(kind: str) -> None:
    file = AttachedFile(name="a", content_type=kind, raw=b"x")
    message = rendered(Fields(sender="a@b.test", to=("c@d.test",), attachments=(file,)), at=NOW)
    assert files_of(message) == {"a": ("application/octet-stream", b"x")}


@pytest.mark.parametrize("item", [None, 5, [], {}, {"name": 5, "type": None, "data": ["x"]}])
def test_whatever_stands_in_a_list_is_no_more_than_empty(item: object) -> None:
    file = AttachedFile.of(item, name="name", content_type="type", encoded="data")
    assert (file.name, file.content_type, file.octets) == ("", "", b"")


@given(
    name=st.text(st.characters()),
    kind=st.text() | st.from_regex(r"\A[a-z]+/[a-z]+\Z"),
    encoded=st.text(st.characters()),
)
def test_any_file_can_be_shown(name: str, kind: str, encoded: str) -> None:
    file = AttachedFile(name=name, content_type=kind, encoded=encoded)
    message = rendered(Fields(sender="a@b.test", to=("c@d.test",), attachments=(file,)), at=NOW)
    assert message_from_bytes(message).is_multipart()
