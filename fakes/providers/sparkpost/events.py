"""What SparkPost tells of a message after it has taken it, by its events call and to a webhook.

Members: developers.sparkpost.com, content/api/events.apib (88f24dc3, 2026-06); the vendor's
documentation of webhook events as users kept it (gists of 2021 and 2023; Mautic's tests, 2017);
django-anymail's tests (8c40cc46, 2026-07).
"""

from __future__ import annotations

from typing import Any

from ..keys import domain_of
from ..webhook import Happened, MailEvent
from .account import SparkPostMail

TYPES = {
    MailEvent.DELIVERED: "delivery",
    MailEvent.DEFERRED: "delay",
    MailEvent.BOUNCED: "bounce",
    MailEvent.COMPLAINED: "spam_complaint",
    MailEvent.OPENED: "open",
    MailEvent.CLICKED: "click",
    MailEvent.UNSUBSCRIBED: "list_unsubscribe",
}
# Bounce classes: a recipient that there is not; a full mailbox; a failure that passes.
_INVALID_RECIPIENT, _MAILBOX_FULL, _TRANSIENT = "10", "22", "70"
_AGENT = "Mozilla/5.0"
# Addresses of the range for documents (RFC 5737).
_SENDING_IP = "192.0.2.1"
_READER_IP = "192.0.2.2"
_GEO = {"country": "US", "region": "MD", "city": "Columbia", "latitude": 39.1749}


def event_members(happened: Happened) -> dict[str, Any]:
    """The members of an event but for its times, which the call and webhooks write differently."""
    mail = happened.mail
    assert isinstance(mail, SparkPostMail)
    number = int(happened.identity[:14], 16)
    return {
        "type": TYPES[happened.event],
        "customer_id": "1",
        "event_id": str(number),
        "friendly_from": mail.mail_from,
        "message_id": happened.identity[:20],
        "msg_from": mail.mail_from,
        "msg_size": str(len(mail.content)),
        "rcpt_meta": dict(mail.own_metadata.get(happened.recipient, {})),
        "rcpt_tags": list(mail.own_tags.get(happened.recipient, ())),
        "rcpt_to": happened.recipient.lower(),
        "raw_rcpt_to": happened.recipient,
        "rcpt_type": "to",
        "routing_domain": domain_of(happened.recipient),
        "sending_domain": domain_of(mail.mail_from),
        "sending_ip": _SENDING_IP,
        "subject": mail.subject,
        "transmission_id": mail.provider_id,
        **({"campaign_id": mail.campaign} if mail.campaign else {}),
        **_details(happened),
    }


def _details(happened: Happened) -> dict[str, Any]:
    match happened.event:
        case MailEvent.DELIVERED:
            return {"delv_method": "esmtp", "num_retries": "0", "queue_time": "12"}
        case MailEvent.DEFERRED:
            return {**_refused(happened, _TRANSIENT), "queue_time": "12"}
        case MailEvent.BOUNCED:
            return _refused(happened, _MAILBOX_FULL if happened.soft else _INVALID_RECIPIENT)
        case MailEvent.COMPLAINED:
            to = f"abuse@{domain_of(happened.mail.mail_from)}"
            by = domain_of(happened.recipient)
            return {"fbtype": "abuse", "report_by": by, "report_to": to}
        case MailEvent.OPENED:
            return {"ip_address": _READER_IP, "geo_ip": _GEO, "user_agent": _AGENT}
        case MailEvent.CLICKED:
            read = {"ip_address": _READER_IP, "geo_ip": _GEO, "user_agent": _AGENT}
            return {**read, "target_link_name": "", "target_link_url": happened.link}
    return {"mailfrom": happened.recipient}


def _refused(happened: Happened, bounce_class: str) -> dict[str, Any]:
    return {
        "bounce_class": bounce_class,
        "delv_method": "esmtp",
        "error_code": happened.code,
        "num_retries": "0",
        "raw_reason": happened.words,
        "reason": happened.words,
    }
