"""Mandrill's SMTP service: any user name, an API key as the password.

It takes nearly everything, and rejects later: that shows in the activity only. What it says is in
`smtp.toml`.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ...smtp.exchange import Attempt, VendorReply
from ..accepted_mail import AcceptedMail
from ..keys import find_proven
from ..refusal import Refuse
from ..strict_json import NotJsonError, strict_json
from ..submission import Submission, SubmissionContext, Submitted, Taken, as_sent
from ..vendor_replies import VendorReplies
from .account import MandrillAccount, MandrillKey
from .sending import send
from .validation import sending_time, text_of
from .vendor import VENDOR

_USER = "mailer"
_RAW = "messages/send-raw"
_QUEUE_ID = string.digits + "ABCDEF"

REPLIES = VendorReplies(Path(__file__).with_name("smtp.toml"))


class MandrillSubmission(Submission[MandrillAccount, MandrillKey]):
    """Mandrill's SMTP service."""

    vendor = VENDOR
    replies = REPLIES

    def credentials(
        self, account: MandrillAccount, given: Mapping[str, str], *, region: str
    ) -> tuple[str, str]:
        """Some user name, and the key."""
        del account, region
        return _USER, given["api_key"]

    def admit(
        self, account: MandrillAccount, attempt: Attempt, *, region: str
    ) -> MandrillKey | VendorReply:
        """The key; the name does not matter."""
        if account.maintenance:
            return REPLIES["maintenance"]
        key = find_proven(account.keys, attempt.proves, region=region)
        if not isinstance(key, MandrillKey) or key.revoked or not attempt.username:
            return REPLIES["bad-key"]
        if not key.may(_RAW):
            return REPLIES["no-permission"]
        return REPLIES["suspended"] if account.suspended else key

    def take(
        self, account: MandrillAccount, message: Submitted, where: SubmissionContext[MandrillKey]
    ) -> Taken[MandrillAccount]:
        """Take it as messages/send-raw does, which rejects or queues without a word here."""
        body = {
            "raw_message": message.octets.decode("utf-8", "replace"),
            "to": list(message.envelope.rcpt_tos),
            **_send_at(message),
        }
        after = account
        mail: tuple[AcceptedMail, ...] = ()
        with suppress(Refuse):
            outcome = send(account, _RAW, body, where.who, where.now)
            after, mail = as_sent(
                account, outcome, message, tags=_tags(message), metadata=_metadata(message)
            )
        identifier, after = after.next_id(12, _QUEUE_ID)
        return Taken(account=after, reply=REPLIES["accepted"].filled(id=identifier), accepted=mail)


def _tags(message: Submitted) -> tuple[str, ...]:
    """X-MC-Tags: a list with commas."""
    tags = (tag.strip() for tag in message.header("X-MC-Tags").split(","))
    return tuple(tag for tag in tags if tag)


def _send_at(message: Submitted) -> dict[str, str]:
    """X-MC-SendAt: a time in UTC, as `send_at` is; what is none is passed over (inferred).

    Source: clients in public repositories that set it so (read 2026-11).
    """
    given = {"send_at": message.header("X-MC-SendAt")}
    return given if sending_time(given) is not None else {}


def _metadata(message: Submitted) -> dict[str, str]:
    """X-MC-Metadata: a JSON object; what is none is passed over."""
    try:
        given = strict_json(message.header("X-MC-Metadata"))
    except NotJsonError:
        return {}
    pairs = given.items() if isinstance(given, dict) else ()
    return {text_of(name): text_of(value) for name, value in pairs}


SUBMISSION = MandrillSubmission()
