"""The vendor's own Python client against the fake, over HTTPS with the harness's authority."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import pytest

from harness.fakes.api_fake import ApiFake
from harness.fakes.providers.sparkpost import SparkPostAccount
from harness.fakes.providers.sparkpost.refusals import REFUSALS

pytestmark = pytest.mark.wire

sparkpost: Any = import_module("sparkpost")
errors: Any = import_module("sparkpost.exceptions")

CLIENT = "sparkpost 1.3.10"
# (refusal, exception class, its status and the code in its text: "none" where the vendor has none)
SDK_TABLE: list[tuple[str, str, tuple[int, str]]] = [
    ("unauthorized", "SparkPostAPIException", (401, "none")),
    ("forbidden", "SparkPostAPIException", (403, "none")),
    ("suspended", "SparkPostAPIException", (403, "none")),
    ("unverified-domain", "SparkPostAPIException", (400, "7001")),
    ("no-sending-domain", "SparkPostAPIException", (400, "7001")),
    ("no-local-part", "SparkPostAPIException", (400, "2008")),
    ("blacklisted-domain", "SparkPostAPIException", (400, "7000")),
    ("sandbox-mismatch", "SparkPostAPIException", (400, "1902")),
    ("sandbox-template", "SparkPostAPIException", (422, "2106")),
    ("sandbox-limit", "SparkPostAPIException", (420, "2103")),
    ("hourly-limit", "SparkPostAPIException", (420, "2101")),
    ("daily-limit", "SparkPostAPIException", (420, "2102")),
    ("monthly-limit", "SparkPostAPIException", (420, "2105")),
    ("rate-limited", "SparkPostAPIException", (429, "none")),
    ("missing-field", "SparkPostAPIException", (422, "1400")),
    ("missing-part", "SparkPostAPIException", (422, "1400")),
    ("no-valid-recipients", "SparkPostAPIException", (400, "5002")),
    ("wrong-type", "SparkPostAPIException", (422, "1300")),
    ("subresource-missing", "SparkPostAPIException", (422, "1603")),
    ("substitution-data-too-large", "SparkPostAPIException", (422, "2002")),
    ("scheduled-too-late", "SparkPostAPIException", (422, "1300")),
    ("suppressed", "SparkPostAPIException", (400, "1902")),
    ("unknown-recipient", "SparkPostAPIException", (404, "none")),
    ("unknown-resource", "SparkPostAPIException", (404, "1600")),
    ("database-write-failed", "SparkPostAPIException", (500, "1500")),
    ("database-read-failed", "SparkPostAPIException", (500, "1501")),
    ("no-authorization-service", "SparkPostAPIException", (503, "none")),
    ("no-generation", "SparkPostAPIException", (503, "1900")),
    ("bad-gateway", "SparkPostAPIException", (502, "")),
    ("no-campaign", "SparkPostAPIException", (400, "none")),
    ("no-suppression-type", "SparkPostAPIException", (400, "none")),
    ("bad-suppression-type", "SparkPostAPIException", (400, "none")),
    ("bad-suppressions", "SparkPostAPIException", (400, "none")),
    ("compliance-suppression", "SparkPostAPIException", (403, "none")),
    ("unknown-template", "SparkPostAPIException", (404, "1600")),
    ("template-exists", "SparkPostAPIException", (400, "3030")),
    ("template-and-content", "SparkPostAPIException", (422, "1301")),
    ("no-published", "SparkPostAPIException", (422, "1603")),
    ("no-draft", "SparkPostAPIException", (422, "1603")),
]
# What is refused because of something that was sent before: (refusal, code).
AFTER_A_SEND: dict[str, str] = {
    "too-close-to-generation": "2003",
    "transmission-in-progress": "2006",
    "template-in-use": "1602",
}
# What this client cannot cause: it always sends JSON, says so, and takes anything; of a finished
# message it takes away what would exclude it; it sends no query, and asks for nothing that the
# vendor has not.
NOT_OF_THIS_CLIENT = frozenset(
    [
        "exclusive-fields", "bad-params", "not-json", "bad-utf8", "payload-too-large",
        "not-acceptable", "unknown-path", "unsupported-media-type", "wrong-method",
    ]
)  # fmt: skip
GOOD: dict[str, Any] = {"domains": [{"name": "sender.test"}]}
BOX = {"from_email": "x@sparkpostbox.com", "use_sandbox": True}


def send(client: Any, **changes: Any) -> Any:
    letter = {
        "recipients": ["to@recipient.test"],
        "from_email": "Somebody <from@sender.test>",
        "subject": "A letter",
        "text": "words",
        **changes,
    }
    return client.transmissions.send(**{k: v for k, v in letter.items() if v is not None})


STORED: dict[str, Any] = {"from": "a@sender.test", "subject": "For {{name}}", "text": "{{town}}"}


def create(client: Any, **changes: Any) -> Any:
    words = {
        "id": "welcome",
        "from_email": STORED["from"],
        "subject": STORED["subject"],
        "text": STORED["text"],
        "html": "<p>{{town}}</p>",
        **changes,
    }
    return client.templates.create(**words)


def soon(**how_long: float) -> str:
    return (datetime.now(UTC) + timedelta(**how_long)).isoformat(timespec="seconds")


def send_stored(client: Any, template: str = "welcome", **changes: Any) -> Any:
    """A letter that leaves everything to a stored template."""
    left = dict.fromkeys(["from_email", "subject", "text"])
    return send(client, template=template, **left, **changes)


# What leads to each refusal: the account, the key (None: the right one), the call.
CAUSES: dict[str, tuple[dict[str, Any], str | None, Callable[[Any], Any]]] = {
    "unauthorized": ({}, "wrong", send),
    "forbidden": ({"keys": [{"permissions": ["Templates: Read/Write"]}]}, None, send),
    "suspended": ({"suspended": True}, None, send),
    "unverified-domain": ({"domains": []}, None, send),
    "no-sending-domain": ({}, None, lambda client: send(client, from_email="somebody")),
    "no-local-part": ({}, None, lambda client: send(client, from_email={"email": "@sender.test"})),
    "blacklisted-domain": ({"blacklisted": ["sender.test"]}, None, send),
    "sandbox-mismatch": ({}, None, lambda client: send(client, use_sandbox=True)),
    "sandbox-template": ({"sandbox": "template"}, None, lambda client: send(client, **BOX)),
    "sandbox-limit": ({"sandbox_used": 5}, None, lambda client: send(client, **BOX)),
    "hourly-limit": ({"quota_used_up": True}, None, send),
    "daily-limit": ({"quota_used_up": True, "limit": "daily"}, None, send),
    "monthly-limit": ({"quota_used_up": True, "limit": "monthly"}, None, send),
    "rate-limited": ({"rate_limited": True}, None, send),
    "missing-field": ({}, None, lambda client: send(client, from_email=None)),
    "missing-part": ({}, None, lambda client: send(client, text=None)),
    "no-valid-recipients": ({}, None, lambda client: send(client, recipients=[])),
    "wrong-type": ({}, None, lambda client: send(client, campaign="c" * 65)),
    "subresource-missing": ({}, None, lambda client: send_stored(client, "none")),
    "substitution-data-too-large": (
        {},
        None,
        lambda client: send(client, substitution_data={"a": "x" * 100_000}),
    ),
    "scheduled-too-late": (
        {},
        None,
        lambda client: send(client, start_time="2999-01-01T00:00:00+00:00"),
    ),
    "suppressed": ({"suppressed": ["to@recipient.test"]}, None, send),
    "unknown-recipient": ({}, None, lambda client: client.suppression_list.get("a@b.test")),
    "unknown-resource": ({}, None, lambda client: client.transmissions.get("123")),
    "database-write-failed": ({"trouble": "database-write-failed"}, None, send),
    "database-read-failed": (
        {"trouble": "database-read-failed"},
        None,
        lambda client: client.suppression_list.get("a@b.test"),
    ),
    "no-authorization-service": ({"trouble": "no-authorization-service"}, None, send),
    "no-generation": ({"trouble": "no-generation"}, None, send),
    "bad-gateway": ({"trouble": "bad-gateway"}, None, send),
    "no-campaign": (
        {},
        None,
        lambda client: client.transmissions.request("DELETE", client.transmissions.uri),
    ),
    "no-suppression-type": (
        {},
        None,
        lambda client: client.suppression_list.create({"email": "a@b.test"}),
    ),
    "bad-suppression-type": (
        {},
        None,
        lambda client: client.suppression_list.create({"email": "a@b.test", "type": "all"}),
    ),
    "bad-suppressions": ({}, None, lambda client: client.suppression_list.create([{"email": "x"}])),
    "compliance-suppression": (
        {"suppressions": [{"recipient": "a@b.test", "source": "Compliance"}]},
        None,
        lambda client: client.suppression_list.delete("a@b.test"),
    ),
    "unknown-template": ({}, None, lambda client: client.templates.get("none")),
    "template-exists": (
        {"templates": [{"id": "welcome", "content": STORED}]},
        None,
        create,
    ),
    "template-and-content": (
        {"templates": [{"id": "welcome", "content": STORED}]},
        None,
        lambda client: send(client, template="welcome"),
    ),
    "no-published": (
        {"templates": [{"id": "welcome", "draft": STORED}]},
        None,
        send_stored,
    ),
    "no-draft": (
        {"templates": [{"id": "welcome", "content": STORED}]},
        None,
        lambda client: send_stored(client, use_draft_template=True),
    ),
}


@pytest.fixture
def client_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A running fake and the client that talks to it."""

    @contextmanager
    def run(
        account: dict[str, Any], key: str | None = None, **words: Any
    ) -> Iterator[tuple[ApiFake[SparkPostAccount], Any]]:
        fake: ApiFake[SparkPostAccount] = ApiFake("sparkpost", account={**GOOD, **account}, **words)
        with fake.running():
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(fake.ca_file))
            monkeypatch.setenv("NO_PROXY", "localhost")
            client = sparkpost.SparkPost(
                key or fake.credentials["api_key"], base_uri=urlsplit(fake.base_url).netloc
            )
            try:
                yield fake, client
            finally:
                for resource in vars(client).values():
                    if hasattr(resource, "transport"):
                        resource.transport.sess.close()

    return run


