"""What became of the mail that was accepted, as far as a fake can know it.

What somebody let happen to it has happened. Mail to suppressed recipients bounces, and the mailbox
simulator does what its addresses say; of all other mail it is known only that it was sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..accepted_mail import AcceptedMail
from ..webhook import MailEvent, what_became_of
from .account import SesAccount
from .limits import is_simulator
from .sending import is_bounced

_TWO_WEEKS = timedelta(days=14)
_POINT = 15 * 60
_TYPES = {
    MailEvent.DELIVERED: "DELIVERY",
    MailEvent.DEFERRED: "DELIVERY_DELAY",
    MailEvent.BOUNCED: "BOUNCE",
    MailEvent.DROPPED: "BOUNCE",
    MailEvent.COMPLAINED: "COMPLAINT",
    MailEvent.OPENED: "OPEN",
    MailEvent.CLICKED: "CLICK",
    MailEvent.UNSUBSCRIBED: "SUBSCRIPTION",
}
_SIMULATED = {"success": "DELIVERY", "complaint": "COMPLAINT", "ooto": "DELIVERY"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """One recipient of an accepted message; `events` are types of version 2's insights."""

    message_id: str
    recipient: str
    at: datetime
    events: tuple[str, ...]


def activity(account: SesAccount) -> Iterator[SentMail]:
    """Every recipient of everything that was accepted, in order."""
    for mail in account.accepted:
        for recipient in mail.recipients:
            is_rendered = mail.state != "rendering-failure"
            yield SentMail(
                message_id=mail.provider_id,
                recipient=recipient,
                at=mail.at,
                events=_events(account, mail, recipient) if is_rendered else ("RENDERING_FAILURE",),
            )


def points(account: SesAccount, now: datetime) -> list[dict[str, str]]:
    """The data points of GetSendStatistics: two weeks, fifteen minutes each."""
    counts: dict[int, Counter[str]] = {}
    for sent in activity(account):
        if now - sent.at < _TWO_WEEKS:
            start = int(sent.at.timestamp()) // _POINT * _POINT
            counts.setdefault(start, Counter()).update(sent.events)
    return [
        {
            "DeliveryAttempts": str(counted["SEND"]),
            "Timestamp": datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Rejects": str(counted["REJECT"]),
            "Bounces": str(counted["BOUNCE"]),
            "Complaints": str(counted["COMPLAINT"]),
        }
        for start, counted in sorted(counts.items())
    ]


def _events(account: SesAccount, mail: AcceptedMail, recipient: str) -> tuple[str, ...]:
    became = what_became_of(account, mail, recipient)
    if became:
        return ("SEND", *dict.fromkeys(_TYPES[each.event] for each in became))
    if is_bounced(account, recipient):
        return ("SEND", "BOUNCE")
    mailbox = recipient.lower().rpartition("@")[0].partition("+")[0]
    more = _SIMULATED.get(mailbox) if is_simulator(recipient) else None
    return ("SEND", more) if more is not None else ("SEND",)
