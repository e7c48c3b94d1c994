"""What each vendor's events hold of the mail they are about, and what becomes of the account."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from harness.fakes import FakeError
from harness.fakes.apis import ProviderFake, fake_of
from harness.fakes.marks import Mark
from harness.fakes.providers.webhook import MailEvent, Webhook, webhook_rules
from harness.field_descriptions import descriptions

from .webhook_handler import ACCOUNT, VENDORS, Handler, send_octets, send_over_smtp, trust_in

pytestmark = pytest.mark.wire

BATCHING = {"mandrill", "sendgrid", "sparkpost"}


@pytest.fixture
def running(handler: Handler) -> Iterator[Callable[..., ProviderFake]]:
    """Run a vendor's fake that posts to the handler."""
    with ExitStack() as stack:

        def run(vendor: str, **webhook: Any) -> ProviderFake:
            words = {"url": handler.url, **webhook}
            return stack.enter_context(fake_of(vendor)(account=ACCOUNT, webhook=words).running())

        yield run


def event_in(vendor: str, body: bytes) -> dict[str, Any]:
    """The one event of a body."""
    if vendor == "mandrill":
        (field,) = parse_qs(body.decode())["mandrill_events"]
        (event,) = json.loads(field)
        return dict(event)
    found = json.loads(body)
    if vendor == "sparkpost":
        ((event,),) = [list(each["msys"].values()) for each in found]
        return dict(event)
    if vendor == "ses":
        return dict(json.loads(found["Message"]))
    return dict(
        found["event-data"] if vendor == "mailgun" else found[0] if vendor == "sendgrid" else found
    )


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_field_of_a_webhook_says_what_it_means(vendor: str) -> None:
    rules = webhook_rules(vendor)
    assert rules is not None
    assert issubclass(rules.webhook_type, Webhook)
    assert set(descriptions(rules.webhook_type)) == set(rules.webhook_type.model_fields)


def test_every_event_says_what_it_means() -> None:
    assert set(descriptions(MailEvent)) == {each.value for each in MailEvent}


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_event_names_its_message_and_says_how_it_is_known(
    running: Callable[..., ProviderFake], handler: Handler, vendor: str
) -> None:
    fake = running(vendor)
    identifier = send_over_smtp(fake, "b@example.net")
    posted = fake.deliver(identifier)
    assert posted.mark in {Mark.DOCUMENTED, Mark.SEEN}
    assert posted.source
    assert identifier.strip("<>") in json.dumps(event_in(vendor, handler.last.body))
    assert "b@example.net" in json.dumps(event_in(vendor, handler.last.body))


@pytest.mark.parametrize("vendor", VENDORS)
def test_mail_that_no_parser_likes_is_told_of_all_the_same(
    running: Callable[..., ProviderFake], handler: Handler, vendor: str
) -> None:
    fake = running(vendor)
    octets = (
        b"From: a@example.com\r\nSubject: \xff\xfe =?utf-8?q?=ff?=\r\nTo: \xe4, <\r\n"
        b"X-SES-MESSAGE-TAGS: =,,a,b=\xff\r\nX-Mailgun-Variables: {\r\n\r\n\xff\r\n"
    )
    if vendor == "resend":  # which takes none without a recipient in To
        octets = octets.replace(b"To: \xe4, <", b"To: b@example.net")
    identifier = send_octets(fake, octets, "b@example.net")
    rules = webhook_rules(vendor)
    assert rules is not None
    posts = [fake.post(fake.event(kind, identifier, link="x"))[0] for kind in rules.names]
    assert all(posted.ok for posted in posts)
    assert all(event_in(vendor, came.body) for came in handler.came)


@pytest.mark.parametrize("vendor", VENDORS)
def test_two_events_have_two_identities(
    running: Callable[..., ProviderFake], handler: Handler, vendor: str
) -> None:
    fake = running(vendor)
    identifier = send_over_smtp(fake, "b@example.net")
    fake.open(identifier)
    fake.open(identifier)
    assert handler.came[0].body != handler.came[1].body


