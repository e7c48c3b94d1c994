"""Postmark's rules as functions: requests in, the vendor's answers out."""

from __future__ import annotations

import json
from email import message_from_bytes
from typing import Any

import pytest

from harness.fakes.marks import Mark
from harness.fakes.providers.postmark import PROVIDER
from harness.fakes.providers.postmark.refusals import REFUSALS
from harness.fakes.providers.registry import provider

from .postmark_requests import (
    ACCOUNT_TOKEN,
    BIG,
    LETTER,
    OWNER,
    SERVER,
    TEST,
    TOKEN,
    UUID,
    account,
    ask,
    letter,
    message_of,
    read,
)


def test_the_scan_finds_postmark() -> None:
    assert provider("postmark") is PROVIDER


def test_a_made_up_token_has_the_form_of_a_uuid() -> None:
    made = PROVIDER.made_up(lambda length, alphabet: alphabet[-1] * length)
    assert made == {"server_token": "ffffffff-ffff-ffff-ffff-ffffffffffff"}


@pytest.mark.parametrize("path", ["/email", "/Email/", "/EMAIL"])
@pytest.mark.parametrize("token", [TOKEN, TOKEN.upper()])
def test_a_message_is_taken(path: str, token: str) -> None:
    outcome = ask(account(), path, tokens={"x-postmark-server-token": token})
    body = json.loads(outcome.response.body)
    assert outcome.response.status == 200
    assert list(body) == ["To", "SubmittedAt", "MessageID", "ErrorCode", "Message"]
    assert UUID.match(body["MessageID"])
    assert body["SubmittedAt"] == "2026-05-04T12:30:01.2500000Z"
    assert (body["To"], body["ErrorCode"], body["Message"]) == ("to@recipient.test", 0, "OK")
    (mail,) = outcome.accepted
    assert mail.provider_id == body["MessageID"]
    assert (mail.mail_from, mail.recipients) == ("from@sender.test", ("to@recipient.test",))
    assert message_from_bytes(mail.content)["From"] == '"Somebody" <from@sender.test>'


def test_explicit_nulls_and_empty_strings_are_nothing() -> None:
    nothing = dict.fromkeys(
        ["Cc", "Bcc", "Tag", "HtmlBody", "ReplyTo", "Headers", "Metadata", "Attachments"]
    )
    outcome = ask(account(), body=letter(**nothing, MessageStream=None, TrackLinks=""))
    assert outcome.response.case == "accepted"


def test_mail_for_cc_only_is_answered_without_to() -> None:
    outcome = ask(account(), body=letter(To=None, Cc='"A, B" <a@b.test>, c@d.test'))
    assert "To" not in json.loads(outcome.response.body)
    assert outcome.accepted[0].recipients == ("a@b.test", "c@d.test")


def test_the_test_token_validates_and_sends_nothing() -> None:
    outcome = ask(account(), body=letter(From="a@unknown.test"), tokens=TEST)
    assert message_of(outcome.response) == "Test job accepted"
    assert not outcome.accepted
    assert not outcome.account.accepted
    assert ask(account(), body=letter(To="nobody"), tokens=TEST).response.status == 422


def test_late_mail_is_answered_without_an_error_code() -> None:
    body = json.loads(ask(account(delayed=True)).response.body)
    assert list(body) == ["Message", "MessageID", "SubmittedAt", "To"]
    assert body["Message"] == "Message accepted, but delivery may be delayed."


def test_some_inactive_recipients_get_nothing_and_the_others_the_message() -> None:
    owner = account(suppressed=["hardbounce@example.com", "spam@example.com"])
    to = "hardbounce@example.com, to@recipient.test, spam@example.com"
    outcome = ask(owner, body=letter(To=to))
    assert message_of(outcome.response) == (
        "Message OK, but will not deliver to these inactive addresses: hardbounce@example.com, "
        "spam@example.com. Inactive recipients are ones that have generated a hard bounce or a "
        "spam complaint."
    )
    assert json.loads(outcome.response.body)["ErrorCode"] == 0
    assert outcome.accepted[0].recipients == ("to@recipient.test",)
    strict = owner.model_copy(update={"refuses_partly_inactive": True})
    assert ask(strict, body=letter(To=to)).response.case == "inactive"