def test_the_client_sends_and_reads_back(client_of: Callable[..., Any]) -> None:
    with client_of({"suppressed": ["gone@recipient.test"]}) as (fake, client):
        answer = send(client, cc=["copy@recipient.test"], html="<p>words</p>")
        (mail,) = fake.messages
        assert answer == {
            "total_rejected_recipients": 0,
            "total_accepted_recipients": 2,
            "id": mail.provider_id,
        }
        made = message_from_bytes(mail.content)
        assert made["From"] == '"Somebody" <from@sender.test>'
        assert (made["To"], made["Cc"]) == ("to@recipient.test", "copy@recipient.test")
        (gone,) = client.suppression_list.get("gone@recipient.test")
        assert gone["recipient"] == "gone@recipient.test"


def test_the_client_sends_finished_mail_with_files(client_of: Callable[..., Any]) -> None:
    with client_of({}) as (fake, client):
        send(client, email_rfc822="From: from@sender.test\r\nTo: x@y.test\r\n\r\nwords\r\n")
        attached = {"name": "a.txt", "type": "text/plain", "data": "YWJj"}
        send(client, attachments=[attached])
        assert fake.messages[0].content == (
            b"From: from@sender.test\r\nTo: x@y.test\r\n\r\nwords\r\n"
        )
        assert len(fake.messages) == 2