@pytest.mark.parametrize("vendor", VENDORS)
def test_who_bounces_for_good_gets_no_more_mail(
    running: Callable[..., ProviderFake], vendor: str
) -> None:
    fake = running(vendor)
    identifier = send_over_smtp(fake, "b@example.net")
    fake.bounce(identifier, soft=True)
    assert not _unwanted(fake)
    fake.bounce(identifier)
    fake.bounce(identifier)
    assert _unwanted(fake) == ["b@example.net"]


def _unwanted(fake: ProviderFake) -> list[str]:
    account = fake.account
    return [*account.suppressed, *(entry.email for entry in getattr(account, "rejects", ()))]


@pytest.mark.parametrize(
    ("vendor", "recipient", "expected"),
    [
        ("ses", "success@simulator.amazonses.com", ["delivered"]),
        ("ses", "bounce+label@simulator.amazonses.com", ["bounced"]),
        ("ses", "complaint@simulator.amazonses.com", ["delivered", "complained"]),
        ("ses", "ooto@simulator.amazonses.com", ["delivered"]),
        ("ses", "suppressionlist@simulator.amazonses.com", ["bounced"]),
        ("sparkpost", "b@example.net.sink.sparkpostmail.com", ["delivered"]),
        ("sparkpost", "b@fbl.bouncy-sink.trymsys.net", ["delivered", "complained"]),
        ("mandrill", "hard_bounce@test.mandrillapp.com", ["bounced"]),
        ("mandrill", "spam@test.mandrillapp.com", ["complained"]),
        ("postmark", "HardBounce@bounce-testing.postmarkapp.com", ["bounced"]),
        ("postmark", "blocked@bounce-testing.postmarkapp.com", ["bounced"]),
        ("postmark", "softbounce@bounce-testing.postmarkapp.com", ["bounced"]),
        ("postmark", "Transient@bounce-testing.postmarkapp.com", ["deferred"]),
        ("resend", "delivered@resend.dev", ["delivered"]),
        ("resend", "bounced+label@resend.dev", ["bounced"]),
        ("resend", "complained@resend.dev", ["delivered", "complained"]),
        ("resend", "suppressed@resend.dev", ["dropped"]),
    ],
)
def test_mail_to_a_vendors_own_test_address_is_told_of_by_itself(
    running: Callable[..., ProviderFake], vendor: str, recipient: str, expected: list[str]
) -> None:
    fake = running(vendor)
    send_over_smtp(fake, recipient)
    posts = fake.wait_for_posts(len(expected))
    assert [posted.event for posted in posts] == expected
    assert {posted.recipient for posted in posts} == {recipient}
    assert all(posted.ok for posted in posts)


@pytest.mark.parametrize(
    ("vendor", "telling"),
    [
        ("mailgun", '"code": 605'),
        ("resend", '"type":"email.suppressed"'),
        ("sendgrid", '"reason":"Bounced Address"'),
        ("ses", "OnAccountSuppressionList"),
        ("sparkpost", '"bounce_class":"25"'),
    ],
)
def test_mail_to_who_has_bounced_is_told_to_be_dropped(
    running: Callable[..., ProviderFake], handler: Handler, vendor: str, telling: str
) -> None:
    fake = running(vendor)
    fake.bounce(send_over_smtp(fake, "b@example.net"))
    send_over_smtp(fake, "B@example.net", "c@example.net")
    dropped = fake.wait_for_posts(2)[-1]
    assert (dropped.event, dropped.recipient) == ("dropped", "B@example.net")
    assert telling in handler.last.body.decode()


def test_a_vendor_that_drops_nothing_says_what_it_posts(
    running: Callable[..., ProviderFake],
) -> None:
    fake = running("postmark")
    with pytest.raises(FakeError, match="posts nothing for dropped"):
        fake.drop(send_over_smtp(fake, "b@example.net"))


@pytest.mark.parametrize("vendor", VENDORS)
def test_several_events_come_in_one_request_where_the_vendor_batches(
    running: Callable[..., ProviderFake], handler: Handler, vendor: str
) -> None:
    fake = running(vendor)
    first, second = (send_over_smtp(fake, f"{name}@example.net") for name in "bc")
    posts = fake.post(fake.event("delivered", first), fake.event("bounced", second))
    assert len(posts) == len(handler.came) == (1 if vendor in BATCHING else 2)
    assert ", ".join(posted.event for posted in posts) == "delivered, bounced"
    assert _unwanted(fake) == ["c@example.net"]