INACTIVE = (
    "Found inactive addresses: to@recipient.test. Inactive recipients are ones that have generated "
    "a hard bounce, a spam complaint, or a manual suppression."
)
# Name, status, code, message (None: ours, and marked so), account, what is asked.
REFUSED: list[tuple[str, int, int, str | None, dict[str, Any], dict[str, Any]]] = [
    (
        "no-token",
        401,
        10,
        (
            "No Account or Server API tokens were supplied in the HTTP headers. Please add a "
            "header for either X-Postmark-Server-Token or X-Postmark-Account-Token."
        ),
        {},
        {"tokens": {}},
    ),
    *(
        ("bad-token", 401, 10, "Request does not contain a valid Server token.", words, asked)
        for words, asked in (
            ({}, {"tokens": {"X-Postmark-Server-Token": ACCOUNT_TOKEN}}),
            ({}, {"tokens": {"X-Postmark-Server-Token": "wrong"}}),
            ({}, {"tokens": OWNER}),
            ({}, {"target": "/server", "method": "GET", "tokens": TEST}),
            ({"keys": [{"revoked": True}]}, {}),
        )
    ),
    (
        "both-tokens",
        401,
        10,
        "Please do not include Account API Token for Server API Token calls.",
        {},
        {"tokens": {**SERVER, **OWNER}},
    ),
    ("bad-account-token", 401, 10, None, {}, {"target": "/domains", "method": "GET"}),
    *(
        (
            "no-signature",
            422,
            400,
            (
                f"The 'From' address you supplied ({sender}) is not a Sender Signature on your "
                "account. Please add and confirm this address in order to be able to use it in the "
                "'From' field of your messages."
            ),
            {},
            {"body": letter(From=sender)},
        )
        for sender in ("probe@elsewhere.org", "A B <a@half.test>")
    ),
    ("unconfirmed-signature", 422, 401, None, {}, {"body": letter(From="two@elsewhere.test")}),
    ("invalid-from", 422, 300, "Invalid 'From' value.", {}, {"body": letter(From=None)}),
    ("invalid-from", 422, 300, "Invalid 'From' value.", {}, {"body": letter(From="a@b.c,d@e.f")}),
    (
        "invalid-address",
        422,
        300,
        "Invalid 'From' address: 'webmaster@localhost'.",
        {},
        {"body": letter(From="webmaster@localhost")},
    ),
    (
        "invalid-address",
        422,
        300,
        "Invalid 'To' address: 'invalid@localhost'.",
        {},
        {"body": letter(To="a@b.test, invalid@localhost")},
    ),
    (
        "address-without-at",
        422,
        300,
        (
            "Error parsing 'To': Illegal email address 'johne.xample.com'. It must contain the "
            "'@' symbol."
        ),
        {},
        {"body": letter(To="johne.xample.com")},
    ),
    (
        "address-domain",
        422,
        300,
        "Error parsing 'Cc': Illegal email domain '+' in address 'user@+'.",
        {},
        {"body": letter(Cc="user@+")},
    ),
    (
        "address-domain",
        422,
        300,
        "Error parsing 'Reply-To': Illegal email domain '+' in address 'invalid@+'.",
        {},
        {"body": letter(ReplyTo="invalid@+")},
    ),
    ("no-recipient", 422, 300, "Zero recipients specified", {}, {"body": letter(To="")}),
    (
        "no-body",
        422,
        300,
        "Provide either email TextBody or HtmlBody or both.",
        {},
        {"body": letter(TextBody=None)},
    ),
    *(
        (
            "metadata",
            422,
            300,
            "Invalid metadata content. Field names are limited to 20 characters",
            {},
            {"body": letter(Metadata=metadata)},
        )
        for metadata in ({"k" * 21: ""}, {"k": "v" * 81}, {str(n): "" for n in range(11)})
    ),
    (
        "too-many-recipients",
        422,
        300,
        None,
        {},
        {"body": letter(To=",".join(f"t{n}@r.test" for n in range(51)))},
    ),
    ("too-long", 422, 300, None, {}, {"body": letter(Subject="s" * 2001)}),
    ("too-long", 422, 300, None, {}, {"body": letter(Tag="s" * 1001)}),
    ("too-long", 422, 300, None, {}, {"body": letter(HtmlBody=BIG[: 5 * 1024 * 1024 + 1])}),
    (
        "not-base64",
        422,
        300,
        None,
        {},
        {"body": letter(Attachments=[{"Name": "a", "Content": "?", "ContentType": "x/y"}])},
    ),
    ("not-json", 422, 402, "Invalid JSON.", {}, {"raw": b"{"}),
    ("not-json", 422, 402, "Invalid JSON.", {}, {"raw": b"\xff"}),
    ("not-json", 422, 402, "Invalid JSON.", {}, {"raw": b"[" * 100_000}),
    ("not-json", 422, 402, "Invalid JSON.", {}, {"body": []}),
    ("not-json", 422, 402, "Invalid JSON.", {}, {"target": "/email/batch", "body": ["x"]}),
    (
        "invalid-fields",
        422,
        403,
        "Invalid request field(s): 'From'.",
        {},
        {"body": letter(From=["from@sender.test"])},
    ),
    (
        "invalid-fields",
        422,
        403,
        "Invalid request field(s): 'TrackOpens', 'Colour'.",
        {},
        {"body": letter(TrackOpens="yes", Colour="red")},
    ),
    ("out-of-credits", 422, 405, None, {"quota_used_up": True}, {}),
    (
        "inactive",
        422,
        406,
        f"You tried to send to recipient(s) that have been marked as inactive. {INACTIVE}",
        {"suppressed": ["TO@recipient.test"]},
        {},
    ),
    ("no-json-wanted", 415, 409, None, {}, {"content_type": "text/plain"}),
    ("no-json-wanted", 415, 409, None, {}, {"tokens": {**SERVER, "Accept": "text/html"}}),
    (
        "batch-too-large",
        422,
        410,
        "You may only send up to 500 messages in a single batched request.",
        {},
        {"target": "/email/batch", "body": [LETTER] * 501},
    ),
    (
        "attachment-type",
        422,
        411,
        "Attachment file type not allowed.",
        {},
        {"body": letter(Attachments=[{"Name": "a.EXE", "Content": "", "ContentType": "x/y"}])},
    ),
    (
        "pending",
        422,
        412,
        (
            "While your account is pending approval, all recipient addresses must share the same "
            "domain as the 'From' address. The domain of the 'From' address is 'sender.test', but "
            "you are attempting to send email to the following domain(s): 'recipient.test'"
        ),
        {"pending": True},
        {"body": letter(Cc="a@sender.test, b@recipient.test")},
    ),
    (
        "not-approved",
        422,
        413,
        "This account is not approved to send email.",
        {"suspended": True},
        {},
    ),
    ("invalid-server", 422, 422, "Invalid Server or Account.", {"server_active": False}, {}),
    (
        "unknown-template-id",
        422,
        1101,
        "The 'TemplateId' associated with this request is not valid or was not found.",
        {"templates": ["8"]},
        {"target": "/email/withTemplate/", "body": letter(TemplateId=7, TemplateModel={})},
    ),
    (
        "unknown-template-alias",
        422,
        1101,
        "The Template's 'Alias' associated with this request is not valid or was not found.",
        {},
        {"target": "/email/withTemplate", "body": letter(TemplateAlias="none", TemplateModel={})},
    ),
    (
        "unknown-stream",
        422,
        1235,
        "The stream provided: 'unknown-stream' does not exist on this server.",
        {},
        {"body": letter(MessageStream="unknown-stream")},
    ),
    (
        "inbound-stream",
        422,
        1236,
        "Sending is not supported for this stream type.",
        {},
        {"body": letter(MessageStream="inbound")},
    ),
    (
        "barred-ip",
        422,
        1480,
        "You are not authorized to send emails from your current IP address: '192.0.2.9'.",
        {"barred_ip": "192.0.2.9"},
        {},
    ),
    (
        "unknown-message",
        422,
        701,
        "This message was not found.",
        {},
        {"target": "/messages/outbound/none/details", "method": "GET"},
    ),
    ("too-large", 413, 300, None, {}, {"body": letter(Subject=BIG)}),
    ("rate-limited", 429, 429, None, {"rate_limited": True}, {}),
    ("internal", 500, 101, None, {"trouble": "internal"}, {}),
    (
        "maintenance",
        503,
        100,
        "The Postmark API is offline for maintenance.",
        {"trouble": "maintenance"},
        {},
    ),
    ("unknown-path", 404, 404, None, {}, {"target": "/emails"}),
    ("unknown-path", 404, 404, None, {}, {"method": "GET"}),
    ("unknown-path", 404, 404, None, {}, {"target": "/bounces/1", "method": "GET"}),
]


