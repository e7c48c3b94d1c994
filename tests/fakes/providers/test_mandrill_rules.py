"""Mandrill's rules as functions: requests in, the vendor's answers out."""

from __future__ import annotations

import json
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.http.exchange import Request
from harness.fakes.marks import Mark
from harness.fakes.providers.mandrill import PROVIDER, MandrillAccount
from harness.fakes.providers.mandrill.refusals import REFUSALS
from harness.fakes.providers.registry import provider
from harness.fakes.providers.rules import Outcome

from .mandrill_asking import KEY, NOW, account, ask, decoded, letter

HEX = set("0123456789abcdef")


def test_the_scan_finds_mandrill() -> None:
    assert provider("mandrill") is PROVIDER


def test_a_made_up_key_is_22_url_safe_characters() -> None:
    made = PROVIDER.made_up(lambda length, alphabet: alphabet[-1] * length)
    assert made == {"api_key": "_" * 22}


@pytest.mark.parametrize("base", ["/api/1.0", "/api/1.3"])
@pytest.mark.parametrize("suffix", ["", ".json"])
def test_a_message_is_sent_and_kept(base: str, suffix: str) -> None:
    outcome = ask(account(), f"messages/send{suffix}", letter(), base=base)
    (item,) = decoded(outcome.response)
    assert outcome.response.status == 200
    assert outcome.response.case == "accepted"
    assert list(item) == ["email", "status", "_id", "reject_reason", "queued_reason"]
    assert item == {
        "email": "to@recipient.test",
        "status": "sent",
        "_id": item["_id"],
        "reject_reason": None,
        "queued_reason": None,
    }
    assert len(item["_id"]) == 32
    assert set(item["_id"]) <= HEX
    (mail,) = outcome.accepted
    assert mail.provider_id == item["_id"]
    assert (mail.mail_from, mail.recipients) == ("from@sender.test", ("to@recipient.test",))
    assert message_from_bytes(mail.content)["To"] == "to@recipient.test"


REJECTED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("unsigned", {}, letter(from_email="from@elsewhere.test")),
    ("unsigned", {}, letter(from_email="from@half.test")),
    ("invalid-sender", {}, letter(from_email="")),
    ("invalid-sender", {}, letter(from_email=None)),
    ("invalid-sender", {"invalid_senders": ["From@sender.test"]}, letter()),
    ("hard-bounce", {"suppressed": ["TO@recipient.test"]}, letter()),
    *(
        (reason, {"rejects": [{"email": "to@recipient.test", "reason": reason}]}, letter())
        for reason in ("hard-bounce", "soft-bounce", "spam", "unsub", "custom")
    ),
    ("recipient-domain-mismatch", {"demo": True}, letter()),
    ("test-mode-limit", {"keys": [{"test": True}], "quota_used_up": True}, letter()),
    ("invalid", {}, letter(to=[{"email": "nobody"}])),
    ("invalid", {}, letter(to=[{"email": "invalid@localhost"}])),
]


@pytest.mark.parametrize(("reason", "words", "body"), REJECTED)
def test_what_is_rejected_is_answered_with_200(
    reason: str, words: dict[str, Any], body: dict[str, Any]
) -> None:
    outcome = ask(account(**words), "messages/send.json", body)
    (item,) = decoded(outcome.response)
    literal = REFUSALS[reason].response(email=item["email"], id=item["_id"])
    assert (outcome.response.status, outcome.response.body) == (200, literal.body)
    assert outcome.response.case == reason
    assert not outcome.accepted


def test_every_reject_reason_can_be_reached() -> None:
    assert {reason for reason, _, _ in REJECTED} == {
        name for name, each in REFUSALS.items() if each.status == 200
    }


def test_one_recipient_is_rejected_and_the_other_gets_the_message() -> None:
    to = [{"email": "to@recipient.test"}, {"email": "gone@recipient.test", "type": "cc"}]
    outcome = ask(account(suppressed=["gone@recipient.test"]), "messages/send", letter(to=to))
    assert [item["status"] for item in decoded(outcome.response)] == ["sent", "rejected"]
    assert outcome.response.case == "accepted"
    assert [mail.recipients for mail in outcome.accepted] == [("to@recipient.test",)]


