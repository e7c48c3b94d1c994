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
_NAMES = {
    MailEvent.DELIVERED: "delivered",
    MailEvent.DEFERRED: "failed",
    MailEvent.BOUNCED: "failed",
    MailEvent.COMPLAINED: "complained",
    MailEvent.OPENED: "opened",
    MailEvent.CLICKED: "clicked",
    MailEvent.UNSUBSCRIBED: "unsubscribed",
}
_LEVELS = {
    MailEvent.DEFERRED: "warn",
    MailEvent.BOUNCED: "error",
    MailEvent.COMPLAINED: "warn",
}
_SENDING = frozenset([MailEvent.DELIVERED, MailEvent.DEFERRED, MailEvent.BOUNCED])
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
        return {
            **event,
            "envelope": {**accepted["envelope"], "sending-ip": _SENDING_IP},
            "flags": accepted["flags"],
            "message": accepted["message"],
            "storage": accepted["storage"],
            **_failure(happened),
            "delivery-status": _status(happened),
        }
    if kind is MailEvent.COMPLAINED:
        flags = {"is-test-mode": accepted["flags"]["is-test-mode"]}
        return {**event, "flags": flags, "message": accepted["message"]}
    headers = {"message-id": accepted["message"]["headers"]["message-id"]}
    read = {"geolocation": _PLACE, "ip": _READER_IP, "client-info": _CLIENT}
    clicked = {"url": happened.link} if kind is MailEvent.CLICKED else {}
    return {**event, **read, **clicked, "message": {"headers": headers}}


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