@pytest.mark.parametrize(("name", "status", "code", "text", "words", "asked"), REFUSED)
def test_refusals_are_the_vendors(
    name: str,
    status: int,
    code: int,
    text: str | None,
    words: dict[str, Any],
    asked: dict[str, Any],
) -> None:
    outcome = ask(account(**words), **asked)
    response = outcome.response
    assert (response.case, response.status) == (name, status)
    assert response.header("x-pm-apierrorcode") == str(code)
    assert response.header("retry-after") is None
    assert (response.mark is Mark.SYNTHETIC) is (text is None)
    text = message_of(response) if text is None else text
    literal = json.dumps({"ErrorCode": code, "Message": text}, separators=(",", ":"))
    assert response.body.decode() == literal
    assert not outcome.accepted


def test_every_refusal_is_tested() -> None:
    assert {row[0] for row in REFUSED} | {"inactive-in-batch"} == set(REFUSALS)


def test_a_batch_is_answered_one_by_one_with_200() -> None:
    owner = account(suppressed=["example@example.com"])
    items = [LETTER, letter(To="example@example.com"), letter(From=None), letter(To="b@r.test")]
    outcome = ask(owner, "/email/batch", items)
    assert outcome.response.status == 200
    answers = json.loads(outcome.response.body)
    assert [answer["ErrorCode"] for answer in answers] == [0, 406, 300, 0]
    assert answers[1] == {
        "ErrorCode": 406,
        "Message": (
            "You tried to send to a recipient that has been marked as inactive. Found inactive "
            "addresses: example@example.com. Inactive recipients are ones that have generated a "
            "hard bounce, a spam complaint, or a manual suppression. "
        ),
    }
    assert [mail.provider_id for mail in outcome.accepted] == [
        answers[0]["MessageID"],
        answers[3]["MessageID"],
    ]
    assert outcome.response.case == "accepted"
    all_refused = ask(owner, "/email/batch", items[1:2]).response
    assert (all_refused.status, all_refused.case) == (200, "inactive-in-batch")