FROM_WITHOUT_AT = (
    '{"status":"error","code":-2,"name":"ValidationError","message":"Validation error: '
    '{\\"message\\":{\\"from_email\\":\\"An email address must contain a single @\\"}}"}'
)
INVALID_KEY = '{"status":"error","code":401,"name":"Invalid_Key","message":"Invalid API key"}'
NO_KEY = (
    '{"status":"error","code":-1,"name":"ValidationError","message":"You must specify a key value"}'
)
ERRORS: list[tuple[str, int, str, dict[str, Any], dict[str, Any]]] = [
    ("invalid-key", 401, INVALID_KEY, {}, {"key": "x" * 22}),
    ("invalid-key", 401, INVALID_KEY, {}, {"key": f" {KEY}\n"}),
    ("invalid-key", 401, INVALID_KEY, {}, {"key": "\ud800"}),
    ("invalid-key", 401, INVALID_KEY, {"keys": [{"revoked": True}]}, {}),
    ("invalid-key", 401, INVALID_KEY, {"keys": [{"permissions": ["users/info"]}]}, {}),
    (
        "invalid-key-old",
        500,
        '{"status":"error","code":-1,"name":"Invalid_Key","message":"Invalid API key"}',
        {"old_key_error": True},
        {"key": "wrong"},
    ),
    ("no-key", 500, NO_KEY, {}, {"key": None}),
    ("no-key", 500, NO_KEY, {}, {"key": ""}),
    ("no-key", 500, NO_KEY, {}, {"method": "GET"}),
    *(
        (
            "missing-parameter",
            500,
            (
                '{"status":"error","code":-1,"name":"ValidationError","message":"You must specify '
                f'a {missing} value"}}'
            ),
            {"templates": [{"name": "welcome"}]},
            {"call": call, "parameters": parameters},
        )
        for call, missing, parameters in (
            ("messages/send", "message", {}),
            ("messages/send", "message", {"message": None}),
            ("messages/send-raw", "raw_message", {"raw_message": ""}),
            ("messages/send-template", "template_name", {**letter(), "template_content": []}),
            ("messages/send-template", "template_content", {**letter(), "template_name": "w"}),
            ("messages/info", "id", {}),
            ("senders/verify-domain", "mailbox", {"domain": "sender.test"}),
        )
    ),
    ("from-without-at", 500, FROM_WITHOUT_AT, {}, {"parameters": letter(from_email="a@b@c.test")}),
    (
        "payment-required",
        500,
        (
            '{"status":"error","code":10,"name":"PaymentRequired","message":"Email scheduling is '
            'only available for accounts with a positive balance."}'
        ),
        {"positive_balance": False},
        {"parameters": {**letter(), "send_at": "2026-05-05 00:00:00"}},
    ),
    (
        "unknown-template",
        500,
        (
            '{"status":"error","code":5,"name":"Unknown_Template","message":"No such template '
            '\\"no such\\""}'
        ),
        {"templates": [{"name": "welcome"}]},
        {
            "call": "messages/send-template",
            "parameters": {**letter(), "template_name": "no such", "template_content": []},
        },
    ),
    (
        "unknown-subaccount",
        500,
        (
            '{"status":"error","code":12,"name":"Unknown_Subaccount","message":"No subaccount '
            "exists with the id 'customer-123'\"}"
        ),
        {},
        {"parameters": letter(subaccount="customer-123")},
    ),
    (
        "unknown-message",
        500,
        (
            '{"status":"error","code":11,"name":"Unknown_Message","message":"No message exists '
            "with the id 'nothing'\"}"
        ),
        {},
        {"call": "messages/info", "parameters": {"id": "nothing"}},
    ),
]


