"""Postmark's webhooks: one object a request, told apart by its `RecordType`.

They are not signed: a customer gives a user name and password (in the URL here) and headers.
Shapes: postmarkapp.com, developer/webhooks (stored copies) and email-webhooks; django-anymail's
tests (8c40cc46, 2026-07); the vendor's client for Node.js (postmark 4.0.2, models of webhooks).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import Field

from ...http.exchange import Request
from ...marks import Mark
from ..accepted_mail import AcceptedMail
from ..suppression import suppressing
from ..webhook import (
    EventPost,
    Fate,
    Happened,
    MailEvent,
    Webhook,
    WebhookRules,
    basic,
)
from .account import PostmarkAccount, PostmarkMail
from .bounce_types import HARD, TRANSIENT
from .bounces import SERVER, bounce_row
from .sending import stamp

_SOURCE = "postmarkapp.com, developer/webhooks; django-anymail's tests (2026-07)"
_AGENT = "Mozilla/5.0"
_UNKNOWN = {"Name": "unknown", "Company": "unknown", "Family": "unknown"}


class PostmarkWebhook(Webhook):
    """A webhook of a message stream."""

    headers: dict[str, str] = Field(default_factory=dict)
    """Headers of the customer's own that are sent along, by name."""


# The list that a recipient gets on.
_SUPPRESSING = {
    MailEvent.BOUNCED: "suppressed",
    MailEvent.COMPLAINED: "complained",
    MailEvent.UNSUBSCRIBED: "unsubscribed",
}


class PostmarkWebhookRules(WebhookRules[PostmarkWebhook, PostmarkAccount]):
    """Postmark's webhooks. Mail that was put off is a bounce of the type Transient."""

    webhook_type = PostmarkWebhook
    source = _SOURCE
    names: ClassVar[Mapping[MailEvent, str]] = MappingProxyType(
        {
            MailEvent.DELIVERED: "Delivery",
            MailEvent.DEFERRED: "Bounce",
            MailEvent.BOUNCED: "Bounce",
            MailEvent.COMPLAINED: "SpamComplaint",
            MailEvent.OPENED: "Open",
            MailEvent.CLICKED: "Click",
            MailEvent.UNSUBSCRIBED: "SubscriptionChange",
        }
    )

    def post(
        self, webhook: PostmarkWebhook, account: PostmarkAccount, happened: Sequence[Happened]
    ) -> EventPost:
        """The object of this event."""
        (one,) = happened
        del account
        mail = one.mail
        assert isinstance(mail, PostmarkMail)
        body = {
            "RecordType": self.names[one.event],
            "MessageID": mail.provider_id,
            "MessageStream": mail.stream,
            "Tag": mail.tag,
            "Metadata": dict(mail.metadata),
            **_details(one, mail),
        }
        return EventPost(
            request=Request(
                method="POST",
                target=webhook.target,
                headers=(
                    ("User-Agent", "Postmark"),
                    ("Content-Type", "application/json"),
                    *basic(webhook),
                    *webhook.headers.items(),
                ),
                body=json.dumps(body, separators=(",", ":")).encode(),
            ),
            mark=Mark.DOCUMENTED,
            source=_SOURCE,
        )

    def account_after(self, account: PostmarkAccount, happened: Happened) -> PostmarkAccount:
        """The recipient is inactive from now on."""
        if happened.event not in _SUPPRESSING or happened.soft:
            return account
        return suppressing(account, happened.recipient, on=_SUPPRESSING[happened.event])

    def foreseen(self, account: PostmarkAccount, mail: AcceptedMail) -> tuple[Fate, ...]:
        """The fake bounces, as the account has them."""
        del account
        assert isinstance(mail, PostmarkMail)
        return tuple(
            Fate(
                event=MailEvent.DEFERRED if kind == TRANSIENT.name else MailEvent.BOUNCED,
                recipient=who,
                soft=kind not in {HARD.name, TRANSIENT.name},
            )
            for who, kind in mail.bounces
        )


def _details(happened: Happened, mail: PostmarkMail) -> dict[str, Any]:
    at = stamp(happened.at)
    match happened.event:
        case MailEvent.DELIVERED:
            told = {"Recipient": happened.recipient, "DeliveredAt": at, "Details": happened.words}
            return {"ServerID": SERVER, **told}
        case MailEvent.OPENED | MailEvent.CLICKED:
            return {**_read(happened), "Recipient": happened.recipient, "ReceivedAt": at}
        case MailEvent.UNSUBSCRIBED:
            return {
                "ServerID": SERVER,
                "ChangedAt": at,
                "Recipient": happened.recipient,
                "Origin": "Recipient",
                "SuppressSending": True,
                "SuppressionReason": "ManualSuppression",
            }
    return bounce_row(happened, mail)


def _read(happened: Happened) -> dict[str, Any]:
    common = {
        "Client": _UNKNOWN,
        "OS": _UNKNOWN,
        "Platform": "Unknown",
        "UserAgent": _AGENT,
        "Geo": {},
    }
    if happened.event is MailEvent.CLICKED:
        return {"ClickLocation": "HTML", **common, "OriginalLink": happened.link}
    return {"FirstOpen": True, **common, "ReadSeconds": 0}


WEBHOOK = PostmarkWebhookRules()
