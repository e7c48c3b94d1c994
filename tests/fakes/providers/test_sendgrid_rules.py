"""SendGrid's rules as functions: requests in, the vendor's answers out."""

from __future__ import annotations

import json
import re
from email import message_from_bytes
from typing import Any
from urllib.parse import quote

import pytest

from harness.fakes.marks import Mark
from harness.fakes.providers.log import Log
from harness.fakes.providers.registry import provider
from harness.fakes.providers.sendgrid import PROVIDER
from harness.fakes.providers.sendgrid.account import Batch
from harness.fakes.providers.sendgrid.refusals import REFUSALS

from .sendgrid_requests import KEY, NOW, PAGE, account, ask, errors, letter, read, to


def test_the_scan_finds_sendgrid() -> None:
    assert provider("sendgrid") is PROVIDER


def test_a_made_up_key_has_69_characters() -> None:
    made = PROVIDER.made_up(lambda length, alphabet: alphabet[-1] * length)
    assert made == {"api_key": "SG." + "_" * 22 + "." + "_" * 43}


def test_a_message_is_taken_with_202_and_nothing_in_the_body() -> None:
    outcome = ask(account())
    identifier = outcome.response.header("x-message-id") or ""
    assert (outcome.response.status, outcome.response.body) == (202, b"")
    assert re.fullmatch(r"[\w-]{22}", identifier)
    (mail,) = outcome.accepted
    assert (mail.provider_id, mail.mail_from) == (identifier, "from@sender.test")
    assert mail.recipients == ("to@recipient.test",)
    assert message_from_bytes(mail.content)["To"] == "to@recipient.test"


def test_each_personalization_makes_a_message_under_one_id() -> None:
    people = [
        {"to": [{"email": "a@r.test"}], "subject": "For A", "from": {"email": "one@single.test"}},
        {"to": [{"email": "b@r.test"}], "cc": [{"email": "c@r.test"}], "bcc": None},
    ]
    outcome = ask(account(), body=letter(personalizations=people, reply_to={"email": "r@r.test"}))
    first, second = outcome.accepted
    assert first.provider_id == second.provider_id
    assert (first.mail_from, second.mail_from) == ("one@single.test", "from@sender.test")
    assert (first.subject, second.subject) == ("For A", "A letter")
    assert second.recipients == ("b@r.test", "c@r.test")
    assert message_from_bytes(first.content)["Reply-To"] == "r@r.test"


def test_sandbox_mode_validates_and_sends_nothing() -> None:
    outcome = ask(account(), body=letter(mail_settings={"sandbox_mode": {"enable": True}}))
    assert outcome.response.status == 200
    assert not outcome.accepted
    assert not outcome.account.accepted


def test_suppressed_recipients_are_dropped_after_202() -> None:
    outcome = ask(account(suppressed=["TO@recipient.test"]))
    assert outcome.response.status == 202
    assert outcome.accepted[0].state == "dropped"


def test_the_key_of_the_other_region_is_a_bad_one() -> None:
    owner = account(keys=[{"region": "eu"}])
    assert ask(owner, region="us").response.case == "bad-key"
    assert ask(owner, region="eu").response.case == "accepted"


IDENTITY = (
    "The from address does not match a verified Sender Identity. Mail cannot be sent until this "
    "error is resolved. Visit https://sendgrid.com/docs/for-developers/sending-email/"
    "sender-identity/ to see the Sender Identity requirements"
)
BAD_KEY = (
    '{"errors":[{"message":"The provided authorization grant is invalid, expired, or revoked",'
    '"field":null,"help":null}]}'
)
FORBIDDEN = '{"errors":[{"field":null,"message":"access forbidden"}]}'
UNVERIFIED = f'{{"errors":[{{"message":"{IDENTITY}","field":"from","help":null}}]}}'
BAD_REQUEST = '{"errors":[{"message":"Bad Request","field":null,"help":null}]}'
NOT_FOUND = '{"errors":[{"message":"not found","field":"null"}]}'
ACTIVITY = {"target": "/v3/messages", "method": "GET"}
HALF = letter(**{"from": {"email": "a@half.test"}})
STOPS = "/v3/user/scheduled_sends"
# Ten batches that are stopped, and one that is not.
BATCHES: dict[str, Any] = {
    "batches": Log(
        [Batch(id="b", at=NOW), *(Batch(id=f"b{n}", at=NOW, status="pause") for n in range(10))]
    )
}