def test_a_kind_of_event_that_there_is_not_is_told_with_those_that_there_are(
    running: Callable[..., ProviderFake],
) -> None:
    fake = running("postmark")
    identifier = send_over_smtp(fake, "b@example.net")
    with pytest.raises(FakeError, match=r"nothing for read .choose from delivered, deferred, bou"):
        fake.event("read", identifier)


def test_other_mail_is_told_of_by_nobody(
    running: Callable[..., ProviderFake], handler: Handler
) -> None:
    fake = running("ses")
    send_over_smtp(fake, "b@example.net")
    with pytest.raises(FakeError, match=r"0 of 1 were posted in 0\.3 s"):
        fake.wait_for_posts(timeout=0.3)
    assert not handler.came


def test_mailgun_signs_timestamp_and_token(
    running: Callable[..., ProviderFake], handler: Handler
) -> None:
    fake = running("mailgun", signing_key="wh-signing-key-for-tests")
    fake.complain(send_over_smtp(fake, "b@example.net"))
    signed = json.loads(handler.last.body)["signature"]
    text = (signed["timestamp"] + signed["token"]).encode()
    expected = hmac.new(b"wh-signing-key-for-tests", text, hashlib.sha256).hexdigest()
    assert signed["signature"] == expected
    assert len(signed["token"]) == 50


def test_mailguns_events_call_tells_what_its_webhook_told(
    running: Callable[..., ProviderFake], handler: Handler
) -> None:
    fake = running("mailgun")
    headers = {"X-Mailgun-Tag": "welcome", "X-Mailgun-Variables": '{"order": "17"}'}
    identifier = send_over_smtp(fake, "b@example.net", headers=headers)
    fake.bounce(identifier)
    told = json.loads(handler.last.body)["event-data"]
    assert (told["severity"], told["delivery-status"]["code"]) == ("permanent", 550)
    assert (told["tags"], told["user-variables"]) == (["welcome"], {"order": "17"})
    found = httpx.get(
        f"{fake.base_url}/v3/example.com/events",
        auth=("api", fake.credentials["api_key"]),
        verify=trust_in(fake),
    ).json()["items"]
    assert [each["event"] for each in found] == ["failed", "accepted"]
    assert found[0]["id"] == told["id"]
    assert found[0]["reason"] == "bounce"


def test_mandrill_signs_its_url_and_the_form(
    running: Callable[..., ProviderFake], handler: Handler
) -> None:
    url = handler.url.replace("//", "//me:secret@")
    fake = running("mandrill", url=url, key="TEST_WEBHOOK_KEY")
    fake.unsubscribe(send_over_smtp(fake, "b@example.net"))
    (field,) = parse_qs(handler.last.body.decode())["mandrill_events"]
    text = f"{url}mandrill_events{field}".encode()
    expected = base64.b64encode(hmac.new(b"TEST_WEBHOOK_KEY", text, hashlib.sha1).digest())
    assert handler.last.headers["x-mandrill-signature"] == expected.decode()
    assert handler.last.headers["authorization"] == "Basic bWU6c2VjcmV0"


def test_mandrill_tries_a_new_webhook_with_an_empty_request(
    running: Callable[..., ProviderFake], handler: Handler
) -> None:
    assert running("mandrill").try_webhook().ok
    assert (handler.last.method, handler.last.body) == ("HEAD", b"")
    assert "x-mandrill-signature" not in handler.last.headers


def test_sparkpost_sends_headers_token_and_number_of_a_batch(
    running: Callable[..., ProviderFake], handler: Handler
) -> None:
    fake = running("sparkpost", custom_headers={"X-Own": "yes"}, auth_token="token")
    assert fake.try_webhook().ok
    assert json.loads(handler.last.body) == [{"msys": {}}]
    assert handler.last.headers["x-own"] == "yes"
    assert handler.last.headers["x-messagesystems-webhook-token"] == "token"
    assert len(handler.last.headers["x-messagesystems-batch-id"]) == 36