def test_a_batch_with_templates_is_taken() -> None:
    items = [letter(TemplateAlias="welcome", TemplateModel={"a": 1}, TextBody=None)]
    owner = account(templates=["welcome"])
    outcome = ask(owner, "/email/batchWithTemplates/", {"Messages": items})
    assert json.loads(outcome.response.body)[0]["ErrorCode"] == 0
    assert ask(owner, "/email/batchWithTemplates", items).response.case == "not-json"


def test_a_pending_account_sends_inside_its_own_domain() -> None:
    owner = account(pending=True)
    assert ask(owner, body=letter(To="other@Sender.test")).response.case == "accepted"


def test_a_confirmed_signature_is_enough() -> None:
    assert ask(account(), body=letter(From="One@elsewhere.test")).response.case == "accepted"


def test_what_was_accepted_can_be_read_back() -> None:
    sent = ask(
        account(),
        body=letter(Tag="welcome", Metadata={"user": "7"}, Bcc="c@recipient.test", TrackOpens=True),
    )
    identifier = sent.accepted[0].provider_id
    found = read(sent.account, "/messages/outbound?count=10&offset=0")
    assert found["TotalCount"] == 1
    (row,) = found["Messages"]
    assert (row["MessageID"], row["Tag"], row["Status"]) == (identifier, "welcome", "Sent")
    assert row["Recipients"] == ["to@recipient.test", "c@recipient.test"]
    assert row["From"] == "Somebody <from@sender.test>"
    details = read(sent.account, f"/messages/outbound/{identifier}/details")
    assert details["TextBody"] == "words"
    assert [event["Type"] for event in details["MessageEvents"]] == ["Delivered"] * 2
    dump = read(sent.account, f"/messages/outbound/{identifier}/dump")
    assert "Subject: A letter" in dump["Body"]
    assert read(sent.account, "/stats/outbound")["Sent"] == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("recipient=TO@recipient.test", 1),
        ("recipient=other@recipient.test", 0),
        ("fromemail=from@sender.test&tag=welcome", 1),
        ("tag=farewell", 0),
        ("subject=lett", 1),
        ("metadata_user=7", 1),
        ("metadata_user=8", 0),
        ("metadata_colour=red", 0),
        ("messagestream=broadcast", 0),
        ("status=queued", 0),
        ("fromdate=2026-05-04&todate=2026-05-04", 1),
        ("fromdate=2026-05-05", 0),
        ("todate=2026-05-03", 0),
        ("unknown=x&count=x", 1),
    ],
)
def test_the_activity_can_be_filtered(query: str, found: int) -> None:
    sent = ask(account(), body=letter(Tag="welcome", Metadata={"user": "7"}))
    assert read(sent.account, f"/messages/outbound?{query}")["TotalCount"] == found