# Name, status, the literal (None: ours, and marked so), account, what is asked.
REFUSED: list[tuple[str, int, str | None, dict[str, Any], dict[str, Any]]] = [
    ("bad-key", 401, BAD_KEY, {}, {"authorization": "Bearer wrong"}),
    ("bad-key", 401, BAD_KEY, {}, {"authorization": f"Basic {KEY}"}),
    ("bad-key", 401, BAD_KEY, {"keys": [{"revoked": True}]}, {}),
    (
        "no-key",
        401,
        '{"errors":[{"message":"Permission denied, wrong credentials","field":null,"help":null}]}',
        {},
        {"authorization": None},
    ),
    ("no-permission", 403, FORBIDDEN, {"keys": [{"permissions": ["stats.read"]}]}, {}),
    ("no-permission", 403, FORBIDDEN, {"keys": [{"permissions": ["mail.send"]}]}, ACTIVITY),
    ("unverified-sender", 403, UNVERIFIED, {"domains": []}, {}),
    (
        "unverified-sender",
        403,
        UNVERIFIED,
        {},
        {"body": HALF},
    ),
    (
        "unverified-sender",
        403,
        UNVERIFIED,
        {},
        {"body": to({"email": "a@r.test"}, **{"from": {"email": "a@elsewhere.test"}})},
    ),
    (
        "credits-used-up",
        401,
        '{"errors":[{"message":"Maximum credits exceeded","field":null,"help":null}]}',
        {"quota_used_up": True},
        {},
    ),
    ("not-json", 400, BAD_REQUEST, {}, {"raw": b"{"}),
    ("not-json", 400, BAD_REQUEST, {}, {"raw": b"[" * 100_000}),
    ("not-json", 400, BAD_REQUEST, {}, {"raw": b"[]"}),
    ("not-json", 400, BAD_REQUEST, {}, {"target": "/v3/logs", "raw": b"{"}),
    (
        "bad-utf8",
        415,
        '{"errors":[{"message":"Invalid UTF8 in request","field":null,"help":null}]}',
        {},
        {"raw": b'{"subject":"\xff"}'},
    ),
    *(
        ("undecodable", 400, BAD_REQUEST, {}, {"body": body})
        for body in (
            to({"email": False}),
            to({"email": "a@r.test", "name": 5}),
            to({"email": "a@r.test"}, cc=[{"email": ["b@r.test"]}]),
            letter(reply_to={"email": 1}),
            letter(custom_args={"number": 7}),
            to({"email": "a@r.test"}, custom_args={"number": 7}),
            to({"email": "a@r.test"}, substitutions={"-n-": 7}),
        )
    ),
    (
        "bad-content-coding",
        400,
        None,
        {},
        {"headers": (("Content-Encoding", "gzip"),)},
    ),
    ("unknown-path", 404, NOT_FOUND, {}, {"target": "/v3/mail"}),
    ("unknown-path", 404, NOT_FOUND, {}, {"target": "/v3/whitelabel/domains/9/validate"}),
    *(
        (
            "wrong-method",
            405,
            '{"errors":[{"message":"method not allowed","field":"null"}]}',
            {},
            {"target": target, "method": "PUT", "authorization": given},
        )
        for target in ("/v3/mail/send", "/v3/scopes")
        for given in (None, "Bearer wrong", f"Bearer {KEY}")
    ),
    (
        "too-large",
        413,
        '{"errors":[{"message":"content too large","field":"null"}]}',
        {},
        {"raw": b"x" * 20_000_001},
    ),
    ("unsupported-media-type", 415, None, {}, {"content_type": "text/plain"}),
    (
        "rate-limited",
        429,
        '{"errors":[{"field":null,"message":"too many requests"}]}',
        {"rate_limited": True},
        {},
    ),
    ("suspended", 403, None, {"suspended": True}, {}),
    (
        "server-error",
        500,
        '{"errors":[{"message":"internal server error"}]}',
        {"trouble": "error"},
        {},
    ),
    ("unavailable", 503, None, {"trouble": "unavailable"}, {}),
    (
        "unknown-query-field",
        400,
        '{"errors":[{"message":"invalid syntax: \'bad_field\' is not a known field"}]}',
        {},
        {"target": "/v3/messages?query=" + quote('bad_field="x"'), "method": "GET"},
    ),
    *(
        (
            "unknown-message",
            404,
            '{"errors":[{"message":"not found","field":"message_id"}]}',
            {},
            {"target": f"/v3/{kind}/none", "method": "GET"},
        )
        for kind in ("messages", "logs")
    ),
    (
        "invalid-batch",
        400,
        '{"errors":[{"field":null,"message":"invalid batch id"}]}',
        {},
        {"target": "/v3/mail/batch/none", "method": "GET", "raw": b""},
    ),
    ("unknown-batch", 400, None, {}, {"body": letter(batch_id="none")}),
    (
        "invalid-batch-to-stop",
        400,
        '{"errors":[{"field":"batch_id","message":"invalid batch id"}]}',
        {},
        {"target": STOPS, "body": {"batch_id": "none", "status": "cancel"}},
    ),
    ("invalid-status", 400, None, BATCHES, {"target": STOPS, "body": {"batch_id": "b"}}),
    (
        "status-exists",
        400,
        (
            '{"errors":[{"field":"batch_id","message":"a status for this batch id exists, try '
            'PATCH to update the status"}]}'
        ),
        BATCHES,
        {"target": STOPS, "body": {"batch_id": "b0", "status": "cancel"}},
    ),
    (
        "too-many-stopped",
        400,
        '{"errors":[{"field":null,"message":"max limit reached"}]}',
        BATCHES,
        {"target": STOPS, "body": {"batch_id": "b", "status": "cancel"}},
    ),
    *(
        (
            "batch-not-found",
            404,
            '{"errors":[{"field":null,"message":"batch id not found"}]}',
            BATCHES,
            {"target": f"{STOPS}/{which}", "method": method, "body": {"status": "pause"}},
        )
        for method in ("PATCH", "DELETE")
        for which in ("none", "b")
    ),
    *(
        (
            "bad-suppression-delete",
            400,
            None,
            {},
            {"target": "/v3/suppression/bounces", "method": "DELETE", "body": body},
        )
        for body in ({"delete_all": True, "emails": ["a@b.test"]}, {"delete_all": False})
    ),
    *(
        (
            "bad-recipient-emails",
            400,
            None,
            {},
            {"target": "/v3/asm/suppressions/global", "body": body},
        )
        for body in ({}, {"recipient_emails": ["nobody"]}, {"recipient_emails": "a@b.test"})
    ),
    (
        "no-permission",
        403,
        FORBIDDEN,
        {"keys": [{"permissions": ["mail.send"]}]},
        {"target": "/v3/mail/batch", "raw": b""},
    ),
]