def test_sparkposts_events_call_tells_what_its_webhook_told(
    running: Callable[..., ProviderFake], handler: Handler
) -> None:
    fake = running("sparkpost")
    fake.bounce(send_over_smtp(fake, "b@example.net"))
    told = event_in("sparkpost", handler.last.body)
    found = httpx.get(
        f"{fake.base_url}/api/v1/events/message",
        headers={"Authorization": fake.credentials["api_key"]},
        verify=trust_in(fake),
    ).json()["results"]
    assert [each["type"] for each in found] == ["injection", "bounce"]
    assert found[1]["event_id"] == told["event_id"]
    assert told["timestamp"].isdigit()


def test_postmark_tells_of_a_bounce_with_the_members_of_its_page(
    running: Callable[..., ProviderFake], handler: Handler
) -> None:
    fake = running("postmark", headers={"X-Own": "yes"})
    headers = {"X-PM-Tag": "welcome", "X-PM-Metadata-order": "17"}
    fake.bounce(send_over_smtp(fake, "b@example.net", headers=headers))
    told = json.loads(handler.last.body)
    assert told["RecordType"] == "Bounce"
    assert (told["Type"], told["TypeCode"], told["Inactive"]) == ("HardBounce", 1, True)
    assert (told["Tag"], told["Metadata"]) == ("welcome", {"order": "17"})
    assert handler.last.headers["x-own"] == "yes"


def test_a_vendor_that_tries_no_webhook_says_so(running: Callable[..., ProviderFake]) -> None:
    with pytest.raises(FakeError, match="postmark posts nothing when it is set up"):
        running("postmark").try_webhook()


def test_postmarks_bounce_can_be_asked_for_and_activated_by_the_id_that_was_told(
    running: Callable[..., ProviderFake], handler: Handler
) -> None:
    fake = running("postmark")
    fake.bounce(send_over_smtp(fake, "b@example.net"), words="550 5.1.1 gone")
    told = json.loads(handler.last.body)
    key = {"X-Postmark-Server-Token": fake.credentials["server_token"]}
    with httpx.Client(base_url=fake.base_url, headers=key, verify=trust_in(fake)) as client:
        found = client.get(f"/bounces/{told['ID']}").json()
        assert found["Details"] == told["Details"] == "smtp;550 5.1.1 gone"
        assert client.get("/bounces?count=9&offset=0").json()["TotalCount"] == 1
        client.put(f"/bounces/{told['ID']}/activate").raise_for_status()
    assert fake.account.suppressed == ()


def test_a_bounce_of_postmarks_test_address_is_one_bounce(
    running: Callable[..., ProviderFake],
) -> None:
    fake = running("postmark")
    send_over_smtp(fake, "hardbounce@bounce-testing.postmarkapp.com")
    fake.wait_for_posts()
    key = {"X-Postmark-Server-Token": fake.credentials["server_token"]}
    with httpx.Client(base_url=fake.base_url, headers=key, verify=trust_in(fake)) as client:
        assert client.get("/bounces?count=9&offset=0").json()["TotalCount"] == 1


def test_a_test_address_of_postmarks_may_be_written_with_an_underscore(
    running: Callable[..., ProviderFake], handler: Handler
) -> None:
    fake = running("postmark")
    send_over_smtp(fake, "Soft_Bounce@bounce-testing.postmarkapp.com")
    fake.wait_for_posts()
    assert json.loads(handler.last.body)["Type"] == "SoftBounce"
    assert fake.account.suppressed == ()


def test_mandrills_search_tells_what_its_webhook_told(
    running: Callable[..., ProviderFake],
) -> None:
    fake = running("mandrill")
    first, second = (send_over_smtp(fake, f"{name}@example.net") for name in "bc")
    fake.bounce(first)
    fake.open(second)
    fake.click(second, link="https://a.example/")
    body = {"key": fake.credentials["api_key"], "query": "*"}
    with httpx.Client(base_url=fake.base_url, verify=trust_in(fake)) as client:
        found = client.post("/api/1.0/messages/search.json", json=body).json()
        user = client.post("/api/1.0/users/info.json", json=body).json()
    states = {each["email"]: (each["state"], each["opens"], each["clicks"]) for each in found}
    assert states == {"b@example.net": ("bounced", 0, 0), "c@example.net": ("sent", 1, 1)}
    counted = user["stats"]["all_time"]
    assert (counted["hard_bounces"], counted["opens"], counted["clicks"]) == (1, 1, 1)
