"""The vendor's own Python client against the fake, over HTTPS with the harness's authority."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from importlib import import_module
from typing import Any

import pytest

from harness.fakes.api_fake import ApiFake
from harness.fakes.providers.mandrill import MandrillAccount
from harness.fakes.providers.mandrill.refusals import REFUSALS

pytestmark = pytest.mark.wire

mailchimp: Any = import_module("mailchimp_transactional")
errors: Any = import_module("mailchimp_transactional.api_client")

CLIENT = "mailchimp_transactional 1.4.1"
# (refusal, exception class, its status_code and the code in its text)
SDK_TABLE: list[tuple[str, str, tuple[int, int]]] = [
    ("invalid-key", "ApiClientError", (401, 401)),
    ("invalid-key-old", "ApiClientError", (500, -1)),
    ("no-key", "ApiClientError", (500, -1)),
    ("from-without-at", "ApiClientError", (500, -2)),
    ("from-syntax", "ApiClientError", (500, -2)),
    ("missing-parameter", "ApiClientError", (500, -1)),
    ("invalid-field", "ApiClientError", (500, -2)),
    ("payment-required", "ApiClientError", (500, 10)),
    ("unknown-subaccount", "ApiClientError", (500, 12)),
    ("unknown-template", "ApiClientError", (500, 5)),
    ("unknown-message", "ApiClientError", (500, 11)),
    ("invalid-tag-name", "ApiClientError", (500, -2)),
    ("service-unavailable", "ApiClientError", (500, -2)),
    ("suspended", "ApiClientError", (500, -2)),
    ("search-limit", "ApiClientError", (500, -2)),
    ("unknown-call", "ApiClientError", (404, -2)),
    ("invalid-reject", "ApiClientError", (500, -2)),
    ("invalid-template", "ApiClientError", (500, -2)),
]
# The client raises nothing here: (refusal, status, reject_reason).
RESULT_TABLE: list[tuple[str, str, str | None]] = [
    ("unsigned", "rejected", "unsigned"),
    ("invalid-sender", "rejected", "invalid-sender"),
    ("hard-bounce", "rejected", "hard-bounce"),
    ("recipient-domain-mismatch", "rejected", "recipient-domain-mismatch"),
    ("invalid", "invalid", None),
]
GOOD: dict[str, Any] = {"domains": [{"name": "sender.test"}]}


def letter(**changes: Any) -> dict[str, Any]:
    return {
        "from_email": "from@sender.test",
        "to": [{"email": "to@recipient.test"}],
        "subject": "A letter",
        "text": "words",
        **changes,
    }


def send(client: Any, **changes: Any) -> Any:
    return client.messages.send({"message": letter(**changes)})


def scheduled(client: Any) -> Any:
    return client.messages.send({"message": letter(), "send_at": "2099-01-01 00:00:00"})


def templated(client: Any) -> Any:
    return client.messages.send_template(
        {"template_name": "none", "template_content": [], "message": letter()}
    )


# What leads to each refusal: the account, the key (None: the right one), the call.
CAUSES: dict[str, tuple[dict[str, Any], str | None, Callable[[Any], Any]]] = {
    "invalid-key": ({}, "wrong", send),
    "invalid-key-old": ({"old_key_error": True}, "wrong", send),
    "no-key": ({}, "", send),
    "from-without-at": ({}, None, lambda client: send(client, from_email="nobody")),
    "from-syntax": ({}, None, lambda client: send(client, from_email="a@localhost")),
    "missing-parameter": ({}, None, lambda client: client.messages.info({})),
    "invalid-field": ({}, None, lambda client: send(client, to=[])),
    "payment-required": ({"positive_balance": False}, None, scheduled),
    "unknown-subaccount": ({}, None, lambda client: send(client, subaccount="none")),
    "unknown-template": ({}, None, templated),
    "unknown-message": ({}, None, lambda client: client.messages.info({"id": "none"})),
    "invalid-tag-name": ({}, None, lambda client: send(client, tags=["_mine"])),
    "service-unavailable": ({"maintenance": True}, None, send),
    "suspended": ({"suspended": True}, None, send),
    "search-limit": ({"rate_limited": True}, None, lambda client: client.messages.search({})),
    "unknown-call": ({}, None, lambda client: client.webhooks.list()),
    "invalid-reject": ({}, None, lambda client: client.rejects.delete({"email": "a@b.test"})),
    "invalid-template": (
        {"templates": [{"name": "welcome"}]},
        None,
        lambda client: client.templates.add({"name": "welcome"}),
    ),
    "unsigned": ({"domains": []}, None, send),
    "invalid-sender": ({}, None, lambda client: send(client, from_email="")),
    "hard-bounce": ({"suppressed": ["to@recipient.test"]}, None, send),
    "recipient-domain-mismatch": ({"demo": True}, None, send),
    "invalid": ({}, None, lambda client: send(client, to=[{"email": "nobody"}])),
}


@pytest.fixture
def client_of(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Any]:
    """A running fake and the vendor's client that talks to it."""

    @contextmanager
    def run(
        account: dict[str, Any], key: str | None = None
    ) -> Iterator[tuple[ApiFake[MandrillAccount], Any]]:
        fake: ApiFake[MandrillAccount] = ApiFake(
            "mandrill", account={**GOOD, **account}, clock=lambda: datetime(2026, 5, 4, tzinfo=UTC)
        )
        with fake.running():
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(fake.ca_file))
            client = mailchimp.Client(fake.credentials["api_key"] if key is None else key)
            client.api_client.host = f"{fake.base_url}/api/1.3"
            yield fake, client

    return run


