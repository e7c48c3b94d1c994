"""Every refusal of SES with its words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from harness.fakes.http.exchange import Request
from harness.fakes.marks import Mark
from harness.fakes.providers.ses import PROVIDER
from harness.fakes.providers.ses.acceptance import CallContext, judged
from harness.fakes.providers.ses.answers import query_response, rest_response
from harness.fakes.providers.ses.calls import SesApi
from harness.fakes.providers.ses.letter import Letter
from harness.fakes.providers.ses.raw_message import read_raw

from .ses_requests import (
    IDENTITY,
    NOW,
    ONLY_FIELDS,
    ONLY_RAW,
    RAW,
    REGION,
    SIMPLE,
    UNVERIFIED,
    USER,
    account,
    answer,
    error_of,
    keys,
    query,
    raw_v2,
    rest,
    send_email,
    send_raw,
    send_v2,
    signed,
    with_header,
)

_WRONG_SECRET = (
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details."
)
_PAUSED = (
    "Sending paused for this account. For more information, please check the inbox of the email "
    "address associated with your AWS account."
)
_MANY = [f"b{number}@example.net" for number in range(51)]
_MANY_V1 = {f"Destination_ToAddresses_member_{n}": a for n, a in enumerate(_MANY, start=1)}
_OTHER = {"sending_enabled": False}
_SET = {"configuration_sets": [{"name": "cs", "sending_enabled": False}]}
_BROKEN_MAIL_FROM = {
    "domains": [{"name": "example.com", "mail_from": "m.example.com", "mail_from_verified": False}]
}
FILE = b"Content-Disposition: attachment; filename=a.exe\r\n" + RAW
_TEMPLATE = {"Template": "none", "TemplateData": "{}"}
_HEADER = [{"Name": "X-Ü", "Value": "v"}]

# The words of an account, a request, the name of its refusal, its status, code and text.
REFUSED: list[tuple[dict[str, Any], Request, str, int, str, str]] = [
    ({}, with_header(send_email(), "Authorization", None), "no-signature", 403,
     "MissingAuthenticationToken", "Request is missing Authentication Token"),
    ({}, with_header(send_v2(), "Authorization", None), "v2-no-signature", 403,
     "MissingAuthenticationTokenException", "Missing Authentication Token"),
    ({}, with_header(send_email(), "Authorization", "AWS4-HMAC-SHA256 Credential=<a>"),
     "malformed-signature", 400, "IncompleteSignature",
     ("Authorization header requires 'SignedHeaders' parameter. Authorization header requires "
     "'Signature' parameter. Authorization=AWS4-HMAC-SHA256")),
    ({}, with_header(send_v2(), "Authorization",
                     "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=0"),
     "v2-malformed-signature", 403, "IncompleteSignatureException",
     ("Credential must have exactly 5 slash-delimited elements, e.g. "
     "keyid/date/region/service/term, got 'a'")),
    ({}, signed(key="AKIANOBODY"), "unknown-key", 403, "InvalidClientTokenId",
     "The security token included in the request is invalid."),
    ({}, signed("GET", "/v2/email/account", key="AKIANOBODY"), "v2-unknown-key", 403,
     "UnrecognizedClientException", "The security token included in the request is invalid."),
    ({}, signed(secret="other"), "wrong-secret", 403, "SignatureDoesNotMatch", _WRONG_SECRET),
    ({}, signed("GET", "/v2/email/account", secret="other"), "v2-wrong-secret", 403,
     "InvalidSignatureException", _WRONG_SECRET),
    ({}, signed(region="us-east-1"), "wrong-region", 403, "SignatureDoesNotMatch",
     "Credential should be scoped to a valid region, not 'us-east-1'. "),
    ({}, signed("GET", "/v2/email/account", region="us-east-1"), "v2-wrong-region", 403,
     "InvalidSignatureException",
     "Credential should be scoped to a valid region, not 'us-east-1'. "),
    ({}, signed(at=NOW - timedelta(hours=1)), "expired-clock", 403, "SignatureDoesNotMatch",
     ("Signature expired: 20261120T195650Z is now earlier than 20261120T204150Z "
     "(20261120T205650Z - 15 min.)")),
    ({}, signed("GET", "/v2/email/account", at=NOW - timedelta(hours=1)), "v2-expired-clock", 403,
     "InvalidSignatureException",
     ("Signature expired: 20261120T195650Z is now earlier than 20261120T204150Z "
     "(20261120T205650Z - 15 min.)")),
    ({}, signed(at=NOW + timedelta(hours=1)), "early-clock", 403, "SignatureDoesNotMatch",
     ("Signature not yet current: 20261120T215650Z is still later than 20261120T211150Z "
     "(20261120T205650Z + 15 min.)")),
    ({}, signed("GET", "/v2/email/account", at=NOW + timedelta(hours=1)), "v2-early-clock", 403,
     "InvalidSignatureException",
     ("Signature not yet current: 20261120T215650Z is still later than 20261120T211150Z "
     "(20261120T205650Z + 15 min.)")),
    ({"keys": [{"session_token": "t", "token_expired": True}]}, signed(token="t"),
     "expired-token", 403, "ExpiredTokenException",
     "The security token included in the request is expired"),
    ({"keys": [{"session_token": "t", "token_expired": True}]},
     signed("GET", "/v2/email/account", token="t"), "v2-expired-token", 403,
     "ExpiredTokenException", "The security token included in the request is expired"),
    ({"subscribed": False}, send_email(), "not-subscribed", 403, "OptInRequired",
     "The AWS Access Key Id needs a subscription for the service"),
    ({"subscribed": False}, send_v2(), "v2-not-subscribed", 403, "OptInRequired",
     "The AWS Access Key Id needs a subscription for the service"),
    (keys(ONLY_RAW), send_email(), "may-not-send", 403, "AccessDenied",
     (f"User `{USER}' is not authorized to perform `ses:SendEmail' on resource "
     f"`{IDENTITY}/example.com'")),
    (keys(ONLY_FIELDS), raw_v2(), "v2-may-not-send", 403, "AccessDeniedException",
     (f"User `{USER}' is not authorized to perform `ses:SendRawEmail' on resource "
     f"`{IDENTITY}/example.com'")),
    (keys(ONLY_RAW), query("GetSendQuota"), "may-not", 403, "AccessDenied",
     f"User: {USER} is not authorized to perform: ses:GetSendQuota"),
    (keys(ONLY_RAW), rest("GET", "account"), "v2-may-not", 403, "AccessDeniedException",
     (f"User: {USER} is not authorized to perform: ses:GetAccount on resource: * because no "
     "identity-based policy allows the ses:GetAccount action")),
    ({"suspended": True}, send_email(), "suspended", 400, "MessageRejected", _PAUSED),
    ({"suspended": True}, send_v2(), "v2-suspended", 400, "AccountSuspendedException", _PAUSED),
    (_OTHER, send_email(), "sending-paused", 400, "AccountSendingPausedException",
     "Email sending is paused for this account."),
    (_OTHER, send_v2(), "v2-sending-paused", 400, "SendingPausedException",
     "Email sending is paused for this account."),
    (_SET, send_email(ConfigurationSetName="cs"), "configuration-set-paused", 400,
     "ConfigurationSetSendingPausedException",
     "Email sending is paused for the configuration set <cs>."),
    (_SET, send_v2(ConfigurationSetName="cs"), "v2-configuration-set-paused", 400,
     "SendingPausedException", "Email sending is paused for the configuration set <cs>."),
    ({}, send_email(ConfigurationSetName="cs"), "unknown-configuration-set", 400,
     "ConfigurationSetDoesNotExist", "Configuration set <cs> does not exist."),
    ({}, send_v2(ConfigurationSetName="cs"), "v2-unknown-configuration-set", 404,
     "NotFoundException", "Configuration set <cs> does not exist."),
    (_BROKEN_MAIL_FROM, send_email(), "mail-from-domain", 400,
     "MailFromDomainNotVerifiedException", "The MAIL FROM domain is not verified."),
    (_BROKEN_MAIL_FROM, send_v2(), "v2-mail-from-domain", 400,
     "MailFromDomainNotVerifiedException", "The MAIL FROM domain is not verified."),
    ({}, query("SendTemplatedEmail", Source="a@example.com",
               Destination_ToAddresses_member_1="b@example.net", **_TEMPLATE),
     "unknown-template", 400, "TemplateDoesNotExist", "Template none does not exist."),
    ({}, send_v2(Content={"Template": {"TemplateName": "none"}}), "v2-unknown-template", 404,
     "NotFoundException", "Template none does not exist."),
    ({}, send_email(Source="Sendportal <a@b.test>"), "unverified", 400, "MessageRejected",
     f"{UNVERIFIED}Sendportal <a@b.test>"),
    ({}, send_v2(FromEmailAddress="a@b.test"), "v2-unverified", 400, "MessageRejected",
     f"{UNVERIFIED}a@b.test"),
    ({"rate_limited": True}, send_email(), "rate-limited", 400, "Throttling",
     "Maximum sending rate exceeded."),
    ({"rate_limited": True}, send_v2(), "v2-rate-limited", 429, "TooManyRequestsException",
     "Maximum sending rate exceeded."),
    ({"quota_used_up": True}, send_email(), "quota-used-up", 400, "Throttling",
     "Daily message quota exceeded."),
    ({"quota_used_up": True}, send_v2(), "v2-quota-used-up", 429, "TooManyRequestsException",
     "Daily message quota exceeded."),
    ({"rate_limited": True}, query("GetSendQuota"), "calls-limited", 400, "Throttling",
     "Rate exceeded"),
    ({"rate_limited": True}, rest("GET", "account"), "v2-calls-limited", 429,
     "TooManyRequestsException", "Rate exceeded"),
    ({}, signed(), "missing-action", 400, "MissingAction", "The request is missing an action."),
    ({}, query("Send"), "unknown-action", 400, "InvalidAction",
     "Could not find operation Send for version 2010-12-01"),
    ({}, rest("POST", "outbound"), "v2-unknown-operation", 404, "UnknownOperationException",
     "There is no such operation."),
    ({}, send_email(Source=None), "missing-parameter", 400, "ValidationError",
     ("1 validation error detected: Value null at 'source' failed to satisfy constraint: Member "
     "must not be null")),
    ({}, rest("POST", "outbound-emails", {}), "v2-missing-parameter", 400, "BadRequestException",
     ("1 validation error detected: Value null at 'content' failed to satisfy constraint: Member "
     "must not be null")),
    ({}, send_raw(Destinations_1="b@example.net"), "malformed-list", 400, "MalformedInput",
     "Top level element may not be treated as a list"),
    ({}, query("SendRawEmail", RawMessage_Data="?"), "not-base64", 400, "MalformedInput",
     "The raw message is not valid base64."),
    ({}, send_v2(Content={"Raw": {"Data": "?"}}), "v2-not-base64", 400, "SerializationException",
     "The content is not valid base64."),
    ({"trouble": "error"}, send_email(), "server-error", 500, "InternalFailure",
     "An internal failure occurred."),
    ({"trouble": "error"}, send_v2(), "v2-server-error", 500,
     "InternalServiceErrorException", "An internal failure occurred."),
    ({"trouble": "unavailable"}, send_email(), "unavailable", 503, "ServiceUnavailable",
     "The service is unavailable."),
    ({"trouble": "unavailable"}, send_v2(), "v2-unavailable", 503, "ServiceUnavailable",
     "The service is unavailable."),
    ({}, send_raw(FILE), "bad-filename", 400, "InvalidParameterValue",
     "Illegal filename 'a.exe'."),
    ({}, raw_v2(FILE), "v2-bad-filename", 400, "BadRequestException", "Illegal filename 'a.exe'."),
    ({}, send_email(Source="a"), "bad-address", 400, "InvalidParameterValue",
     "Missing final '@domain'"),
    ({}, send_v2(Destination={"ToAddresses": [""]}), "v2-bad-address", 400, "BadRequestException",
     "Invalid email address ."),
    ({}, send_email(Source="a@b..c"), "odd-address", 400, "InvalidParameterValue",
     "Domain contains dot-dot"),
    ({}, send_v2(ReplyToAddresses=["<.a@b>"]), "v2-odd-address", 400, "BadRequestException",
     "Invalid email address .a@b."),
    ({}, send_raw(b"Subject: x\r\n\r\n"), "missing-header", 400, "InvalidParameterValue",
     "Missing required header 'From'."),
    ({}, raw_v2(b"From: a@example.com\r\n\r\n"), "v2-missing-header", 400, "BadRequestException",
     "Missing required header 'To'."),
    ({}, send_raw(b"From: a@example.com\r\nTo:\r\n\r\n"), "empty-header", 400,
     "InvalidParameterValue", "Empty required header 'To'."),
    ({}, raw_v2(b"From: \r\nTo: b@example.net\r\n\r\n"), "v2-empty-header", 400,
     "BadRequestException", "Empty required header 'From'."),
    ({}, send_raw(b"Message-ID: <1>\r\n" + RAW[:-5] + b"Message-Id: <2>\r\n\r\n"),
     "duplicate-header", 400, "InvalidParameterValue", "Duplicate header 'Message-Id'."),
    ({}, raw_v2(b"Subject: again\r\n" + RAW), "v2-duplicate-header", 400, "BadRequestException",
     "Duplicate header 'Subject'."),
    ({}, send_email(**_MANY_V1), "too-many-recipients", 400, "InvalidParameterValue",
     "Recipient count exceeds 50."),
    ({}, send_v2(Destination={"ToAddresses": _MANY[:26], "BccAddresses": _MANY[26:]}),
     "v2-too-many-recipients", 400, "BadRequestException", "Recipient count exceeds 50."),
    ({}, send_email(Destination_ToAddresses_member_1=None, Destination_Else="x"), "no-recipients",
     400, "InvalidParameterValue", "The message has no recipients."),
    ({}, send_v2(Destination={}), "v2-no-recipients", 400, "BadRequestException",
     "The message has no recipients."),
    ({}, query("SendBulkTemplatedEmail", Source="a@example.com", Template="t",
               DefaultTemplateData="{}",
               **{f"Destinations_member_{n}_Destination_X": "" for n in range(51)}),
     "too-many-entries", 400, "InvalidParameterValue",
     "The request has more than 50 destinations."),
    ({}, rest("POST", "outbound-bulk-emails",
              {"FromEmailAddress": "a@example.com", "BulkEmailEntries": [{}] * 51,
               "DefaultContent": {"Template": {"TemplateName": "t"}}}),
     "v2-too-many-entries", 400, "BadRequestException",
     "The request has more than 50 destinations."),
    ({}, send_email(Tags_member_1_Name="n", Tags_member_1_Value="event:id:abc1234"), "bad-tag",
     400, "InvalidParameterValue",
     ("Invalid tag value <event:id:abc1234>: only alphanumeric ASCII characters, '_', and '-' are "
     "allowed.")),
    ({}, send_v2(EmailTags=[{"Name": "ü", "Value": "v"}]), "v2-bad-tag", 400,
     "BadRequestException",
     "Invalid tag name <ü>: only alphanumeric ASCII characters, '_', and '-' are allowed."),
    ({"templates": [{"name": "none"}]},
     query("SendTemplatedEmail", Source="a@example.com", Template="none", TemplateData="[]",
           Destination_ToAddresses_member_1="b@example.net"),
     "bad-template-data", 400, "InvalidRenderingParameter",
     "The template data is not a JSON object."),
    ({"templates": [{"name": "t"}]},
     send_v2(Content={"Template": {"TemplateName": "t", "TemplateData": "{"}}),
     "v2-bad-template-data", 400, "BadRequestException",
     "The template data is not a JSON object."),
    ({}, signed(target="/v2/email/outbound-emails", body=b"{"), "v2-not-json", 400,
     "SerializationException", "The body is not valid JSON."),
    ({}, send_v2(FromEmailAddress=["a@example.com"]), "v2-wrong-type", 400,
     "SerializationException", "Start of list found where not expected"),
    ({}, send_v2(Content={**SIMPLE, "Raw": {"Data": ""}}), "v2-not-one-content", 400,
     "BadRequestException", "Exactly one of Simple, Raw and Template has to be given as Content."),
    ({}, send_v2(Content={"Simple": {**SIMPLE["Simple"], "Headers": _HEADER}}), "v2-bad-header",
     400, "BadRequestException",
     ("1 validation error detected: Value 'X-Ü' at 'headers' failed to satisfy constraint: Member "
     "must satisfy regular expression pattern: [!-9;-@A-~]{1,126}")),
    ({}, rest("GET", "identities/other.test"), "v2-not-found", 404, "NotFoundException",
     "Email identity other.test does not exist."),
]  # fmt: skip


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row[2])
def test_a_refusal_in_sess_own_words(
    row: tuple[dict[str, Any], Request, str, int, str, str],
) -> None:
    words, request, case, status, code, text = row
    outcome = answer(account(**words), request)
    assert outcome.response.case == case
    assert error_of(outcome.response) == (status, code, text)
    assert outcome.accepted == ()
    assert outcome.account.accepted == ()
    refusal = PROVIDER.refusals[case]
    assert (outcome.response.mark, outcome.response.source) == (refusal.mark, refusal.known_from)


@pytest.mark.parametrize(
    ("api", "most", "case"),
    [(SesApi.QUERY, 10_485_760, "too-large"), (SesApi.REST, 41_943_040, "v2-too-large")],
)
def test_a_message_may_be_as_large_as_the_api_takes(api: SesApi, most: int, case: str) -> None:
    state = account()
    where = CallContext(api=api, action="", key=state.keys[0], region=REGION, now=NOW)
    largest = RAW + b"x" * (most - len(RAW))
    assert judged(state, Letter(raw=read_raw(largest)), where) is None
    refused = judged(state, Letter(raw=read_raw(largest + b"x")), where)
    assert refused is not None
    response = query_response(refused, action="", request_id="")
    if api is SesApi.REST:
        response = rest_response(refused)
    assert response.case == case
    text = f"Message length is more than {most} bytes long: '{most + 1}'."
    assert text.encode() in response.body


def test_every_refusal_is_met() -> None:
    elsewhere = {"too-large", "v2-too-large"}
    assert {row[2] for row in REFUSED} == set(PROVIDER.refusals) - elsewhere


def test_a_text_that_is_not_known_is_marked_as_ours() -> None:
    unknown = {"sending-paused", "mail-from-domain", "v2-sending-paused", "server-error"}
    assert {PROVIDER.refusals[name].mark for name in unknown} == {Mark.SYNTHETIC}


@pytest.mark.parametrize("name", sorted(PROVIDER.refusals))
def test_a_refusal_never_says_when_to_try_again(name: str) -> None:
    assert PROVIDER.refusals[name].response().header("retry-after") is None


# Addresses.


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("Karen Chan <karen@x.test>", None),
        ('"Karen, Chan" <karen@x.test>', None),
        ('"a@b"@x.test', None),
        ("karen@[192.0.2.1]", None),
        ("invalid@invalid", None),
        ("Karen, Chan <karen@x.test>", "Illegal address"),
        ("a@x.test, b@x.test", "Illegal address"),
        ("Karen <a,b@x.test>", "Local address contains illegal character"),
        ("Karen Chan <karen @x.test>", "Local address contains control or whitespace"),
        ("jürgen@x.test", "Local address contains control or whitespace"),
        ("karen@x.test\u200b", "Domain contains control or whitespace"),
        ("karen@bücher.test", "Domain contains control or whitespace"),
        ("karen@x_y.test", "Domain contains illegal character"),
        ("karen@x.test;b@x.test", "Domain contains illegal character"),
        ("karen", "Missing final '@domain'"),
        ("", "Missing final '@domain'"),
        ("karen@", "Missing domain"),
        ("@x.test", "Missing local name"),
        ("ka[ren@x.test", "Local address contains illegal character"),
        ("karen.@x.test", "Local address ends with dot"),
        ("karen@x.test.", "Domain ends with dot"),
        ('"karen@x.test', "Missing '\"'"),
        ("Karen <karen@x.test", "Missing '>'"),
    ],
)
def test_an_address_is_judged_as_javamail_does(address: str, text: str | None) -> None:
    state = account(sandbox=False)
    outcome = answer(state, send_email(Destination_ToAddresses_member_1=address))
    if text is None:
        assert len(outcome.accepted) == 1
    else:
        assert error_of(outcome.response) == (400, "InvalidParameterValue", text)