@pytest.mark.parametrize(("name", "status", "literal", "words", "asked"), ERRORS)
def test_errors_are_the_vendors_octet_for_octet(
    name: str, status: int, literal: str, words: dict[str, Any], asked: dict[str, Any]
) -> None:
    asked = {"call": "messages/send", "parameters": letter(), **asked}
    outcome = ask(account(**words), **asked)
    assert (outcome.response.status, outcome.response.body.decode()) == (status, literal)
    assert outcome.response.case == name
    assert outcome.response.header("retry-after") is None
    assert not outcome.accepted


OTHERS: list[tuple[str, Mark, dict[str, Any], dict[str, Any]]] = [
    ("from-syntax", Mark.INFERRED, {}, {"parameters": letter(from_email="webmaster@localhost")}),
    ("from-syntax", Mark.INFERRED, {}, {"parameters": letter(from_email="a b@sender.test")}),
    ("invalid-field", Mark.SYNTHETIC, {}, {"parameters": {"message": []}}),
    *(
        ("invalid-field", Mark.SYNTHETIC, {}, {"parameters": letter(headers={name: "x"})})
        for name in ("X-A: b\r\nBcc", "X-A\n", "\r")
    ),
    ("invalid-field", Mark.SYNTHETIC, {}, {"parameters": letter(to=[])}),
    ("invalid-field", Mark.SYNTHETIC, {}, {"parameters": letter(to=["to@recipient.test"])}),
    ("invalid-field", Mark.SYNTHETIC, {}, {"parameters": letter(to=[{"name": "no address"}])}),
    ("invalid-field", Mark.SYNTHETIC, {}, {"parameters": letter(subject=["no", "text"])}),
    ("invalid-field", Mark.SYNTHETIC, {}, {"parameters": {**letter(), "send_at": "tomorrow"}}),
    (
        "invalid-field",
        Mark.SYNTHETIC,
        {},
        {"call": "messages/send-raw", "parameters": {"raw_message": ["no", "text"]}},
    ),
    ("invalid-tag-name", Mark.SYNTHETIC, {}, {"parameters": letter(tags=["_mine"])}),
    ("invalid-tag-name", Mark.SYNTHETIC, {}, {"parameters": letter(tags=["x" * 51])}),
    ("service-unavailable", Mark.SYNTHETIC, {"maintenance": True}, {}),
    ("suspended", Mark.SYNTHETIC, {"suspended": True}, {}),
    ("search-limit", Mark.SYNTHETIC, {"rate_limited": True}, {"call": "messages/search"}),
    ("unknown-call", Mark.SYNTHETIC, {}, {"call": "messages/sent"}),
    ("unknown-call", Mark.SYNTHETIC, {}, {"call": "messages/send.xml"}),
    (
        "invalid-reject",
        Mark.SYNTHETIC,
        {},
        {"call": "rejects/delete", "parameters": {"email": "a@b.test"}},
    ),
    (
        "invalid-template",
        Mark.SYNTHETIC,
        {"templates": [{"name": "Welcome"}]},
        {"call": "templates/add", "parameters": {"name": "welcome"}},
    ),
    *(
        (
            "invalid-field",
            Mark.SYNTHETIC,
            {},
            {"call": call, "parameters": parameters},
        )
        for call, parameters in (
            ("rejects/add", {"email": "nobody"}),
            ("messages/reschedule", {"id": "x", "send_at": "soon"}),
            ("templates/add", {"name": "n", "from_email": "nobody"}),
            ("templates/add", {"name": "n", "code": []}),
        )
    ),
]


@pytest.mark.parametrize(("name", "mark", "words", "asked"), OTHERS)
def test_what_is_guessed_is_marked_so(
    name: str, mark: Mark, words: dict[str, Any], asked: dict[str, Any]
) -> None:
    response = ask(
        account(**words), **{"call": "messages/send", "parameters": letter(), **asked}
    ).response
    assert (response.case, response.mark) == (name, mark)
    assert response.status == REFUSALS[name].status
    assert decoded(response)["status"] == "error"


def test_a_from_without_a_real_domain_has_the_words_that_were_seen() -> None:
    response = ask(account(), "messages/send", letter(from_email="webmaster@localhost")).response
    assert "email address is invalid" in decoded(response)["message"]


