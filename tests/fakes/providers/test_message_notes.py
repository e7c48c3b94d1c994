"""What a sender notes on a message can be read there, by one name at every vendor."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from harness.fakes.apis import ProviderFake, fake_of
from harness.fakes.http.exchange import Request
from harness.fakes.providers.message import ApiMessage

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
TO = ("a@recipient.test", "gone@recipient.test")
JSON = ("Content-Type", "application/json")

Body = tuple[str, tuple[tuple[str, str], ...], bytes]


def _json(path: str, body: Any, *headers: tuple[str, str]) -> Body:
    return path, (JSON, *headers), json.dumps(body).encode()


def _sendgrid(key: str) -> Body:
    to = {"to": [{"email": each} for each in TO], "custom_args": {"order": "12"}}
    body = {
        "personalizations": [to],
        "from": {"email": "from@sender.test"},
        "subject": "s",
        "content": [{"type": "text/plain", "value": "t"}],
        "categories": ["welcome"],
        "send_at": int(LATER.timestamp()),
    }
    return _json("/v3/mail/send", body, ("Authorization", f"Bearer {key}"))


def _sparkpost(key: str) -> Body:
    body = {
        "recipients": [
            {"address": {"email": each, "header_to": TO[0]}, "tags": ["welcome"]} for each in TO
        ],
        "content": {"from": "from@sender.test", "subject": "s", "text": "t"},
        "metadata": {"order": "12"},
        "options": {"start_time": LATER.isoformat()},
    }
    return _json("/api/v1/transmissions", body, ("Authorization", key))


def _mailgun(key: str) -> Body:
    fields = {
        "from": "from@sender.test",
        "to": ",".join(TO),
        "subject": "s",
        "text": "t",
        "o:tag": "welcome",
        "v:order": "12",
        "o:deliverytime": "Fri, 20 Nov 2026 13:00:00 +0000",
    }
    basic = b64encode(f"api:{key}".encode()).decode()
    form = ("Content-Type", "application/x-www-form-urlencoded")
    headers = (form, ("Authorization", f"Basic {basic}"))
    return "/v3/sender.test/messages", headers, urlencode(fields).encode()


def _mandrill(key: str) -> Body:
    message = {
        "from_email": "from@sender.test",
        "to": [{"email": TO[0]}],
        "subject": "s",
        "text": "t",
        "tags": ["welcome"],
        "metadata": {"order": "12"},
    }
    body = {"key": key, "message": message, "send_at": "2026-11-20 13:00:00"}
    return _json("/api/1.0/messages/send.json", body)


def _postmark(key: str) -> Body:
    body = {
        "From": "from@sender.test",
        "To": TO[0],
        "Subject": "s",
        "TextBody": "t",
        "Tag": "welcome",
        "Metadata": {"order": "12"},
    }
    accept = ("Accept", "application/json")
    return _json("/email", body, ("X-Postmark-Server-Token", key), accept)


BODIES: Mapping[str, Callable[[str], Body]] = {
    "sendgrid": _sendgrid,
    "sparkpost": _sparkpost,
    "mailgun": _mailgun,
    "mandrill": _mandrill,
    "postmark": _postmark,
}


def taken(name: str) -> ApiMessage:
    """The message that a vendor's fake makes of the same notes."""
    words = {"domains": [{"name": "sender.test"}], "suppressed": [TO[1]]}
    fake: ProviderFake = fake_of(name)(account=words, clock=lambda: NOW)
    path, headers, body = BODIES[name](next(iter(fake.credentials.values())))
    served = fake.answer(Request(method="POST", target=path, headers=headers, body=body))
    assert served.response.status < 300, served.response.body
    [message] = fake.messages
    return message


@pytest.mark.parametrize("name", BODIES)
def test_tags_and_metadata_have_one_name_at_every_vendor(name: str) -> None:
    message = taken(name)
    assert message.tags == ("welcome",)
    assert dict(message.metadata) == {"order": "12"}


@pytest.mark.parametrize("name", [each for each in BODIES if each != "postmark"])
def test_when_a_message_is_to_go_out_can_be_read(name: str) -> None:
    assert taken(name).send_at == LATER


@pytest.mark.parametrize("name", ["sendgrid", "sparkpost", "mailgun"])
def test_whom_the_vendor_took_and_drops_in_silence_can_be_read(name: str) -> None:
    message = taken(name)
    assert message.rcpt_tos == TO
    assert message.dropped == TO[1:]


@pytest.mark.parametrize("name", ["mandrill", "postmark"])
def test_where_nobody_is_dropped_nobody_is_named(name: str) -> None:
    message = taken(name)
    assert message.rcpt_tos == TO[:1]
    assert message.dropped == ()
