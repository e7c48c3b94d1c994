"""SendGrid's SMTP service: the user `apikey`, an API key as the password.

What it says is in `smtp.toml`.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path

from ...smtp.exchange import Attempt, Envelope, VendorReply
from ..keys import ApiKey, find_proven
from ..submission import Submission, SubmissionContext, Submitted, Taken
from ..vendor_replies import VendorReplies
from .account import SendGridAccount, SendGridMail
from .smtp_header import SmtpHeader
from .vendor import VENDOR

_ID = string.ascii_letters + string.digits + "-_"
_USER = "apikey"

REPLIES = VendorReplies(Path(__file__).with_name("smtp.toml"))


class SendGridSubmission(Submission[SendGridAccount, ApiKey]):
    """SendGrid's SMTP service."""

    vendor = VENDOR
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
        said = SmtpHeader.of(message)
        dropped = account.suppressed_of(recipients, group=said.group)
        mail = SendGridMail(
            provider_id=identifier,
            mail_from=message.sender,
            recipients=recipients,
            subject=message.header("Subject"),
            at=where.now,
            state="dropped" if len(dropped) == len(recipients) else "processed",
            mime=message.octets,
            dropped=dropped,
            tags=said.tags,
            metadata=said.metadata,
            send_at=said.send_at,
        )
        reply = REPLIES["accepted"].filled(id=identifier)
        return Taken(account=account.keep(mail), reply=reply, accepted=(mail,))


SUBMISSION = SendGridSubmission()
