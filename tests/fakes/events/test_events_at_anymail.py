"""django-anymail, which reads every vendor's webhooks, understands what the fakes post."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pytest

from harness.fakes.apis import ProviderFake, fake_of
from harness.fakes.http.facts import WebhookPosted
from harness.fakes.tls import Authority

from .webhook_handler import ACCOUNT, VENDORS, send_over_smtp

pytestmark = pytest.mark.whole

_PROGRAM = Path(__file__).with_name("anymail_webhooks.py")
_SECRET = "name:word"
_PATHS = {"ses": "amazon_ses/tracking/", "mandrill": "mandrill/"}
# Mandrill tells that it sent, not that somebody took it; two of SES's events anymail does not know.
_IN_OTHER_WORDS = {
    ("mandrill", "deliver"): "sent",
    ("ses", "defer"): "unknown",
    ("ses", "unsubscribe"): "unknown",
}
_KEYS = {"mailgun": {"signing_key": "signing-key"}, "mandrill": {"key": "webhook-key"}}


@dataclass(slots=True)
class Anymail:
    """The program, and the fakes that post to it."""

    fakes: dict[str, ProviderFake]
    port: int
    events: IO[str]

    def url(self, vendor: str) -> str:
        path = _PATHS.get(vendor, f"{vendor}/tracking/")
        return f"http://{_SECRET}@127.0.0.1:{self.port}/{path}"

    def heard(self, posted: WebhookPosted) -> dict[str, Any]:
        """What anymail made of a post that it took."""
        assert posted.status == 200, posted
        found: dict[str, Any] = json.loads(self.events.readline())
        return found


def settings(fakes: dict[str, ProviderFake], private: Any) -> dict[str, Any]:
    ses = fakes["ses"]
    return {
        "WEBHOOK_SECRET": _SECRET,
        "MAILGUN_WEBHOOK_SIGNING_KEY": "signing-key",
        "MANDRILL_WEBHOOK_KEY": "webhook-key",
        "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY": private.public_key,
        "AMAZON_SES_CLIENT_PARAMS": {
            "endpoint_url": ses.base_url,
            "verify": str(ses.ca_file),
            "aws_access_key_id": ses.credentials["access_key_id"],
            "aws_secret_access_key": ses.credentials["secret_access_key"],
        },
    }


@pytest.fixture(scope="module")
def anymail(
    requires_program: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Anymail]:
    python = Path(requires_program("django-admin")).with_name("python")
    authority = Authority.create()
    ca_file = authority.write(tmp_path_factory.mktemp("anchor")).ca_file
    with ExitStack() as stack:
        fakes = {
            vendor: stack.enter_context(
                fake_of(vendor)(account=ACCOUNT, authority=authority, ca_file=ca_file).running()
            )
            for vendor in VENDORS
        }
        key = fake_of("sendgrid")(webhook={"url": "http://localhost/"}).webhook
        program = stack.enter_context(
            subprocess.Popen(
                [python, _PROGRAM, json.dumps(settings(fakes, key))],
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        stack.callback(program.terminate)
        assert program.stdout is not None
        running = Anymail(fakes=fakes, port=int(program.stdout.readline()), events=program.stdout)
        for vendor, fake in fakes.items():
            words: dict[str, Any] = {"url": running.url(vendor), **_KEYS.get(vendor, {})}
            if vendor == "sendgrid":
                words["private_key"] = key.private_key
            fake.change(webhook=words)
        yield running


# Resend tells nothing of who unsubscribed.
_NEVER_TOLD = {("resend", "unsubscribe")}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("verb", "more", "expected"),
    [
        ("deliver", {}, "delivered"),
        ("defer", {}, "deferred"),
        ("bounce", {}, "bounced"),
        ("complain", {}, "complained"),
        ("open", {}, "opened"),
        ("click", {"link": "https://a.example/x"}, "clicked"),
        ("unsubscribe", {}, "unsubscribed"),
    ],
)
def test_each_event_of_each_vendor_is_understood(
    anymail: Anymail, vendor: str, verb: str, more: dict[str, Any], expected: str
) -> None:
    if (vendor, verb) in _NEVER_TOLD:
        return
    fake = anymail.fakes[vendor]
    identifier = send_over_smtp(fake, f"{verb}@example.net")
    event = anymail.heard(getattr(fake, verb)(identifier, **more))
    expected = _IN_OTHER_WORDS.get((vendor, verb), expected)
    assert (event["event_type"], event["recipient"]) == (expected, f"{verb}@example.net")
    assert identifier.strip("<>") in event["message_id"]
    assert event["click_url"] == more.get("link")


@pytest.mark.parametrize(
    ("vendor", "expected"),
    [
        ("mailgun", "bounced"),
        ("mandrill", "rejected"),
        ("sendgrid", "rejected"),
        ("ses", "bounced"),
        ("sparkpost", "bounced"),
    ],
)
def test_what_is_dropped_is_understood(anymail: Anymail, vendor: str, expected: str) -> None:
    fake = anymail.fakes[vendor]
    event = anymail.heard(fake.drop(send_over_smtp(fake, "dropped@example.net")))
    assert (event["event_type"], event["recipient"]) == (expected, "dropped@example.net")


@pytest.mark.parametrize("vendor", ["mandrill", "sendgrid", "sparkpost"])
def test_several_events_in_one_request_are_understood(anymail: Anymail, vendor: str) -> None:
    fake = anymail.fakes[vendor]
    identifier = send_over_smtp(fake, "b@example.net")
    (posted,) = fake.post(fake.event("opened", identifier), fake.event("complained", identifier))
    assert anymail.heard(posted)["event_type"] == "opened"
    assert anymail.heard(posted)["event_type"] == "complained"


def test_the_subscription_is_confirmed_by_its_own_client(anymail: Anymail) -> None:
    fake = anymail.fakes["ses"]
    fake.change(webhook={"url": anymail.url("ses"), "confirmed": False})
    assert fake.try_webhook().status == 200
    assert fake.webhook.confirmed


@pytest.mark.parametrize("vendor", ["mandrill", "sparkpost"])
def test_the_trial_of_a_new_webhook_is_answered(anymail: Anymail, vendor: str) -> None:
    assert anymail.fakes[vendor].try_webhook().status == 200


@pytest.mark.parametrize("vendor", ["mailgun", "mandrill", "sendgrid"])
def test_another_key_is_turned_down(anymail: Anymail, vendor: str) -> None:
    with fake_of(vendor)(account=ACCOUNT, webhook={"url": anymail.url(vendor)}).running() as fake:
        identifier = send_over_smtp(fake, "b@example.net")
        assert fake.deliver(identifier).status == 400
