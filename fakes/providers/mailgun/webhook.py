"""Mailgun's webhooks: one event a request, with a signature beside it in the body.

Shape and signature: mailgun/documentation, source/user_manual.rst (32f41214, 2024-07).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from ...http.exchange import Request
from ...marks import Mark
from ..accepted_mail import AcceptedMail
from ..rules import Token
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
from .account import MailgunAccount
from .event_data import event_data
from .events import accepted_event, suppression

_SOURCE = "mailgun/documentation, api-events.rst and user_manual.rst (2024-07); anymail (2026-07)"
_TOKEN = 50
_LISTS = {MailEvent.COMPLAINED: "complained", MailEvent.UNSUBSCRIBED: "unsubscribed"}


class MailgunWebhook(Webhook):
    """A webhook of a domain."""

    signing_key: str | None = None
    """The HTTP webhook signing key of the account. Default: made up."""


class MailgunWebhookRules(WebhookRules[MailgunWebhook, MailgunAccount]):
    """Mailgun's webhooks. What failed for now and for good is one event with two severities."""

    webhook_type = MailgunWebhook
    source = _SOURCE
    names: ClassVar[Mapping[MailEvent, str]] = MappingProxyType(
        {
            MailEvent.DELIVERED: "delivered",
            MailEvent.DEFERRED: "temporary_fail",
            MailEvent.BOUNCED: "permanent_fail",
            MailEvent.DROPPED: "permanent_fail",
            MailEvent.COMPLAINED: "complained",
            MailEvent.OPENED: "opened",
            MailEvent.CLICKED: "clicked",
            MailEvent.UNSUBSCRIBED: "unsubscribed",
        }
    )

    def furnished(self, webhook: MailgunWebhook, token: Token) -> MailgunWebhook:
        """The webhook with a key in the form of the newer ones: 32 hexadecimal digits."""
        if webhook.signing_key is not None:
            return webhook
        return webhook.model_copy(update={"signing_key": token(32, "0123456789abcdef")})

    def post(
        self, webhook: MailgunWebhook, account: MailgunAccount, happened: Sequence[Happened]
    ) -> EventPost:
        """The signature and the event."""
        (one,) = happened
        del account
        mail = one.mail
        domain = mail.provider_id.rpartition("@")[2].rstrip(">")
        accepted = accepted_event(mail, one.recipient, domain=domain, base=one.occasion.origin)
        timestamp = str(int(one.at.timestamp()))
        token = hashlib.sha256(f"token:{one.identity}".encode()).hexdigest()[:_TOKEN]
        body = {
            "signature": {
                "timestamp": timestamp,
                "token": token,
                "signature": signature(webhook.signing_key or "", timestamp, token),
            },
            "event-data": event_data(accepted, one),
        }
        return EventPost(
            request=Request(
                method="POST",
                target=webhook.target,
                headers=(("Content-Type", "application/json"), *basic(webhook)),
                body=json.dumps(body).encode(),
            ),
            mark=Mark.SYNTHETIC if one.soft else Mark.DOCUMENTED,
            source="how a soft bounce is told of is not known" if one.soft else _SOURCE,
        )

    def foreseen(self, account: MailgunAccount, mail: AcceptedMail) -> tuple[Fate, ...]:
        """What goes to recipients on one of the lists fails at once."""
        found = ((each, suppression(account, each)) for each in mail.dropped)
        return tuple(
            Fate(event=MailEvent.DROPPED, recipient=each, words=entry[-1] if entry else "")
            for each, entry in found
        )

    def account_after(self, account: MailgunAccount, happened: Happened) -> MailgunAccount:
        """The recipient is on the list of bounces, of complaints or of those who left."""
        if happened.event is MailEvent.BOUNCED and not happened.soft:
            return suppressing(account, happened.recipient)
        name = _LISTS.get(happened.event)
        listed = getattr(account, name) if name is not None else ()
        if name is None or happened.recipient.lower() in map(str.lower, listed):
            return account
        return account.model_copy(update={name: (*listed, happened.recipient)})


def signature(signing_key: str, timestamp: str, token: str) -> str:
    """The signature: HMAC with SHA-256 over timestamp and token, hexadecimal."""
    return hmac.new(signing_key.encode(), f"{timestamp}{token}".encode(), "sha256").hexdigest()


WEBHOOK = MailgunWebhookRules()
