"""SendGrid's SMTP service: the user `apikey`, an API key as the password.

Sources: sendgrid/docs (SMTP pages) for ports, credentials and limits; sessions and replies quoted
in public issue threads ("seen").
"""

from __future__ import annotations

import string
from collections.abc import Mapping

from ...marks import Mark
from ...smtp.exchange import Attempt, Dialect, Envelope, VendorReply, by_name
from ..keys import ApiKey, find_proven
from ..submission import Submission, SubmissionContext, Submitted, Taken
from .account import SendGridAccount, SendGridMail
from .vendor import VENDOR

_ID = string.ascii_letters + string.digits + "-_"
_USER = "apikey"
_THREADS = "sessions quoted in public issue threads"
_IDENTITY_HELP = "https://sendgrid.com/docs/for-developers/sending-email/sender-identity/"
_UNKNOWN = "SendGrid's own reply is not known"

_LINES = (
    "smtp.sendgrid.net", "8BITMIME", "PIPELINING", "SIZE 31457280", "STARTTLS",
    "AUTH PLAIN LOGIN", "AUTH=PLAIN LOGIN",
)  # fmt: skip

DIALECT = Dialect(
    source="sendgrid/docs#2491, #2638; mautic/mautic#8721; stevenrombauts.be (STARTTLS inside TLS, "
    "which some of them show, is left out)",
    greeting="SG ESMTP service ready at geopod-ismtpd-6-0",
    clear=_LINES,
    secure=tuple(line for line in _LINES if line != "STARTTLS"),
    starttls="220 Begin TLS negotiation now",
    authenticated="235 Authentication successful",
    sender="250 Sender address accepted",
    recipient="250 Recipient address accepted",
    go_ahead="354 Continue",
    bye="221 See you later",
    done="250 Ok",  # synthetic: RSET is in no session
    unauthenticated=("MAIL", "550 Unauthenticated senders not allowed"),  # sendgrid/docs#6473
    too_large="552 message exceeds the size limit",  # synthetic: only the limit is known
    size=31_457_280,
)

REPLIES = by_name(
    [
        VendorReply(
            name="accepted",
            when="the message is taken; the id is that of X-Message-Id",
            text="250 Ok: queued as <id>",
            mark=Mark.SEEN,
            source=_THREADS,
        ),
        VendorReply(
            name="bad-key",
            when="the user is not `apikey`, or the key is no key of the account's",
            text="535 Authentication failed: Bad username / password",
            mark=Mark.SEEN,
            source=_THREADS,
        ),
        VendorReply(
            name="revoked-key",
            when="the key was revoked",
            text="535 Authentication failed: The provided authorization grant is invalid, expired, "
            "or revoked",
            mark=Mark.SEEN,
            source=_THREADS,
        ),
        VendorReply(
            name="no-permission",
            when="the key lacks the scope mail.send",
            text="535 Authentication failed: Bad username / password",
            mark=Mark.INFERRED,
            source="inferred: nothing else is known to be said to a key",
        ),
        VendorReply(
            name="suspended",
            when="the account is disabled",
            text="535 Authentication failed: account disabled",
            mark=Mark.SEEN,
            source=_THREADS,
        ),
        VendorReply(
            name="credits-used-up",
            when="the plan is used up or the trial is over",
            text="451 Authentication failed: Maximum credits exceeded",
            mark=Mark.SEEN,
            source=_THREADS,
        ),
        VendorReply(
            name="trouble",
            when="SendGrid has a fault of its own",
            text="451 temporary failure",
            mark=Mark.SYNTHETIC,
            source=_UNKNOWN,
        ),
        VendorReply(
            name="rate-limited",
            when="too many messages; the reply to DATA",
            text="451 You've exceeded your messaging limits",
            mark=Mark.SEEN,
            source=_THREADS,
        ),
        VendorReply(
            name="no-from",
            when="the message has no From; the reply to the message",
            text="550 MIME message is missing 'From' header",
            mark=Mark.SEEN,
            source="golang/go pull request 43372 (2020), symfony issue 48643 (2022), "
            "gotosocial issue 1716 (2023), optscale issue 620 (2025)",
        ),
        VendorReply(
            name="unverified-sender",
            when="the From address is no verified Sender Identity; the reply to the message",
            text="550 The from address does not match a verified Sender Identity. Mail cannot be "
            f"sent until this error is resolved. Visit {_IDENTITY_HELP} to see the Sender Identity "
            "requirements",
            mark=Mark.SEEN,
            source=_THREADS,
        ),
    ]
)


class SendGridSubmission(Submission[SendGridAccount, ApiKey]):
    """SendGrid's SMTP service."""

    vendor = VENDOR
    dialect = DIALECT
    replies = REPLIES

    def credentials(
        self, account: SendGridAccount, given: Mapping[str, str], *, region: str
    ) -> tuple[str, str]:
        """The literal `apikey` and the key."""
        del account, region
        return _USER, given["api_key"]

    def admit(
        self, account: SendGridAccount, attempt: Attempt, *, region: str
    ) -> ApiKey | VendorReply:
        """The key, where it may send."""
        if account.trouble is not None:
            return REPLIES["trouble"]
        key = find_proven(account.keys, attempt.proves, region=region)
        if key is None or attempt.username != _USER:
            return REPLIES["bad-key"]
        if key.revoked:
            return REPLIES["revoked-key"]
        if not key.may("mail.send"):
            return REPLIES["no-permission"]
        if account.suspended:
            return REPLIES["suspended"]
        return REPLIES["credits-used-up"] if account.quota_used_up else key

    def data_refusal(
        self, account: SendGridAccount, envelope: Envelope, where: SubmissionContext[ApiKey]
    ) -> VendorReply | None:
        """The limits."""
        del envelope, where
        return REPLIES["rate-limited"] if account.rate_limited else None

    def take(
        self, account: SendGridAccount, message: Submitted, where: SubmissionContext[ApiKey]
    ) -> Taken[SendGridAccount]:
        """Take what comes from a Sender Identity; suppressed recipients are dropped later."""
        if "From" not in message.headers:
            return Taken(account=account, reply=REPLIES["no-from"])
        senders = message.addresses("From")
        if not senders or not all(account.is_identity(one, where.region) for one in senders):
            return Taken(account=account, reply=REPLIES["unverified-sender"])
        identifier, account = account.next_id(22, _ID)
        recipients = message.envelope.rcpt_tos
        dropped = account.suppressed_of(recipients)
        mail = SendGridMail(
            provider_id=identifier,
            mail_from=message.sender,
            recipients=recipients,
            subject=message.header("Subject"),
            at=where.now,
            state="dropped" if len(dropped) == len(recipients) else "processed",
            mime=message.octets,
            dropped=dropped,
        )
        reply = REPLIES["accepted"].filled(id=identifier)
        return Taken(account=account.keep(mail), reply=reply, accepted=(mail,))


SUBMISSION = SendGridSubmission()
