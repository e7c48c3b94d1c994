"""SparkPost's webhooks: batches of events, each in an object that says of which class it is.

They are not signed: a customer gives a user name and password (in the URL here), headers, or the
older token. Sources: developers.sparkpost.com, content/api/webhooks.apib (88f24dc3, 2026-06), and
those of `events`; the client's header: a user's handler in SparkPost's own repository (2016).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import Field

from ...http.exchange import Headers, Request
from ...marks import Mark
from ..accepted_mail import AcceptedMail
from ..keys import domain_of
from ..suppression import suppressing
from ..webhook import (
    EventPost,
    Fate,
    Happened,
    MailEvent,
    Occasion,
    Webhook,
    WebhookRules,
    basic,
)
from .account import SparkPostAccount
from .events import TYPES, event_members, was_rejected

_SOURCE = "developers.sparkpost.com, webhooks.apib (2026-06); django-anymail's tests (2026-07)"
_CLASSES = {
    MailEvent.OPENED: "track_event",
    MailEvent.CLICKED: "track_event",
    MailEvent.UNSUBSCRIBED: "unsubscribe_event",
}
# Every domain below it takes mail and shows it to nobody (SparkPost's client examples, 2016 on).
_SINK = "sink.sparkpostmail.com"
# SparkPost/bouncy-sink, its page of behaviours: the label ahead of the domain says what happens.
_BOUNCY = ".bouncy-sink.trymsys.net"
_BEHAVIOURS = {
    "accept": (MailEvent.DELIVERED,),
    "oob": (MailEvent.DELIVERED, MailEvent.BOUNCED),
    "fbl": (MailEvent.DELIVERED, MailEvent.COMPLAINED),
    "openclick": (MailEvent.DELIVERED, MailEvent.OPENED),
}


class SparkPostWebhook(Webhook):
    """An event webhook."""

    custom_headers: dict[str, str] = Field(default_factory=dict)
    """Headers of the customer's own that are sent along, by name."""

    auth_token: str | None = None
    """The deprecated token, sent as X-MessageSystems-Webhook-Token. Default: none is sent."""


class SparkPostWebhookRules(WebhookRules[SparkPostWebhook, SparkPostAccount]):
    """SparkPost's event webhooks."""

    webhook_type = SparkPostWebhook
    source = _SOURCE
    batches = True
    names: ClassVar[Mapping[MailEvent, str]] = MappingProxyType(TYPES)

    def post(
        self, webhook: SparkPostWebhook, account: SparkPostAccount, happened: Sequence[Happened]
    ) -> EventPost:
        """A batch of these events."""
        del account
        batch = [{"msys": _in_its_class(each)} for each in happened]
        return EventPost(
            request=Request(
                method="POST",
                target=webhook.target,
                headers=_headers(webhook, happened[-1].occasion),
                body=json.dumps(batch, separators=(",", ":")).encode(),
            ),
            mark=Mark.DOCUMENTED,
            source=_SOURCE,
        )

    def trial(
        self, webhook: SparkPostWebhook, account: SparkPostAccount, occasion: Occasion
    ) -> EventPost:
        """The test that a webhook has to pass: a batch of one event that is empty."""
        del account
        return EventPost(
            request=Request(
                method="POST",
                target=webhook.target,
                headers=_headers(webhook, occasion),
                body=b'[{"msys":{}}]',
            ),
            mark=Mark.DOCUMENTED,
            source=_SOURCE,
        )

    def account_after(self, account: SparkPostAccount, happened: Happened) -> SparkPostAccount:
        """The recipient is on the suppression list."""
        for_good = happened.event is MailEvent.BOUNCED and not happened.soft
        if for_good or happened.event in {MailEvent.COMPLAINED, MailEvent.UNSUBSCRIBED}:
            return suppressing(account, happened.recipient)
        return account

    def foreseen(self, account: SparkPostAccount, mail: AcceptedMail) -> tuple[Fate, ...]:
        """What goes to suppressed recipients, and what the vendor's two sinks do with mail."""
        del account
        dropped = (Fate(event=MailEvent.DROPPED, recipient=each) for each in mail.dropped)
        return (
            *dropped,
            *(
                Fate(event=event, recipient=recipient)
                for recipient in mail.recipients
                if recipient not in mail.dropped
                for event in _behaviour(domain_of(recipient))
            ),
        )


def _in_its_class(happened: Happened) -> dict[str, Any]:
    times = {
        "injection_time": happened.mail.at.isoformat(timespec="milliseconds"),
        "timestamp": str(int(happened.at.timestamp())),
    }
    kind = _CLASSES.get(happened.event, "message_event")
    kind = "gen_event" if was_rejected(happened) else kind
    return {kind: {**event_members(happened), **times}}


def _behaviour(domain: str) -> tuple[MailEvent, ...]:
    if domain == _SINK or domain.endswith(f".{_SINK}"):
        return (MailEvent.DELIVERED,)
    if domain.endswith(_BOUNCY):
        return _BEHAVIOURS.get(domain.partition(".")[0], ())
    return ()


def _headers(webhook: SparkPostWebhook, occasion: Occasion) -> Headers:
    token = webhook.auth_token
    return (
        ("User-Agent", "SparkPost"),
        ("Content-Type", "application/json"),
        ("X-MessageSystems-Batch-ID", occasion.uuid),
        *((("X-MessageSystems-Webhook-Token", token),) if token is not None else ()),
        *basic(webhook),
        *webhook.custom_headers.items(),
    )


WEBHOOK = SparkPostWebhookRules()
