"""Resend's events, as its own client verifies and reads them."""

from __future__ import annotations

import base64
import json
import re
import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import resend
from resend.webhooks import _webhook_event as types

from harness.fakes import FakeError, Resend
from harness.fakes.apis import ProviderFake
from harness.fakes.providers.resend.webhook import signed
from harness.fakes.transcript import Acknowledged, MessageCaptured

from .webhook_handler import ACCOUNT, Came, Handler, send_over_smtp, trust_in

pytestmark = pytest.mark.wire

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def fake(handler: Handler) -> Iterator[ProviderFake]:
    webhook = {"url": handler.url, "signing_secret": SECRET}
    with Resend(account=ACCOUNT, webhook=webhook).running() as running:
        yield running


def verified(came: Came, secret: str = SECRET) -> dict[str, Any]:
    """The event, where the vendor's client finds it genuine."""
    given = came.headers
    found = resend.Webhooks.verify(
        {
            "payload": came.body.decode(),
            "headers": resend.WebhookHeaders(
                id=given["svix-id"],
                timestamp=given["svix-timestamp"],
                signature=given["svix-signature"],
            ),
            "webhook_secret": secret,
        }
    )
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def test_the_vector_that_svix_publishes_has_its_signature() -> None:
    """From docs.svix.com, receiving/verifying-payloads/how-manual, and its libraries' tests."""
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = dict(signed(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}'))
    assert headers["svix-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("verb", "more", "kind"),
    [
        ("deliver", {}, "email.delivered"),
        ("defer", {}, "email.delivery_delayed"),
        ("bounce", {}, "email.bounced"),
        ("drop", {}, "email.suppressed"),
        ("complain", {}, "email.complained"),
        ("open", {}, "email.opened"),
        ("click", {"link": "https://a.example/x"}, "email.clicked"),
    ],
)
def test_each_event_is_verified_by_the_vendors_client(
    fake: ProviderFake, handler: Handler, verb: str, more: dict[str, Any], kind: str
) -> None:
    identifier = send_over_smtp(fake, "b@example.net", "c@example.net")
    getattr(fake, verb)(identifier, recipient="b@example.net", **more)
    told = verified(handler.last)
    assert told["type"] == kind
    data = told["data"]
    assert (data["email_id"], data["to"]) == (identifier, ["b@example.net"])
    assert "<a@example.com>" in data["from"]
    assert data["subject"] == "A letter"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["created_at"])
    assert data.get("click", {}).get("link") == more.get("link")


def test_the_types_of_the_vendors_client_have_every_member(
    fake: ProviderFake, handler: Handler
) -> None:
    identifier = send_over_smtp(fake, "b@example.net")
    fake.bounce(identifier, words="550 5.1.1 gone")
    data = verified(handler.last)["data"]
    assert types.BaseEmailEventData.__required_keys__ <= set(data)
    assert set(data["bounce"]) == set(types.EmailBounce.__annotations__)
    assert data["bounce"]["message"] == "550 5.1.1 gone"
    fake.bounce(identifier, soft=True)
    assert verified(handler.last)["data"]["bounce"]["type"] == "Transient"
    fake.click(identifier, link="https://a.example/")
    assert set(verified(handler.last)["data"]["click"]) == set(types.EmailClick.__annotations__)
    fake.drop(identifier)
    suppressed = verified(handler.last)["data"]["suppressed"]
    assert set(suppressed) == set(types.EmailSuppressed.__annotations__)


def test_the_tags_of_a_message_are_told(fake: ProviderFake, handler: Handler) -> None:
    sent = httpx.post(
        f"{fake.base_url}/emails",
        headers={"Authorization": f"Bearer {fake.credentials['api_key']}"},
        json={
            "from": "a@example.com",
            "to": ["b@example.net"],
            "subject": "x",
            "text": "y",
            "tags": [{"name": "category", "value": "welcome"}],
        },
        verify=trust_in(fake),
    ).json()
    fake.open(sent["id"])
    assert verified(handler.last)["data"]["tags"] == {"category": "welcome"}


@pytest.mark.parametrize("what", ["body", "id", "timestamp", "secret"])
def test_what_was_changed_on_its_way_is_not_genuine(
    fake: ProviderFake, handler: Handler, what: str
) -> None:
    fake.open(send_over_smtp(fake, "b@example.net"))
    came, secret = handler.last, SECRET
    if what == "body":
        came = Came(method=came.method, path=came.path, headers=came.headers, body=came.body + b" ")
    elif what == "secret":
        secret = "whsec_" + base64.b64encode(b"x" * 24).decode()
    else:
        came.headers[f"svix-{what}"] = {"id": "msg_x", "timestamp": "1614265330"}[what]
    with pytest.raises(ValueError, match=r"signature|tolerance"):
        verified(came, secret)


def test_a_secret_is_made_up_and_one_that_is_none_is_refused() -> None:
    made = Resend(webhook={"url": "http://127.0.0.1:1/"}).webhook.signing_secret
    assert made.startswith("whsec_")
    for wrong in ("secret", "whsec_", "whsec_?", "whsec_abc"):
        with pytest.raises(FakeError, match="whsec_ and base64"):
            Resend(webhook={"url": "http://127.0.0.1:1/", "signing_secret": wrong})


def test_the_vendors_call_tells_what_its_webhook_told_last(fake: ProviderFake) -> None:
    identifier = send_over_smtp(fake, "b@example.net")
    fake.deliver(identifier)
    fake.complain(identifier)
    found = httpx.get(
        f"{fake.base_url}/emails/{identifier}",
        headers={"Authorization": f"Bearer {fake.credentials['api_key']}"},
        verify=trust_in(fake),
    ).json()
    assert found["last_event"] == "complained"
    assert fake.account.suppressed == ("b@example.net",)


# A message that comes again, over SMTP.


def test_a_message_with_the_same_idempotency_key_is_one(fake: ProviderFake) -> None:
    octets = (
        b"From: a@example.com\r\nTo: b@example.net\r\nSubject: s\r\n"
        b"Resend-Idempotency-Key: k\r\n\r\nwords\r\n"
    )
    service = fake.smtp
    for _ in range(2):
        with smtplib.SMTP("localhost", service.port, timeout=10) as client:
            client.starttls(context=trust_in(fake))
            client.login(str(service.username), str(service.password))
            client.sendmail("a@example.com", ["b@example.net"], octets)
    assert len(fake.messages) == len(service.messages) == 1
    assert len(list(fake.transcript.of(MessageCaptured))) == 1
    acknowledged = [fact.messages for _, fact in fake.transcript.of(Acknowledged)]
    assert acknowledged == [(0,), (0,)]
