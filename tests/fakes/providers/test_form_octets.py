"""Forms with octets that are no UTF-8: over each API that reads forms the same comes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from harness.fakes.marks import Mark
from harness.fakes.providers.rules import Outcome

from . import mailgun_asking, ses_requests

LATIN1 = "Grüße".encode("latin-1")
READ = "Gr\ufffd\ufffde"


def by_mailgun(text: bytes) -> Outcome[Any]:
    body = urlencode({**mailgun_asking.letter(), "text": text}).encode()
    return mailgun_asking.ask(mailgun_asking.account(), raw=body)


def by_mailgun_multipart(text: bytes) -> Outcome[Any]:
    fields = {name: value.encode() for name, value in mailgun_asking.letter().items()}
    body = b"".join(
        b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)
        for name, value in {**fields, "text": text}.items()
    )
    kind = "multipart/form-data; boundary=b"
    return mailgun_asking.ask(mailgun_asking.account(), raw=body + b"--b--\r\n", content_type=kind)


def by_ses(text: bytes) -> Outcome[Any]:
    fields = {
        "Action": "SendEmail",
        "Source": "a@example.com",
        "Destination.ToAddresses.member.1": "b@example.net",
        "Message.Subject.Data": "Hi",
        "Message.Body.Text.Data": text,
    }
    body = urlencode(fields).encode()
    request = ses_requests.signed(body=body, headers=[ses_requests.FORM])
    return ses_requests.answer(ses_requests.account(), request)


@pytest.mark.parametrize("send", [by_mailgun, by_mailgun_multipart, by_ses])
def test_what_is_no_utf8_is_taken_and_the_answer_is_marked_as_ours(
    send: Callable[[bytes], Outcome[Any]],
) -> None:
    outcome = send(LATIN1)
    (mail,) = outcome.accepted
    assert mail.fields is not None
    assert mail.fields.text == READ
    assert outcome.response.mark is Mark.SYNTHETIC
    known = send("Grüße \ufffd".encode())
    (mail,) = known.accepted
    assert mail.fields is not None
    assert mail.fields.text == "Grüße \ufffd"
    assert known.response.mark is not Mark.SYNTHETIC
