"""A bounce as Postmark tells of it, in its Bounce API and to a webhook alike."""

from __future__ import annotations

from typing import Any

from ..webhook import Happened, MailEvent
from .account import PostmarkMail
from .sending import stamp

SERVER = 1
BOUNCING = frozenset([MailEvent.BOUNCED, MailEvent.DEFERRED, MailEvent.COMPLAINED])
# Types of bounces: their code, their name, what is said of them (postmarkapp.com, Bounce API; also
# in the comments of the vendor's client for .NET).
_HARD = (
    "HardBounce", 1, "Hard bounce",
    "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
)  # fmt: skip
_SOFT = (
    "SoftBounce", 4096, "Soft bounce",
    ("Unable to temporarily deliver message (i.e. mailbox full, account disabled, exceeds quota, "
     "out of disk space)."),
)  # fmt: skip
_TRANSIENT = (
    "Transient", 2, "Message delayed",
    ("The server could not temporarily deliver your message (ex: Message is delayed due to network "
     "troubles)."),
)  # fmt: skip
# The code of the vendor's own example of this webhook; its table of types has 100001.
_COMPLAINT = ("SpamComplaint", 512, "Spam complaint", "")


def bounce_row(happened: Happened, mail: PostmarkMail) -> dict[str, Any]:
    """The bounce, but for what each message has."""
    kind, code, name, description = {
        MailEvent.DEFERRED: _TRANSIENT,
        MailEvent.COMPLAINED: _COMPLAINT,
    }.get(happened.event, _SOFT if happened.soft else _HARD)
    return {
        "ID": int(happened.identity[:12], 16) % 4_000_000_000,
        "Type": kind,
        "TypeCode": code,
        "Name": name,
        "ServerID": SERVER,
        "Description": description,
        "Details": f"smtp;{happened.words}" if happened.words else "",
        "Email": happened.recipient,
        "From": mail.mail_from,
        "BouncedAt": stamp(happened.at),
        "DumpAvailable": True,
        "Inactive": kind in {"HardBounce", "SpamComplaint"},
        "CanActivate": kind == "HardBounce",
        "Subject": mail.subject,
    }
