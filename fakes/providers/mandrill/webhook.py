"""Mandrill's webhooks: a form with an array of events, signed together with the URL.

Shapes: the vendor's examples of each event as users kept them (lorenanicole's gist, 2013-11; the
same with dates of 2020 in the tests of Go clients); signature and what creates a webhook:
django-anymail (8c40cc46, 2026-07). The header of the client: requests recorded at requestb.in.
"""

from __future__ import annotations

import base64
import hmac
import json
import string
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import urlencode

from ...http.exchange import Request
from ...marks import Mark
from ..accepted_mail import AcceptedMail
from ..keys import domain_of
from ..rules import Token
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
from .account import MandrillAccount, MandrillMail, Reject

_SOURCE = "the vendor's examples as users kept them (2013 to 2020); django-anymail (2026-07)"
_FIELD = "mandrill_events"
_CLIENT = "Mandrill-Webhook/1.0"
_KEY = string.ascii_letters + string.digits + "-_"
_AGENT = "Mozilla/5.0"
_READER_IP = "192.0.2.2"  # of the range for documents (RFC 5737)
_PLACE = {"country_short": "US", "country": "United States", "region": "Oklahoma"}
_TEST_DOMAIN = "test.mandrillapp.com"
# What the vendor's test addresses ask for (providers.md section 5.1; mandrill client tests, 2014).
_TESTED = {
    "hard_bounce": (MailEvent.BOUNCED, False),
    "soft_bounce": (MailEvent.BOUNCED, True),
    "spam": (MailEvent.COMPLAINED, False),
}
_STATES = {
    MailEvent.DEFERRED: "deferred",
    MailEvent.BOUNCED: "bounced",
    MailEvent.DROPPED: "rejected",
}
_REASONS = {MailEvent.COMPLAINED: "spam", MailEvent.UNSUBSCRIBED: "unsub"}


class MandrillWebhook(Webhook):
    """A webhook. Its URL is signed with every request, user name and password too."""

    key: str | None = None
    """The webhook's authentication key. Default: made up."""


