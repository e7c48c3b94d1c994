"""What a vendor is given for one message beside text, HTML and attachments is in that message."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

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
PNG = b"\x89PNG\r\n\x1a\n"
ENCODED = b64encode(PNG).decode()
HTML = '<p><img src="cid:logo.png"></p>'
ICS = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
AMP = "<!doctype html><html amp4email></html>"
Sent = Outcome[Any]


def by_sendgrid() -> Sent:
    file = {
        "filename": "logo.png", "type": "image/png", "content": ENCODED,
        "content_id": "logo.png", "disposition": "inline",
    }  # fmt: skip
    content = [{"type": "text/plain", "value": "words"}, {"type": "text/html", "value": HTML}]
    letter = sendgrid_requests.letter(content=content, attachments=[file])
    return sendgrid_requests.ask(sendgrid_requests.account(), body=letter)


def by_postmark() -> Sent:
    file = {
        "Name": "logo.png", "ContentType": "image/png", "Content": ENCODED,
        "ContentID": "cid:logo.png",
    }  # fmt: skip
    letter = postmark_requests.letter(TextBody="words", HtmlBody=HTML, Attachments=[file])
    return postmark_requests.ask(postmark_requests.account(), body=letter)


def by_resend() -> Sent:
    file = {
        "filename": "logo.png", "content_type": "image/png", "content": ENCODED,
        "content_id": "logo.png",
    }  # fmt: skip
    letter = resend_requests.letter(text="words", html=HTML, attachments=[file])
    return resend_requests.ask(resend_requests.account(), body=letter)


def by_sparkpost() -> Sent:
    image = {"name": "logo.png", "type": "image/png", "data": ENCODED}
    letter = sparkpost_asking.letter(content={"html": HTML, "inline_images": [image]})
    return sparkpost_asking.ask(sparkpost_asking.account(), body=letter)


def by_mandrill() -> Sent:
    owner = mandrill.MandrillAccount.model_validate({"domains": [{"name": "sender.test"}]})
    message = {
        "from_email": "from@sender.test",
        "to": [{"email": "to@recipient.test"}],
        "text": "words",
        "html": HTML,
        "images": [{"name": "logo.png", "type": "image/png", "content": ENCODED}],
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
    fields = {
        "from": "from@sender.test", "to": "to@recipient.test", "text": "words", "html": HTML,
    }  # fmt: skip
    parts = [(f'name="{name}"', "", value.encode()) for name, value in fields.items()]
    parts += [('name="inline"; filename="logo.png"', "Content-Type: image/png\r\n", PNG)]
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
    file = {
        "FileName": "logo.png", "ContentType": "image/png", "RawContent": ENCODED,
        "ContentId": "logo.png", "ContentDisposition": "INLINE", "ContentDescription": "Our logo",
    }  # fmt: skip
    simple = {
        "Subject": {"Data": "Hi"},
        "Body": {"Text": {"Data": "words"}, "Html": {"Data": HTML}},
        "Attachments": [file],
    }
    request = ses_requests.send_v2(Content={"Simple": simple})
    return ses_requests.answer(ses_requests.account(), request)


EVERY = [by_sendgrid, by_postmark, by_resend, by_sparkpost, by_mandrill, by_mailgun, by_ses]


def read(octets: bytes) -> EmailMessage:
    return message_from_bytes(octets, policy=policy.default)


def kinds(message: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in message.walk()]


def the(message: EmailMessage, kind: str) -> EmailMessage:
    [part] = [part for part in message.walk() if part.get_content_type() == kind]
    assert isinstance(part, EmailMessage)
    return part


@pytest.mark.parametrize("send", EVERY)
def test_an_image_stands_beside_the_html_that_shows_it(send: Callable[[], Sent]) -> None:
    outcome = send()
    assert outcome.response.status < 300, outcome.response.body
    [mail] = outcome.accepted
    message = read(mail.content)
    assert kinds(message) == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    image = the(message, "image/png")
    assert image["Content-ID"] == "<logo.png>"
    assert image.get_content_disposition() == "inline"
    assert image.get_filename() == "logo.png"
    assert image.get_payload(decode=True) == PNG


def test_the_description_of_a_file_is_kept() -> None:
    [mail] = by_ses().accepted
    assert the(read(mail.content), "image/png")["Content-Description"] == "Our logo"


def test_an_invitation_and_amp_are_further_alternatives() -> None:
    texts = {"text/plain": "words", "text/html": HTML, "text/x-amp-html": AMP, "text/calendar": ICS}
    content = [{"type": kind, "value": value} for kind, value in texts.items()]
    letter = sendgrid_requests.letter(content=content)
    [mail] = sendgrid_requests.ask(sendgrid_requests.account(), body=letter).accepted
    message = read(mail.content)
    assert kinds(message) == [
        "multipart/alternative", "text/plain", "text/x-amp-html", "text/html", "text/calendar",
    ]  # fmt: skip
    calendar = the(message, "text/calendar")
    assert calendar.get_content().splitlines() == ICS.splitlines()


def test_amp_is_kept_by_sparkpost_and_mailgun() -> None:
    letter = sparkpost_asking.letter(content={"html": HTML, "amp_html": AMP})
    [mail] = sparkpost_asking.ask(sparkpost_asking.account(), body=letter).accepted
    assert the(read(mail.content), "text/x-amp-html").get_content().strip() == AMP
    form = mailgun_asking.letter(html=HTML, **{"amp-html": AMP})
    [mail] = mailgun_asking.ask(mailgun_asking.account(), form=form).accepted
    assert the(read(mail.content), "text/x-amp-html").get_content().strip() == AMP


def built(**fields: Any) -> EmailMessage:
    words = {"sender": "a@b.test", "to": ("c@d.test",), **fields}
    return read(rendered(Fields(**words), at=NOW))


def test_an_image_without_html_and_a_file_with_a_content_id_are_kept() -> None:
    image = AttachedFile(name="i", content_type="image/png", raw=PNG, content_id="i", inline=True)
    file = AttachedFile(name="f", content_type="image/gif", raw=PNG, content_id="<f>")
    message = built(text="t", attachments=(image, file))
    assert kinds(message) == ["multipart/mixed", "text/plain", "image/png", "image/gif"]
    assert [part["Content-ID"] for part in message.iter_parts()] == [None, "<i>", "<f>"]


def test_html_with_an_image_an_invitation_and_a_file_nests() -> None:
    image = AttachedFile(name="i", content_type="image/png", raw=PNG, content_id="i", inline=True)
    file = AttachedFile(name="f", content_type="image/gif", raw=PNG)
    message = built(
        html=HTML, alternatives=(("text/calendar", ICS),), attachments=(file, image, image)
    )
    assert kinds(message) == [
        "multipart/mixed", "multipart/alternative", "multipart/related", "text/html", "image/png",
        "image/png", "text/calendar", "image/gif",
    ]  # fmt: skip


def test_a_content_id_is_never_made_an_encoded_word_or_a_header_of_its_own() -> None:
    long = "x" * 300 + "@example.test"
    image = AttachedFile(name="i", content_type="image/png", raw=PNG, content_id=long, inline=True)
    assert the(built(html=HTML, attachments=(image,)), "image/png")["Content-ID"] == f"<{long}>"
    broken = AttachedFile(
        name="i", content_type="image/png", raw=PNG, content_id="a\r\nX-Own: b", inline=True
    )
    assert the(built(html=HTML, attachments=(broken,)), "image/png")["X-Own"] is None


def test_the_parameters_of_a_media_type_are_kept() -> None:
    file = AttachedFile(name="f", content_type='text/calendar; method="REQUEST"', raw=b"x")
    assert (
        the(built(text="t", attachments=(file,)), "text/calendar").get_param("method") == "REQUEST"
    )