def test_a_key_of_the_other_region_is_unauthorized(client_of: Callable[..., Any]) -> None:
    account = {"keys": [{"region": "us"}]}
    with (
        client_of(account, region="eu") as (_, client),
        pytest.raises(errors.SparkPostAPIException) as raised,
    ):
        send(client)
    assert raised.value.status == 401


def test_the_client_calls_off_what_it_has_scheduled(client_of: Callable[..., Any]) -> None:
    with client_of({}) as (fake, client):
        identifier = send(client, start_time=soon(hours=1))["id"]
        assert client.transmissions.get(identifier)["state"] == "submitted"
        assert client.transmissions.delete(identifier) is True
    assert [message.cancelled for message in fake.messages] == [True]


def test_the_client_suppresses_and_releases_recipients(client_of: Callable[..., Any]) -> None:
    with client_of({}) as (fake, client):
        entry = {"email": "to@recipient.test", "non_transactional": True, "description": "d"}
        assert client.suppression_list.create(entry)["message"]
        (found,) = client.suppression_list.get("to@recipient.test")
        assert (found["type"], found["description"]) == ("non_transactional", "d")
        send(client, transactional=True)
        with pytest.raises(errors.SparkPostAPIException):
            send(client)
        assert len(client.suppression_list.list(types="non_transactional")) == 1
        assert client.suppression_list.delete("to@recipient.test") is True
        send(client)
    assert [message.dropped for message in fake.messages] == [(), ()]


