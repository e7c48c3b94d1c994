"""What SES tells of an account and of the mail that it took."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import botocore.session
import pytest
from botocore.parsers import create_parser
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.http.exchange import Request
from harness.fakes.providers.ses import PROVIDER, SesAccount
from harness.fakes.providers.ses.account import EmailIdentity

from .ses_requests import NOW, account, answer, error_of, query, rest, send_email, send_v2, signed

_IDENTITIES: dict[str, Any] = {
    "domains": [
        {"name": "example.com"},
        {"name": "pending.test", "verified": False},
        {"name": "elsewhere.test", "region": "us-east-1"},
        {"name": "m.test", "mail_from": "bounce.m.test", "mail_from_verified": False},
    ],
    "addresses": [{"name": "me@x.test"}],
}


def _read(state: SesAccount, operation: str, request: Request) -> Any:
    """The answer, as botocore reads it by its own model of the service."""
    response = answer(state, request).response
    assert response.status == 200, response.body
    is_query = response.header("content-type") == "text/xml"
    service = botocore.session.get_session().get_service_model("ses" if is_query else "sesv2")
    shape = service.operation_model(operation).output_shape
    raw = {
        "status_code": response.status,
        "headers": {name.lower(): value for name, value in response.headers},
        "body": response.body,
    }
    parsed = create_parser("query" if is_query else "rest-json").parse(raw, shape)
    return {name: value for name, value in parsed.items() if name != "ResponseMetadata"}


def _sent(state: SesAccount, *recipients: str) -> SesAccount:
    for number, recipient in enumerate(recipients):
        request = send_email(Destination_ToAddresses_member_1=recipient)
        state = answer(state, request, now=NOW + timedelta(seconds=number)).account
    return state


@pytest.mark.parametrize(
    ("words", "daily", "rate"),
    [
        ({"sandbox": True}, 200.0, 1.0),
        ({"max_24_hour_send": -1, "max_send_rate": 14}, -1.0, 14.0),
    ],
)
def test_the_quota_is_told_by_both(words: dict[str, Any], daily: float, rate: float) -> None:
    state = _sent(account(**words, addresses=[{"name": "b@x.test"}]), "b@x.test")
    quota = {"SentLast24Hours": 1.0, "Max24HourSend": daily, "MaxSendRate": rate}
    assert _read(state, "GetSendQuota", query("GetSendQuota")) == quota
    told = _read(state, "GetAccount", rest("GET", "account"))
    assert told["SendQuota"] == quota
    assert told["ProductionAccessEnabled"] is not words.get("sandbox", False)


def test_a_number_of_version_1_has_a_decimal_point() -> None:
    response = answer(account(sandbox=True), query("GetSendQuota")).response
    assert (
        b"<SentLast24Hours>0.0</SentLast24Hours><Max24HourSend>200.0</Max24HourSend>"
        b"<MaxSendRate>1.0</MaxSendRate>"
    ) in response.body


def test_what_was_refused_is_not_counted() -> None:
    state = answer(account(), send_email(Source="a@o.test")).account
    assert _read(state, "GetSendStatistics", query("GetSendStatistics")) == {"SendDataPoints": []}


def test_the_statistics_count_every_recipient_in_quarters_of_an_hour() -> None:
    state = _sent(
        account(suppressed=["gone@x.test"]),
        "b@x.test",
        "gone@x.test",
        "bounce@simulator.amazonses.com",
        "complaint@simulator.amazonses.com",
    )
    later = NOW + timedelta(minutes=10)
    state = answer(state, signed(body=send_email().body, at=later), now=later).account
    points = _read(state, "GetSendStatistics", query("GetSendStatistics"))["SendDataPoints"]
    shown = [(f"{point.pop('Timestamp'):%H:%M}", point) for point in points]
    counts = {"DeliveryAttempts": 4, "Bounces": 2, "Complaints": 1, "Rejects": 0}
    assert shown[0] == ("20:45", counts)
    assert shown[1] == ("21:00", {**counts, "DeliveryAttempts": 1, "Bounces": 0, "Complaints": 0})


@pytest.mark.parametrize(("days", "count"), [(13, 1), (14, 0)])
def test_the_statistics_go_back_two_weeks(days: int, count: int) -> None:
    at = NOW + timedelta(days=days)
    form = query("GetSendStatistics").body
    state = _sent(account(), "b@x.test")
    response = answer(state, signed(body=form, at=at), now=at).response
    assert response.body.count(b"<member>") == count


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ({}, ["example.com", "pending.test", "m.test", "me@x.test"]),
        ({"IdentityType": "Domain"}, ["example.com", "pending.test", "m.test"]),
        ({"IdentityType": "EmailAddress"}, ["me@x.test"]),
    ],
)
def test_the_identities_of_this_region_are_listed(kind: dict[str, str], names: list[str]) -> None:
    request = query("ListIdentities", **kind)
    listed = _read(account(**_IDENTITIES), "ListIdentities", request)
    assert listed == {"Identities": names}


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_list_is_read_page_by_page(size: int) -> None:
    state = account(**_IDENTITIES)
    for version in ("v1", "v2"):
        names: list[str] = []
        token: str | None = None
        for _ in range(9):
            if version == "v1":
                more = {"NextToken": token} if token else {}
                request = query("ListIdentities", MaxItems=str(size), **more)
                told = _read(state, "ListIdentities", request)
                names += told["Identities"]
            else:
                document = {"PageSize": size, "NextToken": token}
                request = rest("POST", "list-identities", document)
                told = _read(state, "ListEmailIdentities", request)
                names += [row["IdentityName"] for row in told["EmailIdentities"]]
            token = told.get("NextToken")
            if token is None:
                break
        assert names == ["example.com", "pending.test", "m.test", "me@x.test"]


def test_the_verification_of_each_identity_is_told() -> None:
    names = ["example.com", "pending.test", "me@x.test", "elsewhere.test", "unknown.test"]
    asked = {f"Identities_member_{n}": name for n, name in enumerate(names, start=1)}
    request = query("GetIdentityVerificationAttributes", **asked)
    told = _read(account(**_IDENTITIES), "GetIdentityVerificationAttributes", request)
    attributes = told["VerificationAttributes"]
    assert {name: each["VerificationStatus"] for name, each in attributes.items()} == {
        "example.com": "Success",
        "pending.test": "Pending",
        "me@x.test": "Success",
    }
    assert [name for name, each in attributes.items() if "VerificationToken" in each] == names[:2]


@pytest.mark.parametrize(
    ("operation", "element", "name", "told"),
    [
        ("GetIdentityDkimAttributes", "DkimAttributes", "me@x.test",
         {"DkimEnabled": False, "DkimVerificationStatus": "NotStarted"}),
        ("GetIdentityMailFromDomainAttributes", "MailFromDomainAttributes", "m.test",
         {"MailFromDomain": "bounce.m.test", "MailFromDomainStatus": "Failed",
          "BehaviorOnMXFailure": "RejectMessage"}),
        ("GetIdentityMailFromDomainAttributes", "MailFromDomainAttributes", "example.com",
         {"MailFromDomain": "", "MailFromDomainStatus": "Pending",
          "BehaviorOnMXFailure": "UseDefaultValue"}),
        ("GetIdentityNotificationAttributes", "NotificationAttributes", "example.com",
         {"BounceTopic": "", "ComplaintTopic": "", "DeliveryTopic": "",
          "ForwardingEnabled": True, "HeadersInBounceNotificationsEnabled": False,
          "HeadersInComplaintNotificationsEnabled": False,
          "HeadersInDeliveryNotificationsEnabled": False}),
    ],
)  # fmt: skip
def test_other_attributes_have_the_same_form(
    operation: str, element: str, name: str, told: dict[str, Any]
) -> None:
    request = query(operation, Identities_member_1=name)
    assert _read(account(**_IDENTITIES), operation, request) == {element: {name: told}}


def test_a_domain_has_three_dkim_tokens() -> None:
    request = query("GetIdentityDkimAttributes", Identities_member_1="example.com")
    told = _read(account(), "GetIdentityDkimAttributes", request)["DkimAttributes"]["example.com"]
    assert told["DkimVerificationStatus"] == "Success"
    assert len(set(told["DkimTokens"])) == 3


def test_attributes_of_nothing_are_refused() -> None:
    response = answer(account(), query("GetIdentityDkimAttributes")).response
    assert error_of(response)[1] == "ValidationError"


@pytest.mark.parametrize("name", ["example.com", "pending.test", "me@x.test", "m.test"])
def test_an_identity_is_described(name: str) -> None:
    path = f"identities/{name.replace('@', '%40')}"
    told = _read(account(**_IDENTITIES), "GetEmailIdentity", rest("GET", path))
    verified = name != "pending.test"
    assert told["VerifiedForSendingStatus"] is verified
    assert told["VerificationStatus"] == ("SUCCESS" if verified else "PENDING")
    assert told["IdentityType"] == ("EMAIL_ADDRESS" if "@" in name else "DOMAIN")
    assert ("MailFromAttributes" in told) is (name == "m.test")


def test_an_identity_that_is_asked_to_be_verified_is_pending() -> None:
    request = query("VerifyEmailIdentity", EmailAddress="new@x.test")
    outcome = answer(account(), request)
    assert ET.fromstring(outcome.response.body)[0].tag.endswith("}VerifyEmailIdentityResult")
    [address] = outcome.account.addresses
    assert (address.name, address.verified, address.region) == ("new@x.test", False, "eu-west-1")
    assert answer(outcome.account, request).account.addresses == (address,)
    assert answer(outcome.account, send_email(Source="new@x.test")).accepted == ()


def test_an_address_that_is_none_is_not_verified() -> None:
    response = answer(account(), query("VerifyEmailIdentity", EmailAddress="new")).response
    assert error_of(response)[2] == "Missing final '@domain'"


def test_sending_can_be_paused_and_resumed_through_both() -> None:
    enabled = query("GetAccountSendingEnabled")
    pauses = (
        query("UpdateAccountSendingEnabled", Enabled="false"),
        rest("PUT", "account/sending", {"SendingEnabled": False}),
    )
    resumes = (
        query("UpdateAccountSendingEnabled", Enabled="true"),
        rest("PUT", "account/sending", {"SendingEnabled": True}),
    )
    for pause, resume in zip(pauses, resumes, strict=True):
        paused = answer(account(), pause).account
        assert answer(paused, send_email()).response.case == "sending-paused"
        assert answer(paused, send_v2()).response.case == "v2-sending-paused"
        assert _read(paused, "GetAccountSendingEnabled", enabled) == {"Enabled": False}
        resumed = answer(paused, resume).account
        assert answer(resumed, send_email()).response.case == "accepted"


def test_a_suspended_account_can_still_be_asked() -> None:
    told = _read(account(suspended=True), "GetAccount", rest("GET", "account"))
    assert (told["EnforcementStatus"], told["SendingEnabled"]) == ("SHUTDOWN", False)


def test_the_insights_of_a_message_are_what_became_of_it() -> None:
    outcome = answer(
        account(suppressed=["gone@x.test"]),
        send_v2(Destination={"ToAddresses": ["b@x.test"], "BccAddresses": ["gone@x.test"]}),
    )
    [mail] = outcome.accepted
    request = rest("GET", f"insights/{mail.provider_id}/")
    told = _read(outcome.account, "GetMessageInsights", request)
    assert (told["MessageId"], told["FromEmailAddress"]) == (mail.provider_id, "a@example.com")
    assert told["Subject"] == "Hi"
    events = {
        row["Destination"]: [event["Type"] for event in row["Events"]] for row in told["Insights"]
    }
    assert events == {"b@x.test": ["SEND"], "gone@x.test": ["SEND", "BOUNCE"]}
    assert told["Insights"][0]["Events"][0]["Timestamp"] == NOW


def test_a_message_that_could_not_be_filled_in_was_never_sent() -> None:
    content = {"Template": {"TemplateContent": {"Subject": "{{gap}}"}, "TemplateData": "{}"}}
    outcome = answer(account(), send_v2(Content=content))
    request = rest("GET", f"insights/{outcome.accepted[0].provider_id}/")
    told = _read(outcome.account, "GetMessageInsights", request)
    assert [event["Type"] for event in told["Insights"][0]["Events"]] == ["RENDERING_FAILURE"]


def test_metrics_are_a_number_a_day() -> None:
    state = _sent(account(suppressed=["gone@x.test"]), "b@x.test", "gone@x.test")
    day = NOW.timestamp() // 86400 * 86400
    span = {"Namespace": "VDM", "StartDate": day, "EndDate": day + 86400}
    queries = [{"Id": m, "Metric": m, **span} for m in ("SEND", "PERMANENT_BOUNCE", "OPEN")]
    request = rest("POST", "metrics/batch", {"Queries": queries})
    told = _read(state, "BatchGetMetricData", request)
    assert [row["Values"] for row in told["Results"]] == [[2], [1], []]
    before = [{"Id": "1", "Metric": "SEND", **span, "EndDate": day}]
    request = rest("POST", "metrics/batch", {"Queries": before})
    assert _read(state, "BatchGetMetricData", request)["Results"][0]["Values"] == []


@pytest.mark.parametrize("document", [{}, {"Queries": []}, {"Queries": [{"Id": "1"}]}])
def test_metrics_of_nothing_are_refused(document: Any) -> None:
    response = answer(account(), rest("POST", "metrics/batch", document)).response
    assert error_of(response)[1] == "BadRequestException"


def test_suppressed_addresses_are_told() -> None:
    state = account(suppressed=["Gone@x.test", "other@x.test"])
    listed = _read(state, "ListSuppressedDestinations", rest("GET", "suppression/addresses"))
    rows = listed["SuppressedDestinationSummaries"]
    assert [row["EmailAddress"] for row in rows] == ["Gone@x.test", "other@x.test"]
    request = rest("GET", "suppression/addresses/gone%40x.test")
    told = _read(state, "GetSuppressedDestination", request)["SuppressedDestination"]
    assert (told["EmailAddress"], told["Reason"]) == ("Gone@x.test", "BOUNCE")
    request = rest("GET", "suppression/addresses/b%40x.test")
    assert answer(state, request).response.case == "v2-not-found"


def test_a_message_id_that_was_never_given_out_is_not_found() -> None:
    assert answer(account(), rest("GET", "insights/0100-0/")).response.case == "v2-not-found"


@given(st.text(max_size=10), st.text(max_size=10))
def test_strange_names_come_back_whole(name: str, other: str) -> None:
    # No such address can be written; what is told is escaped all the same.
    strange = EmailIdentity.model_construct(name=f"{name}<&>{other}")
    state = account().model_copy(update={"addresses": (strange,)})
    response = answer(state, rest("POST", "list-identities", {})).response
    assert json.loads(response.body)["EmailIdentities"][1]["IdentityName"] == f"{name}<&>{other}"
    ET.fromstring(answer(state, query("ListIdentities")).response.body)


# The provider as such.


def test_the_hosts_are_those_that_botocore_knows() -> None:
    session = botocore.session.get_session()
    regions = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("ses", partition)
        if not region.startswith("fips-") and not region.endswith("-fips")
    }
    assert set(PROVIDER.hosts) == regions
    for region, host in PROVIDER.hosts.items():
        client = session.create_client(
            "ses", region, aws_access_key_id="none", aws_secret_access_key="none"
        )
        assert client.meta.endpoint_url == f"https://{host}"


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("email.eu-west-1.amazonaws.com", "eu-west-1"),
        ("email-fips.us-east-1.amazonaws.com", "us-east-1"),
        ("email.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
        ("email.mars-1.amazonaws.com", None),
        ("localhost", None),
    ],
)
def test_a_host_has_its_region(host: str, region: str | None) -> None:
    assert PROVIDER.region_of(host) == region


def test_made_up_credentials_look_like_real_ones() -> None:
    made = PROVIDER.made_up(lambda length, alphabet: alphabet[-1] * length)
    assert made == {"access_key_id": "AKIA" + "7" * 16, "secret_access_key": "/" * 40}


def test_only_what_a_key_leaves_open_is_furnished() -> None:
    keys = [{"access_key_id": "AKIAOTHER", "secret_access_key": "s"}, {}]
    state = SesAccount.model_validate({"keys": keys})
    given_ = {"access_key_id": "AKIA1", "secret_access_key": "2", "session_token": "3"}
    first, second = PROVIDER.furnished(state, given_).keys
    assert (first.access_key_id, first.secret_access_key) == ("AKIAOTHER", "s")
    assert first.session_token is None
    assert (second.access_key_id, second.secret_access_key, second.session_token) == (
        "AKIA1",
        "2",
        "3",
    )
