"""A released client of Postmark's against the fake, over HTTPS with the harness's authority."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest

from harness.fakes.api_fake import ApiFake
from harness.fakes.providers.postmark import PostmarkAccount
from harness.fakes.providers.postmark.refusals import REFUSALS

pytestmark = pytest.mark.wire

postmarker: Any = import_module("postmarker.core")
errors: Any = import_module("postmarker.exceptions")

CLIENT = "postmarker 1.0"
# (refusal, exception class, its error_code)
SDK_TABLE: list[tuple[str, str, int]] = [
    ("bad-token", "ClientError", 10),
    ("bad-account-token", "ClientError", 10),
    ("no-signature", "ClientError", 400),
    ("unconfirmed-signature", "ClientError", 401),
    ("invalid-from", "ClientError", 300),
    ("invalid-address", "ClientError", 300),
    ("address-without-at", "ClientError", 300),
    ("address-domain", "ClientError", 300),
    ("no-recipient", "ClientError", 300),
    ("metadata", "ClientError", 300),
    ("metadata-fields", "ClientError", 300),
    ("header-name", "ClientError", 300),
    ("too-many-recipients", "ClientError", 300),
    ("too-long", "ClientError", 300),
    ("not-base64", "ClientError", 300),
    ("invalid-fields", "ClientError", 403),
    ("out-of-credits", "ClientError", 405),
    ("inactive", "ClientError", 406),
    ("attachment-type", "ClientError", 411),
    ("pending", "ClientError", 412),
    ("not-approved", "ClientError", 413),
    ("invalid-server", "ClientError", 422),
    ("unknown-template-id", "ClientError", 1101),
    ("unknown-template-alias", "ClientError", 1101),
    ("unknown-stream", "ClientError", 1235),
    ("inbound-stream", "ClientError", 1236),
    ("barred-ip", "ClientError", 1480),
    ("unknown-message", "ClientError", 701),
    ("rate-limited", "ClientError", 429),
    ("internal", "ClientError", 101),
    ("maintenance", "ClientError", 100),
    ("unknown-path", "ClientError", 404),
]
# What this client cannot cause, or does not tell: it refuses a letter without a body itself, always
# sends one token and JSON, the right method, a model and no texts with each template, cuts batches
# at 500, hands a batch's answers over as they are, and knows no suppressions.
NOT_OF_THIS_CLIENT = frozenset(
    [
        "no-token", "both-tokens", "no-body", "not-json", "no-json-wanted", "batch-too-large",
        "too-large", "inactive-in-batch", "wrong-method", "no-template-model",
        "template-and-body", "stream-not-found", "no-suppressions", "too-many-suppressions",
    ]
)  # fmt: skip
GOOD: dict[str, Any] = {"domains": [{"name": "sender.test"}]}


def send(client: Any, **changes: Any) -> Any:
    letter = {
        "From": "from@sender.test",
        "To": "to@recipient.test",
        "Subject": "A letter",
        "TextBody": "words",
    }
    return client.emails.send(**{**letter, **changes})


def attached(client: Any, name: str, content: str) -> Any:
    attachment = {"Name": name, "Content": content, "ContentType": "application/octet-stream"}
    return send(client, Attachments=[attachment])


def templated(client: Any, **template: Any) -> Any:
    return client.emails.send_with_template(
        TemplateModel={}, From="from@sender.test", To="to@recipient.test", **template
    )


# What leads to each refusal: the account, the token (None: the right one), the call.
CAUSES: dict[str, tuple[dict[str, Any], str | None, Callable[[Any], Any]]] = {
    "bad-token": ({}, "wrong", send),
    "bad-account-token": ({}, None, lambda client: client.domains.all()),
    "no-signature": ({"domains": []}, None, send),
    "unconfirmed-signature": ({"unconfirmed_senders": ["from@sender.test"]}, None, send),
    "invalid-from": ({}, None, lambda client: send(client, From="")),
    "invalid-address": ({}, None, lambda client: send(client, To="to@localhost")),
    "address-without-at": ({}, None, lambda client: send(client, To="nobody")),
    "address-domain": ({}, None, lambda client: send(client, Cc="user@+")),
    "no-recipient": ({}, None, lambda client: send(client, To="")),
    "metadata": ({}, None, lambda client: send(client, Metadata={"k" * 21: "v"})),
    "metadata-fields": (
        {},
        None,
        lambda client: send(client, Metadata={f"k{n}": "v" for n in range(11)}),
    ),
    "header-name": ({}, None, lambda client: send(client, Headers={"X-A\n": "v"})),
    "too-many-recipients": (
        {},
        None,
        lambda client: send(client, To=[f"to{n}@recipient.test" for n in range(51)]),
    ),
    "too-long": ({}, None, lambda client: send(client, Subject="s" * 2001)),
    "not-base64": ({}, None, lambda client: attached(client, "a.txt", "?")),
    "invalid-fields": ({}, None, lambda client: send(client, TrackOpens="yes")),
    "out-of-credits": ({"quota_used_up": True}, None, send),
    "inactive": ({"suppressed": ["to@recipient.test"]}, None, send),
    "attachment-type": ({}, None, lambda client: attached(client, "a.exe", "AAAA")),
    "pending": ({"pending": True}, None, send),
    "not-approved": ({"suspended": True}, None, send),
    "invalid-server": ({"server_active": False}, None, send),
    "unknown-template-id": ({}, None, lambda client: templated(client, TemplateId=7)),
    "unknown-template-alias": ({}, None, lambda client: templated(client, TemplateAlias="none")),
    "unknown-stream": ({}, None, lambda client: send(client, MessageStream="none")),
    "inbound-stream": ({}, None, lambda client: send(client, MessageStream="inbound")),
    "barred-ip": ({"barred_ip": "192.0.2.9"}, None, send),
    "unknown-message": ({}, None, lambda client: client.messages.outbound.get("none")),
    "rate-limited": ({"rate_limited": True}, None, send),
    "internal": ({"trouble": "internal"}, None, send),
    "maintenance": ({"trouble": "maintenance"}, None, send),
    "unknown-path": ({}, None, lambda client: client.triggers.tags.all()),
}


@pytest.fixture
def client_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A running fake and the client that talks to it."""

    @contextmanager
    def run(
        account: dict[str, Any], token: str | None = None
    ) -> Iterator[tuple[ApiFake[PostmarkAccount], Any]]:
        fake: ApiFake[PostmarkAccount] = ApiFake("postmark", account={**GOOD, **account})
        with fake.running():
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(fake.ca_file))
            client = postmarker.PostmarkClient(
                server_token=token or fake.credentials["server_token"],
                account_token="an-account-token",
                root_api_url=f"{fake.base_url}/",
            )
            try:
                yield fake, client
            finally:
                client.session.close()

    return run