def test_every_refusal_is_tested() -> None:
    tested = {name for name, *_ in (*REJECTED, *ERRORS, *OTHERS)}
    assert tested == set(REFUSALS)


def test_a_body_that_is_no_json_has_no_key() -> None:
    for body in (b"key=abc", b"\xff", b"[" * 100_000, b"[]", b""):
        request = Request(
            method="POST", target="/api/1.0/messages/send.json", headers=(), body=body
        )
        outcome = PROVIDER.answer(account(), request, region="", now=NOW)
        assert outcome.response.body.decode() == NO_KEY


@pytest.mark.parametrize(
    ("words", "body", "status", "accepted"),
    [
        ({"quota_used_up": True}, letter(), "queued", 1),
        ({"rate_limited": True}, letter(), "queued", 1),
        ({}, {**letter(), "async": True}, "queued", 1),
        ({}, letter(to=[{"email": f"to{n}@recipient.test"} for n in range(11)]), "queued", 11),
        ({}, {**letter(), "send_at": "2026-05-04 12:31:00"}, "scheduled", 1),
        ({}, {**letter(), "send_at": "2026-05-04 12:29:00"}, "sent", 1),
        ({"keys": [{"test": True}]}, letter(), "sent", 0),
    ],
)
def test_mail_waits_or_goes(
    words: dict[str, Any], body: dict[str, Any], status: str, accepted: int
) -> None:
    outcome = ask(account(**words), "messages/send", body)
    assert {item["status"] for item in decoded(outcome.response)} == {status}
    assert len(outcome.accepted) == accepted


def test_the_26th_message_of_a_demo_accounts_hour_waits() -> None:
    owner = account(demo=True)
    body = letter(to=[{"email": f"to{number}@sender.test"} for number in range(26)])
    items = decoded(ask(owner, "messages/send", body).response)
    assert [item["queued_reason"] is None for item in items] == [True] * 25 + [False]
    after = ask(owner, "messages/send", body).account
    later = ask(
        after,
        "messages/send",
        letter(to=[{"email": "to@sender.test"}]),
        now=NOW + timedelta(hours=2),
    )
    assert decoded(later.response)[0]["status"] == "sent"


def test_raw_mail_is_taken_as_it_is() -> None:
    raw = "From: A <from@sender.test>\r\nTo: b@r.test, C <c@r.test>\r\nSubject: x\r\n\r\nwords\r\n"
    outcome = ask(account(), "messages/send-raw", {"raw_message": raw, "to": None})
    assert [mail.content for mail in outcome.accepted] == [raw.encode()] * 2
    assert [mail.recipients for mail in outcome.accepted] == [("b@r.test",), ("c@r.test",)]
    assert outcome.accepted[0].mail_from == "from@sender.test"
    one = ask(account(), "messages/send-raw", {"raw_message": raw, "to": ["d@r.test"]})
    assert [mail.recipients for mail in one.accepted] == [("d@r.test",)]


def test_raw_mail_from_nobody_has_an_invalid_sender() -> None:
    raw = "From: nobody\r\nTo: b@r.test\r\n\r\n"
    items = decoded(ask(account(), "messages/send-raw", {"raw_message": raw}).response)
    assert items[0]["reject_reason"] == "invalid-sender"


def test_a_template_that_there_is_makes_mail() -> None:
    body = {
        **letter(),
        "template_name": "welcome",
        "template_content": [{"name": "main", "content": "<p>Hi</p>"}],
    }
    outcome = ask(account(templates=[{"name": "welcome"}]), "messages/send-template", body)
    assert b"<p>Hi</p>" in outcome.accepted[0].content


