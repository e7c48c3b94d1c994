"""SendGrid's Event Webhook: an array of events, signed with ECDSA where the customer says so.

Shapes: sendgrid/docs, for-developers/tracking-events/event.md (2021-06) and the page of that name
at twilio.com; details of delivered and bounced mail: django-anymail's tests (8c40cc46, 2026-07).
The order of members and the line end behind the array: sendgrid-python, test_eventwebhook.py
(2020-09), whose signature holds for those octets alone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pydantic import field_validator

from ...http.exchange import Headers, Request
from ...marks import Mark
from ..accepted_mail import AcceptedMail
from ..rules import Token
from ..suppression import listed, suppressing
from ..webhook import (
    EventPost,
    Fate,
    Happened,
    MailEvent,
    Webhook,
    WebhookRules,
    basic,
)
from .account import SendGridAccount, SendGridMail

_SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
_TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
_SOURCE = "sendgrid/docs, tracking-events/event.md (2021-06); anymail tests (2026-07)"
# An address of the vendor's range for documents (RFC 5737), where it would name its own.
_IP = "192.0.2.1"
_AGENT = "Mozilla/5.0"
_SCALAR_BITS = 256


class SendGridWebhook(Webhook):
    """An Event Webhook."""

    signed: bool = True
    """Whether it is a Signed Event Webhook, which is off at first in the vendor's console."""

    private_key: str | None = None
    """The EC P-256 key that it signs with, in PEM (PKCS 8). Default: made up."""

    @field_validator("private_key")
    @classmethod
    def _is_key(cls, pem: str | None) -> str | None:
        if pem is not None:
            _loaded(pem)
        return pem

    @property
    def public_key(self) -> str | None:
        """The verification key, as the console shows it: base64 in one line, without PEM's."""
        if not self.signed or self.private_key is None:
            return None
        public = _loaded(self.private_key).public_key()
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode("ascii")


# The list that a recipient gets on, and why mail to those on a list is dropped (sendgrid/docs,
# event webhook).
_SUPPRESSING = {
    MailEvent.BOUNCED: "suppressed",
    MailEvent.COMPLAINED: "complained",
    MailEvent.UNSUBSCRIBED: "unsubscribed",
}
_REASONS = {
    "suppressed": "Bounced Address",
    "unsubscribed": "Unsubscribed Address",
    "complained": "Spam Reporting Address",
}


class SendGridWebhookRules(WebhookRules[SendGridWebhook, SendGridAccount]):
    """SendGrid's Event Webhook."""

    webhook_type = SendGridWebhook
    source = _SOURCE
    batches = True
    names: ClassVar[Mapping[MailEvent, str]] = MappingProxyType(
        {
            MailEvent.DELIVERED: "delivered",
            MailEvent.DEFERRED: "deferred",
            MailEvent.BOUNCED: "bounce",
            MailEvent.DROPPED: "dropped",
            MailEvent.COMPLAINED: "spamreport",
            MailEvent.OPENED: "open",
            MailEvent.CLICKED: "click",
            MailEvent.UNSUBSCRIBED: "unsubscribe",
        }
    )

    def furnished(self, webhook: SendGridWebhook, token: Token) -> SendGridWebhook:
        """The webhook with a key."""
        if not webhook.signed or webhook.private_key is not None:
            return webhook
        # One less than the order has bits, so that it is below it, and not zero.
        scalar = int(token(_SCALAR_BITS - 1, "01"), 2) or 1
        key = ec.derive_private_key(scalar, ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return webhook.model_copy(update={"private_key": pem.decode("ascii")})

    def post(
        self, webhook: SendGridWebhook, account: SendGridAccount, happened: Sequence[Happened]
    ) -> EventPost:
        """The array with these events."""
        del account
        events = [dict(sorted(self._event(each).items())) for each in happened]
        body = (json.dumps(events, separators=(",", ":")) + "\r\n").encode()
        headers: Headers = (
            ("User-Agent", "SendGrid Event API"),
            ("Content-Type", "application/json"),
            *basic(webhook),
        )
        if webhook.private_key is not None:
            timestamp = str(int(happened[-1].at.timestamp()))
            signature = sign(webhook.private_key, timestamp, body)
            headers += ((_SIGNATURE, signature), (_TIMESTAMP, timestamp))
        return EventPost(
            request=Request(method="POST", target=webhook.target, headers=headers, body=body),
            mark=Mark.DOCUMENTED,
            source=_SOURCE,
        )

    def _event(self, happened: Happened) -> dict[str, Any]:
        mail = happened.mail
        assert isinstance(mail, SendGridMail)
        return {
            **mail.metadata,
            "email": happened.recipient,
            "timestamp": int(happened.at.timestamp()),
            "smtp-id": f"<{mail.provider_id}@ismtpd-555>",
            "event": self.names[happened.event],
            **({"category": list(mail.tags)} if mail.tags else {}),
            "sg_event_id": base64.urlsafe_b64encode(bytes.fromhex(happened.identity)).decode(),
            "sg_message_id": f"{mail.provider_id}.filter0001.16648.5515E0B88.0",
            **_details(happened),
        }

    def foreseen(self, account: SendGridAccount, mail: AcceptedMail) -> tuple[Fate, ...]:
        """What goes to suppressed recipients is dropped."""
        return tuple(
            Fate(event=MailEvent.DROPPED, recipient=each, words=_reason(account, each))
            for each in mail.dropped
        )

    def account_after(self, account: SendGridAccount, happened: Happened) -> SendGridAccount:
        """A bounce is suppressed; what is only blocked is not."""
        if happened.event not in _SUPPRESSING or happened.soft:
            return account
        return suppressing(account, happened.recipient, on=_SUPPRESSING[happened.event])


def _reason(account: SendGridAccount, recipient: str) -> str:
    # Who is on none of the lists is in the group of the message.
    return _REASONS[listed(account, recipient, *_REASONS) or "unsubscribed"]


def _details(happened: Happened) -> dict[str, Any]:
    """What the kinds of events have each for itself."""
    match happened.event:
        case MailEvent.DELIVERED:
            return {"response": happened.words, "ip": _IP, "tls": 1}
        case MailEvent.DEFERRED:
            return {"response": happened.words, "attempt": "1", "ip": _IP, "tls": 1}
        case MailEvent.BOUNCED:
            return {
                "reason": happened.words,
                "status": happened.status,
                "type": "blocked" if happened.soft else "bounce",
                "ip": _IP,
                "tls": 1,
            }
        case MailEvent.DROPPED:
            return {"reason": happened.words or "Bounced Address", "status": "5.0.0"}
        case MailEvent.OPENED:
            return {"useragent": _AGENT, "ip": _IP}
        case MailEvent.CLICKED:
            return {"useragent": _AGENT, "ip": _IP, "url": happened.link}
    return {}


def sign(private_key: str, timestamp: str, body: bytes) -> str:
    """The signature of a request: ECDSA with SHA-256 over timestamp and body, DER in base64."""
    signature = _loaded(private_key).sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return base64.b64encode(signature).decode("ascii")


def _loaded(pem: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("an EC key of the curve P-256 is due")  # noqa: TRY004  # pydantic's way
    return key


WEBHOOK = SendGridWebhookRules()
