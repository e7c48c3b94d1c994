"""What SparkPost refuses, octet for octet."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from harness.fakes.marks import Mark
from harness.fakes.providers.sparkpost.account import Trouble
from harness.fakes.providers.sparkpost.refusals import REFUSALS

from .sparkpost_asking import KEY, SANDBOX, SEND_PATH, account, ask, decoded, letter


class Vast(bytes):
    """A body that only says that it is large."""

    def __len__(self) -> int:
        return 300_000_001


UNAUTHORIZED = b'{"errors":[{"message":"Unauthorized."}]}'
UNVERIFIED = (
    b'{"errors":[{"message":"Invalid domain","description":'
    b'"Unconfigured or unverified sending domain.","code":"7001"}]}'
)
MISMATCH = (
    b'{"errors":[{"message":"Message generation rejected","description":'
    b'"Sending domain sandbox option mismatch","code":"1902"}]}'
)

SUPPRESSED = re.compile(
    rb'{"errors":\[{"message":"Message generation rejected","description":"recipient address '
    rb'suppressed due to customer policy","code":"1902"}\],"results":'
    rb'{"total_rejected_recipients":0,"total_accepted_recipients":1,"id":"[0-9]{17}"}}\Z'
)

# name, words of the account, keywords of the request, status, body
REFUSED: list[tuple[str, dict[str, Any], dict[str, Any], int, bytes]] = [
    ("unauthorized", {}, {"key": None}, 401, UNAUTHORIZED),
    ("unauthorized", {}, {"key": KEY[:-1]}, 401, UNAUTHORIZED),
    ("unauthorized", {}, {"key": f"Bearer {KEY}"}, 401, UNAUTHORIZED),
    ("unauthorized", {"keys": [{"revoked": True}]}, {}, 401, UNAUTHORIZED),
    ("unauthorized", {"keys": [{"region": "us"}]}, {"region": "eu"}, 401, UNAUTHORIZED),
    ("unauthorized", {"keys": [{"region": "eu"}]}, {"region": "us"}, 401, UNAUTHORIZED),
    (
        "forbidden",
        {"keys": [{"permissions": ["Templates: Read/Write", "Transmissions: Read-only"]}]},
        {},
        403,
        b'{"errors": [ {"message": "Forbidden."} ]}',
    ),
    ("unverified-domain", {"domains": []}, {}, 400, UNVERIFIED),
    *(
        ("unverified-domain", {}, {"body": letter(content={"from": sender})}, 400, UNVERIFIED)
        for sender in ("a@half.test", "a@mail.sender.test", "a@test", "a@european.test")
    ),
    (
        "no-sending-domain",
        {},
        {"body": letter(content={"from": "somebody"})},
        400,
        b'{"errors":[{"message":"No sending domain specified","code":"7001"}]}',
    ),
    (
        "no-local-part",
        {},
        {"body": letter(content={"from": {"email": "@sender.test"}})},
        400,
        b'{"errors":[{"message":"No local part specified in sender address","code":"2008"}]}',
    ),
    (
        "blacklisted-domain",
        {"blacklisted": ["Sender.test"]},
        {},
        400,
        b'{"errors":[{"message":"Sending domain blacklisted","code":"7000"}]}',
    ),
    ("sandbox-mismatch", {}, {"body": letter(content=SANDBOX)}, 400, MISMATCH),
    ("sandbox-mismatch", {}, {"body": letter(options={"sandbox": True})}, 400, MISMATCH),
    (
        "sandbox-template",
        {"sandbox": "template"},
        {"body": letter(content=SANDBOX, options={"sandbox": True})},
        422,
        b'{"errors":[{"message":"Invalid Template ID (sandbox)","code":"2106"}]}',
    ),
    (
        "sandbox-template",
        {},
        {"body": {**letter(options={"sandbox": True}), "content": {"template_id": "mine"}}},
        422,
        b'{"errors":[{"message":"Invalid Template ID (sandbox)","code":"2106"}]}',
    ),
    (
        "sandbox-limit",
        {"sandbox_used": 5},
        {"body": letter(content=SANDBOX, options={"sandbox": True})},
        420,
        b'{"errors":[{"message":"Exceed Sending Limit (sandbox)","code":"2103"}]}',
    ),
    *(
        (
            f"{period.decode()}-limit",
            {"quota_used_up": True, "limit": period.decode()},
            {},
            420,
            b'{"errors":[{"message":"Exceed Sending Limit (%s)","code":"%d"}]}' % (period, code),
        )
        for period, code in ((b"hourly", 2101), (b"daily", 2102), (b"monthly", 2105))
    ),
    (
        "rate-limited",
        {"rate_limited": True},
        {},
        429,
        b'{"errors":[{"message":"Too many requests"}]}',
    ),
    (
        "suspended",
        {"suspended": True},
        {},
        403,
        b'{"errors":[{"message":"the account is suspended"}]}',
    ),
    (
        "missing-field",
        {},
        {"body": letter(content={"from": None})},
        422,
        b'{"errors":[{"message":"content.from is a required field","code":"1400"}]}',
    ),
    (
        "missing-part",
        {},
        {"body": {"recipients": [{"address": "to@recipient.test"}]}},
        422,
        (
            b'{"errors":[{"message":"required field is missing","description":'
            b'"content object or template_id required","code":"1400"}]}'
        ),
    ),
    (
        "no-valid-recipients",
        {},
        {"body": letter(recipients=[])},
        400,
        b'{"errors":[{"message":"No valid recipients in list","code":"5002"}]}',
    ),
    (
        "wrong-type",
        {},
        {"body": ["a list"]},
        422,
        (
            b'{"errors":[{"message":"invalid data format/type/length","description":'
            b'"JSON object expected","code":"1300"}]}'
        ),
    ),
    (
        "exclusive-fields",
        {},
        {"body": letter(content={"email_rfc822": "From: a@sender.test\r\n\r\n"})},
        422,
        (
            b'{"errors":[{"message":"Invalid combination of fields","description":'
            b'"content.email_rfc822 and content.from are mutually exclusive","code":"1301"}]}'
        ),
    ),
    (
        "bad-params",
        {},
        {"path": f"{SEND_PATH}?num_rcpt_errors=few"},
        400,
        (
            b'{"errors":[{"message":"invalid params","description":'
            b'"param \'num_rcpt_errors\' must be an integer","code":"1200"}]}'
        ),
    ),
    *(
        (
            "not-json",
            {},
            {"raw": raw},
            422,
            (
                b'{"errors":[{"message":"invalid data format/type/length","description":'
                b'"Problems parsing request as json","code":"1300"}]}'
            ),
        )
        for raw in (b"", b"{", b"a=b", b"[" * 100_000, b"\xef\xbb\xbf{}")
    ),
    (
        "bad-utf8",
        {},
        {"raw": b'{"a":"\xff"}'},
        400,
        b'{"errors":[{"message":"Input Data not UTF8 encoded","code":"1305"}]}',
    ),
    (
        "subresource-missing",
        {},
        {"body": {**letter(), "content": {"template_id": "x"}}},
        422,
        (
            b'{"errors":[{"message":"Subresource not found","description":'
            b'"template \'x\' does not exist","code":"1603"}]}'
        ),
    ),
    (
        "subresource-missing",
        {},
        {"body": letter(recipients={"list_id": 'a"b'})},
        422,
        (
            b'{"errors":[{"message":"Subresource not found","description":'
            b'"Recipient list \'a\\"b\' does not exist","code":"1603"}]}'
        ),
    ),
    (
        "substitution-data-too-large",
        {},
        {"body": letter(substitution_data={"a": "x" * 100_000})},
        422,
        (
            b'{"errors":[{"message":"Substitution data too large","description":'
            b'"Transmission-level substitution data must be less than 100000 bytes",'
            b'"code":"2002"}]}'
        ),
    ),
    (
        "payload-too-large",
        {},
        {"raw": Vast()},
        413,
        b'{"errors":[{"message":"the request is too large"}]}',
    ),
    (
        "unknown-resource",
        {},
        {"path": f"{SEND_PATH}/123", "body": None, "method": "GET"},
        404,
        (
            b'{"errors":[{"message":"resource not found","description":'
            b'"Resource not found:transmission id 123","code":"1600"}]}'
        ),
    ),
    *(
        (
            "unknown-path",
            {},
            {"path": path},
            404,
            b'{"errors":[{"message":"invalid URI","code":"1101"}]}',
        )
        for path in ("/", "/api/v1", "/api/v2/transmissions", "/transmissions", "//[", "/api/v1/x")
    ),
    (
        "wrong-method",
        {},
        {"method": "PUT"},
        405,
        (
            b'{"errors":[{"message":"invalid HTTP method","description":'
            b'"PUT is not supported on /api/v1/transmissions","code":"1102"}]}'
        ),
    ),
    (
        "not-acceptable",
        {},
        {"headers": (("Accept", "text/html, application/xml;q=0.9"),)},
        406,
        b'{"errors":[{"message":"HTTP header value not acceptable","code":"1800"}]}',
    ),
    *(
        (
            "unsupported-media-type",
            {},
            {"content_type": kind},
            415,
            b'{"errors":[{"message":"Unsupported Content-Type header","code":"1700"}]}',
        )
        for kind in ("", "text/plain", "application/x-www-form-urlencoded")
    ),
    (
        "database-write-failed",
        {"trouble": "database-write-failed"},
        {},
        500,
        b'{"errors":[{"message":"Failed to update database","code":"1500"}]}',
    ),
    (
        "database-read-failed",
        {"trouble": "database-read-failed"},
        {"path": "/api/v1/account", "body": None, "method": "GET"},
        500,
        b'{"errors":[{"message":"Failed to read from database","code":"1501"}]}',
    ),
    (
        "no-authorization-service",
        {"trouble": "no-authorization-service"},
        {"key": None},
        503,
        b'{"errors":[{"message":"Unable to contact authorization service."}]}',
    ),
    (
        "unknown-recipient",
        {},
        {"path": "/api/v1/suppression-list/a@b.test", "body": None},
        404,
        b'{"errors":[{"message":"Recipient could not be found"}]}',
    ),
    (
        "scheduled-too-late",
        {},
        {"body": letter(options={"start_time": "2026-06-04T12:30:00+00:00"})},
        422,
        (
            b'{"errors":[{"message":"invalid data format/type/length","description":'
            b'"start_time is too far in the future","code":"1300"}]}'
        ),
    ),
    (
        "no-generation",
        {"trouble": "no-generation"},
        {},
        503,
        b'{"errors":[{"message":"Message generation module not available","code":"1900"}]}',
    ),
]

TEMPLATES = "/api/v1/templates"
STORED: dict[str, Any] = {"from": "a@sender.test", "subject": "s", "text": "t"}
REFUSED += [
    (
        "no-campaign",
        {},
        {"method": "DELETE", "body": None},
        400,
        b'{"errors":[{"message":"campaign_id is required"}]}',
    ),
    (
        "no-suppression-type",
        {},
        {"path": "/api/v1/suppression-list/a@b.test", "method": "PUT", "body": {}},
        400,
        b'{"errors":[{"message":"Must supply a suppression type"}]}',
    ),
    (
        "bad-suppression-type",
        {},
        {"path": "/api/v1/suppression-list/a@b.test", "method": "PUT", "body": {"type": "x"}},
        400,
        b'{"errors":[{"message":"Type must be one of: \'transactional\', \'non_transactional\'"}]}',
    ),
    (
        "bad-suppressions",
        {},
        {
            "path": "/api/v1/suppression-list",
            "method": "PUT",
            "body": {
                "recipients": [
                    {"recipient": "nobody", "type": "transactional"},
                    {"recipient": "a@b.test"},
                    {"recipient": "c@b.test", "type": "non_transactional"},
                ]
            },
        },
        400,
        (
            b'{"errors":[{"message":"PUT body contains 2 invalid or malformed recipient(s): '
            b'nobody, a@b.test"}]}'
        ),
    ),
    (
        "compliance-suppression",
        {"suppressions": [{"recipient": "a@b.test", "source": "Compliance"}]},
        {"path": "/api/v1/suppression-list/A@b.test", "method": "DELETE", "body": None},
        403,
        b'{"errors":[{"message":"Recipient could not be removed - Compliance"}]}',
    ),
    *(
        (
            "unknown-template",
            {"templates": [{"id": "published", "content": STORED}]},
            {"path": f"{TEMPLATES}/{which}", "method": method, "body": body},
            404,
            (
                b'{"errors":[{"message":"resource not found","description":'
                b'"Template does not exist","code":"1600"}]}'
            ),
        )
        for which, method, body in (
            ("none", "GET", None),
            ("published?draft=true", "GET", None),
            ("none", "PUT", {"name": "n"}),
            ("none", "DELETE", None),
            ("none/preview", "POST", {}),
        )
    ),
    (
        "template-exists",
        {"templates": [{"id": "welcome", "content": STORED}]},
        {"path": TEMPLATES, "body": {"id": "welcome", "content": STORED}},
        400,
        (
            b'{"errors":[{"message":"template already exists",'
            b'"description":"Template with id \'welcome\' already exists","code":"3030"}]}'
        ),
    ),
    (
        "template-and-content",
        {"templates": [{"id": "w", "content": STORED}]},
        {"body": {**letter(), "content": {"template_id": "w", "subject": "s"}}},
        422,
        (
            b'{"errors":[{"message":"Both content object and template_id are specified",'
            b'"code":"1301"}]}'
        ),
    ),
    (
        "no-published",
        {"templates": [{"id": "w", "draft": STORED}]},
        {"body": {**letter(), "content": {"template_id": "w"}}},
        422,
        (
            b'{"errors":[{"message":"No published template available, but draft version exists",'
            b'"description":"no published version of template \'w\'","code":"1603"}]}'
        ),
    ),
    (
        "no-draft",
        {"templates": [{"id": "w", "content": STORED}]},
        {"body": {**letter(), "content": {"template_id": "w", "use_draft_template": True}}},
        422,
        (
            b'{"errors":[{"message":"No draft template available, but published version exists",'
            b'"description":"no draft version of template \'w\'","code":"1603"}]}'
        ),
    ),
]
# What is refused because of something that was sent before: see `test_scheduled_mail`.
AFTERWARDS = {"too-close-to-generation", "transmission-in-progress", "template-in-use"}


@pytest.mark.parametrize(
    ("name", "words", "asked", "status", "body"), REFUSED, ids=[row[0] for row in REFUSED]
)
def test_a_refusal_is_the_vendors_octet_for_octet(
    name: str, words: dict[str, Any], asked: dict[str, Any], status: int, body: bytes
) -> None:
    owner = account(**words)
    outcome = ask(owner, **{"body": letter(), **asked})
    response = outcome.response
    assert (response.case, response.status, response.body) == (name, status, body)
    assert response.header("Content-Type") == "application/json"
    assert outcome.accepted == ()
    assert outcome.account == owner


def test_the_edge_answers_in_html() -> None:
    response = ask(account(trouble="bad-gateway"), body=letter()).response
    assert (response.status, response.case) == (502, "bad-gateway")
    assert response.header("Content-Type") == "text/html"
    assert b"openresty" in response.body


def test_a_suppressed_recipient_alone_is_refused_in_a_body_that_counts_it() -> None:
    response = ask(account(suppressed=["to@recipient.test"]), body=letter()).response
    assert (response.status, response.case) == (400, "suppressed")
    assert SUPPRESSED.match(response.body)


def test_the_table_has_every_refusal() -> None:
    assert {row[0] for row in REFUSED} | {"bad-gateway", "suppressed"} | AFTERWARDS == set(REFUSALS)
    assert set(get_args(Trouble)) <= set(REFUSALS)


def test_no_refusal_has_a_retry_after_and_what_is_unknown_is_marked() -> None:
    for refusal in REFUSALS.values():
        assert "retry-after" not in {name.lower() for name, _ in refusal.headers}
    assert {r.name for r in REFUSALS.values() if r.mark is Mark.SYNTHETIC} == {
        "suspended",
        "payload-too-large",
        "scheduled-too-late",
        "no-campaign",
    }


# What is wrong with the body, and a word of what is said about it.
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"content": {"email_rfc822": 5, "from": None, "subject": None, "text": None}}, "string"),
    ({"content": {"subject": None}}, "content.subject is a required field"),
    ({"content": {"subject": ""}}, "content.subject is a required field"),
    ({"content": {"subject": 5}}, "content.subject must be 'string'"),
    ({"content": {"text": None}}, "No valid fields exist in the 'content' object"),
    ({"content": {"text": None, "amp_html": "x"}}, "content.amp_html requires"),
    ({"content": {"from": {"name": "N"}}}, "content.from.email is a required field"),
    ({"content": {"from": {"email": ["a@b"]}}}, "content.from.email must be 'string'"),
    ({"content": {"from": ["a@b"]}}, "content.from must be 'string'"),
    ({"content": {"headers": "X: y"}}, "content.headers must be 'json_object'"),
    ({"content": {"headers": {"X": 5}}}, "content.headers.X must be 'string'"),
    ({"content": {"attachments": {}}}, "content.attachments must be 'json_array'"),
    ({"content": {"attachments": [5]}}, "content.attachments.name is a required field"),
    (
        {"content": {"attachments": [{"name": "n", "type": "t", "data": "YQ==\nYQ=="}]}},
        "content.attachments.data must be 'base64'",
    ),
    (
        {"content": {"attachments": [{"name": "n" * 256, "type": "t", "data": "YQ=="}]}},
        "max length '255'",
    ),
    ({"content": {"inline_images": [{}]}}, "content.inline_images requires content.html"),
    ({"content": {"text": "x" * 20_000_001}}, "above the 20 MB message size limit"),
    ({"options": []}, "options must be 'json_object'"),
    ({"options": {"start_time": "soon"}}, "Error parsing scheduled start_time"),
    ({"options": {"start_time": 5}}, "Error parsing scheduled start_time"),
    ({"campaign_id": "x" * 65}, "max length '64'"),
    ({"campaign_id": "\u20ac" * 22}, "max length '64'"),
    ({"description": "x" * 1025}, "max length '1024'"),
    ({"metadata": {"a": "x" * 10_000}}, "max length '10000'"),
    ({"metadata": "m"}, "metadata : is not of type json_object"),
    ({"return_path": "nobody"}, "return_path 'nobody' is not a valid email address"),
    ({"return_path": 5}, "return_path must be 'string'"),
    ({"recipients": None}, "recipients or list_id required"),
    ({"recipients": {}}, "recipients or list_id required"),
    ({"recipients": "to@recipient.test"}, "Invalid recipients type"),
]


@pytest.mark.parametrize(("change", "words"), WRONG, ids=[words for _, words in WRONG])
def test_a_wrong_field_is_named(change: dict[str, Any], words: str) -> None:
    response = ask(account(), body=letter(**change)).response
    (entry,) = decoded(response)["errors"]
    assert response.status == 422
    assert words in f"{entry['message']} {entry.get('description')}"


def test_a_template_that_is_null_is_none() -> None:
    body = {**letter(), "content": {"template_id": None, "text": "Hello"}}
    assert ask(account(), body=body).response.case == "missing-field"


@pytest.mark.parametrize("template", [5, ["x"], {"a": "b"}])
def test_a_template_is_named_by_a_string(template: Any) -> None:
    body = {**letter(), "content": {"template_id": template}}
    assert ask(account(), body=body).response.case == "wrong-type"
