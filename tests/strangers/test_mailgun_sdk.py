"""The vendor's own Python client against the fake, over HTTPS with the harness's authority.

This client raises nothing for an answer that is no success: it hands over the response of
`requests`, whose `raise_for_status` is what its users call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.utils import format_datetime
from importlib import import_module
from typing import Any

import pytest

from harness.fakes.api_fake import ApiFake
from harness.fakes.providers.mailgun import MailgunAccount
from harness.fakes.providers.mailgun.refusals import REFUSALS

pytestmark = pytest.mark.wire

mailgun: Any = import_module("mailgun.client")
config: Any = import_module("mailgun.config")
requests: Any = import_module("requests")

CLIENT = "mailgun 1.10.0"
# (refusal, exception class of raise_for_status, status)
SDK_TABLE: list[tuple[str, str, int]] = [
    ("forbidden", "HTTPError", 401),
    ("role-may-not-send", "HTTPError", 401),
    ("invalid-private-key", "HTTPError", 401),
    ("domain-not-found", "HTTPError", 404),
    ("no-such-domain", "HTTPError", 404),
    ("not-stored", "HTTPError", 404),
    ("wrong-method", "HTTPError", 405),
    ("sandbox-recipient", "HTTPError", 403),
    ("free-recipient", "HTTPError", 403),
    ("unverified", "HTTPError", 400),
    ("not-activated", "HTTPError", 400),
    ("disabled", "HTTPError", 403),
    ("inactive", "HTTPError", 403),
    ("domain-disabled", "HTTPError", 403),
    ("probation", "HTTPError", 400),
    ("large-batch", "HTTPError", 403),
    ("sending-ip", "HTTPError", 403),
    ("requests-per-second-limit", "HTTPError", 429),
    ("request-limit", "HTTPError", 429),
    ("bytes-limit", "HTTPError", 429),
    ("recipient-limit", "HTTPError", 429),
    ("quota", "HTTPError", 420),
    ("rate-limited", "HTTPError", 429),
    ("missing", "HTTPError", 400),
    ("no-file", "HTTPError", 400),
    ("no-body", "HTTPError", 400),
    ("html-and-template", "HTTPError", 400),
    ("bad-address", "HTTPError", 400),
    ("options-too-large", "HTTPError", 400),
    ("too-many-recipients", "HTTPError", 400),
    ("header-name", "HTTPError", 400),
    ("header-name-line-break", "HTTPError", 400),
    ("bad-date", "HTTPError", 400),
    ("bad-variables", "HTTPError", 400),
    ("content-type", "HTTPError", 400),
    ("server-error", "HTTPError", 500),
    ("too-far-ahead", "HTTPError", 400),
    ("no-unsubscribe", "HTTPError", 404),
    ("no-complaint", "HTTPError", 404),
    ("batch-size", "HTTPError", 400),
    ("bad-records", "HTTPError", 400),
]
# What this client cannot cause, or only by sending 52 MiB: it writes sound forms, always has a key,
# asks for pages that an answer has named, and for nothing that the vendor has not.
NOT_OF_THIS_CLIENT = frozenset(
    ["malformed", "cut-off", "url-escape", "too-large", "unauthorized", "bad-page", "unknown-path"]
)
DOMAIN = "sender.test"
GOOD: dict[str, Any] = {"domains": [{"name": DOMAIN}]}
MIME = b"From: from@sender.test\r\nTo: x@y.test\r\nSubject: \xe9\r\n\r\nwords\r\n"


def send(client: Any, *, domain: str = DOMAIN, **changes: Any) -> Any:
    letter = {
        "from": "Somebody <from@sender.test>",
        "to": "to@recipient.test",
        "subject": "A letter",
        "text": "words",
        **changes,
    }
    fields = {name: value for name, value in letter.items() if value is not None}
    return client.messages.create(data=fields, domain=domain)


def send_mime(client: Any, files: Any) -> Any:
    data = {"to": ["to@recipient.test", "copy@recipient.test"]}
    return client.mimemessage.create(data=data, files=files, domain=DOMAIN)


def batch(client: Any) -> Any:
    variables = {"recipient-variables": '{"a@r.test":{},"b@r.test":{}}'}
    return send(client, to=["a@r.test", "b@r.test"], **variables)


def put(client: Any, records: Any) -> Any:
    headers = {"Content-Type": "application/json"}
    return client.bounces.create(data=json.dumps(records), domain=DOMAIN, headers=headers)


# What leads to each refusal: the account, the key (None: the right one), the call.
CAUSES: dict[str, tuple[dict[str, Any], str | None, Callable[[Any], Any]]] = {
    "forbidden": ({}, "wrong", send),
    "role-may-not-send": ({"keys": [{"kind": "user", "role": "basic"}]}, None, send),
    "invalid-private-key": ({}, "wrong", lambda client: client.domains.get()),
    "domain-not-found": ({}, None, lambda client: send(client, domain="absent.test")),
    "no-such-domain": ({}, None, lambda client: client.events.get(domain="absent.test")),
    "not-stored": (
        {},
        None,
        lambda client: client.bounces.get(domain=DOMAIN, bounce_address="a@b.test"),
    ),
    "wrong-method": ({}, None, lambda client: client.messages.get(domain=DOMAIN)),
    "sandbox-recipient": ({"domains": [{"name": DOMAIN, "sandbox": True}]}, None, send),
    "free-recipient": ({"free": True}, None, send),
    "unverified": ({"domains": [{"name": DOMAIN, "verified": False}]}, None, send),
    "not-activated": ({"standing": "not-activated"}, None, send),
    "disabled": ({"suspended": True}, None, send),
    "inactive": ({"standing": "inactive"}, None, send),
    "domain-disabled": ({"domains": [{"name": DOMAIN, "disabled": True}]}, None, send),
    "probation": ({"standing": "probation"}, None, send),
    "large-batch": ({"large_batches": False}, None, batch),
    "sending-ip": ({}, None, lambda client: send(client, **{"o:sending-ip": "192.0.2.1"})),
    "requests-per-second-limit": ({"rate_limited": True}, None, send),
    "request-limit": ({"rate_limited": True, "limit": "request"}, None, send),
    "bytes-limit": ({"rate_limited": True, "limit": "bytes"}, None, send),
    "recipient-limit": ({"rate_limited": True, "limit": "recipient"}, None, send),
    "quota": ({"quota_used_up": True}, None, send),
    "rate-limited": ({"rate_limited": True}, None, lambda client: client.domains.get()),
    "missing": ({}, None, lambda client: send(client, to=None)),
    "no-file": ({}, None, lambda client: send_mime(client, {"message": (None, "From: a@b.test")})),
    "no-body": ({}, None, lambda client: send(client, text=None)),
    "html-and-template": ({}, None, lambda client: send(client, html="<p>", template="t")),
    "bad-address": ({}, None, lambda client: send(client, to="nobody")),
    "options-too-large": ({}, None, lambda client: send(client, **{"v:a": "x" * 17_000})),
    "too-many-recipients": (
        {},
        None,
        lambda client: send(client, to=[f"to{n}@recipient.test" for n in range(1001)]),
    ),
    "header-name": ({}, None, lambda client: send(client, **{"h:X-\u00e9": "x"})),
    "header-name-line-break": ({}, None, lambda client: send(client, **{"h:X-A\n": "x"})),
    "bad-date": ({}, None, lambda client: send(client, **{"o:deliverytime": "soon"})),
    "bad-variables": ({}, None, lambda client: send(client, **{"recipient-variables": "{"})),
    "content-type": (
        {},
        None,
        lambda client: client.mimemessage.create(data={"to": "a@b.test"}, domain=DOMAIN),
    ),
    "server-error": ({"out_of_order": True}, None, send),
    "too-far-ahead": (
        {},
        None,
        lambda client: send(client, **{"o:deliverytime": "Fri, 01 Jan 2999 00:00:00 +0000"}),
    ),
    "no-unsubscribe": (
        {},
        None,
        lambda client: client.unsubscribes.delete(domain=DOMAIN, unsubscribe_address="a@b.test"),
    ),
    "no-complaint": (
        {},
        None,
        lambda client: client.complaints.get(domain=DOMAIN, complaint_address="a@b.test"),
    ),
    "batch-size": (
        {},
        None,
        lambda client: put(client, [{"address": f"to{n}@b.test"} for n in range(1001)]),
    ),
    "bad-records": ({}, None, lambda client: put(client, {"address": "a@b.test"})),
}


@pytest.fixture
def client_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A running fake and the client that talks to it; `retries` without a wait between them."""

    @contextmanager
    def run(
        account: dict[str, Any],
        key: str | None = None,
        *,
        user: str = "api",
        retries: int = 0,
        **words: Any,
    ) -> Iterator[tuple[ApiFake[MailgunAccount], Any]]:
        fake: ApiFake[MailgunAccount] = ApiFake("mailgun", account={**GOOD, **account}, **words)
        with fake.running():
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(fake.ca_file))
            monkeypatch.setenv("NO_PROXY", "localhost")
            client = mailgun.Client(
                auth=(user, key or fake.credentials["api_key"]),
                api_url=fake.base_url,
                retry_policy=config.RetryPolicy(max_retries=retries, base_delay=0.0),
            )
            with client:
                yield fake, client

    return run


