"""The rules of the SMTP services: each reply in the vendor's own words, and nothing raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fakes.marks import Mark
from harness.fakes.providers.registry import provider, provider_names, submission
from harness.fakes.providers.ses import legacy_smtp_password
from harness.fakes.providers.submission import SubmissionContext, Submitted
from harness.fakes.smtp.exchange import Attempt, Envelope, VendorReply

NOW = datetime(2026, 11, 21, 6, 0, tzinfo=UTC)
KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
GIVEN = {
    "api_key": KEY, "server_token": KEY, "access_key_id": "AKIA", "secret_access_key": KEY,
}  # fmt: skip
MESSAGE = b"From: a@example.com\r\nTo: b@example.net\r\nSubject: s\r\n\r\nt\r\n"
DOMAINS = [{"name": "example.com"}]
REGIONS = {"ses": "us-east-1", "sendgrid": "us", "sparkpost": "us", "mailgun": "us"}
IDENTITY_HELP = "https://sendgrid.com/docs/for-developers/sending-email/sender-identity/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One submission in one state, and the reply that ends it."""

    vendor: str
    reply: str
    says: str
    account: Mapping[str, Any] = field(default_factory=dict)
    user: str | None = None
    password: str | None = None
    challenge: str = ""
    recipient: str = "b@example.net"
    mail_from: str = "a@example.com"
    message: bytes = MESSAGE


def run(case: Case) -> VendorReply:
    """The last reply that a sender gets who does not stop before."""
    rules, service = provider(case.vendor), submission(case.vendor)
    region = REGIONS.get(case.vendor, "")
    words = {"domains": DOMAINS, **case.account}
    account = rules.furnished(rules.account_type.model_validate(words), GIVEN)
    account = service.furnished(account, lambda length, alphabet: alphabet[0] * length)
    username, password = service.credentials(account, GIVEN, region=region)
    wanted = case.password if case.password is not None else password
    attempt = Attempt(
        mechanism="PLAIN",
        username=case.user if case.user is not None else username,
        proves=lambda known: known == wanted,
        last_challenge=case.challenge,
    )
    who = service.admit(account, attempt, region=region)
    if isinstance(who, VendorReply):
        return who
    where = SubmissionContext(who=who, region=region, now=NOW)
    envelope = Envelope(mail_from=case.mail_from, rcpt_tos=(case.recipient,))
    refused = service.sender_refusal(account, case.mail_from, where)
    refused = refused or service.recipient_refusal(account, case.recipient, where)
    refused = refused or service.data_refusal(account, envelope, where)
    taken = service.take(account, Submitted.of(envelope, case.message), where)
    return refused or taken.reply


def ses(reply: str, says: str, **words: Any) -> Case:
    """A case at SES."""
    return Case(vendor="ses", reply=reply, says=says, **words)


def sendgrid(reply: str, says: str, **words: Any) -> Case:
    """A case at SendGrid."""
    return Case(vendor="sendgrid", reply=reply, says=says, **words)


def sparkpost(reply: str, says: str, **words: Any) -> Case:
    """A case at SparkPost."""
    return Case(vendor="sparkpost", reply=reply, says=says, **words)


def mailgun(reply: str, says: str, **words: Any) -> Case:
    """A case at Mailgun."""
    return Case(vendor="mailgun", reply=reply, says=says, **words)


def mandrill(reply: str, says: str, **words: Any) -> Case:
    """A case at Mandrill."""
    return Case(vendor="mandrill", reply=reply, says=says, **words)


def postmark(reply: str, says: str, **words: Any) -> Case:
    """A case at Postmark."""
    return Case(vendor="postmark", reply=reply, says=says, **words)


def resend(reply: str, says: str, **words: Any) -> Case:
    """A case at Resend."""
    return Case(vendor="resend", reply=reply, says=says, **words)


def header(line: str) -> bytes:
    """The message with one more header."""
    return line.encode() + b"\r\n" + MESSAGE


def policy(*actions: str) -> dict[str, Any]:
    """An account whose user may do these."""
    statement = [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]
    return {"keys": [{"policy": {"Statement": statement}}]}


INVALID = "535 Authentication Credentials Invalid"
UNVERIFIED = (
    "554 Message rejected: Email address is not verified. The following identities failed the "
    "check in region US-EAST-1: "
)
RESEND = "535 Authentication credentials invalid"
BAD_USER = "535 Authentication failed: Bad username / password"
NOT_ALLOWED = "421 Domain example.com is not allowed to send: "
MANDRILL = "435 4.7.8 Error: authentication failed:"
POSTMARK = "535 5.7.8 Error: authentication failed: "

