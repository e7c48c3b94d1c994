"""Resend's SMTP service: the user `resend`, an API key as the password.

What its API would refuse it refuses after the message, in the API's words.

Sources: resend.com/docs, send-with-smtp (read 2026-11) for ports, credentials and the idempotency
key; sessions and replies quoted in public logs and issue threads ("seen"). The words that were seen
are those of the package smtp-server of Nodemailer, from which those that were not are inferred.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ...http.exchange import Response
from ...marks import Mark
from ...smtp.exchange import Attempt, Dialect, VendorReply, by_name
from ..keys import find_proven
from ..submission import Submission, SubmissionContext, Submitted, Taken, as_sent
from .account import ResendAccount, ResendKey
from .idempotency import KeyedRequest, wrong_key
from .mime import IDEMPOTENCY_KEY, item_of
from .refusals import refuse
from .sending import Sending, send
from .vendor import VENDOR

_USER = "resend"
_SEEN = "sessions and logs quoted in public repositories and issue threads"
# The reply to a refusal of the API's, where it is another than usual.
_KINDS = {
    "daily-quota": "quota",
    "monthly-quota": "quota",
    "server-error": "trouble",
    "unavailable": "trouble",
}
_LINES = ("smtp.resend.com", "PIPELINING", "8BITMIME", "SMTPUTF8", "STARTTLS", "AUTH PLAIN LOGIN")

DIALECT = Dialect(
    source=f"{_SEEN} (2026-08 to 2026-09): greeting, STARTTLS, AUTH and the replies to them; the "
    "rest, and the order of the lines, is inferred from smtp-server (2026-06)",
    greeting="Resend SMTP Relay ESMTP",
    clear=_LINES,
    secure=tuple(line for line in _LINES if line != "STARTTLS"),
    starttls="220 Ready to start TLS",
    authenticated="235 Authentication successful",
    sender="250 Accepted",
    recipient="250 Accepted",
    go_ahead="354 End data with <CR><LF>.<CR><LF>",
    bye="221 Bye",
    done="250 OK",
    unauthenticated=("MAIL", "530 Error: authentication Required"),
    too_large="552 Error: message exceeds fixed maximum message size",
    size=40_000_000,  # the limit of attachments; one of messages is not known
    tls="required",
    smtputf8=True,
)

REPLIES = by_name(
    [
        VendorReply(
            name="accepted",
            when="the message is taken",
            text="250 OK: message queued",
            mark=Mark.INFERRED,
            source="smtp-server (2026-06); Resend's own words are in no session",
        ),
        VendorReply(
            name="bad-username",
            when="the user is not `resend` in small letters; the key is not looked at",
            text="535 Invalid username",
            mark=Mark.SEEN,
            source="donetick issue 680 (2026-05); a session of 2026-08-06",
        ),
        VendorReply(
            name="bad-key",
            when="the password is no key of the team's, or one that is not active or suspended",
            text="535 Authentication credentials invalid",
            mark=Mark.SEEN,
            source=f"{_SEEN} (2026-08-06), for unknown keys; inferred for the others",
        ),
        VendorReply(
            name="refused",
            when="the API would refuse the message; the reply to the message",
            text="550 <words>",
            mark=Mark.SEEN,
            source=f"{_SEEN} (2026-08 to 2026-09-05), for recipients, senders, bodies, keys of "
            "other domains and too many messages; before that it was 450",
        ),
        VendorReply(
            name="quota",
            when="a quota is used up; the reply to the message",
            text="450 <words>",
            mark=Mark.SEEN,
            source=f"{_SEEN} (2026-10), for the daily quota",
        ),
        VendorReply(
            name="trouble",
            when="Resend has an error of its own or is unavailable; the reply to the message",
            text="450 <words>",
            mark=Mark.INFERRED,
            source="smtp-server (2026-06): its code where it is told none",
        ),
    ]
)


class ResendSubmission(Submission[ResendAccount, ResendKey]):
    """Resend's SMTP service."""

    vendor = VENDOR
    dialect = DIALECT
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
        return Taken(account=account, reply=REPLIES["accepted"], accepted=accepted)


def _refused(account: ResendAccount, response: Response) -> Taken[ResendAccount]:
    """The reply with the API's message."""
    reply = REPLIES[_KINDS.get(response.case, "refused")]
    words = str(json.loads(response.body)["message"])
    return Taken(account=account, reply=reply.filled(words=words))


SUBMISSION = ResendSubmission()