def test_pages_have_a_count_and_an_offset() -> None:
    sent = ask(account(), "/email/batch", [letter(Subject=str(n)) for n in range(3)])
    page = read(sent.account, "/messages/outbound?count=1&offset=1")
    assert page["TotalCount"] == 3
    assert [row["Subject"] for row in page["Messages"]] == ["1"]


def test_a_bounce_test_address_bounces_and_is_inactive_afterwards() -> None:
    address = "hardbounce@bounce-testing.postmarkapp.com"
    sent = ask(account(), body=letter(To=address))
    assert sent.response.case == "accepted"
    (bounce,) = read(sent.account, "/bounces?count=5&offset=0")["Bounces"]
    assert (bounce["Type"], bounce["TypeCode"], bounce["Email"]) == ("HardBounce", 1, address)
    assert bounce["Inactive"] is True
    assert read(sent.account, "/bounces/1")["ID"] == 1
    assert "550" in read(sent.account, "/bounces/1/dump")["Body"]
    assert read(sent.account, "/deliverystats") == {
        "InactiveMails": 1,
        "Bounces": [
            {"Name": "All", "Count": 1},
            {"Type": "HardBounce", "Name": "Hard bounce", "Count": 1},
        ],
    }
    dump = read(sent.account, "/message-streams/outbound/suppressions/dump")
    assert [one["EmailAddress"] for one in dump["Suppressions"]] == [address]
    assert ask(sent.account, body=letter(To=address)).response.case == "inactive"
    freed = ask(sent.account, "/bounces/1/activate", method="PUT", raw=b"")
    assert json.loads(freed.response.body)["Bounce"]["Inactive"] is False
    assert ask(freed.account, body=letter(To=address)).response.case == "accepted"


def test_a_header_asks_for_another_kind_of_bounce() -> None:
    headers = [{"Name": "X-PM-Bounce-Type", "Value": "SoftBounce"}]
    to = "any@bounce-testing.postmarkapp.com"
    sent = ask(account(), body=letter(To=to, Headers=headers))
    (bounce,) = read(sent.account, "/bounces")["Bounces"]
    assert (bounce["Type"], bounce["Inactive"]) == ("SoftBounce", False)


def test_the_server_is_the_cheapest_check_of_a_token() -> None:
    server = read(account(delivery="Sandbox", smtp_activated=False), "/server")
    assert (server["DeliveryType"], server["SmtpApiActivated"]) == ("Sandbox", False)
    assert server["ApiTokens"] == [TOKEN]


def test_the_account_token_shows_domains_and_signatures() -> None:
    domains = read(account(), "/domains?count=50&offset=0", tokens=OWNER)
    assert [(one["Name"], one["DKIMVerified"]) for one in domains["Domains"]] == [
        ("sender.test", True),
        ("half.test", False),
    ]
    assert read(account(), "/domains/2", tokens=OWNER)["Name"] == "half.test"
    senders = read(account(), "/senders", tokens=OWNER)
    assert [one["Confirmed"] for one in senders["SenderSignatures"]] == [True, False]
    assert read(account(), "/senders/1", tokens=OWNER)["EmailAddress"] == "one@elsewhere.test"
    missing = ask(account(), "/senders/9", method="GET", tokens=OWNER).response
    assert missing.case == "unknown-path"
