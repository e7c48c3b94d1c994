"""Mandrill's SMTP service: any user name, an API key as the password.

It takes nearly everything, and rejects later: that shows in the activity only. Sources: a session
of 2024-08 (public swaks transcript), others of 2022 (passbolt); issue threads ("seen").
"""

from __future__ import annotations

import string
from collections.abc import Mapping

from ...marks import Mark
from ...smtp.exchange import Attempt, Dialect, VendorReply, by_name
from ..keys import find_proven
from ..strict_json import NotJsonError, strict_json
from ..submission import Submission, SubmissionContext, Submitted, Taken, as_sent
from .account import MandrillAccount, MandrillKey
from .sending import send
from .validation import text_of
from .vendor import VENDOR

_USER = "mailer"
_RAW = "messages/send-raw"
_QUEUE_ID = string.digits + "ABCDEF"
_SESSION = "public swaks transcript (2024-08)"
_UNKNOWN = "Mandrill's own reply is not known"

DIALECT = Dialect(
    source=f"{_SESSION}; passbolt (2022). CHUNKING, which it offers inside TLS, is left out: the "
    "fake has no BDAT",
    greeting="smtp.mandrillapp.com ESMTP",
    clear=(
        "smtp.passthru", "SIZE 26214400", "STARTTLS", "AUTH PLAIN LOGIN", "ENHANCEDSTATUSCODES",
        "8BITMIME", "XFILTERED",
    ),
    secure=(
        "relay-3.eu-central-1.tx-prod", "PIPELINING", "SIZE 26214400", "AUTH PLAIN LOGIN",
        "ENHANCEDSTATUSCODES", "8BITMIME",
    ),
    starttls="220 2.0.0 Ready to start TLS",
    authenticated="235 2.7.0 Authentication successful",
    sender="250 2.1.0 Ok",
    recipient="250 2.1.5 Ok",
    go_ahead="354 End data with <CR><LF>.<CR><LF>",
    bye="221 2.0.0 Bye",
    unauthenticated=("MAIL", "530 5.7.0 Authentication required"),  # inferred: Postfix's words
    too_large="552 5.3.4 Message size exceeds fixed limit",  # inferred: Postfix's words
    size=26_214_400,
    done="250 2.0.0 Ok",  # inferred: Postfix's words
)  # fmt: skip

REPLIES = by_name(
    [
        VendorReply(
            name="accepted",
            when="always, after a key: a domain that is not verified, an invalid sender and "
            "recipients on the denylist show only in the activity; the id is that of the queue",
            text="250 2.0.0 Ok: queued as <id>",
            mark=Mark.SEEN,
            source=f"{_SESSION}; nodemailer/nodemailer#412",
        ),
        VendorReply(
            name="bad-key",
            when="the password is no key of the account's, or there is no user name",
            text="435 4.7.8 Error: authentication failed:",
            mark=Mark.SEEN,
            source="nodemailer/nodemailer#280; the source of Metabase",
        ),
        VendorReply(
            name="no-permission",
            when=f"the key may not call {_RAW}",
            text="435 4.7.8 Error: authentication failed:",
            mark=Mark.INFERRED,
            source="inferred: the API does not tell such a key from a wrong one either",
        ),
        VendorReply(
            name="suspended",
            when="the account is suspended",
            text="435 4.7.8 Error: authentication failed:",
            mark=Mark.SYNTHETIC,
            source=_UNKNOWN,
        ),
        VendorReply(
            name="maintenance",
            when="the subsystem is down",
            text="454 4.7.0 Temporary authentication failure",
            mark=Mark.SYNTHETIC,
            source=_UNKNOWN,
        ),
    ]
)


class MandrillSubmission(Submission[MandrillAccount, MandrillKey]):
    """Mandrill's SMTP service."""

    vendor = VENDOR
    dialect = DIALECT
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
        }
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


def _metadata(message: Submitted) -> dict[str, str]:
    """X-MC-Metadata: a JSON object; what is none is passed over."""
    try:
        given = strict_json(message.header("X-MC-Metadata"))
    except NotJsonError:
        return {}
    pairs = given.items() if isinstance(given, dict) else ()
    return {text_of(name): text_of(value) for name, value in pairs}


SUBMISSION = MandrillSubmission()
