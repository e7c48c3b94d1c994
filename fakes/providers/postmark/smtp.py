"""Postmark's SMTP service: the server token as user name and as password.

It takes nearly everything; what the API would refuse becomes a bounce of the type `SMTPApiError`.
Sources: postmarkapp.com, developer pages (send-email-with-smtp, smtp-api-error); sessions quoted in
issue threads, the EHLO reply from 2016 (mautic/mautic#1700).
"""

from __future__ import annotations

import string
from collections.abc import Mapping

from ...marks import Mark
from ...smtp.exchange import Attempt, Dialect, VendorReply, by_name
from ..keys import ApiKey, find_proven
from ..submission import Submission, SubmissionContext, Submitted, Taken, as_sent
from .account import PostmarkAccount, PostmarkMail
from .mailbox import AddressWithName
from .mime import item_of
from .sending import send
from .vendor import VENDOR

_QUEUE_ID = string.digits + "ABCDEF"
_PAGES = "postmarkapp.com, send-email-with-smtp and smtp-api-error"
_UNKNOWN = "Postmark's own reply is not known"
API_ERROR = "SMTPApiError"
_LINES = (
    "smtp.postmarkapp.com", "PIPELINING", "SIZE 20480000", "VRFY", "STARTTLS",
    "AUTH PLAIN LOGIN CRAM-MD5", "AUTH=PLAIN LOGIN CRAM-MD5", "ENHANCEDSTATUSCODES", "8BITMIME",
    "DSN",
)  # fmt: skip

DIALECT = Dialect(
    source="mautic/mautic#1700 (2016); the replies to MAIL, RCPT and DATA are inferred: Postfix's. "
    "ETRN and DIGEST-MD5, which it offers, are left out: the fake has neither",
    greeting="smtp.postmarkapp.com ESMTP sc-ams-smtp1",
    clear=_LINES,
    secure=tuple(line for line in _LINES if line != "STARTTLS"),
    starttls="220 2.0.0 Ready to start TLS",
    authenticated="235 2.7.0 Authentication successful",
    sender="250 2.1.0 Ok",
    recipient="250 2.1.5 Ok",
    go_ahead="354 End data with <CR><LF>.<CR><LF>",
    bye="221 2.0.0 Bye",
    # inferred: Postfix's words
    unauthenticated=("RCPT", "554 5.7.1 <unknown[127.0.0.1]>: Client host rejected: Access denied"),
    too_large="552 5.3.4 Message size exceeds fixed limit",  # inferred: Postfix's words
    size=20_480_000,
    mechanisms=("PLAIN", "LOGIN", "CRAM-MD5"),
    implicit=False,
    done="250 2.0.0 Ok",  # seen
)

REPLIES = by_name(
    [
        VendorReply(
            name="accepted",
            when="always, after a token: what the API would refuse bounces later; the id is that "
            "of the queue",
            text="250 2.0.0 Ok: queued as <id>",
            mark=Mark.SEEN,
            source=f"a relay's log of 2026; {_PAGES}",
        ),
        VendorReply(
            name="bad-token",
            when="the token is no server token of the account's, or is an account token; the last "
            "prompt comes back at the end, and with PLAIN there is none",
            text="535 5.7.8 Error: authentication failed: <challenge>",
            mark=Mark.SEEN,
            source="mautic/mautic#1700 (2016), symfony/symfony#48284 (2022); with PLAIN: "
            "nodemailer-wellknown#14",
        ),
        VendorReply(
            name="smtp-disabled",
            when="the server takes no mail over SMTP, or is not active",
            text="535 5.7.8 Error: authentication failed: <challenge>",
            mark=Mark.INFERRED,
            source=f"{_PAGES} say that it fails; the code is inferred",
        ),
        VendorReply(
            name="trouble",
            when="Postmark is down or broken, or gets too many messages",
            text="451 4.3.0 temporary failure",
            mark=Mark.SYNTHETIC,
            source=_UNKNOWN,
        ),
    ]
)


class PostmarkSubmission(Submission[PostmarkAccount, ApiKey]):
    """Postmark's SMTP service."""

    vendor = VENDOR
    dialect = DIALECT
    replies = REPLIES

    def credentials(
        self, account: PostmarkAccount, given: Mapping[str, str], *, region: str
    ) -> tuple[str, str]:
        """The server token, twice."""
        del account, region
        return given["server_token"], given["server_token"]

    def admit(
        self, account: PostmarkAccount, attempt: Attempt, *, region: str
    ) -> ApiKey | VendorReply:
        """The server token that was given twice."""
        key = find_proven(account.keys, attempt.proves, region=region)
        challenge = attempt.last_challenge
        if key is None or key.revoked or attempt.username.lower() != (key.key or "").lower():
            return REPLIES["bad-token"].filled(challenge=challenge)
        if not (account.smtp_activated and account.server_active):
            return REPLIES["smtp-disabled"].filled(challenge=challenge)
        return key

    def take(
        self, account: PostmarkAccount, message: Submitted, where: SubmissionContext[ApiKey]
    ) -> Taken[PostmarkAccount]:
        """Take it as the API takes the same in fields; what that refuses is taken and bounces."""
        if account.trouble is not None or account.rate_limited:
            return Taken(account=account, reply=REPLIES["trouble"])
        item = item_of(message)
        outcome = send(account, item, template=False, test=False, now=where.now)
        if outcome.accepted:
            account, accepted = as_sent(account, outcome, message)
        else:
            identifier, account = account.next_uuid()
            account, accepted = account.keep(_refused(message, item, identifier, where)), ()
        queued, account = account.next_id(4, _QUEUE_ID)
        reply = REPLIES["accepted"].filled(id=queued)
        return Taken(account=account, reply=reply, accepted=accepted)


def _refused(
    message: Submitted,
    item: Mapping[str, object],
    identifier: str,
    where: SubmissionContext[ApiKey],
) -> PostmarkMail:
    """What the API refuses: it bounces for each of its recipients."""
    recipients = message.envelope.rcpt_tos
    return PostmarkMail(
        provider_id=identifier,
        mail_from=message.sender,
        recipients=recipients,
        at=where.now,
        subject=message.header("Subject"),
        state="bounced",
        mime=message.octets,
        sender=str(item["From"]),
        to=tuple(AddressWithName(name="", address=address) for address in recipients),
        stream=str(item["MessageStream"]),
        bounces=tuple((address, API_ERROR) for address in recipients),
    )


SUBMISSION = PostmarkSubmission()