def test_the_client_stores_templates_and_sends_with_them(client_of: Callable[..., Any]) -> None:
    with client_of({}) as (fake, client):
        assert create(client) == {"id": "welcome"}
        assert client.templates.get("welcome")["published"] is False
        client.templates.update("welcome", published=True)
        assert [row["id"] for row in client.templates.list()] == ["welcome"]
        preview = client.templates.preview("welcome", {"town": "York", "name": "Ann"})
        assert (preview["subject"], preview["html"]) == ("For Ann", "<p>York</p>")
        ann = {"address": "ann@recipient.test", "substitution_data": {"name": "Ann"}}
        bob = {"address": "bob@recipient.test", "substitution_data": {"name": "Bob & Co"}}
        data = {"town": "<York>"}
        send_stored(client, recipients=[ann, bob], substitution_data=data)
        assert client.templates.delete("welcome") == {}
    made = [message_from_bytes(each.content, policy=policy.default) for each in fake.messages]
    assert [letter["Subject"] for letter in made] == ["For Ann", "For Bob & Co"]
    text, page = made[0].iter_parts()
    assert text.get_content().strip() == "<York>"
    assert page.get_content().strip() == "<p>&lt;York&gt;</p>"
    assert [message.mail_from for message in fake.messages] == ["a@sender.test"] * 2


@pytest.mark.parametrize(("name", "code"), AFTER_A_SEND.items())
def test_what_was_sent_before_leads_to_a_refusal(
    name: str, code: str, client_of: Callable[..., Any]
) -> None:
    with client_of({"templates": [{"id": "welcome", "content": STORED}]}) as (fake, client):
        start = {"too-close-to-generation": soon(minutes=5), "template-in-use": soon(hours=1)}
        identifier = send_stored(client, start_time=start.get(name, "now"))["id"]
        is_template = name == "template-in-use"
        delete = client.templates.delete if is_template else client.transmissions.delete
        with pytest.raises(errors.SparkPostAPIException, match=f"Code: {code} ") as raised:
            delete("welcome" if is_template else identifier)
        assert raised.value.status == 409
    assert not fake.messages[0].cancelled


@pytest.mark.parametrize(("name", "class_name", "codes"), SDK_TABLE)
def test_a_refusal_is_the_clients_own_exception(
    name: str, class_name: str, codes: tuple[int, str], client_of: Callable[..., Any]
) -> None:
    account, key, call = CAUSES[name]
    with (
        client_of(account, key) as (fake, client),
        pytest.raises(errors.SparkPostException) as raised,
    ):
        call(client)
    error = raised.value
    said = re.search("Code: (\\w+) ", error.errors[0])
    assert (type(error).__name__, error.status) == (class_name, codes[0])
    assert (said[1] if said else "") == codes[1]
    assert fake.messages == []


def test_every_refusal_is_in_the_table_or_out_of_reach() -> None:
    named = {row[0] for row in SDK_TABLE}
    assert named == set(CAUSES)
    assert named | NOT_OF_THIS_CLIENT | AFTER_A_SEND.keys() == set(REFUSALS)
    assert not named & NOT_OF_THIS_CLIENT