class MandrillWebhookRules(WebhookRules[MandrillWebhook, MandrillAccount]):
    """Mandrill's webhooks; `send` is told where mail is delivered."""

    webhook_type = MandrillWebhook
    source = _SOURCE
    batches = True
    names: ClassVar[Mapping[MailEvent, str]] = MappingProxyType(
        {
            MailEvent.DELIVERED: "send",
            MailEvent.DEFERRED: "deferral",
            MailEvent.BOUNCED: "hard_bounce",
            MailEvent.DROPPED: "reject",
            MailEvent.COMPLAINED: "spam",
            MailEvent.OPENED: "open",
            MailEvent.CLICKED: "click",
            MailEvent.UNSUBSCRIBED: "unsub",
        }
    )

    def furnished(self, webhook: MandrillWebhook, token: Token) -> MandrillWebhook:
        """The webhook with a key: 22 characters, as those of the API."""
        if webhook.key is not None:
            return webhook
        return webhook.model_copy(update={"key": token(22, _KEY)})

    def post(
        self, webhook: MandrillWebhook, account: MandrillAccount, happened: Sequence[Happened]
    ) -> EventPost:
        """The form with these events."""
        del account
        fields = {
            _FIELD: json.dumps([self._event(each) for each in happened], separators=(",", ":"))
        }
        return EventPost(
            request=Request(
                method="POST",
                target=webhook.target,
                headers=(
                    ("User-Agent", _CLIENT),
                    ("Content-Type", "application/x-www-form-urlencoded"),
                    ("X-Mandrill-Signature", signature(webhook.key or "", webhook.url, fields)),
                    *basic(webhook),
                ),
                body=urlencode(fields).encode(),
            ),
            mark=Mark.SEEN,
            source=_SOURCE,
        )

    def _event(self, happened: Happened) -> dict[str, Any]:
        mail = happened.mail
        assert isinstance(mail, MandrillMail)
        name = "soft_bounce" if happened.soft else self.names[happened.event]
        seconds = int(happened.at.timestamp())
        message = {
            "ts": int(mail.at.timestamp()),
            "subject": mail.subject,
            "email": happened.recipient,
            "sender": mail.mail_from,
            "tags": list(mail.tags),
            "state": "soft-bounced" if happened.soft else _STATES.get(happened.event, "sent"),
            "metadata": dict(mail.metadata),
            "_id": mail.provider_id,
            "_version": happened.identity[:22],
            **_of_message(happened, seconds),
        }
        read = {"ip": _READER_IP, "location": _PLACE, "user_agent": _AGENT}
        is_read = happened.event in {MailEvent.OPENED, MailEvent.CLICKED}
        return {
            "event": name,
            "msg": message,
            "_id": mail.provider_id,
            "ts": seconds,
            **(read if is_read else {}),
            **({"url": happened.link} if happened.event is MailEvent.CLICKED else {}),
        }

    def trial(
        self, webhook: MandrillWebhook, account: MandrillAccount, occasion: Occasion
    ) -> EventPost:
        """The request that a URL has to answer before it can be a webhook; it is not signed."""
        del account, occasion
        return EventPost(
            request=Request(
                method="HEAD",
                target=webhook.target,
                headers=(("User-Agent", _CLIENT), *basic(webhook)),
            ),
            mark=Mark.SEEN,
            source=_SOURCE,
        )

    def account_after(self, account: MandrillAccount, happened: Happened) -> MandrillAccount:
        """The recipient is on the denylist."""
        reason = _REASONS.get(happened.event)
        if happened.event is MailEvent.BOUNCED and not happened.soft:
            reason = "hard-bounce"
        listed = {entry.email.lower() for entry in account.denylist()}
        if reason is None or happened.recipient.lower() in listed:
            return account
        entry = Reject.model_validate({"email": happened.recipient, "reason": reason})
        return account.model_copy(update={"rejects": (*account.rejects, entry)})

    def foreseen(self, account: MandrillAccount, mail: AcceptedMail) -> tuple[Fate, ...]:
        """Mail to the test addresses bounces or is complained of; a reject is in the answer."""
        del account
        found = []
        for recipient in mail.recipients:
            local = recipient.lower().partition("@")[0]
            if domain_of(recipient) == _TEST_DOMAIN and local in _TESTED:
                event, soft = _TESTED[local]
                found.append(Fate(event=event, recipient=recipient, soft=soft))
        return tuple(found)


def _of_message(happened: Happened, seconds: int) -> dict[str, Any]:
    """What the message has beside what every one has."""
    match happened.event:
        case MailEvent.BOUNCED:
            description, code = ("mailbox_full", 22) if happened.soft else ("bad_mailbox", 10)
            told = {"bounce_description": description, "bgtools_code": code}
            return {**told, "diag": f"smtp;{happened.words}"}
        case MailEvent.DEFERRED:
            attempt = {
                "ts": seconds,
                "type": "deferred",
                "diag": happened.words,
                "source_ip": "192.0.2.1",
                "destination_ip": "192.0.2.3",
                "size": len(happened.mail.content),
            }
            return {"opens": [], "clicks": [], "smtp_events": [attempt]}
        case MailEvent.CLICKED:
            click = {"ts": seconds, "url": happened.link}
            return {"opens": [{"ts": seconds}], "clicks": [click]}
        case MailEvent.OPENED:
            return {"opens": [{"ts": seconds}], "clicks": []}
    return {"opens": [], "clicks": []}


def signature(key: str, url: str, fields: Mapping[str, str]) -> str:
    """The signature: HMAC with SHA-1 over the URL and every field with its name, in base64."""
    signed = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.digest(key.encode(), signed.encode(), "sha1")).decode("ascii")


WEBHOOK = MandrillWebhookRules()
