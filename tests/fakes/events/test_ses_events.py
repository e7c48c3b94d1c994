"""SES's events by way of SNS: the envelope, its signature, the subscription, what is inside."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import boto3  # type: ignore[import-untyped]  # it has no types
import httpx
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from harness.fakes import FakeError, Ses

from .webhook_handler import ACCOUNT, Handler, send_over_smtp, trust_in

pytestmark = pytest.mark.wire

# The vendor's own validator: given a message and the hosts to trust, it fetches the certificate.
_NODE = """
const Validator = require('sns-validator');
const given = JSON.parse(process.env.GIVEN);
const validator = new Validator(new RegExp(given.hosts));
validator.validate(given.message, (error) => console.log(error ? String(error) : 'right'));
"""


@pytest.fixture
def running(handler: Handler) -> Iterator[Callable[..., Ses]]:
    with ExitStack() as stack:

        def run(**webhook: Any) -> Ses:
            fake = Ses(account=ACCOUNT, webhook={"url": handler.url, **webhook})
            return stack.enter_context(fake.running())

        yield run


@pytest.fixture
def validated(requires_node_module: Callable[[str], str]) -> Callable[[Ses, dict[str, Any]], str]:
    """What `sns-validator` says of a message that names the fake."""
    node = requires_node_module("sns-validator")

    def validate(fake: Ses, message: dict[str, Any]) -> str:
        given = {"message": message, "hosts": rf"^localhost:{fake.port}$"}
        done = subprocess.run(
            [node, "-e", _NODE],
            env={
                **os.environ,
                "GIVEN": json.dumps(given),
                "NODE_EXTRA_CA_CERTS": str(fake.ca_file),
            },
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout.strip()

    return validate


def envelope(handler: Handler) -> dict[str, Any]:
    """The last message as SNS wrapped it."""
    found: dict[str, Any] = json.loads(handler.last.body)
    return found


def said(handler: Handler) -> dict[str, Any]:
    """What SES says in the last message."""
    found: dict[str, Any] = json.loads(envelope(handler)["Message"])
    return found


@pytest.mark.whole
@pytest.mark.parametrize("version", ["1", "2"])
def test_the_vendors_validator_finds_the_signature_right_and_no_other(
    running: Callable[..., Ses],
    handler: Handler,
    validated: Callable[[Ses, dict[str, Any]], str],
    version: str,
) -> None:
    fake = running(signature_version=version)
    assert fake.try_webhook().ok
    assert validated(fake, envelope(handler)) == "right"
    fake.bounce(send_over_smtp(fake, "b@example.net"))
    assert validated(fake, envelope(handler)) == "right"
    other = {**envelope(handler), "Message": "{}"}
    assert validated(fake, other) == "Error: The message signature is invalid."


@pytest.mark.parametrize(("version", "digest"), [("1", hashes.SHA1()), ("2", hashes.SHA256())])
def test_the_certificate_is_served_and_fits(
    running: Callable[..., Ses], handler: Handler, version: str, digest: hashes.HashAlgorithm
) -> None:
    fake = running(signature_version=version)
    fake.deliver(send_over_smtp(fake, "b@example.net"))
    told = envelope(handler)
    served = httpx.get(told["SigningCertURL"], verify=trust_in(fake))
    assert served.text == fake.webhook.certificate
    key = x509.load_pem_x509_certificate(served.content).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    names = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
    text = "".join(f"{name}\n{told[name]}\n" for name in names)
    signature = base64.b64decode(told["Signature"])
    key.verify(signature, text.encode(), padding.PKCS1v15(), digest)
    with pytest.raises(InvalidSignature):
        key.verify(signature, b"x" + text.encode(), padding.PKCS1v15(), digest)


def test_the_headers_are_those_of_the_message(
    running: Callable[..., Ses], handler: Handler
) -> None:
    fake = running(topic="mail")
    fake.deliver(send_over_smtp(fake, "b@example.net"))
    told, headers = envelope(handler), handler.last.headers
    assert told["TopicArn"] == "arn:aws:sns:us-east-1:123456789012:mail"
    assert headers["x-amz-sns-message-type"] == told["Type"] == "Notification"
    assert headers["x-amz-sns-message-id"] == told["MessageId"]
    assert headers["x-amz-sns-topic-arn"] == told["TopicArn"]
    assert headers["content-type"] == "text/plain; charset=UTF-8"


def test_an_event_has_the_senders_tags_and_the_messages_headers(
    running: Callable[..., Ses], handler: Handler
) -> None:
    fake = running()
    identifier = send_over_smtp(
        fake, "b@example.net", headers={"X-SES-MESSAGE-TAGS": "order=17, kind=welcome"}
    )
    fake.defer(identifier, words="421 4.4.1 Unable to connect")
    event = said(handler)
    assert event["eventType"] == "DeliveryDelay"
    assert event["mail"]["messageId"] == identifier
    assert event["mail"]["tags"]["order"] == ["17"]
    assert event["mail"]["commonHeaders"]["subject"] == "A letter"
    assert {"name": "To", "value": "b@example.net"} in event["mail"]["headers"]
    (delayed,) = event["deliveryDelay"]["delayedRecipients"]
    assert delayed["diagnosticCode"] == "smtp; 421 4.4.1 Unable to connect"


def client_of(fake: Ses) -> Any:
    return boto3.session.Session().client(
        "sesv2",
        region_name="us-east-1",
        endpoint_url=fake.base_url,
        verify=str(fake.ca_file),
        aws_access_key_id=fake.credentials["access_key_id"],
        aws_secret_access_key=fake.credentials["secret_access_key"],
    )


def test_the_vendors_calls_tell_what_was_posted(running: Callable[..., Ses]) -> None:
    fake = running()
    identifier = send_over_smtp(fake, "b@example.net")
    fake.deliver(identifier)
    fake.complain(identifier)
    client = client_of(fake)
    (insight,) = client.get_message_insights(MessageId=identifier)["Insights"]
    assert [each["Type"] for each in insight["Events"]] == ["SEND", "DELIVERY", "COMPLAINT"]
    listed = client.list_suppressed_destinations()["SuppressedDestinationSummaries"]
    assert [each["EmailAddress"] for each in listed] == ["b@example.net"]


def test_a_tag_that_came_over_the_api_is_in_the_event(
    running: Callable[..., Ses], handler: Handler
) -> None:
    fake = running()
    text = {"Data": "words"}
    sent = client_of(fake).send_email(
        FromEmailAddress="a@example.com",
        Destination={"ToAddresses": ["b@example.net"]},
        Content={"Simple": {"Subject": text, "Body": {"Text": text}}},
        EmailTags=[{"Name": "order", "Value": "17"}],
    )
    fake.deliver(sent["MessageId"])
    assert said(handler)["mail"]["tags"]["order"] == ["17"]


def test_a_bounce_is_permanent_or_not_and_suppresses_only_then(
    running: Callable[..., Ses], handler: Handler
) -> None:
    fake = running()
    identifier = send_over_smtp(fake, "b@example.net")
    fake.bounce(identifier, soft=True)
    assert said(handler)["bounce"]["bounceType"] == "Transient"
    fake.bounce(identifier)
    assert said(handler)["bounce"]["bounceType"] == "Permanent"
    assert said(handler)["bounce"]["bouncedRecipients"][0]["status"] == "5.1.1"
    assert fake.account.suppressed == ("b@example.net",)


def test_the_simulators_complaint_is_its_own_and_suppresses_nobody(
    running: Callable[..., Ses],
) -> None:
    fake = running()
    send_over_smtp(fake, "complaint@simulator.amazonses.com")
    complaint = next(each for each in fake.wait_for_posts(2) if each.event == "complained")
    told = json.loads(json.loads(complaint.body)["Message"])
    assert told["complaint"]["userAgent"] == "Amazon SES Mailbox Simulator"
    assert "arrivalDate" not in told["complaint"]
    assert fake.account.suppressed == ()


def test_a_notification_has_its_own_words_and_three_kinds(
    running: Callable[..., Ses], handler: Handler
) -> None:
    fake = running(style="notification")
    identifier = send_over_smtp(fake, "b@example.net")
    fake.complain(identifier)
    assert said(handler)["notificationType"] == "Complaint"
    assert "tags" not in said(handler)["mail"]
    assert "Subject" not in envelope(handler)
    with pytest.raises(
        FakeError, match=r"no notification tells of opened .choose from delivered, bounced"
    ):
        fake.open(identifier)


def test_nothing_is_told_before_the_subscription_is_confirmed(
    running: Callable[..., Ses], handler: Handler
) -> None:
    fake = running(confirmed=False)
    send_over_smtp(fake, "success@simulator.amazonses.com")
    identifier = send_over_smtp(fake, "b@example.net")
    with pytest.raises(FakeError, match=re.escape("try_webhook() posts the request to confirm")):
        fake.deliver(identifier)
    assert fake.try_webhook().ok
    told = envelope(handler)
    assert told["Type"] == "SubscriptionConfirmation"
    confirmed = httpx.get(told["SubscribeURL"], verify=trust_in(fake))
    assert "<SubscriptionArn>arn:aws:sns:us-east-1:123456789012:ses-events:" in confirmed.text
    assert fake.deliver(identifier).ok
    assert [each.event for each in fake.posts] == ["trial", "delivered"]


def test_the_urls_can_be_the_vendors(running: Callable[..., Ses], handler: Handler) -> None:
    fake = running(urls="vendor")
    fake.deliver(send_over_smtp(fake, "b@example.net"))
    url = envelope(handler)["SigningCertURL"]
    assert re.match(
        r"https://sns\.us-east-1\.amazonaws\.com/SimpleNotificationService-.*\.pem", url
    )


def test_a_user_name_and_a_password_are_given_only_when_asked_for(
    running: Callable[..., Ses], handler: Handler
) -> None:
    handler.statuses = [401]
    fake = running(url=handler.url.replace("//", "//me:secret@"))
    assert fake.deliver(send_over_smtp(fake, "b@example.net")).ok
    assert [came.headers.get("authorization") for came in handler.came] == [
        None,
        "Basic bWU6c2VjcmV0",
    ]


def test_a_key_without_its_certificate_is_refused() -> None:
    made = Ses(webhook={"url": "http://localhost/"}).webhook
    with pytest.raises(FakeError, match="private_key and certificate are given together"):
        Ses(webhook={"url": "http://localhost/", "private_key": made.private_key})
    again = {"private_key": made.private_key, "certificate": made.certificate}
    assert (
        Ses(webhook={"url": "http://localhost/", **again}).webhook.certificate == made.certificate
    )
