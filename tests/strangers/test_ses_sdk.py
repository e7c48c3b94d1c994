"""boto3 sends through the fake of SES, and raises its own exceptions at what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.fakes.providers.ses import PROVIDER
from harness.fakes.transcript import Broke

from .ses_stage import Stage, without_settings

pytestmark = pytest.mark.whole

_RAW = b"From: A <a@example.com>\r\nTo: b@example.net\r\nSubject: Hi\r\n\r\nt\r\n"


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    stage = Stage()
    with stage.fake.running():
        yield stage


@pytest.fixture
def stage(running: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    without_settings(monkeypatch)
    running.ahead = timedelta()
    running.set()
    yield running
    assert not list(running.fake.transcript.of(Broke))


def _fields(client: Any, **changes: Any) -> Any:
    words = {
        "Source": "a@example.com",
        "Destination": {"ToAddresses": ["b@example.net"]},
        "Message": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "t"}}},
        **changes,
    }
    return client.send_email(**words)


def _raw(client: Any, raw: bytes = _RAW, **more: Any) -> Any:
    return client.send_raw_email(RawMessage={"Data": raw}, **more)


def _fields_v2(client: Any, **changes: Any) -> Any:
    words = {
        "FromEmailAddress": "a@example.com",
        "Destination": {"ToAddresses": ["b@example.net"]},
        "Content": {"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "t"}}}},
        **changes,
    }
    return client.send_email(**words)


def _raw_v2(client: Any, raw: bytes = _RAW, **more: Any) -> Any:
    return client.send_email(Content={"Raw": {"Data": raw}}, **more)


@pytest.mark.parametrize(
    ("service", "send"),
    [("ses", _fields), ("ses", _raw), ("sesv2", _fields_v2), ("sesv2", _raw_v2)],
)
def test_boto3_sends_and_reads_the_id(
    stage: Stage, service: str, send: Callable[[Any], Any]
) -> None:
    answer = send(stage.client(service))
    [message] = stage.fake.messages
    assert answer["MessageId"] == message.provider_id
    assert message.rcpt_tos == ("b@example.net",)
    assert b"Subject: Hi" in message.content
    assert answer["ResponseMetadata"]["RequestId"]


def test_boto3_sends_with_temporary_credentials(stage: Stage) -> None:
    stage.set(keys=[{"session_token": "the token"}])
    _fields(stage.client("ses", aws_session_token="the token"))
    _fields_v2(stage.client("sesv2", aws_session_token="the token"))
    assert len(stage.fake.messages) == 2


def test_boto3_reads_every_entry_of_a_bulk_request(stage: Stage) -> None:
    stage.set(templates=[{"name": "t", "text": "{{n}}"}])
    entries = [{"Destination": {"ToAddresses": [each]}} for each in ("b@x.test", "nobody")]
    v1 = stage.client("ses").send_bulk_templated_email(
        Source="a@example.com", Template="t", DefaultTemplateData='{"n":1}', Destinations=entries
    )
    v2 = stage.client("sesv2").send_bulk_email(
        FromEmailAddress="a@example.com",
        DefaultContent={"Template": {"TemplateName": "t", "TemplateData": '{"n":1}'}},
        BulkEmailEntries=entries,
    )
    assert [row["Status"] for row in v1["Status"]] == ["Success", "InvalidParameterValue"]
    statuses = [row["Status"] for row in v2["BulkEmailEntryResults"]]
    assert statuses == ["SUCCESS", "INVALID_PARAMETER"]
    assert v2["BulkEmailEntryResults"][1]["Error"] == "Invalid email address nobody."


# The refusals that boto3 can tell apart.

CLIENT = "boto3 1.44.5"

# The refusal's name, boto3's exception class, its code, the status.
SDK_TABLE: list[tuple[str, str, str, int]] = [
    ("unknown-key", "ClientError", "InvalidClientTokenId", 403),
    ("wrong-secret", "ClientError", "SignatureDoesNotMatch", 403),
    ("wrong-region", "ClientError", "SignatureDoesNotMatch", 403),
    ("expired-clock", "ClientError", "SignatureDoesNotMatch", 403),
    ("early-clock", "ClientError", "SignatureDoesNotMatch", 403),
    ("expired-token", "ClientError", "ExpiredTokenException", 403),
    ("not-subscribed", "ClientError", "OptInRequired", 403),
    ("may-not-send", "ClientError", "AccessDenied", 403),
    ("suspended", "MessageRejected", "MessageRejected", 400),
    ("unverified", "MessageRejected", "MessageRejected", 400),
    ("sending-paused", "AccountSendingPausedException", "AccountSendingPausedException", 400),
    (
        "configuration-set-paused",
        "ConfigurationSetSendingPausedException",
        "ConfigurationSetSendingPausedException",
        400,
    ),
    (
        "unknown-configuration-set",
        "ConfigurationSetDoesNotExistException",
        "ConfigurationSetDoesNotExist",
        400,
    ),
    (
        "mail-from-domain",
        "MailFromDomainNotVerifiedException",
        "MailFromDomainNotVerifiedException",
        400,
    ),
    ("rate-limited", "ClientError", "Throttling", 400),
    ("quota-used-up", "ClientError", "Throttling", 400),
    ("missing-parameter", "ClientError", "ValidationError", 400),
    ("bad-address", "ClientError", "InvalidParameterValue", 400),
    ("too-many-recipients", "ClientError", "InvalidParameterValue", 400),
    ("bad-tag", "ClientError", "InvalidParameterValue", 400),
    ("v2-unknown-key", "ClientError", "UnrecognizedClientException", 403),
    ("v2-wrong-secret", "ClientError", "InvalidSignatureException", 403),
    ("v2-wrong-region", "ClientError", "InvalidSignatureException", 403),
    ("v2-expired-clock", "ClientError", "InvalidSignatureException", 403),
    ("v2-early-clock", "ClientError", "InvalidSignatureException", 403),
    ("v2-expired-token", "ClientError", "ExpiredTokenException", 403),
    ("v2-not-subscribed", "ClientError", "OptInRequired", 403),
    ("v2-may-not-send", "ClientError", "AccessDeniedException", 403),
    ("v2-suspended", "AccountSuspendedException", "AccountSuspendedException", 400),
    ("v2-unverified", "MessageRejected", "MessageRejected", 400),
    ("v2-sending-paused", "SendingPausedException", "SendingPausedException", 400),
    ("v2-configuration-set-paused", "SendingPausedException", "SendingPausedException", 400),
    ("v2-unknown-configuration-set", "NotFoundException", "NotFoundException", 404),
    (
        "v2-mail-from-domain",
        "MailFromDomainNotVerifiedException",
        "MailFromDomainNotVerifiedException",
        400,
    ),
    ("v2-rate-limited", "TooManyRequestsException", "TooManyRequestsException", 429),
    ("v2-quota-used-up", "TooManyRequestsException", "TooManyRequestsException", 429),
    ("v2-missing-parameter", "BadRequestException", "BadRequestException", 400),
    ("v2-bad-address", "BadRequestException", "BadRequestException", 400),
    ("v2-too-many-recipients", "BadRequestException", "BadRequestException", 400),
    ("v2-bad-tag", "BadRequestException", "BadRequestException", 400),
]

_PAUSED_SET = [{"name": "cs", "sending_enabled": False}]
_DENIED = {"Statement": {"Effect": "Deny", "Action": "ses:Send*", "Resource": "*"}}
_NO_MAIL_FROM = {"name": "example.com", "mail_from": "m.example.com", "mail_from_verified": False}
_TOO_MANY = {"ToAddresses": [f"{number}@x.test" for number in range(51)]}
_TAG = [{"Name": "n", "Value": "a b"}]
# What brings a refusal about: words of the account, of the client, of the call to send_email.
CAUSES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "unknown-key": ({}, {"aws_access_key_id": "AKIANOBODY"}, {}),
    "wrong-secret": ({}, {"aws_secret_access_key": "other"}, {}),
    "wrong-region": ({}, {"region_name": "us-east-1"}, {}),
    "expired-clock": ({"ahead": 1}, {}, {}),
    "early-clock": ({"ahead": -1}, {}, {}),
    "expired-token": (
        {"keys": [{"session_token": "t", "token_expired": True}]},
        {"aws_session_token": "t"},
        {},
    ),
    "not-subscribed": ({"subscribed": False}, {}, {}),
    "may-not-send": ({"keys": [{"policy": _DENIED}]}, {}, {}),
    "suspended": ({"suspended": True}, {}, {}),
    "unverified": ({"domains": [{"name": "example.com", "region": "us-east-1"}]}, {}, {}),
    "sending-paused": ({"sending_enabled": False}, {}, {}),
    "configuration-set-paused": (
        {"configuration_sets": _PAUSED_SET},
        {},
        {"ConfigurationSetName": "cs"},
    ),
    "unknown-configuration-set": ({}, {}, {"ConfigurationSetName": "cs"}),
    "mail-from-domain": ({"domains": [_NO_MAIL_FROM]}, {}, {}),
    "rate-limited": ({"rate_limited": True}, {}, {}),
    "quota-used-up": ({"quota_used_up": True}, {}, {}),
    "missing-parameter": ({}, {}, {"Message": {}, "Content": None}),
    "bad-address": ({}, {}, {"Destination": {"ToAddresses": ["nobody"]}}),
    "too-many-recipients": ({}, {}, {"Destination": _TOO_MANY}),
    "bad-tag": ({}, {}, {"Tags": _TAG, "EmailTags": _TAG}),
}
_ONLY_V1 = {"Message", "Tags"}
_ONLY_V2 = {"Content", "EmailTags"}


@pytest.mark.parametrize(("name", "exception", "code", "status"), SDK_TABLE, ids=str)
def test_boto3_raises_its_own_exception(
    stage: Stage, name: str, exception: str, code: str, status: int
) -> None:
    words, arguments, call = CAUSES[name.removeprefix("v2-")]
    stage.ahead = timedelta(hours=words.get("ahead", 0))
    stage.set(**{word: value for word, value in words.items() if word != "ahead"})
    is_v2 = name.startswith("v2-")
    other = _ONLY_V1 if is_v2 else _ONLY_V2
    call = {word: value for word, value in call.items() if word not in other}
    client = stage.client("sesv2" if is_v2 else "ses", **arguments)
    with pytest.raises(ClientError) as caught:
        (_fields_v2 if is_v2 else _fields)(client, **call)
    answer = caught.value.response
    assert type(caught.value).__name__ == exception
    assert answer["Error"]["Code"] == code
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["Error"]["Message"]
    assert len(stage.fake.requests) == 1
    assert not stage.fake.messages


@pytest.mark.parametrize("skew", [1200, -1200])
def test_a_skewed_clock_of_the_server_is_an_expired_request(
    monkeypatch: pytest.MonkeyPatch, skew: float
) -> None:
    without_settings(monkeypatch)
    skewed = Stage(skew=skew)
    with skewed.fake.running():
        skewed.set()
        with pytest.raises(ClientError) as caught:
            _fields(skewed.client("ses"))
    assert caught.value.response["Error"]["Code"] in {"RequestExpired", "SignatureDoesNotMatch"}
    assert not skewed.fake.messages


def test_the_table_has_a_cause_for_every_row_and_both_versions() -> None:
    names = {row[0] for row in SDK_TABLE}
    assert names == {*CAUSES, *(f"v2-{name}" for name in CAUSES)}
    assert names <= set(PROVIDER.refusals)


def test_the_region_that_was_called_is_in_the_text(stage: Stage) -> None:
    stage.set(domains=[{"name": "example.com", "region": "us-east-1"}])
    text = (
        "Email address is not verified. The following identities failed the check in region "
        "EU-WEST-1: A <a@example.com>"
    )
    with pytest.raises(ClientError) as caught:
        _fields(stage.client("ses"), Source="A <a@example.com>")
    assert caught.value.response["Error"]["Message"] == text
    with pytest.raises(ClientError) as caught:
        _raw_v2(stage.client("sesv2"))
    assert caught.value.response["Error"]["Message"] == text


def test_raw_content_asks_for_its_own_permission_in_both_versions(stage: Stage) -> None:
    allowed = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}
    stage.set(keys=[{"policy": {"Statement": allowed}}])
    _fields(stage.client("ses"))
    _fields_v2(stage.client("sesv2"))
    for service, send in (("ses", _raw), ("sesv2", _raw_v2)):
        with pytest.raises(ClientError, match="not authorized to perform `ses:SendRawEmail'"):
            send(stage.client(service))
    assert len(stage.fake.messages) == 2


@pytest.mark.parametrize(
    ("service", "send", "words", "attempts"),
    [
        ("ses", _fields, {"rate_limited": True}, 3),
        ("sesv2", _fields_v2, {"rate_limited": True}, 3),
        ("ses", _fields, {"domains": []}, 1),
        ("sesv2", _fields_v2, {"domains": []}, 1),
    ],
)
def test_boto3_tries_again_only_where_that_may_help(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    send: Callable[[Any], Any],
    words: dict[str, Any],
    attempts: int,
) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    stage.set(**words)
    client = stage.client(service, config=Config(retries={"mode": "standard"}))
    with pytest.raises(ClientError):
        send(client)
    assert len(stage.fake.requests) == attempts
    assert len({each.header("amz-sdk-invocation-id") for each in stage.fake.requests}) == 1


def test_boto3_reads_back_what_was_accepted(stage: Stage) -> None:
    v1, v2 = stage.client("ses"), stage.client("sesv2")
    identifier = _raw_v2(v2)["MessageId"]
    assert v1.get_send_quota()["SentLast24Hours"] == 1.0
    assert v1.get_send_statistics()["SendDataPoints"][0]["DeliveryAttempts"] == 1
    assert v1.list_identities()["Identities"] == ["example.com"]
    attributes = v1.get_identity_verification_attributes(Identities=["example.com"])
    status = attributes["VerificationAttributes"]["example.com"]["VerificationStatus"]
    assert status == "Success"
    assert v2.get_account()["SendQuota"]["SentLast24Hours"] == 1.0
    assert v2.get_email_identity(EmailIdentity="example.com")["VerifiedForSendingStatus"]
    insights = v2.get_message_insights(MessageId=identifier)["Insights"]
    assert [row["Destination"] for row in insights] == ["b@example.net"]
    with pytest.raises(v2.exceptions.NotFoundException):
        v2.get_email_identity(EmailIdentity="some one+/?@other.test")


def test_boto3_puts_recipients_on_the_suppression_list_and_takes_them_off(stage: Stage) -> None:
    client = stage.client("sesv2")
    client.put_suppressed_destination(EmailAddress="b@example.net", Reason="COMPLAINT")
    found = client.get_suppressed_destination(EmailAddress="B@example.net")
    assert found["SuppressedDestination"]["Reason"] == "COMPLAINT"
    client.put_suppressed_destination(EmailAddress="c@example.net", Reason="BOUNCE")
    bounced = client.list_suppressed_destinations(Reasons=["BOUNCE"])
    listed = bounced["SuppressedDestinationSummaries"]
    assert [row["EmailAddress"] for row in listed] == ["c@example.net"]
    both = client.list_suppressed_destinations(Reasons=["COMPLAINT", "BOUNCE"])
    assert len(both["SuppressedDestinationSummaries"]) == 2
    _raw_v2(client)
    client.delete_suppressed_destination(EmailAddress="b@example.net")
    _raw_v2(client)
    assert [message.dropped for message in stage.fake.messages] == [("b@example.net",), ()]
    with pytest.raises(client.exceptions.NotFoundException):
        client.delete_suppressed_destination(EmailAddress="b@example.net")
    with pytest.raises(client.exceptions.BadRequestException, match="BOUNCE, COMPLAINT"):
        client.put_suppressed_destination(EmailAddress="b@example.net", Reason="UNSUBSCRIBE")