def test_what_was_accepted_can_be_read_back() -> None:
    sent = ask(account(), "messages/send", letter(tags=["welcome"], metadata={"user": 7}))
    (item,) = decoded(sent.response)
    info = decoded(ask(sent.account, "messages/info", {"id": item["_id"]}).response)
    assert info["_id"] == item["_id"]
    assert (info["sender"], info["email"]) == ("from@sender.test", "to@recipient.test")
    assert (info["state"], info["subject"]) == ("sent", "A letter")
    assert (info["tags"], info["metadata"]) == (["welcome"], {"user": "7"})
    assert info["ts"] == int(NOW.timestamp())
    assert info["smtp_events"][0]["diag"] == "250 OK"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({}, 2),
        ({"query": "*"}, 2),
        ({"query": "email:gone@recipient.test"}, 1),
        ({"query": "letter"}, 2),
        ({"query": "subject:parcel"}, 0),
        ({"limit": 1}, 1),
        ({"senders": ["other@sender.test"]}, 0),
        ({"tags": ["welcome"]}, 2),
        ({"tags": ["farewell"]}, 0),
        ({"date_from": "2026-05-05"}, 0),
        ({"date_from": "2026-05-04", "date_to": "2026-05-04"}, 2),
    ],
)
def test_a_search_finds_what_it_asks_for(search: dict[str, Any], found: int) -> None:
    to = [{"email": "to@recipient.test"}, {"email": "gone@recipient.test"}]
    owner = account(suppressed=["gone@recipient.test"])
    sent = ask(owner, "messages/send", letter(to=to, tags=["welcome"]))
    rows = decoded(ask(sent.account, "messages/search", search).response)
    assert len(rows) == found
    assert {row["state"] for row in rows} <= {"sent", "rejected"}


def test_what_waits_is_not_yet_found() -> None:
    sent = ask(account(quota_used_up=True), "messages/send", letter())
    identifier = decoded(sent.response)[0]["_id"]
    assert decoded(ask(sent.account, "messages/search").response) == []
    assert ask(sent.account, "messages/info", {"id": identifier}).response.case == "unknown-message"
    assert decoded(ask(sent.account, "users/info").response)["backlog"] == 1


def test_test_mail_bounces_where_it_is_sent_to_the_bouncing_address() -> None:
    owner = account(keys=[{"test": True}])
    sent = ask(owner, "messages/send", letter(to=[{"email": "hard_bounce@test.mandrillapp.com"}]))
    (row,) = decoded(ask(sent.account, "messages/search").response)
    assert row["state"] == "bounced"
    rejected = ask(owner, "messages/send", letter(to=[{"email": "reject@test.mandrillapp.com"}]))
    assert decoded(rejected.response)[0]["status"] == "rejected"
    assert rejected.response.mark is Mark.SYNTHETIC


def test_a_key_is_checked_by_ping() -> None:
    assert ask(account(), "users/ping2.json").response.body == b'{"PING":"PONG!"}'
    assert ask(account(), "users/ping").response.body == b'"PONG!"'


def test_the_users_counters_count_what_came() -> None:
    owner = account(suppressed=["gone@recipient.test"])
    to = [{"email": "to@recipient.test"}, {"email": "gone@recipient.test"}]
    sent = ask(owner, "messages/send", letter(to=to))
    info = decoded(ask(sent.account, "users/info", now=NOW + timedelta(days=8)).response)
    assert (info["stats"]["all_time"]["sent"], info["stats"]["all_time"]["rejects"]) == (1, 1)
    assert info["stats"]["last_7_days"]["sent"] == 0
    assert info["stats"]["last_30_days"]["sent"] == 1
    senders = decoded(ask(sent.account, "senders/list").response)
    assert [(one["address"], one["sent"]) for one in senders] == [("from@sender.test", 1)]


def test_a_domain_is_added_and_asked_to_be_verified() -> None:
    listed = decoded(ask(account(), "senders/domains").response)
    assert [(one["domain"], one["valid_signing"]) for one in listed] == [
        ("sender.test", True),
        ("half.test", False),
    ]
    added = ask(account(), "senders/add-domain", {"domain": "New.test"})
    assert decoded(added.response)["valid_signing"] is False
    assert len(decoded(ask(added.account, "senders/domains").response)) == 3
    asked = {"domain": "new.test", "mailbox": "post"}
    sent = decoded(ask(added.account, "senders/verify-domain", asked).response)
    assert sent == {"status": "sent", "domain": "new.test", "email": "post@new.test"}
    again = ask(added.account, "senders/verify-domain", {**asked, "domain": "sender.test"})
    assert decoded(again.response)["status"] == "already_verified"
    wrong = ask(account(), "senders/check-domain", {"domain": "no domain"})
    assert wrong.response.case == "invalid-field"


