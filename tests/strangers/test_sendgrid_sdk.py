"""The vendor's own Python client against the fake, over HTTPS with the harness's authority."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pytest

from harness.fakes.api_fake import ApiFake
from harness.fakes.providers.sendgrid import SendGridAccount
from harness.fakes.providers.sendgrid.refusals import REFUSALS

pytestmark = pytest.mark.wire

sendgrid: Any = import_module("sendgrid")
helpers: Any = import_module("sendgrid.helpers.mail")
errors: Any = import_module("python_http_client.exceptions")

CLIENT = "sendgrid 6.12.5"
# (refusal, exception class, its status_code)
SDK_TABLE: list[tuple[str, str, int]] = [
    ("bad-key", "UnauthorizedError", 401),
    ("no-permission", "ForbiddenError", 403),
    ("unverified-sender", "ForbiddenError", 403),
    ("credits-used-up", "UnauthorizedError", 401),
    ("not-json", "BadRequestsError", 400),
    ("unknown-path", "NotFoundError", 404),
    ("wrong-method", "MethodNotAllowedError", 405),
    ("too-large", "PayloadTooLargeError", 413),
    ("unsupported-media-type", "UnsupportedMediaTypeError", 415),
    ("rate-limited", "TooManyRequestsError", 429),
    ("suspended", "ForbiddenError", 403),
    ("server-error", "InternalServerError", 500),
    ("unavailable", "ServiceUnavailableError", 503),
    ("undecodable", "BadRequestsError", 400),
    ("bad-content-coding", "BadRequestsError", 400),
    ("wrong-type", "BadRequestsError", 400),
    ("invalid", "BadRequestsError", 400),
    ("unknown-query-field", "BadRequestsError", 400),
    ("unknown-message", "NotFoundError", 404),
    ("invalid-batch", "BadRequestsError", 400),
    ("unknown-batch", "BadRequestsError", 400),
    ("invalid-batch-to-stop", "BadRequestsError", 400),
    ("invalid-status", "BadRequestsError", 400),
    ("status-exists", "BadRequestsError", 400),
    ("too-many-stopped", "BadRequestsError", 400),
    ("batch-not-found", "NotFoundError", 404),
    ("bad-suppression-delete", "BadRequestsError", 400),
    ("bad-recipient-emails", "BadRequestsError", 400),
]
# This client always sends an Authorization, and text that it has encoded itself.
NOT_OF_THIS_CLIENT = frozenset(["no-key", "bad-utf8"])
GOOD: dict[str, Any] = {"domains": [{"name": "sender.test"}]}


def letter(**changes: Any) -> Any:
    words = {
        "from_email": "from@sender.test",
        "to_emails": "to@recipient.test",
        "subject": "A letter",
        "plain_text_content": "words",
    }
    return helpers.Mail(**{**words, **changes})


def send(client: Any, **changes: Any) -> Any:
    return client.send(letter(**changes))


def post(client: Any, body: Any, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.client.mail.send.post(request_body=body, request_headers=named or None)


def ask(client: Any, query: str) -> Any:
    return client.client.messages.get(query_params={"query": query})


def batch(client: Any) -> str:
    identifier: str = json.loads(client.client.mail.batch.post().body)["batch_id"]
    return identifier


def stop(client: Any, identifier: str, status: str = "cancel") -> Any:
    body = {"batch_id": identifier, "status": status}
    return client.client.user.scheduled_sends.post(request_body=body)


def stop_eleven(client: Any) -> None:
    for _ in range(11):
        stop(client, batch(client))


def stop_twice(client: Any) -> None:
    identifier = batch(client)
    stop(client, identifier)
    stop(client, identifier, "pause")


# What leads to each refusal: the account, the key (None: the right one), the call.
CAUSES: dict[str, tuple[dict[str, Any], str | None, Callable[[Any], Any]]] = {
    "bad-key": ({}, "SG.wrong", send),
    "no-permission": ({"keys": [{"permissions": ["stats.read"]}]}, None, send),
    "unverified-sender": ({"domains": []}, None, send),
    "credits-used-up": ({"quota_used_up": True}, None, send),
    "not-json": ({}, None, lambda client: post(client, "no object")),
    "unknown-path": ({}, None, lambda client: client.client.nowhere.get()),
    "wrong-method": ({}, None, lambda client: client.client.mail.send.put(request_body={})),
    "too-large": ({}, None, lambda client: send(client, plain_text_content="x" * 20_000_000)),
    "unsupported-media-type": ({}, None, lambda client: post(client, "x", Content_Type="text/x")),
    "rate-limited": ({"rate_limited": True}, None, send),
    "suspended": ({"suspended": True}, None, send),
    "server-error": ({"trouble": "error"}, None, send),
    "unavailable": ({"trouble": "unavailable"}, None, send),
    "undecodable": (
        {},
        None,
        lambda client: post(client, {**letter().get(), "custom_args": {"a": 1}}),
    ),
    "bad-content-coding": (
        {},
        None,
        lambda client: post(client, letter().get(), Content_Encoding="gzip"),
    ),
    "wrong-type": ({}, None, lambda client: post(client, {**letter().get(), "subject": [1]})),
    "invalid": ({}, None, lambda client: send(client, subject=None)),
    "unknown-query-field": ({}, None, lambda client: ask(client, 'colour="red"')),
    "unknown-message": ({}, None, lambda client: client.client.messages._("none").get()),
    "invalid-batch": ({}, None, lambda client: client.client.mail.batch._("none").get()),
    "unknown-batch": ({}, None, lambda client: post(client, {**letter().get(), "batch_id": "x"})),
    "invalid-batch-to-stop": ({}, None, lambda client: stop(client, "none")),
    "invalid-status": ({}, None, lambda client: stop(client, batch(client), "resume")),
    "status-exists": ({}, None, stop_twice),
    "too-many-stopped": ({}, None, stop_eleven),
    "batch-not-found": (
        {},
        None,
        lambda client: client.client.user.scheduled_sends._(batch(client)).delete(),
    ),
    "bad-suppression-delete": (
        {},
        None,
        lambda client: client.client.suppression.bounces.delete(request_body={}),
    ),
    "bad-recipient-emails": (
        {},
        None,
        lambda client: client.client.asm.suppressions._("global").post(request_body={}),
    ),
}


@pytest.fixture
def client_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A running fake and the vendor's client that talks to it."""

    @contextmanager
    def run(
        account: dict[str, Any], key: str | None = None
    ) -> Iterator[tuple[ApiFake[SendGridAccount], Any]]:
        fake: ApiFake[SendGridAccount] = ApiFake("sendgrid", account={**GOOD, **account})
        with fake.running():
            monkeypatch.setenv("SSL_CERT_FILE", str(fake.ca_file))
            client = sendgrid.SendGridAPIClient(
                key or fake.credentials["api_key"], host=fake.base_url
            )
            yield fake, client

    return run