def test_the_client_sends_and_reads_back(client_of: Callable[..., Any]) -> None:
    with client_of({"suppressed": ["gone@recipient.test"]}) as (fake, client):
        answer = send(client, to=["to@recipient.test", "gone@recipient.test"], cc="c@r.test").json()
        (mail,) = fake.messages
        assert answer == {"id": mail.provider_id, "message": "Queued. Thank you."}
        made = message_from_bytes(mail.content)
        assert made["To"] == "to@recipient.test, gone@recipient.test"
        failed = client.events.get(domain=DOMAIN, filters={"event": "failed"}).json()["items"]
        assert [event["recipient"] for event in failed] == ["gone@recipient.test"]
        (bounce,) = client.bounces.get(domain=DOMAIN).json()["items"]
        assert bounce["address"] == "gone@recipient.test"
        assert client.domains.get(domain_name=DOMAIN).json()["domain"]["state"] == "active"
        assert client.ping() is True


def test_the_client_sends_finished_mail_and_files(client_of: Callable[..., Any]) -> None:
    with client_of({}) as (fake, client):
        assert send_mime(client, {"message": MIME}).status_code == 200
        files = [("attachment", ("a\u20ac.txt", b"\x00--\r\n\xff"))]
        data = {"from": "a@sender.test", "to": "to@r.test", "text": "w", "h:Reply-To": "b@r.test"}
        assert client.messages.create(data=data, files=files, domain=DOMAIN).status_code == 200
        finished, composed = fake.messages
        assert finished.content == MIME
        assert finished.mail.recipients == ("to@recipient.test", "copy@recipient.test")
        assert message_from_bytes(composed.content)["Reply-To"] == "b@r.test"