def test_the_denylist_can_be_read() -> None:
    owner = account(suppressed=["a@r.test"], rejects=[{"email": "b@r.test", "reason": "spam"}])
    everyone = decoded(ask(owner, "rejects/list").response)
    assert {(one["email"], one["reason"]) for one in everyone} == {
        ("a@r.test", "hard-bounce"),
        ("b@r.test", "spam"),
    }
    assert len(decoded(ask(owner, "rejects/list", {"email": "B@r.test"}).response)) == 1


NAMES = [
    "email", "name", "type", "content", "Reply-To", "Content-Type", "MIME-Version", "From", "",
    "Content-Transfer-Encoding", "Content-Disposition", "Message-ID", "a b", "x:y", "\r\n",
]  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters(exclude_categories=()), max_size=12)
    | st.sampled_from(["from@sender.test", "to@recipient.test", "2026-05-05 00:00:00", "a@b"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
    ),
    max_leaves=8,
)
MESSAGE_FIELDS = [
    "from_email", "from_name", "to", "subject", "html", "text", "headers", "tags", "metadata",
    "subaccount", "preserve_recipients", "bcc_address", "attachments",
]  # fmt: skip
FIELDS = [
    "async", "send_at", "raw_message", "from_email", "to", "template_name", "template_content",
    "id", "query", "limit", "tags", "senders", "date_from", "date_to", "domain", "mailbox", "email",
]  # fmt: skip
CALLS = [
    "messages/send", "messages/send-template", "messages/send-raw", "messages/search",
    "messages/info", "users/info", "users/ping2", "senders/domains", "senders/add-domain",
    "senders/verify-domain", "senders/list", "rejects/list",
]  # fmt: skip


def is_documented(outcome: Outcome[MandrillAccount]) -> None:
    """An answer is one of the table, or an array or object of the call's own."""
    response = outcome.response
    assert response.case in {"accepted", *REFUSALS}
    assert response.status in {200, 401, 404, 500}
    found = decoded(response)
    if response.status != 200:
        assert set(found) == {"status", "code", "name", "message"}
    for mail in outcome.account.accepted:
        assert isinstance(mail.content, bytes)


@given(
    call=st.sampled_from(CALLS),
    message=VALUES
    | st.dictionaries(st.sampled_from(MESSAGE_FIELDS), VALUES).map(
        lambda changes: letter(**changes)["message"]
    ),
    parameters=st.dictionaries(st.sampled_from(FIELDS), VALUES),
)
def test_any_parameters_get_a_documented_answer(
    call: str, message: Any, parameters: dict[str, Any]
) -> None:
    owner = account(templates=[{"name": "to@recipient.test"}])
    is_documented(ask(owner, call, {"message": message, **parameters}))


@given(
    method=st.sampled_from(["POST", "GET", "PUT"]),
    target=st.sampled_from(["//[", "http://[", "*", "", "/api/1.0/messages/send.json"]) | st.text(),
    body=st.binary()
    | VALUES.map(lambda value: json.dumps({"key": value}).encode())
    | VALUES.map(lambda value: json.dumps(value).encode()),
)
def test_any_request_gets_a_documented_answer(method: str, target: str, body: bytes) -> None:
    request = Request(method=method, target=target, headers=(), body=body)
    is_documented(PROVIDER.answer(account(), request, region="", now=NOW))


@given(raw=st.text(alphabet=st.characters(exclude_categories=())))
def test_any_raw_mail_gets_a_documented_answer(raw: str) -> None:
    is_documented(ask(account(), "messages/send-raw", {"raw_message": raw, "to": ["b@r.test"]}))
    text = f"From: {raw}\nTo: {raw}\nSubject: {raw}\n\n{raw}"
    is_documented(ask(account(), "messages/send-raw", {"raw_message": text}))
