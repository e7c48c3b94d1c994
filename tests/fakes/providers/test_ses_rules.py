"""What SES takes, from whom, to whom, how much of it, and what it makes of anything else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from harness.fakes.http.exchange import Request

from .ses_requests import (
    IDENTITY,
    NOW,
    ONLY_FIELDS,
    ONLY_RAW,
    RAW,
    UNVERIFIED,
    account,
    answer,
    error_of,
    keys,
    raw_v2,
    send_email,
    send_raw,
    send_v2,
    signed,
)

# What is taken.

_ID = r"0102019df{7}|0102[0-9a-f]{12}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-000000"


def test_version_1_answers_in_one_line_of_xml() -> None:
    outcome = answer(account(), send_email())
    [mail] = outcome.accepted
    request_id = outcome.response.header("x-amzn-RequestId")
    assert outcome.response.body.decode() == (
        '<SendEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendEmailResult>'
        f"<MessageId>{mail.provider_id}</MessageId></SendEmailResult><ResponseMetadata>"
        f"<RequestId>{request_id}</RequestId></ResponseMetadata></SendEmailResponse>"
    )
    assert re.fullmatch(_ID, mail.provider_id)
    assert outcome.response.header("content-type") == "text/xml"
    assert outcome.response.header("date") == "Fri, 20 Nov 2026 20:56:50 GMT"


def test_version_2_answers_in_one_line_of_json() -> None:
    outcome = answer(account(), send_v2())
    [mail] = outcome.accepted
    assert outcome.response.body.decode() == f'{{"MessageId":"{mail.provider_id}"}}'
    assert outcome.response.header("content-type") == "application/json"
    assert re.fullmatch(_ID, mail.provider_id)


@pytest.mark.parametrize(
    ("region", "start"),
    [("us-east-1", "0100"), ("eu-west-1", "0102"), ("eu-central-1", "0107"), ("sa-east-1", "01")],
)
def test_a_message_id_begins_with_where_and_when(region: str, start: str) -> None:
    request = signed("POST", "/v2/email/outbound-emails", body=send_v2().body, region=region)
    outcome = answer(account(), request, region=region)
    [mail] = outcome.accepted
    assert mail.provider_id.startswith(start)
    assert int(mail.provider_id[4:16], 16) == int(NOW.timestamp() * 1000)


@pytest.mark.parametrize("request_", [send_email(), send_v2()], ids=["v1", "v2"])
def test_fields_are_kept_as_they_were_given(request_: Request) -> None:
    [mail] = answer(account(), request_).accepted
    assert (mail.mail_from, mail.recipients) == ("a@example.com", ("b@example.net",))
    assert mail.subject == "Hi"
    assert mail.mime is None
    assert b"Subject: Hi" in mail.content


@pytest.mark.parametrize("request_", [send_raw(), raw_v2()], ids=["v1", "v2"])
def test_mime_is_kept_octet_for_octet_and_its_headers_are_the_envelope(request_: Request) -> None:
    [mail] = answer(account(), request_).accepted
    assert mail.content == RAW
    assert (mail.mail_from, mail.recipients) == ("a@example.com", ("b@example.net",))
    assert mail.subject == "Hi"


@pytest.mark.parametrize(
    "request_",
    [
        send_raw(Source="c@example.com", Destinations_member_1="d@example.net"),
        raw_v2(FromEmailAddress="c@example.com", Destination={"ToAddresses": ["d@example.net"]}),
    ],
    ids=["v1", "v2"],
)
def test_the_request_goes_before_the_headers_of_a_raw_message(request_: Request) -> None:
    [mail] = answer(account(), request_).accepted
    assert (mail.mail_from, mail.recipients) == ("c@example.com", ("d@example.net",))


def test_every_kind_of_recipient_is_taken_in_order() -> None:
    kinds = {
        "ToAddresses": ["1@x.test"],
        "CcAddresses": ["C <2@x.test>"],
        "BccAddresses": ["3@x.test"],
    }
    [mail] = answer(account(), send_v2(Destination=kinds)).accepted
    assert mail.recipients == ("1@x.test", "2@x.test", "3@x.test")
    assert b"3@x.test" not in mail.content


def test_a_list_of_version_1_goes_by_its_numbers() -> None:
    more = {f"Destination_ToAddresses_member_{n}": f"{n}@x.test" for n in (2, 10, 1)}
    [mail] = answer(account(), send_email(**more)).accepted
    assert mail.recipients == ("1@x.test", "2@x.test", "10@x.test")


def test_a_query_in_the_url_will_do_for_version_1() -> None:
    request = signed("GET", f"/?{send_email().body.decode()}", headers=())
    assert len(answer(account(), request).accepted) == 1


def test_nothing_is_said_twice_in_the_same_words() -> None:
    first = answer(account(), send_email())
    second = answer(first.account, send_email())
    assert first.accepted[0].provider_id != second.accepted[0].provider_id
    ids = {outcome.response.header("x-amzn-RequestId") for outcome in (first, second)}
    assert len(ids) == 2
    assert len(second.account.accepted) == 2


# Permissions.


@pytest.mark.parametrize(
    ("statement", "request_", "accepted"),
    [
        (ONLY_FIELDS, send_email(), True),
        (ONLY_FIELDS, send_v2(), True),
        (ONLY_FIELDS, send_raw(), False),
        (ONLY_FIELDS, raw_v2(), False),
        (ONLY_RAW, send_email(), False),
        (ONLY_RAW, send_v2(), False),
        (ONLY_RAW, send_raw(), True),
        (ONLY_RAW, raw_v2(), True),
        ({**ONLY_FIELDS, "Effect": "Deny"}, send_email(), False),
        ({**ONLY_FIELDS, "Resource": f"{IDENTITY}/example.com"}, send_email(), True),
        ({**ONLY_FIELDS, "Resource": f"{IDENTITY}/a@example.com"}, send_email(), False),
        ({**ONLY_FIELDS, "Resource": f"{IDENTITY}/example.com"},
         send_v2(ConfigurationSetName="cs"), False),
        ({**ONLY_FIELDS, "Resource": "arn:aws:ses:eu-west-1:123456789012:*"},
         send_v2(ConfigurationSetName="cs"), True),
    ],
)  # fmt: skip
def test_a_call_needs_the_permission_for_what_it_carries(
    statement: dict[str, Any], request_: Request, accepted: bool
) -> None:
    state = account(**keys(statement), configuration_sets=[{"name": "cs"}])
    outcome = answer(state, request_)
    assert bool(outcome.accepted) is accepted
    assert accepted or outcome.response.status == 403


def test_permission_is_asked_before_anything_else_of_the_message() -> None:
    state = account(**keys(ONLY_RAW), suspended=True)
    assert answer(state, send_email(Source="nobody@other.test")).response.case == "may-not-send"


# Identities and regions.

_DOMAIN = {"domains": [{"name": "Example.com"}]}
_ADDRESS: dict[str, Any] = {"domains": [], "addresses": [{"name": "Me@example.com"}]}


@pytest.mark.parametrize(
    ("words", "source", "accepted"),
    [
        (_DOMAIN, "a@EXAMPLE.com", True),
        (_DOMAIN, "a@deep.sub.example.com", True),
        (_DOMAIN, "a@notexample.com", False),
        (_DOMAIN, "a@com", False),
        (_ADDRESS, "Me@example.com", True),
        (_ADDRESS, "Name <Me@example.com>", True),
        (_ADDRESS, "Me+label@example.com", True),
        (_ADDRESS, "me@example.com", False),
        (_ADDRESS, "other@example.com", False),
        ({"domains": [{"name": "example.com", "verified": False}]}, "a@example.com", False),
        ({"domains": [{"name": "example.com", "region": "us-east-1"}]}, "a@example.com", False),
        ({"domains": [{"name": "example.com", "region": "eu-west-1"}]}, "a@example.com", True),
    ],
)
def test_a_sender_needs_a_verified_identity_of_this_region(
    words: dict[str, Any], source: str, accepted: bool
) -> None:
    assert bool(answer(account(**words), send_email(Source=source)).accepted) is accepted


def test_the_region_that_was_called_is_named_in_capitals() -> None:
    state = account(domains=[{"name": "example.com", "region": "eu-west-1"}])
    request = signed(
        body=send_email().body, region="us-west-2", host="email.us-west-2.amazonaws.com"
    )
    response = answer(state, request, region="us-west-2").response
    assert error_of(response)[2] == (
        "Email address is not verified. The following identities failed the check in region "
        "US-WEST-2: a@example.com"
    )


def test_every_address_that_stands_for_the_sender_is_looked_at() -> None:
    raw = b"From: One <1@o.test>, 2@o.test\r\nSender: 3@o.test\r\nReturn-Path: <4@o.test>\r\n"
    response = answer(account(), send_raw(raw + b"To: b@x.test\r\n\r\n")).response
    assert error_of(response)[2] == f"{UNVERIFIED}One <1@o.test>, 2@o.test, 3@o.test, 4@o.test"


def test_the_probe_of_nodemailer_is_rejected_as_a_message() -> None:
    raw = b"From: <invalid@invalid>\r\nTo: <invalid@invalid>\r\n Subject: Invalid\r\n\r\nInvalid"
    who = {
        "FromEmailAddress": "invalid@invalid",
        "Destination": {"ToAddresses": ["invalid@invalid"]},
    }
    assert error_of(answer(account(), raw_v2(raw, **who)).response)[1] == "MessageRejected"


# The sandbox, limits.


@pytest.mark.parametrize(
    ("recipient", "accepted"),
    [
        ("b@example.net", False),
        ("c@example.com", True),
        ("known@example.net", True),
        ("success@simulator.amazonses.com", True),
        ("Bounce+label@simulator.amazonses.com", True),
    ],
)
def test_the_sandbox_sends_to_verified_recipients_only(recipient: str, accepted: bool) -> None:
    state = account(sandbox=True, addresses=[{"name": "known@example.net"}])
    outcome = answer(state, send_v2(Destination={"CcAddresses": [recipient]}))
    assert bool(outcome.accepted) is accepted
    if not accepted:
        text = f"{UNVERIFIED}{recipient}"
        assert error_of(outcome.response) == (400, "MessageRejected", text)


def test_the_sandbox_takes_one_message_a_second() -> None:
    state = account(sandbox=True, addresses=[{"name": "b@example.net"}])
    cases = []
    for second in (0.0, 0.5, 1.0, 1.9, 2.0):
        now = NOW + timedelta(seconds=second)
        outcome = answer(state, send_email(), now=now)
        state = outcome.account
        cases.append(outcome.response.case)
    assert cases == ["accepted", "rate-limited", "accepted", "rate-limited", "accepted"]


def test_a_message_to_several_is_paid_for_afterwards() -> None:
    state = account(sandbox=True, domains=[{"name": "example.com"}, {"name": "example.net"}])
    five = {f"Destination_ToAddresses_member_{n}": f"{n}@example.net" for n in range(1, 6)}
    state = answer(state, send_email(**five)).account
    early = answer(state, send_email(), now=NOW + timedelta(seconds=4))
    late = answer(state, send_email(), now=NOW + timedelta(seconds=5))
    assert (early.response.case, late.response.case) == ("rate-limited", "accepted")


def test_the_quota_counts_recipients_of_24_hours_without_the_simulators() -> None:
    state = account(sandbox=True, sent_last_24_hours=198, max_send_rate=1000)
    state = state.model_copy(update={"addresses": account(**_ADDRESS).addresses})
    to_me = {"Destination_ToAddresses_member_1": "Me@example.com"}
    simulator = {"Destination_ToAddresses_member_1": "success@simulator.amazonses.com"}
    cases = []
    for words in (to_me, simulator, to_me, to_me):
        outcome = answer(state, send_email(**words))
        state = outcome.account
        cases.append(outcome.response.case)
    assert cases == ["accepted", "accepted", "accepted", "quota-used-up"]


def test_the_quota_of_a_day_comes_back_after_24_hours() -> None:
    state = answer(account(max_24_hour_send=1), send_email()).account
    assert answer(state, send_email()).response.case == "quota-used-up"
    for passed, case in ((timedelta(hours=23), "quota-used-up"), (timedelta(hours=24), "accepted")):
        at = NOW + passed
        request = signed(body=send_email().body, at=at)
        assert answer(state, request, now=at).response.case == case


# Suppression and the simulator.


def test_a_suppressed_recipient_is_accepted_and_bounces() -> None:
    state = account(suppressed=["B@example.net"])
    outcome = answer(state, send_email())
    assert outcome.response.status == 200
    assert [mail.state for mail in outcome.accepted] == ["bounced"]


def test_a_message_is_queued_while_any_recipient_is_left() -> None:
    recipients = {"ToAddresses": ["gone@x.test", "b@x.test"]}
    outcome = answer(account(suppressed=["gone@x.test"]), send_v2(Destination=recipients))
    assert [mail.state for mail in outcome.accepted] == ["queued"]


def test_a_template_is_filled_in() -> None:
    words = {"name": "t", "subject": "Hi {{name}}", "text": "{{ n }} and {{name}}"}
    content = {"TemplateName": "t", "TemplateData": '{"name": "you", "n": 2}'}
    [mail] = answer(account(templates=[words]), send_v2(Content={"Template": content})).accepted
    assert mail.subject == "Hi you"
    assert mail.fields is not None
    assert mail.fields.text == "2 and you"


def test_a_template_with_a_gap_is_taken_and_never_sent() -> None:
    words = {"name": "t", "text": "{{name}}"}
    request = send_v2(Content={"Template": {"TemplateName": "t", "TemplateData": "{}"}})
    outcome = answer(account(templates=[words]), request)
    assert outcome.response.status == 200
    assert [mail.state for mail in outcome.accepted] == ["rendering-failure"]


# Headers of version 2.


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ([{"Name": "X-A", "Value": "v"}] * 15, True),
        ([{"Name": "X-A", "Value": "v"}] * 16, False),
        ([{"Name": "X-A", "Value": "v" * 995}], True),
        ([{"Name": "X-A", "Value": "v" * 996}], False),
        ([{"Name": "X-A", "Value": "v\r\nBcc: b@x.test"}], False),
        ([{"Name": "X:A", "Value": "v"}], False),
        ([{"Name": "X-" + "a" * 125, "Value": "v"}], False),
        ([{"Value": "v"}], False),
    ],
)
def test_headers_have_a_form_and_a_number(headers: list[dict[str, str]], accepted: bool) -> None:
    simple = {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "t"}}, "Headers": headers}
    outcome = answer(account(), send_v2(Content={"Simple": simple}))
    assert outcome.response.case == ("accepted" if accepted else "v2-bad-header")


def test_a_bcc_header_names_recipients_and_is_not_sent_on() -> None:
    raw = RAW.replace(b"Subject:", b"Bcc: hidden@example.net\r\nSubject:", 1)
    [mail] = answer(account(), send_raw(raw)).accepted
    assert "hidden@example.net" in mail.recipients
    assert b"hidden@example.net" not in mail.content
