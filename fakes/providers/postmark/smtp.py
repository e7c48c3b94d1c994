"""Postmark's SMTP service: the server token as user name and as password.

It takes nearly everything; what the API would refuse becomes a bounce of the type `SMTPApiError`.
What it says is in `smtp.toml`.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from pathlib import Path

from ...smtp.exchange import Attempt, VendorReply
from ..keys import ApiKey, find_proven
from ..refusal import Refuse
from ..submission import Submission, SubmissionContext, Submitted, Taken, as_sent
from ..vendor_replies import VendorReplies
from .account import PostmarkAccount, PostmarkMail
from .mailbox import AddressWithName
from .mime import item_of
from .sending import send
from .vendor import VENDOR

_QUEUE_ID = string.digits + "ABCDEF"
API_ERROR = "SMTPApiError"
REPLIES = VendorReplies(Path(__file__).with_name("smtp.toml"))


class PostmarkSubmission(Submission[PostmarkAccount, ApiKey]):
    """Postmark's SMTP service."""

    vendor = VENDOR
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
        try:
            outcome = send(account, item, template=False, test=False, now=where.now)
            account, accepted = as_sent(account, outcome, message)
        except Refuse:
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