def test_the_client_sends_and_reads_back(client_of: Callable[..., Any]) -> None:
    with client_of({}) as (fake, client):
        assert client.users.ping2() == {"PING": "PONG!"}
        (result,) = send(client)
        assert (result["status"], result["reject_reason"]) == ("sent", None)
        info = client.messages.info({"id": result["_id"]})
        assert (info["email"], info["state"]) == ("to@recipient.test", "sent")
        assert [found["_id"] for found in client.messages.search({"query": "letter"})] == [
            result["_id"]
        ]
        assert client.senders.domains()[0]["valid_signing"] is True
    (message,) = fake.messages
    assert message.provider_id == result["_id"]
    assert message.secure


def test_the_client_sends_raw_mail(client_of: Callable[..., Any]) -> None:
    raw = "From: from@sender.test\r\nTo: to@recipient.test\r\nSubject: x\r\n\r\nwords\r\n"
    with client_of({}) as (fake, client):
        (result,) = client.messages.send_raw({"raw_message": raw})
        assert result["status"] == "sent"
    assert fake.messages[0].content == raw.encode()


def test_the_client_moves_and_calls_off_what_it_has_scheduled(
    client_of: Callable[..., Any],
) -> None:
    with client_of({}) as (fake, client):
        (result,) = scheduled(client)
        wanted = {"id": result["_id"], "send_at": "2099-01-02 00:00:00"}
        assert client.messages.reschedule(wanted)["send_at"] == wanted["send_at"]
        (row,) = client.messages.list_scheduled({})
        assert client.messages.cancel_scheduled({"id": result["_id"]}) == row
        # Where a list is empty this client hands over the response.
        assert client.messages.list_scheduled({}).json() == []
    (message,) = fake.messages
    assert message.cancelled
    assert message.send_at == datetime(2099, 1, 2, tzinfo=UTC)


def test_the_client_suppresses_and_releases_recipients(client_of: Callable[..., Any]) -> None:
    with client_of({"suppressed": ["to@recipient.test"]}) as (fake, client):
        assert client.rejects.delete({"email": "to@recipient.test"})["deleted"] is True
        assert send(client)[0]["status"] == "sent"
        client.rejects.add({"email": "to@recipient.test", "comment": "no more"})
        (entry,) = client.rejects.list({"email": "to@recipient.test"})
        assert (entry["reason"], entry["detail"]) == ("custom", "no more")
        (result,) = send(client)
        assert (result["status"], result["reject_reason"]) == ("rejected", "custom")
    assert len(fake.messages) == 1


def test_the_client_stores_templates_and_sends_with_them(client_of: Callable[..., Any]) -> None:
    page = '<p>Dear *|NAME|*</p><div class="a" mc:edit="main"><div>old</div></div><i>end</i>'
    stored = {"name": "Welcome Mail", "from_email": "t@sender.test", "subject": "For *|NAME|*"}
    with client_of({}) as (fake, client):
        added = client.templates.add({**stored, "code": page, "publish": False})
        assert (added["slug"], added["published_at"]) == ("welcome-mail", None)
        assert client.templates.publish({"name": "welcome-mail"})["publish_code"] == page
        changed = {"name": "welcome-mail", "text": "Text for *|NAME|*"}
        assert client.templates.update(changed)["code"] == page
        block = [{"name": "main", "content": "<b>*|TOWN|*</b>"}]
        values = [{"name": "name", "content": "Ann"}, {"name": "town", "content": "York"}]
        rendered = client.templates.render(
            {"template_name": "Welcome Mail", "template_content": block, "merge_vars": values}
        )
        html = '<p>Dear Ann</p><div class="a"><b>York</b></div><i>end</i>'
        assert rendered == {"html": html}
        message = {"to": [{"email": "to@recipient.test"}], "global_merge_vars": values}
        body = {"template_name": "welcome-mail", "template_content": block, "message": message}
        assert client.messages.send_template(body)[0]["status"] == "sent"
        assert [row["slug"] for row in client.templates.list({})] == ["welcome-mail"]
        client.templates.delete({"name": "welcome-mail"})
        assert client.templates.list({}).json() == []
    (taken,) = fake.messages
    made = message_from_bytes(taken.content, policy=policy.default)
    text, shown = made.iter_parts()
    assert (taken.mail_from, taken.mail.subject) == ("t@sender.test", "For Ann")
    assert (text.get_content().strip(), shown.get_content().strip()) == ("Text for Ann", html)


@pytest.mark.parametrize(("refusal", "name", "codes"), SDK_TABLE)
def test_the_client_raises_its_own_error(
    client_of: Callable[..., Any], refusal: str, name: str, codes: tuple[int, int]
) -> None:
    account, key, call = CAUSES[refusal]
    with client_of(account, key) as (fake, client):
        with pytest.raises(errors.ApiClientError) as caught:
            call(client)
        assert type(caught.value).__name__ == name
        assert (caught.value.status_code, caught.value.text["code"]) == codes
        assert not fake.messages


@pytest.mark.parametrize(("refusal", "status", "reason"), RESULT_TABLE)
def test_the_client_raises_nothing_where_the_array_says_rejected(
    client_of: Callable[..., Any], refusal: str, status: str, reason: str | None
) -> None:
    account, key, call = CAUSES[refusal]
    with client_of(account, key) as (fake, client):
        (result,) = call(client)
        assert (result["status"], result["reject_reason"]) == (status, reason)
        assert not fake.messages


def test_the_tables_name_refusals() -> None:
    named = {row[0] for row in SDK_TABLE} | {row[0] for row in RESULT_TABLE}
    assert named == set(CAUSES)
    assert named <= set(REFUSALS)