@pytest.mark.parametrize(("name", "status", "literal", "words", "asked"), REFUSED)
def test_refusals_are_the_vendors_octet_for_octet(
    name: str, status: int, literal: str | None, words: dict[str, Any], asked: dict[str, Any]
) -> None:
    outcome = ask(account(**words), **asked)
    response = outcome.response
    assert (response.case, response.status) == (name, status)
    assert (response.mark is Mark.SYNTHETIC) is (literal is None)
    assert literal is None or response.body.decode() == literal
    assert response.header("retry-after") is None
    assert not outcome.accepted


def test_lengths_that_were_seen_on_the_wire_are_kept() -> None:
    assert len(REFUSALS["bad-key"].body) == 116
    assert len(REFUSALS["unverified-sender"].body) == 281


def test_a_rate_limit_says_when_it_ends() -> None:
    response = ask(account(rate_limited=True)).response
    assert response.header("X-RateLimit-Remaining") == "0"
    assert int(response.header("X-RateLimit-Reset") or 0) > NOW.timestamp()


INVALID: list[tuple[dict[str, Any], str, str, str]] = [
    (
        letter(personalizations=[]),
        "The personalizations field is required and must have at least one personalization.",
        "personalizations",
        "personalizations",
    ),
    (
        to(*({"email": f"t{n}@r.test"} for n in range(1001))),
        "There is a limit of 1000 total recipients (to + cc + bcc) per request.",
        "personalizations",
        "personalizations",
    ),
    (
        to(),
        (
            "The to array is required for all personalization objects, and must have at least one "
            "email object with a valid email address."
        ),
        "personalizations.0.to",
        "personalizations.to",
    ),
    (
        to({"name": "x"}),
        "The to email parameter is required.",
        "personalizations.0.to.0.email",
        "personalizations.to",
    ),
    (
        to({"email": "nobody"}),
        "Does not contain a valid address.",
        "personalizations.0.to.0.email",
        "personalizations.to",
    ),
    (
        to({"email": "a@r.test"}, cc=[{"email": "A@r.test"}]),
        (
            "Each email address in the personalization block should be unique between to, cc, and "
            "bcc. We found the first duplicate instance of [A@r.test] in the personalizations.0.cc "
            "field."
        ),
        "personalizations.0",
        "recipient-errors",
    ),
    (
        letter(**{"from": None}),
        (
            "The from object must be provided for every email send. It is an object that requires "
            "the email parameter, but may also contain a name parameter.  e.g. "
            '{"email" : "example@example.com"}  or {"email" : "example@example.com", "name" : '
            '"Example Recipient"}.'
        ),
        "from.email",
        "from",
    ),
    (
        letter(**{"from": {"email": "nobody"}}),
        "The from email does not contain a valid address.",
        "from.email",
        "from",
    ),
    (
        letter(**{"from": {"email": "a" * 320 + "@sender.test"}}),
        "The From email exceeds the maximum total length of 320 characters",
        "from.email",
        "from",
    ),
    (
        letter(subject=""),
        (
            "The subject is required. You can get around this requirement if you use a template "
            "with a subject defined or if every personalization has a subject defined."
        ),
        "subject",
        "subject",
    ),
    (
        letter(content=[]),
        (
            "The content param is required unless you are using a transactional template and have "
            "defined a template_ID."
        ),
        "content",
        "content",
    ),
    (
        letter(content=[{"type": "text/plain", "value": ""}]),
        "The content value must be a string at least one character in length.",
        "content.0.value",
        "content.value",
    ),
    (
        letter(content=[{"type": kind, "value": "x"} for kind in ("text/html", "text/plain")]),
        (
            "Following RFC 1341, section 7.2, if either text/html or text/plain are to be sent in "
            "your email: text/plain needs to be first, followed by text/html, followed by any "
            "other content."
        ),
        "content",
        "content",
    ),
    (
        letter(attachments=[{"content": "?", "filename": "a"}]),
        "The attachment content must be base64 encoded.",
        "attachments.0.content",
        "attachments.content",
    ),
    (
        letter(attachments=[{"content": "AAAA"}]),
        "filename is required.",
        "attachments.0.filename",
        "attachments.filename",
    ),
    (
        letter(headers={"Reply-To": "x"}),
        "Header can not be one of the reserved keys.",
        "headers",
        "headers",
    ),
    (
        to({"email": "a@r.test"}, headers={"a b": "x"}),
        "Header keys cannot contain non-ASCII characters and empty spaces.",
        "personalizations.0.headers",
        "personalizations.headers",
    ),
    (
        letter(categories=[str(n) for n in range(11)]),
        (
            "There is a limit of 10 categories for each email that is sent. You provided 11 "
            "categories."
        ),
        "categories",
        "categories",
    ),
    (
        letter(send_at=int(NOW.timestamp()) + 72 * 3600 + 1),
        "Scheduling more than 72 hours in advance is forbidden.",
        "send_at",
        "send_at",
    ),
    (
        letter(template_id="none"),
        "The Template ID must be a valid template id for your account. You provided none.",
        "template_id",
        "template_id",
    ),
    (
        letter(ip_pool_name="none"),
        "The IP Pool name must be a valid pool name for your account. You provided none.",
        "ip_pool_name",
        "ip_pool_name",
    ),
]
HIDDEN = "tracking_settings.click_tracking"  # of which the page has no table
WITHOUT_TABLE = {"personalizations.0.from", HIDDEN}
WRONG_TYPES = [
    (letter(personalizations={}), "array", "object", "personalizations"),
    (letter(personalizations=["x"]), "object", "string", "personalizations.0"),
    (letter(personalizations=[None]), "object", "null", "personalizations.0"),
    (to("a@r.test"), "object", "string", "personalizations.0.to.0"),
    (
        to({"email": "a@r.test"}, **{"from": "a@sender.test"}),
        "object",
        "string",
        "personalizations.0.from",
    ),
    (letter(**{"from": "from@sender.test"}), "object", "string", "from"),
    (letter(subject=7), "string", "integer", "subject"),
    (letter(send_at=1.5), "integer", "number", "send_at"),
    (letter(headers=[]), "object", "array", "headers"),
    (letter(content={}), "array", "object", "content"),
    (letter(sections=[]), "object", "array", "sections"),
    (letter(tracking_settings={"click_tracking": True}), "object", "boolean", HIDDEN),
]


