"""Resend's webhooks: one event a request, signed as Svix signs.

Shapes: resend.com/docs, webhooks/emails (stored copies, the newest checked 2026-09-15), and the
types of the vendor's client for Python (resend 2.52.0), which has the members that the page's
examples leave out. Signature: docs.svix.com, receiving/verifying-payloads/how-manual, as that
client verifies it. Types of bounces: dashboard/emails/email-bounces.
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import field_validator

from ...http.exchange import Headers, Request
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
from .account import ResendAccount, ResendMail
from .sending import test_address

_SOURCE = "resend.com/docs, webhooks/emails (2026-09-15); resend-python 2.52.0, its types"
_PREFIX = "whsec_"
_SECRET = re.compile(r"[A-Za-z0-9+/]+={0,2}\Z")
_AGENT = "Mozilla/5.0"
_SUPPRESSED = "the recipient is on the suppression list"


class ResendWebhook(Webhook):
    """A webhook of a team."""

    signing_secret: str | None = None
    """The signing secret, `whsec_` and base64, as the vendor's console shows it. Default: made
    up."""

    @field_validator("signing_secret")
    @classmethod
    def _is_one(cls, secret: str | None) -> str | None:
        if secret is not None:
            _key(secret)
        return secret


class ResendWebhookRules(WebhookRules[ResendWebhook, ResendAccount]):
    """Resend's webhooks. Nothing of them tells that somebody unsubscribed from a message."""

    webhook_type = ResendWebhook
    source = _SOURCE
    names: ClassVar[Mapping[MailEvent, str]] = MappingProxyType(
        {
            MailEvent.DELIVERED: "email.delivered",
            MailEvent.DEFERRED: "email.delivery_delayed",
            MailEvent.BOUNCED: "email.bounced",
            MailEvent.DROPPED: "email.suppressed",
            MailEvent.COMPLAINED: "email.complained",
            MailEvent.OPENED: "email.opened",
            MailEvent.CLICKED: "email.clicked",
        }
    )

    def furnished(self, webhook: ResendWebhook, token: Token) -> ResendWebhook:
        """The webhook with a secret of 24 octets, as Svix makes them."""
        if webhook.signing_secret is not None:
            return webhook
        secret = _PREFIX + b64encode(token(24, "0123456789abcdef").encode()).decode()
        return webhook.model_copy(update={"signing_secret": secret})

    def post(
        self, webhook: ResendWebhook, account: ResendAccount, happened: Sequence[Happened]
    ) -> EventPost:
        """The event, with the three headers that it is verified by."""
        (one,) = happened
        del account
        mail = one.mail
        assert isinstance(mail, ResendMail)
        body = {
            "type": self.names[one.event],
            "created_at": _stamp(one.at),
            "data": {**_data(mail, one.recipient), **_details(one)},
        }
        octets = json.dumps(body, separators=(",", ":")).encode()
        is_known = one.event is not MailEvent.DROPPED
        return EventPost(
            request=Request(
                method="POST",
                target=webhook.target,
                headers=(
                    ("User-Agent", "Svix-Webhooks/1.0"),
                    ("Content-Type", "application/json"),
                    *signed(webhook.signing_secret or "", f"msg_{one.identity}", one.at, octets),
                    *basic(webhook),
                ),
                body=octets,
            ),
            mark=Mark.DOCUMENTED if is_known else Mark.INFERRED,
            source=_SOURCE if is_known else f"{_SOURCE}; its words are not known",
        )

    def account_after(self, account: ResendAccount, happened: Happened) -> ResendAccount:
        """The recipient is on the suppression list from now on."""
        for_good = happened.event is MailEvent.BOUNCED and not happened.soft
        if for_good or happened.event is MailEvent.COMPLAINED:
            return suppressing(account, happened.recipient)
        return account

    def foreseen(self, account: ResendAccount, mail: AcceptedMail) -> tuple[Fate, ...]:
        """What test addresses stand for, and that who is suppressed got nothing."""
        del account
        dropped = (Fate(event=MailEvent.DROPPED, recipient=each) for each in mail.dropped)
        meant = (
            Fate(event=event, recipient=each)
            for each in mail.recipients
            if each not in mail.dropped
            for event in _MEANT.get(test_address(each) or "", ())
        )
        return (*dropped, *meant)


# resend.com/docs, dashboard/emails/send-test-emails: the spam is delivered before.
_MEANT: Mapping[str, tuple[MailEvent, ...]] = MappingProxyType(
    {
        "delivered": (MailEvent.DELIVERED,),
        "bounced": (MailEvent.BOUNCED,),
        "complained": (MailEvent.DELIVERED, MailEvent.COMPLAINED),
    }
)


def signed(secret: str, identity: str, at: datetime, body: bytes) -> Headers:
    """The headers by which Svix lets a request be verified."""
    timestamp = str(int(at.timestamp()))
    text = b".".join((identity.encode(), timestamp.encode(), body))
    made = b64encode(hmac.digest(_key(secret), text, "sha256")).decode()
    return (
        ("svix-id", identity),
        ("svix-timestamp", timestamp),
        ("svix-signature", f"v1,{made}"),
    )


def _key(secret: str) -> bytes:
    """The octets of a secret.

    Raises:
        ValueError: it is none.
    """
    written = secret.removeprefix(_PREFIX)
    if written != secret and _SECRET.match(written) and len(written) % 4 == 0:
        return b64decode(written)
    raise ValueError(f"a secret is {_PREFIX} and base64")


def _stamp(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _data(mail: ResendMail, recipient: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "created_at": _stamp(mail.at),
        "email_id": mail.provider_id,
        "message_id": mail.message_id,
        "from": mail.sender,
        "to": [recipient],
        "subject": mail.subject,
    }
    return {**found, "tags": dict(mail.metadata)} if mail.metadata else found


def _details(happened: Happened) -> dict[str, Any]:
    match happened.event:
        case MailEvent.BOUNCED:
            kind = ("Transient", "MailboxFull") if happened.soft else ("Permanent", "General")
            bounce = {"message": happened.words, "subType": kind[1], "type": kind[0]}
            return {"bounce": {**bounce, "diagnosticCode": [f"smtp; {happened.words}"]}}
        case MailEvent.CLICKED:
            click = {"ipAddress": "192.0.2.1", "link": happened.link}
            return {"click": {**click, "timestamp": _stamp(happened.at), "userAgent": _AGENT}}
        case MailEvent.DROPPED:
            return {"suppressed": {"message": _SUPPRESSED, "type": "OnAccountSuppressionList"}}
    return {}


WEBHOOK = ResendWebhookRules()