CASES = [
    ses("bad-credentials", INVALID, password=KEY),
    ses("bad-credentials", INVALID, user="AKIB"),
    ses("bad-credentials", INVALID, account={"keys": [{"active": False}]}),
    ses("bad-credentials", INVALID, account={"keys": [{"session_token": "t"}]}),
    # The password of eu-central-1, which is published, at us-east-1.
    ses("bad-credentials", INVALID, password="BF0/eIJm0ruTHsSjOkRuOGzGF+zeSyE3aiRzrzUQ8LwG"),
    ses(
        "accepted",
        "250 Ok ",
        password="BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9",
    ),
    ses("accepted", "250 Ok ", password=legacy_smtp_password(KEY)),
    ses("not-subscribed", "535 Account not subscribed to SES", account={"subscribed": False}),
    ses("bad-sender", "501 Invalid MAIL FROM address provided", mail_from=""),
    ses("bad-sender", "501 Invalid MAIL FROM address provided", mail_from="AKIAIOSFODNN7EXAMPLE"),
    ses("bad-sender", "501 Invalid MAIL FROM address provided", mail_from="nope"),
    ses("bad-recipient", "553 b@ Invalid email address", recipient="b@"),
    ses(
        "may-not-send",
        "554 Access denied: User `arn:aws:iam::123456789012:user/mail-sender' is not authorized "
        "to perform `ses:SendRawEmail' on resource "
        "`arn:aws:ses:us-east-1:123456789012:identity/example.com'",
        account=policy("ses:SendEmail"),
    ),
    ses("unverified", f"{UNVERIFIED}a@example.com", account={"domains": []}),
    ses("unverified", f"{UNVERIFIED}b@example.net", account={"sandbox": True}),
    ses("unverified", f"{UNVERIFIED}bounces@example.org", mail_from="bounces@example.org"),
    ses(
        "suspended",
        "554 Message rejected: Sending paused for this account. For more information, please "
        "check the inbox of the email address associated with your AWS account.",
        account={"suspended": True},
    ),
    ses(
        "mail-from-domain",
        "554 MAIL FROM domain not verified: DNS setup for MAIL FROM domain is invalid.",
        account={
            "domains": [
                {
                    "name": "example.com",
                    "mail_from": "bounce.example.com",
                    "mail_from_verified": False,
                }
            ]
        },
    ),
    ses(
        "bad-address",
        "554 Transaction failed: Missing final '@domain'",
        message=MESSAGE.replace(b"a@example.com", b"nobody"),
    ),
    ses(
        "rate-limited",
        "454 Throttling failure: Maximum sending rate exceeded",
        account={"rate_limited": True},
    ),
    ses(
        "quota-used-up",
        "454 Throttling failure: Daily message quota exceeded",
        account={"quota_used_up": True},
    ),
    ses("too-large", "552 Message is too long.", message=MESSAGE + b"x" * 41_943_041),
    ses(
        "otherwise",
        "554 Transaction failed: Configuration set <set> does not exist.",
        message=header("X-SES-CONFIGURATION-SET: set"),
    ),
    sendgrid("accepted", "250 Ok: queued as "),
    sendgrid("bad-key", BAD_USER, password="wrong"),
    sendgrid("bad-key", BAD_USER, user="api_key"),
    sendgrid("bad-key", BAD_USER, account={"keys": [{"region": "eu"}]}),
    sendgrid("no-permission", BAD_USER, account={"keys": [{"permissions": ["stats.read"]}]}),
    sendgrid(
        "revoked-key",
        "535 Authentication failed: The provided authorization grant is invalid, expired, or "
        "revoked",
        account={"keys": [{"revoked": True}]},
    ),
    sendgrid(
        "suspended", "535 Authentication failed: account disabled", account={"suspended": True}
    ),
    sendgrid(
        "credits-used-up",
        "451 Authentication failed: Maximum credits exceeded",
        account={"quota_used_up": True},
    ),
    sendgrid("trouble", "451 temporary failure", account={"trouble": "unavailable"}),
    sendgrid(
        "rate-limited",
        "451 You've exceeded your messaging limits",
        account={"rate_limited": True},
    ),
    sendgrid(
        "no-from",
        "550 MIME message is missing 'From' header",
        message=b"Subject: s\r\n\r\nFrom: a@example.com\r\n",
    ),
    sendgrid(
        "unverified-sender",
        "550 The from address does not match a verified Sender Identity. Mail cannot be sent "
        f"until this error is resolved. Visit {IDENTITY_HELP} to see the Sender Identity "
        "requirements",
        account={"domains": []},
    ),
    sparkpost("accepted", "250 2.0.0 OK "),
    sparkpost("accepted", "250 2.0.0 OK ", user="SMTP_Injection:X-MSYS-SUBACCOUNT=123"),
    sparkpost("bad-key", "535 5.7.8 Sorry.", password="wrong"),
    sparkpost("bad-key", "535 5.7.8 Sorry.", user="smtp_injection"),
    sparkpost("bad-key", "535 5.7.8 Sorry.", account={"keys": [{"region": "eu"}]}),
    sparkpost("bad-key", "535 5.7.8 Sorry.", account={"keys": [{"revoked": True}]}),
    sparkpost(
        "bad-key",
        "535 5.7.8 Sorry.",
        account={"keys": [{"permissions": ["Transmissions: Read/Write"]}]},
    ),
    sparkpost("accepted", "250 2.0.0 OK ", account={"keys": [{"permissions": ["Send via SMTP"]}]}),
    sparkpost("bad-recipient", "501 5.5.2 RCPT TO syntax error", recipient="b@"),
    sparkpost(
        "unverified-domain",
        "550 5.7.1 Unconfigured Sending Domain <example.com>",
        account={"domains": [{"name": "example.com", "verified": False}]},
    ),
    sparkpost(
        "header-not-json",
        "550 5.6.0 JSON parsing error in X-MSYS-API",
        message=header("X-MSYS-API: {"),
    ),
    sparkpost(
        "header-wrong-type",
        "550 5.6.0 X-MSYS-API 'metadata' must be of type 'json object'",
        message=header('X-MSYS-API: {"metadata": 1}'),
    ),
    sparkpost(
        "campaign-too-long",
        "550 5.6.0 smtpapi_campaign_id context is limited to 64 bytes",
        message=header('X-MSYS-API: {"campaign_id": "%s"}' % ("x" * 65)),
    ),
    sparkpost(
        "trouble",
        "421 4.3.3 [internal] smtpapi unable to generate unique transmission id",
        account={"trouble": "no-generation"},
    ),
    sparkpost(
        "quota-used-up",
        "550 5.7.1 Exceed Sending Limit (daily)",
        account={"quota_used_up": True, "limit": "daily"},
    ),
    sparkpost("rate-limited", "451 4.7.1 too many messages", account={"rate_limited": True}),
    sparkpost("suspended", "550 5.7.1 account suspended", account={"suspended": True}),
    sparkpost(
        "otherwise",
        "550 5.7.1 Message generation rejected",
        message=header('X-MSYS-API: {"options": {"sandbox": true}}'),
    ),
    mailgun("accepted", "250 Great success"),
    mailgun("bad-credentials", "535 Authentication failed", password=KEY),
    mailgun("bad-credentials", "535 Authentication failed", user="someone@example.com"),
    mailgun("bad-credentials", "535 Authentication failed", user="postmaster@example.org"),
    mailgun(
        "bad-credentials",
        "535 Authentication failed",
        account={"domains": [{"name": "example.com", "region": "eu"}]},
        user="postmaster@example.com",
    ),
    mailgun(
        "accepted",
        "250 Great success",
        account={"domains": [{"name": "example.com", "smtp_users": {"app": "pw"}}]},
        user="app@example.com",
        password="pw",
    ),
    mailgun("bad-recipient", "501 cannot parse to address", recipient="b@"),
    mailgun("bad-sender", "501 cannot parse from address", message=b"Subject: x\r\n\r\nHi\r\n"),
    mailgun("bad-sender", "501 cannot parse from address", message=b"From: nobody\r\n\r\nHi\r\n"),
    mailgun(
        "not-allowed",
        f"{NOT_ALLOWED}Please activate your Mailgun account. Check your inbox or log in to your "
        "control panel to resend the activation email.",
        account={"standing": "not-activated"},
    ),
    mailgun(
        "not-allowed",
        f"{NOT_ALLOWED}Sandbox subdomains are for test purposes only. Please add your own domain "
        "or add the address to authorized recipients in Account Settings.",
        account={"domains": [{"name": "example.com", "sandbox": True}]},
    ),
    mailgun(
        "accepted",
        "250 Great success",
        account={
            "domains": [{"name": "example.com", "sandbox": True}],
            "authorized": ["b@example.net"],
        },
    ),
    mailgun(
        "not-allowed-otherwise",
        f"{NOT_ALLOWED}The domain is unverified and requires DNS configuration. Log in to your "
        "control panel to view required DNS records.",
        account={"domains": [{"name": "example.com", "verified": False}]},
    ),
    mailgun(
        "probation",
        "554 Your account is on probation and domains are limited to 100 messages / hour. Account "
        "will be enabled in 341 seconds",
        account={"standing": "probation"},
    ),
    mailgun("trouble", "451 temporary failure", account={"out_of_order": True}),
    mandrill("accepted", "250 2.0.0 Ok: queued as ", user="whoever"),
    mandrill("accepted", "250 2.0.0 Ok: queued as ", account={"domains": []}),
    mandrill("bad-key", MANDRILL, password="wrong"),
    mandrill("bad-key", MANDRILL, user=""),
    mandrill("bad-key", MANDRILL, account={"keys": [{"revoked": True}]}),
    mandrill("no-permission", MANDRILL, account={"keys": [{"permissions": ["users/senders"]}]}),
    mandrill("suspended", MANDRILL, account={"suspended": True}),
    mandrill(
        "maintenance",
        "454 4.7.0 Temporary authentication failure",
        account={"maintenance": True},
    ),
    postmark("accepted", "250 2.0.0 Ok: queued as "),
    postmark("accepted", "250 2.0.0 Ok: queued as ", account={"suppressed": ["b@example.net"]}),
    postmark("bad-token", POSTMARK, password="wrong"),
    postmark("bad-token", POSTMARK, user="wrong"),
    postmark("bad-token", f"{POSTMARK}UGFzc3dvcmQ6", password="w", challenge="UGFzc3dvcmQ6"),
    postmark("bad-token", POSTMARK, account={"keys": [{"revoked": True}]}),
    postmark("bad-token", POSTMARK, account={"account_tokens": ["a"]}, user="a", password="a"),
    postmark("smtp-disabled", POSTMARK, account={"smtp_activated": False}),
    postmark("smtp-disabled", POSTMARK, account={"server_active": False}),
    postmark("trouble", "451 4.3.0 temporary failure", account={"trouble": "maintenance"}),
    resend("accepted", "250 OK: message queued"),
    resend("accepted", "250 OK: message queued", account={"suppressed": ["b@example.net"]}),
    resend("accepted", "250 OK: message queued", message=header("Resend-Idempotency-Key: k")),
    resend("bad-username", "535 Invalid username", user="Resend"),
    resend("bad-username", "535 Invalid username", user="", password="wrong"),
    resend("bad-key", RESEND, password="wrong"),
    *(
        resend("bad-key", RESEND, account={"keys": [{state: value}]})
        for state, value in (("revoked", True), ("active", False), ("suspended", True))
    ),
    resend("bad-key", RESEND, account={"suspended": True}),
    resend(
        "refused",
        "550 The example.com domain is not verified. Please, add and verify your domain on "
        "https://resend.com/domains",
        account={"domains": []},
    ),
    resend("refused", "550 Missing `to` field.", message=b"From: a@example.com\r\n\r\nt\r\n"),
    resend(
        "refused",
        "550 Too many requests. You can only make 10 requests per second.",
        account={"rate_limited": True},
    ),
    resend(
        "refused",
        "550 Idempotency keys, if present, must have between 1 and 256 characters.",
        message=header("Resend-Idempotency-Key: " + "k" * 257),
    ),
    resend(
        "quota",
        "450 You have reached your daily email sending quota.",
        account={"quota_used_up": True},
    ),
    resend("trouble", "450 An unexpected error occurred.", account={"trouble": "error"}),
    resend("trouble", "450 API is temporarily unavailable", account={"trouble": "unavailable"}),
]


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{CASES.index(case)}-{case.vendor}-{case.reply}"
)
def test_a_state_has_its_reply_in_the_words_of_the_vendor(case: Case) -> None:
    reply = run(case)
    assert reply.name == case.reply
    if case.says.endswith(" ") and reply.is_positive:
        assert reply.text.startswith(case.says)
    else:
        assert reply.text == case.says