@pytest.mark.parametrize(("body", "message", "field", "table"), INVALID)
def test_mistakes_are_named_in_the_vendors_words(
    body: dict[str, Any], message: str, field: str, table: str
) -> None:
    response = ask(account(), body=body).response
    assert (response.status, response.case) == (400, "invalid")
    link = f"{PAGE}#message.{table}"
    assert errors(response) == [{"message": message, "field": field, "help": link}]


@pytest.mark.parametrize(("body", "expected", "found", "field"), WRONG_TYPES)
def test_wrong_types_are_named(body: dict[str, Any], expected: str, found: str, field: str) -> None:
    response = ask(account(), body=body).response
    assert (response.status, response.case) == (400, "wrong-type")
    message = f"Invalid type. Expected: {expected}, given: {found}."
    (one,) = errors(response)
    assert (one["message"], one["field"]) == (message, field)
    assert (one["help"] is None) is (field in WITHOUT_TABLE)


def test_several_mistakes_are_listed_together() -> None:
    response = ask(account(), body={}).response
    fields = [one["field"] for one in errors(response)]
    assert fields == ["personalizations", "from.email", "subject", "content"]


def test_every_refusal_is_tested() -> None:
    assert {row[0] for row in REFUSED} | {"invalid", "wrong-type"} == set(REFUSALS)


