"""Postmark's rules as functions: requests in, the vendor's answers out."""

from __future__ import annotations

import json
from email import message_from_bytes, policy

import pytest

from harness.fakes.providers.postmark import PROVIDER
from harness.fakes.providers.registry import provider

from .postmark_requests import (
    LETTER,
    OWNER,
    TEST,
    TOKEN,
    UUID,
    account,
    ask,
    by_template,
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
        "spam@example.com"
    )
    assert json.loads(outcome.response.body)["ErrorCode"] == 0
    assert outcome.accepted[0].recipients == ("to@recipient.test",)
    strict = owner.model_copy(update={"refuses_partly_inactive": True})
    assert ask(strict, body=letter(To=to)).response.case == "inactive"


def test_members_that_postmark_does_not_know_are_passed_over() -> None:
    outcome = ask(account(), body=letter(Colour="red", TemplateModel=[], TemplateId="x"))
    assert outcome.response.case == "accepted"


def test_metadata_may_be_numbers() -> None:
    sent = ask(account(), body=letter(Metadata={"user": 7, "share": 0.5, "new": True, "x": None}))
    assert sent.response.case == "accepted"
    (row,) = read(sent.account, "/messages/outbound")["Messages"]
    assert row["Metadata"] == {"user": "7", "share": "0.5", "new": "true", "x": ""}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"', '"'),
        ('Ann "A" B', 'Ann "A" B'),
        ('"Ann \\"A\\", B"', 'Ann "A", B'),
        ("back\\", "back\\"),
        ('"back\\\\"', "back\\"),
    ],
)
def test_a_display_name_can_be_read_in_the_message(written: str, meant: str) -> None:
    outcome = ask(account(), body=letter(From=f"{written} <from@sender.test>"))
    message = message_from_bytes(outcome.accepted[0].content, policy=policy.default)
    assert [(box.display_name, box.addr_spec) for box in message["From"].addresses] == [
        (meant, "from@sender.test")
    ]


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
    items = [by_template()]
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


@pytest.mark.parametrize(
    ("local", "type_code", "name"),
    [
        ("blocked", 100006, "ISP block"),
        ("Spam_Notification", 512, "Spam notification"),
        ("AutoResponder", 64, "Auto responder"),
        ("dmarcpolicy", 100009, "DMARC Policy"),
        ("no-such-type", 1, "Hard bounce"),
    ],
)
def test_each_type_of_bounce_has_an_address_and_only_a_hard_one_makes_inactive(
    local: str, type_code: int, name: str
) -> None:
    sent = ask(account(), body=letter(To=f"{local}@bounce-testing.postmarkapp.com"))
    (bounce,) = read(sent.account, "/bounces")["Bounces"]
    assert (bounce["TypeCode"], bounce["Name"]) == (type_code, name)
    assert bounce["Inactive"] is (type_code == 1)
    assert len(sent.account.suppressed) == (type_code == 1)


def test_a_spam_complaint_cannot_be_asked_for() -> None:
    headers = [{"Name": "X-PM-Bounce-Type", "Value": "SpamComplaint"}]
    for to, more in (("spamcomplaint", {}), ("any", {"Headers": headers})):
        sent = ask(account(), body=letter(To=f"{to}@bounce-testing.postmarkapp.com", **more))
        assert sent.response.case == "accepted"
        assert read(sent.account, "/bounces")["Bounces"] == []
        assert sent.account.suppressed == account().suppressed


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
