"""Resend's SMTP service: the user `resend`, an API key as the password.

What its API would refuse it refuses after the message, in the API's words.

What it says is in `smtp.toml`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ...http.exchange import Response
from ...smtp.exchange import Attempt, VendorReply
from ..keys import find_proven
from ..submission import Submission, SubmissionContext, Submitted, Taken, as_sent
from ..vendor_replies import VendorReplies
from .account import ResendAccount, ResendKey
from .idempotency import KeyedRequest, wrong_key
from .mime import IDEMPOTENCY_KEY, item_of
from .refusals import refuse
from .sending import Sending, send
from .vendor import VENDOR

_USER = "resend"
# The reply to a refusal of the API's, where it is another than usual.
_KINDS = {
    "daily-quota": "quota",
    "monthly-quota": "quota",
    "server-error": "trouble",
    "unavailable": "trouble",
}

REPLIES = VendorReplies(Path(__file__).with_name("smtp.toml"))


class ResendSubmission(Submission[ResendAccount, ResendKey]):
    """Resend's SMTP service."""

    vendor = VENDOR
    replies = REPLIES

    def credentials(
        self, account: ResendAccount, given: Mapping[str, str], *, region: str
    ) -> tuple[str, str]:
        """The literal `resend` and the key."""
        del account, region
        return _USER, given["api_key"]

    def admit(
        self, account: ResendAccount, attempt: Attempt, *, region: str
    ) -> ResendKey | VendorReply:
        """The key; each one may send."""
        if attempt.username != _USER:
            return REPLIES["bad-username"]
        key = find_proven(account.keys, attempt.proves, region=region)
        if not isinstance(key, ResendKey) or key.revoked or not key.active:
            return REPLIES["bad-key"]
        return REPLIES["bad-key"] if key.suspended or account.suspended else key

    def take(
        self, account: ResendAccount, message: Submitted, where: SubmissionContext[ResendKey]
    ) -> Taken[ResendAccount]:
        """Take it as the API takes the same in fields, or refuse it in the API's words."""
        if account.trouble is not None:
            trouble = "server-error" if account.trouble == "error" else "unavailable"
            return _refused(account, refuse(trouble))
        if account.rate_limited:
            return _refused(account, refuse("rate-limited", limit=str(account.requests_a_second)))
        named = message.headers.get(IDEMPOTENCY_KEY)
        wrong = wrong_key(None if named is None else str(named))
        if wrong is not None:
            return _refused(account, wrong)
        item = item_of(message)
        keyed = KeyedRequest.of(
            None if named is None else str(named), endpoint="smtp", body=item, now=where.now
        )
        sending = Sending(account=account, key=where.who, request=keyed, now=where.now)
        outcome = send(sending, item)
        if outcome.response.status != 200:
            return _refused(account, outcome.response)
        own = {"recipients": message.envelope.rcpt_tos, "subject": message.header("Subject")}
        account, accepted = as_sent(account, outcome, message, **own)
        return Taken(
            account=account, reply=REPLIES["accepted"], accepted=accepted, again=outcome.again
        )


def _refused(account: ResendAccount, response: Response) -> Taken[ResendAccount]:
    """The reply with the API's message."""
    reply = REPLIES[_KINDS.get(response.case, "refused")]
    words = str(json.loads(response.body)["message"])
    return Taken(account=account, reply=reply.filled(words=words))


SUBMISSION = ResendSubmission()
