"""What SES says of a message to a topic: an event of a configuration set, or a notification.

Sources: SES developer guide, event-publishing-retrieving-sns-contents and -examples,
notification-contents and -examples (last public tree, 2022-11-02, and stored copies); what the
mailbox simulator's complaint looks like: a notification quoted in a public repository (2018-01).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any, Literal

from ..keys import domain_of
from ..webhook import Happened, MailEvent
from .account import SesAccount, SesMail
from .limits import is_simulator

Style = Literal["event", "notification"]
TYPES = {
    MailEvent.DELIVERED: "Delivery",
    MailEvent.DEFERRED: "DeliveryDelay",
    MailEvent.BOUNCED: "Bounce",
    MailEvent.COMPLAINED: "Complaint",
    MailEvent.OPENED: "Open",
    MailEvent.CLICKED: "Click",
    MailEvent.UNSUBSCRIBED: "Subscription",
}
NOTIFIED = frozenset([MailEvent.DELIVERED, MailEvent.BOUNCED, MailEvent.COMPLAINED])
_MEMBERS = {MailEvent.DEFERRED: "deliveryDelay"}
# Addresses of the range for documents (RFC 5737).
_SOURCE_IP, _REMOTE_IP, _READER_IP = "192.0.2.0", "192.0.2.1", "192.0.2.2"
_AGENT = "Mozilla/5.0"
_DELAYED_FOR = timedelta(hours=14)
_MTA = "a8-70.smtp-out.amazonses.com"


def told(account: SesAccount, happened: Happened, style: Style) -> dict[str, Any]:
    """The document that is published."""
    kind = TYPES[happened.event]
    member = _MEMBERS.get(happened.event, kind.lower())
    name = "eventType" if style == "event" else "notificationType"
    return {
        name: kind,
        "mail": _mail(account, happened, style),
        member: _details(happened),
    }


def written(moment: datetime) -> str:
    """A time as AWS writes it in JSON: UTC, three digits after the point."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _mail(account: SesAccount, happened: Happened, style: Style) -> dict[str, Any]:
    mail = happened.mail
    assert isinstance(mail, SesMail)
    headers = BytesHeaderParser().parsebytes(mail.content)
    arn = f"arn:aws:ses:{happened.occasion.region}:{account.number}:identity"
    common = {
        "from": [str(value) for value in headers.get_all("From", [])],
        "to": [str(value) for value in headers.get_all("To", [])],
        "messageId": mail.provider_id,
        "subject": mail.subject,
    }
    return {
        "timestamp": written(mail.at),
        "source": mail.mail_from,
        "sourceArn": f"{arn}/{domain_of(mail.mail_from)}",
        **({"sourceIp": _SOURCE_IP} if style == "notification" else {}),
        "sendingAccountId": account.number,
        "messageId": mail.provider_id,
        "destination": list(mail.recipients),
        "headersTruncated": False,
        "headers": [{"name": name, "value": str(value)} for name, value in headers.items()],
        "commonHeaders": common,
        **({"tags": _tags(mail, headers)} if style == "event" else {}),
    }


def _tags(mail: SesMail, headers: Message) -> dict[str, list[str]]:
    """The tags that SES sets, and those of the sender, in the request or in a header."""
    found: dict[str, list[str]] = {
        "ses:configuration-set": [mail.configuration_set or "default"],
        "ses:source-ip": [_SOURCE_IP],
        "ses:from-domain": [domain_of(mail.mail_from)],
        "ses:caller-identity": ["mail-sender"],
    }
    for name, value in (*mail.metadata.items(), *_header_tags(headers)):
        found.setdefault(name, []).append(value)
    return found


def _header_tags(headers: Message) -> Iterator[tuple[str, str]]:
    for part in str(headers.get("X-SES-MESSAGE-TAGS", "")).split(","):
        name, equals, value = part.strip().partition("=")
        if equals:
            yield name.strip(), value.strip()


def _details(happened: Happened) -> dict[str, Any]:
    at = written(happened.at)
    match happened.event:
        case MailEvent.DELIVERED:
            passed = max((happened.at - happened.mail.at) / timedelta(milliseconds=1), 0)
            return {
                "timestamp": at,
                "processingTimeMillis": int(passed),
                "recipients": [happened.recipient],
                "smtpResponse": happened.words,
                "reportingMTA": _MTA,
                "remoteMtaIp": _REMOTE_IP,
            }
        case MailEvent.DEFERRED:
            return {
                "timestamp": at,
                "delayType": "TransientCommunicationFailure",
                "expirationTime": written(happened.at + _DELAYED_FOR),
                "delayedRecipients": [_refused(happened)],
            }
        case MailEvent.BOUNCED:
            return _bounce(happened, at)
        case MailEvent.COMPLAINED:
            return _complaint(happened, at)
        case MailEvent.OPENED:
            return {"ipAddress": _READER_IP, "timestamp": at, "userAgent": _AGENT}
        case MailEvent.CLICKED:
            read = {"ipAddress": _READER_IP, "timestamp": at, "userAgent": _AGENT}
            return {**read, "link": happened.link, "linkTags": None}
    return {
        "contactList": "ContactListName",
        "timestamp": at,
        "source": "UnsubscribeHeader",
        "newTopicPreferences": {"unsubscribeAll": True, "topicSubscriptionStatus": []},
        "oldTopicPreferences": {"unsubscribeAll": False, "topicSubscriptionStatus": []},
    }


def _refused(happened: Happened) -> dict[str, str]:
    return {
        "emailAddress": happened.recipient,
        "status": happened.status,
        "diagnosticCode": f"smtp; {happened.words}",
    }


def _bounce(happened: Happened, at: str) -> dict[str, Any]:
    kind, sub_kind = ("Transient", "MailboxFull") if happened.soft else ("Permanent", "General")
    recipient = {**_refused(happened), "action": "failed"}
    if is_simulator(happened.recipient) and happened.recipient.lower().startswith("suppression"):
        sub_kind = "Suppressed"
        recipient |= {"status": "5.1.1", "diagnosticCode": happened.words}
    return {
        "feedbackId": _feedback_id(happened),
        "bounceType": kind,
        "bounceSubType": sub_kind,
        "bouncedRecipients": [recipient],
        "timestamp": at,
        "remoteMtaIp": _REMOTE_IP,
        "reportingMTA": f"dns; {_MTA}",
    }


def _complaint(happened: Happened, at: str) -> dict[str, Any]:
    simulated = is_simulator(happened.recipient)
    return {
        "feedbackId": _feedback_id(happened),
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": happened.recipient}],
        "timestamp": at,
        "userAgent": "Amazon SES Mailbox Simulator" if simulated else _AGENT,
        "complaintFeedbackType": "abuse",
        **({} if simulated else {"arrivalDate": at}),
    }


def _feedback_id(happened: Happened) -> str:
    """An id in the form of a message's."""
    origin = happened.mail.provider_id.partition("-")[0]
    return f"{origin}-{happened.occasion.uuid}-000000"
