"""A bounce as Postmark tells of it, in its Bounce API and to a webhook alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..webhook import Happened, MailEvent
from .account import PostmarkMail
from .bounce_types import COMPLAINT, HARD, SOFT, TRANSIENT, TYPES, BounceType
from .sending import stamp

SERVER = 1
BOUNCING = frozenset([MailEvent.BOUNCED, MailEvent.DEFERRED, MailEvent.COMPLAINED])
# The code of the vendor's own example of this webhook; its table of types has another.
_COMPLAINT = replace(COMPLAINT, code=512)


def bounce_row(happened: Happened, mail: PostmarkMail) -> dict[str, Any]:
    """The bounce, but for what each message has."""
    kind = _type_of(happened, mail)
    return {
        "ID": int(happened.identity[:12], 16) % 4_000_000_000,
        "Type": kind.name,
        "TypeCode": kind.code,
        "Name": kind.title,
        "ServerID": SERVER,
        "Description": kind.said,
        "Details": f"smtp;{happened.words}" if happened.words else "",
        "Email": happened.recipient,
        "From": mail.mail_from,
        "BouncedAt": stamp(happened.at),
        "DumpAvailable": True,
        "Inactive": kind in {HARD, _COMPLAINT},
        "CanActivate": kind is HARD,
        "Subject": mail.subject,
    }


def _type_of(happened: Happened, mail: PostmarkMail) -> BounceType:
    if happened.event is MailEvent.DEFERRED:
        return TRANSIENT
    if happened.event is MailEvent.COMPLAINED:
        return _COMPLAINT
    if not happened.soft:
        return HARD
    # What a test address asks for; all but hard bounces leave the recipient as it is.
    asked = dict(mail.bounces).get(happened.recipient, SOFT.name)
    return TYPES[asked] if asked not in {HARD.name, TRANSIENT.name} else SOFT
