"""Bulk sending: what refuses all of it, and what one entry."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from harness.fakes.http.exchange import Request
from harness.fakes.providers.ses import SesAccount
from harness.fakes.providers.ses.bulk import put_over

from .ses_requests import UNVERIFIED, account, answer, error_of, query, rest

_TEMPLATES = {"templates": [{"name": "t", "subject": "Hi {{name}}", "text": "{{name}}"}]}


def _v2(*recipients: str, **changes: Any) -> Request:
    entries = [
        {
            "Destination": {"ToAddresses": [address]},
            "ReplacementEmailContent": {
                "ReplacementTemplate": {"ReplacementTemplateData": json.dumps({"name": address})}
            },
        }
        for address in recipients
    ]
    document = {
        "FromEmailAddress": "a@example.com",
        "DefaultContent": {"Template": {"TemplateName": "t", "TemplateData": '{"name": "all"}'}},
        "BulkEmailEntries": entries,
        **changes,
    }
    return rest("POST", "outbound-bulk-emails", document)


def _v1(*recipients: str, **changes: str) -> Request:
    entries = {}
    for number, address in enumerate(recipients, start=1):
        start = f"Destinations_member_{number}"
        entries[f"{start}_Destination_ToAddresses_member_1"] = address
        entries[f"{start}_ReplacementTemplateData"] = json.dumps({"name": address})
    given = {
        "Source": "a@example.com",
        "Template": "t",
        "DefaultTemplateData": '{"name": "all"}',
        **entries,
        **changes,
    }
    return query("SendBulkTemplatedEmail", **given)


def _results(state: SesAccount, request: Request) -> list[dict[str, str]]:
    """The entries of the answer, which has to be a success."""
    response = answer(state, request).response
    assert response.status == 200, response.body
    if response.header("content-type") == "application/json":
        found: list[dict[str, str]] = json.loads(response.body)["BulkEmailEntryResults"]
        return found
    members = ET.fromstring(response.body).findall(".//{*}Status/{*}member")
    return [{part.tag.rpartition("}")[2]: part.text or "" for part in each} for each in members]


@pytest.mark.parametrize("make", [_v1, _v2])
def test_every_entry_is_a_message_of_its_own(make: Any) -> None:
    state = account(**_TEMPLATES)
    request = make("1@x.test", "2@x.test")
    mails = answer(state, request).accepted
    assert [mail.recipients for mail in mails] == [("1@x.test",), ("2@x.test",)]
    assert [mail.subject for mail in mails] == ["Hi 1@x.test", "Hi 2@x.test"]
    assert [row["MessageId"] for row in _results(state, request)] == [m.provider_id for m in mails]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_v1, ("Success", "InvalidParameterValue", "MessageRejected")),
        (_v2, ("SUCCESS", "INVALID_PARAMETER", "MESSAGE_REJECTED")),
    ],
)
def test_one_bad_entry_leaves_the_others_alone(make: Any, words: tuple[str, ...]) -> None:
    state = account(**_TEMPLATES, sandbox=True)
    request = make("me@example.com", "nobody", "b@example.net")
    rows = _results(state, request)
    assert [row["Status"] for row in rows] == list(words)
    assert rows[2]["Error"] == f"{UNVERIFIED}b@example.net"
    assert "MessageId" not in rows[1]
    assert [mail.recipients for mail in answer(state, request).accepted] == [("me@example.com",)]


@pytest.mark.parametrize(
    ("words", "v1", "v2"),
    [
        ({"max_send_rate": 1}, "AccountThrottled", "ACCOUNT_THROTTLED"),
        ({"max_24_hour_send": 1}, "AccountDailyQuotaExceeded", "ACCOUNT_DAILY_QUOTA_EXCEEDED"),
    ],
)
def test_a_limit_lets_the_first_entries_through(words: dict[str, Any], v1: str, v2: str) -> None:
    state = account(**_TEMPLATES, **words)
    for make, success, status in ((_v1, "Success", v1), (_v2, "SUCCESS", v2)):
        rows = _results(state, make("1@x.test", "2@x.test"))
        assert [row["Status"] for row in rows] == [success, status]


@pytest.mark.parametrize(
    ("words", "request_", "case"),
    [
        ({}, _v1("b@x.test"), "unknown-template"),
        ({}, _v2("b@x.test"), "v2-unknown-template"),
        (_TEMPLATES, _v1("b@x.test", Source="a@o.test"), "unverified"),
        (_TEMPLATES, _v2("b@x.test", FromEmailAddress="a@o.test"), "v2-unverified"),
        ({**_TEMPLATES, "sending_enabled": False}, _v1("b@x.test"), "sending-paused"),
        ({**_TEMPLATES, "suspended": True}, _v2("b@x.test"), "v2-suspended"),
        (_TEMPLATES, _v1("b@x.test", ConfigurationSetName="c"), "unknown-configuration-set"),
        (_TEMPLATES, _v1("b@x.test", DefaultTemplateData="x"), "bad-template-data"),
        (_TEMPLATES, _v2(), "v2-missing-parameter"),
        (_TEMPLATES, _v2("b@x.test", DefaultContent={}), "v2-missing-parameter"),
        (_TEMPLATES, _v2("b@x.test", DefaultContent={"Template": {}}), "v2-missing-parameter"),
    ],
)
def test_what_all_entries_share_refuses_all(
    words: dict[str, Any], request_: Request, case: str
) -> None:
    outcome = answer(account(**words), request_)
    assert outcome.response.case == case
    assert outcome.accepted == ()


def test_everything_that_is_missing_is_named_at_once() -> None:
    response = answer(account(), query("SendBulkTemplatedEmail", Source="a@example.com")).response
    text = error_of(response)[2]
    assert text.startswith("3 validation errors detected: Value null at 'template' failed")
    assert "; Value null at 'destinations' failed" in text


@pytest.mark.parametrize("make", [_v1, _v2])
def test_bulk_needs_a_permission_of_its_own(make: Any) -> None:
    statement = {"Effect": "Allow", "Action": ["ses:SendEmail"], "Resource": "*"}
    state = account(**_TEMPLATES, keys=[{"policy": {"Statement": statement}}])
    response = answer(state, make("b@x.test")).response
    assert response.status == 403
    assert b"ses:SendBulkTemplatedEmail" in response.body


@pytest.mark.parametrize("make", [_v1, _v2])
def test_an_entry_has_what_it_does_not_say_from_the_default(make: Any) -> None:
    template = {"name": "t", "subject": "{{name}} {{pet}} {{age}}", "text": "t"}
    default, empty, own = '{"name": "all", "pet": "cat", "age": 1}', "{}", '{"name": "Jo"}'
    if make is _v1:
        request = _v1(
            "1@x.test",
            "2@x.test",
            DefaultTemplateData=default,
            Destinations_member_1_ReplacementTemplateData=empty,
            Destinations_member_2_ReplacementTemplateData=own,
        )
    else:
        request = _v2(
            DefaultContent={"Template": {"TemplateName": "t", "TemplateData": default}},
            BulkEmailEntries=[
                {
                    "Destination": {"ToAddresses": [address]},
                    "ReplacementEmailContent": {
                        "ReplacementTemplate": {"ReplacementTemplateData": data}
                    },
                }
                for address, data in (("1@x.test", empty), ("2@x.test", own))
            ],
        )
    first, second = answer(account(templates=[template]), request).accepted
    assert (first.subject, first.state) == ("all cat 1", "queued")
    assert (second.subject, second.state) == ("Jo cat 1", "queued")


def test_objects_within_the_data_are_put_over_each_other_and_lists_are_not() -> None:
    default = {"pet": {"kind": "cat", "name": "Tom"}, "toys": [1, 2], "town": "York"}
    own = {"pet": {"name": "Kit"}, "toys": [3]}
    told = {"pet": {"kind": "cat", "name": "Kit"}, "toys": [3], "town": "York"}
    assert put_over(default, own) == told
    assert put_over(default, {"pet": 5})["pet"] == 5


def test_data_nested_deeper_than_anybody_reads_is_no_end_of_the_fake() -> None:
    deep = '{"a":' * 700 + "1" + "}" * 700
    content = {"ReplacementTemplate": {"ReplacementTemplateData": deep}}
    request = _v2(
        DefaultContent={"Template": {"TemplateName": "t", "TemplateData": deep}},
        BulkEmailEntries=[
            {"Destination": {"ToAddresses": ["1@x.test"]}, "ReplacementEmailContent": content}
        ],
    )
    assert answer(account(**_TEMPLATES), request).response.status == 200
