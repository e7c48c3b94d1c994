"""Resend's SDK for Python against the fake, over HTTPS with the harness's authority."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest

from harness.fakes.api_fake import ApiFake
from harness.fakes.providers.resend import ResendAccount
from harness.fakes.providers.resend.refusals import REFUSALS

pytestmark = pytest.mark.wire

resend: Any = import_module("resend")
errors: Any = import_module("resend.exceptions")

CLIENT = "resend 2.52"
UUID = "4ef9a417-02e9-4d39-ad75-9611e0fcc33c"
# (refusal, exception class, its code, its error_type)
SDK_TABLE: list[tuple[str, str, int, str]] = [
    ("bad-key", "ResendError", 401, "validation_error"),
    ("bad-key-elsewhere", "ValidationError", 400, "validation_error"),
    ("inactive-key", "ResendError", 403, "restricted_api_key"),
    ("suspended-key", "ResendError", 403, "suspended_api_key"),
    ("restricted-key", "ResendError", 401, "restricted_api_key"),
    ("other-domain", "ResendError", 403, "validation_error"),
    ("keys-domain-not-verified", "ValidationError", 400, "validation_error"),
    ("domain-not-verified", "ResendError", 403, "validation_error"),
    ("only-to-the-owner", "ResendError", 403, "validation_error"),
    ("reserved-recipient", "ValidationError", 422, "validation_error"),
    ("invalid-address", "ValidationError", 422, "validation_error"),
    ("missing-field", "MissingRequiredFieldsError", 422, "missing_required_field"),
    ("no-body", "ValidationError", 422, "validation_error"),
    ("attachment-without-content", "ResendError", 422, "invalid_attachment"),
    ("unknown-template", "ResendError", 404, "not_found"),
    ("bad-idempotency-key", "ResendError", 400, "invalid_idempotency_key"),
    ("other-payload", "ResendError", 409, "invalid_idempotent_request"),
    ("same-key-in-progress", "ResendError", 409, "concurrent_idempotent_requests"),
    ("rate-limited", "RateLimitError", 429, "rate_limit_exceeded"),
    ("daily-quota", "RateLimitError", 429, "daily_quota_exceeded"),
    ("monthly-quota", "RateLimitError", 429, "monthly_quota_exceeded"),
    ("server-error", "ApplicationError", 500, "application_error"),
    ("unavailable", "ResendError", 503, "service_unavailable"),
    ("not-a-uuid", "ResendError", 422, "invalid_parameter"),
    ("not-found", "ResendError", 404, "not_found"),
]
# What this client tells apart no further, or cannot cause: it always says who it is, sends its key,
# JSON and the right method, and knows no path that Resend has not. The rest are refusals whose
# words are made up.
NOT_OF_THIS_CLIENT = frozenset(
    [
        "no-user-agent", "no-key", "not-json", "wrong-method", "unknown-path",
        "too-many-recipients", "wrong-type",
        "bad-header", "too-large", "bad-tag", "bad-schedule", "schedule-and-attachments",
        "template-and-body", "missing-variable", "batch-size", "attachments-in-batch",
        "not-scheduled", "suppression-batch-size",
    ]
)  # fmt: skip
GOOD: dict[str, Any] = {"domains": [{"name": "sender.test"}]}
LETTER: dict[str, Any] = {
    "from": "From <from@sender.test>",
    "to": ["to@recipient.test"],
    "subject": "A letter",
    "html": "<p>words</p>",
}
BOUND = {"permissions": ["sending_access"], "domain": "other.test"}


def send(**changes: Any) -> Any:
    whole = {**LETTER, **changes}
    return resend.Emails.send({name: v for name, v in whole.items() if v is not None})


def with_key(key: str, **changes: Any) -> Any:
    return resend.Emails.send({**LETTER, **changes}, {"idempotency_key": key})


def with_key_twice() -> Any:
    with_key("k")
    return with_key("k", subject="Another")


# What leads to each refusal: the account, the key (None: the right one), the call.
CAUSES: dict[str, tuple[dict[str, Any], str | None, Callable[[], Any]]] = {
    "bad-key": ({}, "re_wrong", send),
    "bad-key-elsewhere": ({}, "re_wrong", resend.Domains.list),
    "inactive-key": ({"keys": [{"active": False}]}, None, send),
    "suspended-key": ({"suspended": True}, None, send),
    "restricted-key": (
        {"keys": [{"permissions": ["sending_access"]}]},
        None,
        resend.ApiKeys.list,
    ),
    "other-domain": (
        {"keys": [BOUND], "domains": [{"name": "sender.test"}, {"name": "other.test"}]},
        None,
        send,
    ),
    "keys-domain-not-verified": ({"keys": [BOUND]}, None, send),
    "domain-not-verified": ({"domains": []}, None, send),
    "only-to-the-owner": ({}, None, lambda: send(**{"from": "onboarding@resend.dev"})),
    "reserved-recipient": ({}, None, lambda: send(to="a@example.com")),
    "invalid-address": ({}, None, lambda: send(to="nobody")),
    "missing-field": ({}, None, lambda: send(subject=None)),
    "no-body": ({}, None, lambda: send(html=None)),
    "attachment-without-content": ({}, None, lambda: send(attachments=[{"filename": "a"}])),
    "unknown-template": ({}, None, lambda: send(html=None, template={"id": "none"})),
    "bad-idempotency-key": ({}, None, lambda: with_key("k" * 257)),
    "other-payload": ({}, None, with_key_twice),
    "same-key-in-progress": ({"same_key_in_progress": True}, None, lambda: with_key("k")),
    "rate-limited": ({"rate_limited": True}, None, send),
    "daily-quota": ({"quota_used_up": True}, None, send),
    "monthly-quota": ({"quota_used_up": True, "quota": "monthly"}, None, send),
    "server-error": ({"trouble": "error"}, None, send),
    "unavailable": ({"trouble": "unavailable"}, None, send),
    "not-a-uuid": ({}, None, lambda: resend.Emails.get("7")),
    "not-found": ({}, None, lambda: resend.Emails.get(UUID)),
}


@pytest.fixture
def client_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A running fake, and the client that talks to it, which has its settings in a module."""

    @contextmanager
    def run(account: dict[str, Any], key: str | None = None) -> Iterator[ApiFake[ResendAccount]]:
        fake: ApiFake[ResendAccount] = ApiFake("resend", account={**GOOD, **account})
        with fake.running():
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(fake.ca_file))
            monkeypatch.setattr(resend, "api_url", fake.base_url)
            monkeypatch.setattr(resend, "api_key", key or fake.credentials["api_key"])
            yield fake

    return run