def test_the_client_sends_and_reads_back(client_of: Callable[..., Any]) -> None:
    with client_of({}) as (fake, client):
        scopes = client.client.scopes.get()
        assert json.loads(scopes.body) == {"scopes": ["mail.send"]}
        response = send(client)
        assert (response.status_code, response.body) == (202, b"")
        identifier = response.headers["X-Message-Id"]
        rows = json.loads(ask(client, 'to_email="to@recipient.test"').body)["messages"]
        assert [row["msg_id"].partition(".")[0] for row in rows] == [identifier]
    (message,) = fake.messages
    assert message.provider_id == identifier
    assert message.secure


def test_the_client_calls_off_what_it_has_scheduled(client_of: Callable[..., Any]) -> None:
    with client_of({}) as (fake, client):
        identifier = batch(client)
        mail = letter()
        mail.batch_id = helpers.BatchId(identifier)
        mail.send_at = helpers.SendAt(int(datetime.now(UTC).timestamp()) + 3600)
        client.send(mail)
        stop(client, identifier)
        listed = json.loads(client.client.user.scheduled_sends.get().body)
        assert listed == [{"batch_id": identifier, "status": "cancel"}]
    assert [message.cancelled for message in fake.messages] == [True]


def test_the_client_suppresses_and_releases_recipients(client_of: Callable[..., Any]) -> None:
    with client_of({"suppressed": ["gone@recipient.test"]}) as (fake, client):
        suppressions = client.client.asm.suppressions._("global")
        suppressions.post(request_body={"recipient_emails": ["to@recipient.test"]})
        send(client)
        suppressions._("to@recipient.test").delete()
        send(client)
        bounces = client.client.suppression.bounces
        assert [row["email"] for row in json.loads(bounces.get().body)] == ["gone@recipient.test"]
        assert bounces._("gone@recipient.test").delete().status_code == 204
        assert json.loads(bounces.get().body) == []
    assert [message.dropped for message in fake.messages] == [("to@recipient.test",), ()]


@pytest.mark.parametrize(("refusal", "name", "code"), SDK_TABLE)
def test_the_client_raises_its_own_error(
    client_of: Callable[..., Any], refusal: str, name: str, code: int
) -> None:
    account, key, call = CAUSES[refusal]
    with client_of(account, key) as (fake, client):
        with pytest.raises(errors.HTTPError) as caught:
            call(client)
        assert type(caught.value).__name__ == name
        assert caught.value.status_code == code
        assert caught.value.to_dict["errors"][0]["message"]
        assert not fake.messages


def test_two_refusals_with_403_are_told_apart_by_their_text(client_of: Callable[..., Any]) -> None:
    texts = {}
    for refusal in ("no-permission", "unverified-sender"):
        account, key, call = CAUSES[refusal]
        with client_of(account, key) as (_, client), pytest.raises(errors.HTTPError) as caught:
            call(client)
        texts[refusal] = caught.value.to_dict["errors"][0]["message"]
    assert texts["no-permission"] == "access forbidden"
    assert "verified Sender Identity" in texts["unverified-sender"]


def test_the_table_has_every_refusal_that_this_client_can_meet() -> None:
    named = {row[0] for row in SDK_TABLE}
    assert named == set(CAUSES)
    assert named | NOT_OF_THIS_CLIENT == set(REFUSALS)