def test_the_client_calls_off_what_it_has_scheduled(client_of: Callable[..., Any]) -> None:
    with client_of({}) as (fake, client):
        in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1))
        send(client, **{"o:deliverytime": in_an_hour})
        assert client.envelopes.delete(domain=DOMAIN).json() == {"message": "done"}
    assert [message.cancelled for message in fake.messages] == [True]


def test_the_client_suppresses_and_releases_recipients(client_of: Callable[..., Any]) -> None:
    with client_of({}) as (fake, client):
        added = client.unsubscribes.create(data={"address": "to@recipient.test"}, domain=DOMAIN)
        assert added.json()["message"] == "Address has been added to the unsubscribes table"
        send(client)
        (item,) = client.unsubscribes.get(domain=DOMAIN).json()["items"]
        assert item["address"] == "to@recipient.test"
        there = {"unsubscribe_address": "to@recipient.test"}
        assert client.unsubscribes.delete(domain=DOMAIN, **there).status_code == 200
        send(client)
        many = put(client, [{"address": "a@b.test"}, {"address": "c@b.test"}]).json()
        assert many == {"message": "2 addresses have been added to the bounces table"}
        assert client.bounces.delete(domain=DOMAIN).status_code == 200
        assert client.bounces.get(domain=DOMAIN).json()["items"] == []
    assert [message.dropped for message in fake.messages] == [("to@recipient.test",), ()]


@pytest.mark.parametrize(
    ("account", "status"),
    [({"keys": [{"region": "us"}]}, 401), ({"domains": [{"name": DOMAIN, "region": "us"}]}, 404)],
)
def test_the_other_region_knows_neither_key_nor_domain(
    client_of: Callable[..., Any], account: dict[str, Any], status: int
) -> None:
    with client_of(account, region="eu") as (_, client):
        assert send(client).status_code == status


def test_the_user_must_be_api(client_of: Callable[..., Any]) -> None:
    with client_of({}, user="postmaster") as (_, client):
        response = send(client)
        assert (response.status_code, response.text) == (401, "Forbidden")


def test_the_client_tries_again_at_a_limit(client_of: Callable[..., Any]) -> None:
    with client_of({"rate_limited": True}, retries=2) as (fake, client):
        assert send(client).status_code == 429
        assert len(fake.requests) == 3


@pytest.mark.parametrize(("name", "class_name", "status"), SDK_TABLE)
def test_a_refusal_is_an_exception_where_the_user_asks_for_it(
    client_of: Callable[..., Any], name: str, class_name: str, status: int
) -> None:
    account, key, call = CAUSES[name]
    with client_of(account, key) as (fake, client):
        response = call(client)
        with pytest.raises(requests.RequestException) as raised:
            response.raise_for_status()
        assert (type(raised.value).__name__, response.status_code) == (class_name, status)
        assert not fake.messages


def test_every_refusal_is_in_the_table_or_out_of_reach() -> None:
    named = {row[0] for row in SDK_TABLE}
    assert named == set(CAUSES)
    assert named | NOT_OF_THIS_CLIENT == set(REFUSALS)
    assert not named & NOT_OF_THIS_CLIENT