def test_the_client_sends_and_reads_back(client_of: Callable[..., Any]) -> None:
    with client_of({"account_tokens": ["an-account-token"]}) as (fake, client):
        assert client.server.get().DeliveryType == "Live"
        result = send(client, Tag="welcome")
        assert (result["ErrorCode"], result["Message"]) == (0, "OK")
        (found,) = client.messages.outbound.all()
        assert (found.MessageID, found.Tag) == (result["MessageID"], "welcome")
        details = client.messages.outbound.get(result["MessageID"])
        assert details.TextBody == "words"
        assert "Subject: A letter" in found.get_dump()
        assert [domain.Name for domain in client.domains.all()] == ["sender.test"]
        assert client.stats.overview()["Sent"] == 1
    (message,) = fake.messages
    assert message.provider_id == result["MessageID"]
    assert message.secure


def test_the_client_sends_a_batch_and_gets_each_answer(client_of: Callable[..., Any]) -> None:
    letters = [
        {"From": "from@sender.test", "To": to, "Subject": "x", "TextBody": "words"}
        for to in ("to@recipient.test", "gone@recipient.test")
    ]
    with client_of({"suppressed": ["gone@recipient.test"]}) as (fake, client):
        answers = client.emails.send_batch(*letters)
    assert [answer["ErrorCode"] for answer in answers] == [0, 406]
    assert len(fake.messages) == 1


def test_the_client_sees_a_bounce_and_activates_the_address(client_of: Callable[..., Any]) -> None:
    to = "hardbounce@bounce-testing.postmarkapp.com"
    with client_of({}) as (_, client):
        send(client, To=to)
        (bounce,) = client.bounces.all()
        assert (bounce.Type, bounce.Email, bounce.Inactive) == ("HardBounce", to, True)
        assert bounce.activate() == "OK"
        assert send(client, To=to)["ErrorCode"] == 0


@pytest.mark.parametrize(("refusal", "name", "code"), SDK_TABLE)
def test_the_client_raises_its_own_error(
    client_of: Callable[..., Any], refusal: str, name: str, code: int
) -> None:
    account, token, call = CAUSES[refusal]
    with client_of(account, token) as (fake, client):
        with pytest.raises(errors.ClientError) as caught:
            call(client)
        assert type(caught.value).__name__ == name
        assert caught.value.error_code == code
        assert str(caught.value).startswith(f"[{code}] ")
        assert not fake.messages


def test_the_table_has_every_refusal_that_this_client_can_meet() -> None:
    named = {row[0] for row in SDK_TABLE}
    assert named == set(CAUSES)
    assert named | NOT_OF_THIS_CLIENT == set(REFUSALS)
