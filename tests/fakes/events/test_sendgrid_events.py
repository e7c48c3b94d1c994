"""SendGrid's events reach a handler, and the vendor's own helper finds their signatures right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sendgrid import EventWebhook  # type: ignore[import-untyped]

from harness.fakes import SendGrid
from harness.fakes.providers.sendgrid.webhook import SendGridWebhook

from .webhook_handler import Came, Handler, trust_in

pytestmark = pytest.mark.wire

# sendgrid-python, test/unit/test_eventwebhook.py (2020-09): key, signature, timestamp, body.
VECTOR_KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw"
    "+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
)


def send(fake: SendGrid, *recipients: str) -> str:
    """Send a message to these; the id that the API gives."""
    body = {
        "personalizations": [{"to": [{"email": each} for each in recipients]}],
        "from": {"email": "a@example.com"},
        "subject": "s",
        "categories": ["welcome"],
        "custom_args": {"order": "17"},
        "content": [{"type": "text/plain", "value": "t"}],
    }
    response = httpx.post(
        f"{fake.base_url}/v3/mail/send",
        json=body,
        headers={"Authorization": f"Bearer {fake.credentials['api_key']}"},
        verify=trust_in(fake),
    )
    assert response.status_code == 202
    return str(response.headers["X-Message-Id"])


@pytest.fixture
def fake(handler: Handler) -> Iterator[SendGrid]:
    account = {"domains": [{"name": "example.com"}]}
    with SendGrid(account=account, webhook={"url": handler.url}).running() as running:
        yield running


def is_signed(came: Came, key: str | None) -> bool:
    """Whether SendGrid's own helper takes it."""
    return bool(
        EventWebhook(key).verify_signature(
            came.body.decode(),
            came.headers["x-twilio-email-event-webhook-signature"],
            came.headers["x-twilio-email-event-webhook-timestamp"],
        )
    )


def test_a_delivered_message_is_told_of_with_what_its_sender_gave_along(
    fake: SendGrid, handler: Handler
) -> None:
    identifier = send(fake, "b@example.net")
    posted = fake.deliver(fake.messages[0], words="250 2.0.0 queued as 1")
    (event,) = json.loads(handler.last.body)
    assert (posted.status, posted.ok, posted.body) == (200, True, handler.last.body)
    assert event["event"] == "delivered"
    assert event["email"] == "b@example.net"
    assert event["sg_message_id"].startswith(identifier)
    assert event["response"] == "250 2.0.0 queued as 1"
    assert event["category"] == ["welcome"]
    assert event["order"] == "17"
    assert is_signed(handler.last, fake.webhook.public_key)


def test_a_signature_holds_for_its_own_octets_and_key_only(
    fake: SendGrid, handler: Handler
) -> None:
    send(fake, "b@example.net")
    fake.bounce(fake.messages[0])
    other = SendGrid(webhook={"url": handler.url}).webhook.public_key
    assert is_signed(handler.last, fake.webhook.public_key)
    assert not is_signed(handler.last, other)
    assert not is_signed(handler.last, VECTOR_KEY)


def test_the_vendors_own_vector_is_signed_as_we_sign() -> None:
    # The signature is not ours to make; the helper that takes it is the judge of ours above.
    body = json.dumps(
        [
            {
                "email": "hello@world.com",
                "event": "dropped",
                "reason": "Bounced Address",
                "sg_event_id": "ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",
                "sg_message_id": "LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl"
                "-18-5F5FC76C-9.0",
                "smtp-id": "<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>",
                "timestamp": 1600112492,
            }
        ],
        separators=(",", ":"),
    )
    signature = (
        "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLt"
        "EZtM="
    )
    vector = Came(
        method="POST",
        path="/",
        headers={
            "x-twilio-email-event-webhook-signature": signature,
            "x-twilio-email-event-webhook-timestamp": "1600112502",
        },
        body=f"{body}\r\n".encode(),
    )
    assert is_signed(vector, VECTOR_KEY)


@pytest.mark.parametrize(
    ("verb", "more", "expected"),
    [
        ("defer", {}, {"event": "deferred", "attempt": "1"}),
        ("bounce", {}, {"event": "bounce", "type": "bounce", "status": "5.1.1"}),
        ("bounce", {"soft": True}, {"event": "bounce", "type": "blocked", "status": "5.2.2"}),
        ("bounce", {"words": "554 no"}, {"reason": "554 no", "status": "5.0.0"}),
        ("complain", {}, {"event": "spamreport"}),
        ("open", {}, {"event": "open", "useragent": "Mozilla/5.0"}),
        ("click", {"link": "https://a.example/"}, {"event": "click", "url": "https://a.example/"}),
        ("unsubscribe", {}, {"event": "unsubscribe"}),
    ],
)
def test_each_event_has_the_vendors_own_members(
    fake: SendGrid, handler: Handler, verb: str, more: dict[str, Any], expected: dict[str, Any]
) -> None:
    send(fake, "b@example.net")
    assert getattr(fake, verb)(fake.messages[0], **more).ok
    (event,) = json.loads(handler.last.body)
    assert expected.items() <= event.items()
    assert is_signed(handler.last, fake.webhook.public_key)


def test_a_bounce_is_suppressed_and_a_block_is_not(fake: SendGrid) -> None:
    send(fake, "b@example.net")
    fake.bounce(fake.messages[0], soft=True)
    assert fake.account.suppressed == ()
    fake.bounce(fake.messages[0])
    assert fake.account.suppressed == ("b@example.net",)


def test_an_unsigned_webhook_has_no_signature(handler: Handler) -> None:
    account = {"domains": [{"name": "example.com"}]}
    webhook = {"url": handler.url, "signed": False}
    with SendGrid(account=account, webhook=webhook).running() as fake:
        send(fake, "b@example.net")
        fake.deliver(fake.messages[0])
        assert fake.webhook.public_key is None
    assert not [name for name in handler.last.headers if name.startswith("x-twilio")]


def test_a_key_that_is_given_is_the_one_that_signs(fake: SendGrid, handler: Handler) -> None:
    pem = SendGrid(webhook={"url": handler.url}).webhook.private_key
    fake.change(webhook={"url": handler.url, "private_key": pem})
    send(fake, "b@example.net")
    fake.deliver(fake.messages[0])
    assert is_signed(handler.last, SendGridWebhook(url=handler.url, private_key=pem).public_key)