@pytest.mark.parametrize("vendor", provider_names())
def test_every_reply_is_served_and_says_how_it_is_known(vendor: str) -> None:
    replies = submission(vendor).replies
    assert {case.reply for case in CASES if case.vendor == vendor} == set(replies)
    for reply in replies.values():
        assert reply.when
        assert reply.text[:3].isdigit()
        assert reply.text[3] == " "
        assert reply.source
        assert (reply.mark is Mark.SYNTHETIC) == ("is not known" in reply.source)


FROM = b"From: a@example.com\r\n"
STARTS = [
    b"From: ",
    FROM + b"X-MSYS-API: ",
    FROM + b"To: ",
    FROM + b"Subject: =?",
    FROM + b"Content-Type: ",
    FROM + b"Content-Type: text/plain; charset=",
    FROM + b"Content-Type: text/plain; charset*=",
    FROM + b"Content-Disposition: attachment; filename*=",
    FROM + b"Content-Transfer-Encoding: base64\r\n\r\n",
]


@pytest.mark.parametrize("vendor", provider_names())
@given(octets=st.binary(max_size=200), mail_from=st.text(max_size=20), user=st.text(max_size=20))
def test_nothing_that_comes_in_raises(
    vendor: str, octets: bytes, mail_from: str, user: str
) -> None:
    for start in STARTS:
        case = Case(vendor=vendor, reply="", says="", message=start + octets, mail_from=mail_from)
        assert run(case).text.isprintable()
    run(Case(vendor=vendor, reply="", says="", user=user, recipient=mail_from))
