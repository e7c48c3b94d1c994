"""What Mailgun tells of a message after it has taken it, in its events and to a webhook alike.

Shapes: mailgun/documentation, source/api-events.rst (32f41214, 2024-07); that what was opened and
clicked has no header but the message's id: django-anymail's tests (8c40cc46, 2026-07), events that
were received in 2018.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from ..keys import domain_of
from ..webhook import Happened, MailEvent

# Addresses of the range for documents (RFC 5737).
_SENDING_IP = "192.0.2.1"
_READER_IP = "192.0.2.2"
_RETRY_SECONDS = 600
# A list of suppressions: the account's field, the reason, the code and the words of the event.
LISTS = {
    "bounces": (
        "suppressed", "suppress-bounce", 605, "Not delivering to previously bounced address",
    ),
    "unsubscribes": (
        "unsubscribed", "suppress-unsubscribe", 606, "Not delivering to unsubscribed address",
    ),
    "complaints": (
        "complained", "suppress-complaint", 607,
        "Not delivering to a user who marked your messages as spam",
    ),
}  # fmt: skip
_CODES = {words: (reason, code) for _, reason, code, words in LISTS.values()}
_NAMES = {
    MailEvent.DELIVERED: "delivered",
    MailEvent.DEFERRED: "failed",
    MailEvent.BOUNCED: "failed",
    MailEvent.DROPPED: "failed",
    MailEvent.COMPLAINED: "complained",
    MailEvent.OPENED: "opened",
    MailEvent.CLICKED: "clicked",
    MailEvent.UNSUBSCRIBED: "unsubscribed",
}
_LEVELS = {
    MailEvent.DEFERRED: "warn",
    MailEvent.BOUNCED: "error",
    MailEvent.DROPPED: "error",
    MailEvent.COMPLAINED: "warn",
}
_SENDING = frozenset(
    [MailEvent.DELIVERED, MailEvent.DEFERRED, MailEvent.BOUNCED, MailEvent.DROPPED]
)
_PLACE = {"country": "US", "region": "TX", "city": "Austin"}
_CLIENT = {
    "client-type": "browser",
    "client-os": "Linux",
    "device-type": "desktop",
    "client-name": "Chromium",
    "user-agent": "Mozilla/5.0",
}


def event_data(accepted: Mapping[str, Any], happened: Happened) -> dict[str, Any]:
    """An event, made of that of the message's acceptance."""
    kind = happened.event
    event = {
        "event": _NAMES[kind],
        "id": hashlib.sha256(happened.identity.encode()).hexdigest()[:22],
        "timestamp": happened.at.timestamp(),
        "log-level": _LEVELS.get(kind, "info"),
        "recipient": happened.recipient,
        "recipient-domain": domain_of(happened.recipient),
        "campaigns": [],
        "tags": accepted["tags"],
        "user-variables": accepted["user-variables"],
    }
    if kind in _SENDING:
        return {**event, **_sending(accepted, happened)}
    if kind is MailEvent.COMPLAINED:
        flags = {"is-test-mode": accepted["flags"]["is-test-mode"]}
        return {**event, "flags": flags, "message": accepted["message"]}
    headers = {"message-id": accepted["message"]["headers"]["message-id"]}
    read = {"geolocation": _PLACE, "ip": _READER_IP, "client-info": _CLIENT}
    clicked = {"url": happened.link} if kind is MailEvent.CLICKED else {}
    return {**event, **read, **clicked, "message": {"headers": headers}}


def _sending(accepted: Mapping[str, Any], happened: Happened) -> dict[str, Any]:
    """What the sending of a message came to, or why it was not sent."""
    of_message = {name: accepted[name] for name in ("flags", "message", "storage")}
    if happened.event is MailEvent.DROPPED:
        words = happened.words if happened.words in _CODES else next(iter(_CODES))
        reason, code = _CODES[words]
        status = {"attempt-no": 1, "message": "", "code": code, "description": words}
        return {
            **of_message,
            "envelope": accepted["envelope"],
            "severity": "permanent",
            "reason": reason,
            "delivery-status": {**status, "session-seconds": 0.0},
        }
    return {
        **of_message,
        "envelope": {**accepted["envelope"], "sending-ip": _SENDING_IP},
        **_failure(happened),
        "delivery-status": _status(happened),
    }


def _failure(happened: Happened) -> dict[str, Any]:
    if happened.event is MailEvent.DEFERRED:
        return {"severity": "temporary", "reason": "generic"}
    if happened.event is MailEvent.BOUNCED:
        return {"severity": "permanent", "reason": "generic" if happened.soft else "bounce"}
    return {}


def _status(happened: Happened) -> dict[str, Any]:
    """What the recipient's server answered: the code, and the rest of the words."""
    code = int(happened.code) if happened.code else 0
    retried = {"retry-seconds": _RETRY_SECONDS} if happened.event is MailEvent.DEFERRED else {}
    return {
        "tls": True,
        "mx-host": f"mx.{domain_of(happened.recipient)}",
        "code": code,
        "description": "",
        "session-seconds": 0.5,
        "utf8": True,
        "attempt-no": 1,
        "message": happened.words.removeprefix(happened.code).strip(),
        "certificate-verified": True,
        **retried,
    }