def test_names_that_the_account_has_are_taken() -> None:
    owner = account(templates=["d-1"], ip_pools=["pool"])
    body = letter(template_id="d-1", ip_pool_name="pool", subject=None, content=None)
    response = ask(owner, body=body).response
    assert (response.status, response.mark) == (202, Mark.SYNTHETIC)
    assert "not modelled" in response.source


def test_what_was_accepted_can_be_read_back() -> None:
    sent = ask(
        account(suppressed=["gone@r.test"]),
        body=to({"email": "a@r.test"}, {"email": "gone@r.test"}),
    )
    rows = read(sent.account, "/v3/messages")["messages"]
    assert [(row["to_email"], row["status"]) for row in rows] == [
        ("a@r.test", "processed"),
        ("gone@r.test", "not_delivered"),
    ]
    identifier = sent.response.header("x-message-id")
    assert {row["msg_id"].partition(".")[0] for row in rows} == {identifier}
    one = read(sent.account, f"/v3/messages/{rows[0]['msg_id']}")
    assert (one["subject"], one["from_email"]) == ("A letter", "from@sender.test")
    logs = json.loads(ask(sent.account, "/v3/logs", {"limit": 5}).response.body)["messages"]
    assert [row["status"] for row in logs] == ["processed", "dropped"]
    assert read(sent.account, f"/v3/logs/{logs[1]['sg_message_id']}")["to_email"] == "gone@r.test"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('to_email="a@r.test"', 1),
        ('to_email="other@r.test"', 0),
        ('subject="A letter" AND status="processed"', 2),
        ("", 2),
    ],
)
def test_the_activity_can_be_asked(query: str, found: int) -> None:
    sent = ask(account(), body=to({"email": "a@r.test"}, {"email": "b@r.test"}))
    target = f"/v3/messages?limit=1000&query={quote(query)}"
    assert len(read(sent.account, target)["messages"]) == found


def test_the_account_can_be_checked() -> None:
    owner = account(suppressed=["gone@r.test"])
    sent = ask(owner).account
    assert read(sent, "/v3/scopes") == {"scopes": ["mail.send"]}
    assert read(sent, "/v3/verified_senders")["results"][0]["from_email"] == "one@single.test"
    assert read(sent, "/v3/verified_senders/steps_completed")["results"]["domain_verified"]
    assert [one["valid"] for one in read(sent, "/v3/whitelabel/domains")] == [True, False]
    assert read(sent, "/v3/user/account") == {"reputation": 100, "type": "paid"}
    left = read(sent, "/v3/user/credits")
    assert (left["remain"], left["used"], left["next_reset"]) == (199, 1, "2027-01-01")
    assert [one["email"] for one in read(sent, "/v3/suppression/bounces")] == ["gone@r.test"]
    assert read(sent, "/v3/suppression/bounces/other@r.test") == []
    assert read(sent, "/v3/suppression/spam_reports") == []
    checked = ask(sent, "/v3/whitelabel/domains/2/validate").response
    assert json.loads(checked.body)["valid"] is False


def test_a_key_that_may_only_send_can_read_its_scopes() -> None:
    owner = account(keys=[{"permissions": ["mail.send"]}])
    assert read(owner, "/v3/scopes") == {"scopes": ["mail.send"]}
    assert ask(owner).response.status == 202


def test_a_refusal_names_the_server_as_an_answer_does() -> None:
    refused = ask(account(), authorization="Bearer nobody").response
    assert refused.status == 401
    assert refused.header("server") == ask(account()).response.header("server") == "nginx"
