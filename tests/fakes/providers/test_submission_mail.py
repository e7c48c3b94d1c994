"""What each vendor keeps of a message that came over SMTP: envelope, headers, its own headers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.fakes.providers.mandrill.account import MandrillMail
from harness.fakes.providers.postmark.account import PostmarkMail
from harness.fakes.providers.registry import provider, provider_names, submission
from harness.fakes.providers.sendgrid.account import SendGridMail
from harness.fakes.providers.submission import SubmissionContext, Submitted, Taken
from harness.fakes.smtp.exchange import Envelope

from .test_submissions import DOMAINS, GIVEN, NOW, REGIONS

MESSAGE = (
    b"From: A <a@example.com>\r\nTo: B <b@example.net>, gone@example.net\r\nCc: c@example.net\r\n"
    b"Subject: s\r\n\r\n\xff\r\n"
)
EVERYBODY = ("b@example.net", "c@example.net", "hidden@example.net")


def taken(
    vendor: str, message: bytes = MESSAGE, *, to: tuple[str, ...] = EVERYBODY, **words: Any
) -> Taken[Any]:
    """What comes of a message whose sender may send."""
    rules, service = provider(vendor), submission(vendor)
    account = rules.account_type.model_validate({"domains": DOMAINS, **words})
    account = rules.furnished(account, GIVEN)
    who = account.domains[0] if vendor == "mailgun" else account.keys[0]
    where = SubmissionContext(who=who, region=REGIONS.get(vendor, ""), now=NOW)
    envelope = Envelope(mail_from="bounces@example.com", rcpt_tos=to)
    return service.take(account, Submitted.of(envelope, message), where)


def postmark_mail(message: bytes = MESSAGE) -> PostmarkMail:
    """What Postmark makes of a message."""
    (mail,) = taken("postmark", message).accepted
    assert isinstance(mail, PostmarkMail)
    return mail


def with_headers(headers: Mapping[str, str]) -> bytes:
    """The message with these headers, too."""
    return "".join(f"{n}: {v}\r\n" for n, v in headers.items()).encode() + MESSAGE


@pytest.mark.parametrize("vendor", provider_names())
def test_it_goes_to_the_recipients_of_the_envelope_octet_for_octet(vendor: str) -> None:
    result = taken(vendor)
    assert sorted(a for mail in result.accepted for a in mail.recipients) == sorted(EVERYBODY)
    assert {mail.content for mail in result.accepted} == {MESSAGE}
    assert list(result.account.accepted) == list(result.accepted)
    assert {mail.subject for mail in result.accepted} == {"s"}


@pytest.mark.parametrize(
    ("vendor", "state"),
    [
        ("ses", "bounced"),
        ("sendgrid", "dropped"),
        ("sparkpost", "generation_rejection"),
        ("mailgun", "failed"),
        ("mandrill", "rejected"),
        ("postmark", "bounced"),
        ("resend", "suppressed"),
    ],
)
def test_a_suppressed_recipient_shows_afterwards_only(vendor: str, state: str) -> None:
    result = taken(vendor, to=("b@example.net",), suppressed=["b@example.net"])
    assert result.reply.is_positive
    assert [mail.state for mail in result.account.accepted] == [state]


def test_sendgrid_drops_some_and_not_others() -> None:
    (mail,) = taken("sendgrid", suppressed=["B@example.net"]).accepted
    assert isinstance(mail, SendGridMail)
    assert [mail.drops(each) for each in EVERYBODY] == [True, False, False]


def test_sparkpost_knows_where_bounces_go() -> None:
    assert {mail.mail_from for mail in taken("sparkpost").accepted} == {"bounces@example.com"}


def test_mailgun_drops_what_is_marked_so() -> None:
    result = taken("mailgun", with_headers({"X-Mailgun-Drop-Message": "yes"}))
    assert result.reply.text == "250 Great success"
    assert result.accepted == ()
    assert [mail.state for mail in result.account.accepted] == ["test-mode"]


def test_a_test_key_of_mandrill_sends_nothing() -> None:
    result = taken("mandrill", keys=[{"test": True}])
    assert result.reply.is_positive
    assert result.accepted == ()
    assert len(result.account.accepted) == len(EVERYBODY)


@pytest.mark.parametrize(
    ("metadata", "read"), [('{"order": "7"}', {"order": "7"}), ("{", {}), ("[1]", {})]
)
def test_mandrill_reads_its_own_headers(metadata: str, read: dict[str, str]) -> None:
    headers = {"X-MC-Tags": "welcome, first", "X-MC-Metadata": metadata}
    for mail in taken("mandrill", with_headers(headers)).accepted:
        assert isinstance(mail, MandrillMail)
        assert (mail.tags, mail.metadata) == (("welcome", "first"), read)


def test_postmark_reads_its_own_headers() -> None:
    message = with_headers(
        {
            "X-PM-Tag": "welcome",
            "X-PM-Message-Stream": "broadcast",
            "X-PM-Metadata-Order": "7",
            "X-PM-TrackOpens": "true",
            "X-PM-TrackLinks": "HtmlOnly",
        }
    )
    mail = postmark_mail(message)
    assert (mail.tag, mail.stream, mail.metadata) == ("welcome", "broadcast", {"Order": "7"})
    assert (mail.track_opens, mail.track_links) == (True, "HtmlOnly")


def test_postmark_shows_whom_the_headers_name_and_hides_the_rest() -> None:
    mail = postmark_mail()
    boxes = [[box.address for box in each] for each in (mail.to, mail.cc, mail.bcc)]
    assert boxes == [["b@example.net"], ["c@example.net"], ["hidden@example.net"]]
    assert mail.sender == "A <a@example.com>"


PARTS = (
    b'From: a@example.com\r\nTo: b@example.net\r\nContent-Type: multipart/mixed; boundary="="\r\n'
    b"\r\n--=\r\nContent-Type: text/plain\r\n\r\ntext\r\n--=\r\nContent-Type: text/html; "
    b"charset=latin-1\r\n\r\n<p>\xfc\r\n--=\r\nContent-Type: application/octet-stream\r\n"
    b'Content-Disposition: attachment; filename="<name>"\r\n\r\nx\r\n--=--\r\n'
)


def test_postmark_takes_a_message_apart() -> None:
    mail = postmark_mail(PARTS.replace(b"<name>", b"a.txt"))
    assert (mail.text, mail.html, mail.attachments) == ("text", "<p>ü", ("a.txt",))


def test_an_attachment_that_the_api_refuses_bounces() -> None:
    result = taken("postmark", PARTS.replace(b"<name>", b"a.exe"))
    assert result.reply.is_positive
    assert result.accepted == ()
    (mail,) = result.account.accepted
    assert mail.bounces == tuple((address, "SMTPApiError") for address in EVERYBODY)


def test_a_reply_stays_a_line_of_bounded_length() -> None:
    message = MESSAGE.replace(b"a@example.com", b"a@" + b"x\x01" * 5000 + b".example")
    text = taken("sparkpost", message).reply.text
    assert text.isprintable()
    assert len(text) < 3000


@pytest.mark.parametrize(
    ("vendor", "name", "value"),
    [
        ("mailgun", "X-Mailgun-Deliver-By", "Fri, 14 Oct 2044 12:00:00 +0000"),
        ("mandrill", "X-MC-SendAt", "2044-10-14 12:00:00"),
        ("sendgrid", "X-SMTPAPI", '{"send_at": 2360059200}'),
    ],
)
def test_a_header_of_the_vendors_says_when_it_is_to_go_out(
    vendor: str, name: str, value: str
) -> None:
    positive: dict[str, Any] = {"positive_balance": True} if vendor == "mandrill" else {}
    accepted = taken(vendor, with_headers({name: value}), **positive).account.accepted
    assert {mail.send_at for mail in accepted} == {datetime(2044, 10, 14, 12, tzinfo=UTC)}
    unread = taken(vendor, with_headers({name: "tomorrow"}), **positive).account.accepted
    assert {mail.send_at for mail in unread} == {None}


def test_sendgrid_reads_its_own_header() -> None:
    said = '{"category": ["welcome"], "unique_args": {"order": 7}, "asm_group_id": 12}'
    groups = [{"id": 12, "unsubscribed": ["C@example.net"]}, {"id": 1, "unsubscribed": ["b@b.b"]}]
    (mail,) = taken(
        "sendgrid", with_headers({"X-SMTPAPI": said}), unsubscribe_groups=groups
    ).accepted
    assert (mail.tags, mail.metadata) == (("welcome",), {"order": "7"})
    assert mail.dropped == ("c@example.net",)


@pytest.mark.parametrize(
    "said",
    ["", "[]", "{", '{"category": 7, "unique_args": [], "send_at": 1e99, "asm_group_id": true}'],
)
def test_what_is_not_to_be_read_in_sendgrids_header_says_nothing(said: str) -> None:
    (mail,) = taken("sendgrid", with_headers({"X-SMTPAPI": said})).accepted
    assert (mail.tags, mail.metadata, mail.send_at, mail.dropped) == ((), {}, None, ())