def test_the_client_sends_and_reads_back(client_of: Callable[..., Any]) -> None:
    with client_of({}) as fake:
        sent = send(tags=[{"name": "category", "value": "welcome"}], reply_to="help@sender.test")
        found = resend.Emails.get(sent["id"])
        assert (found["subject"], found["last_event"]) == ("A letter", "delivered")
        assert found["tags"] == [{"name": "category", "value": "welcome"}]
        assert [row["id"] for row in resend.Emails.list()["data"]] == [sent["id"]]
        assert [row["name"] for row in resend.Domains.list()["data"]] == ["sender.test"]
        assert len(resend.ApiKeys.list()["data"]) == 1
    (message,) = fake.messages
    assert (message.provider_id, message.secure) == (sent["id"], True)


def test_the_client_sends_files_as_octets(client_of: Callable[..., Any]) -> None:
    with client_of({}) as fake:
        send(attachments=[{"filename": "a.txt", "content": list(b"the file")}])
    assert b"dGhlIGZpbGU" in fake.messages[0].content


def test_the_client_sends_a_batch(client_of: Callable[..., Any]) -> None:
    with client_of({}) as fake:
        answer = resend.Batch.send([LETTER, {**LETTER, "subject": "Another"}])
        wrong = [LETTER, {**LETTER, "to": "nobody"}]
        some = resend.Batch.send(wrong, {"batch_validation": "permissive"})
    assert len(answer["data"]) == 2
    assert [row["index"] for row in some["errors"]] == [1]
    assert len(fake.messages) == 3


def test_the_client_asks_again_with_an_idempotency_key(client_of: Callable[..., Any]) -> None:
    with client_of({}) as fake:
        assert with_key("k")["id"] == with_key("k")["id"]
    assert len(fake.messages) == 1
    assert len(fake.requests) == 2


def test_the_client_moves_and_cancels_what_is_scheduled(client_of: Callable[..., Any]) -> None:
    with client_of({}) as fake:
        identifier = send(scheduled_at="in 1 hour")["id"]
        moved = resend.Emails.update({"id": identifier, "scheduled_at": "in 2 hours"})
        assert (moved["object"], moved["id"]) == ("email", identifier)
        resend.Emails.cancel(identifier)
        assert resend.Emails.get(identifier)["last_event"] == "canceled"
        assert fake.account.accepted[0].state == "canceled"
    assert [message.cancelled for message in fake.messages] == [True]


def test_the_client_suppresses_and_releases_recipients(client_of: Callable[..., Any]) -> None:
    with client_of({}) as fake:
        added = resend.Suppressions.add({"email": "to@recipient.test"})
        assert resend.Suppressions.get(added["id"])["email"] == "to@recipient.test"
        send()
        assert resend.Suppressions.remove("to@recipient.test")["deleted"] is True
        send()
        many = resend.Suppressions.Batch.add({"emails": ["a@b.test", "c@b.test"]})
        assert len(many["data"]) == len(resend.Suppressions.list()["data"]) == 2
    assert [message.dropped for message in fake.messages] == [("to@recipient.test",), ()]


@pytest.mark.parametrize(("refusal", "name", "code", "kind"), SDK_TABLE)
def test_the_client_raises_its_own_error(
    client_of: Callable[..., Any], refusal: str, name: str, code: int, kind: str
) -> None:
    account, key, call = CAUSES[refusal]
    with client_of(account, key) as fake:
        with pytest.raises(errors.ResendError) as caught:
            call()
        assert type(caught.value).__name__ == name
        assert (caught.value.code, caught.value.error_type) == (code, kind)
        assert len(fake.messages) == (refusal == "other-payload")
        told = {header.lower(): value for header, value in caught.value.headers.items()}
        assert told.get("retry-after") == ("1" if refusal == "rate-limited" else None)


def test_the_table_has_every_refusal_that_this_client_can_meet() -> None:
    named = {row[0] for row in SDK_TABLE}
    assert named == set(CAUSES)
    assert named | NOT_OF_THIS_CLIENT == set(REFUSALS)
