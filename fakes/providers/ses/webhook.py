"""SES tells of mail by way of SNS: a topic that an HTTP(S) endpoint is subscribed to.

Sources: those of `notification` and `sns`; the headers: SNS developer guide, HTTP/HTTPS headers
(stored copies, 2023-06), requests quoted in public repositories.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import ClassVar, Literal
from urllib.parse import parse_qs, urlencode

from pydantic import Field

from ...errors import FakeError
from ...http.exchange import Headers, Request, Response
from ...marks import Mark
from ..accepted_mail import AcceptedMail
from ..rules import Token
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
from .account import SesAccount
from .limits import is_simulator
from .notification import NOTIFIED, TYPES, Style, told, written
from .refusals import XML
from .sns import SignatureVersion, signed, signing_pair

_SOURCE = "SES and SNS developer guides (2022-11, 2023-06, and stored copies)"
_SOURCE_OF_LIST = "the type is documented, the text of the diagnosis is ours"
_SUBJECT = "Amazon SES Email Event Notification"
_CERTIFICATE = "/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem"
_NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/"
_SUBSCRIPTION = "c9135db0-26c4-47ec-8998-413945fb5a96"
_SUPPRESSED = (
    "Amazon SES has suppressed sending to this address because it has a recent history of bouncing "
    "as an invalid address."
)
# What the mailbox simulator does (SES developer guide, 2022-11-02).
_SIMULATED: Mapping[str, tuple[tuple[MailEvent, str], ...]] = MappingProxyType(
    {
        "success": ((MailEvent.DELIVERED, ""),),
        "bounce": ((MailEvent.BOUNCED, "550 5.1.1 user unknown"),),
        "complaint": ((MailEvent.DELIVERED, ""), (MailEvent.COMPLAINED, "")),
        "ooto": ((MailEvent.DELIVERED, ""),),
        "suppressionlist": ((MailEvent.BOUNCED, _SUPPRESSED),),
    }
)


class SesWebhook(Webhook):
    """An HTTP(S) endpoint that is subscribed to the topic that SES publishes to."""

    style: Style = "event"
    """What SES publishes: events of a configuration set (`eventType`), or an identity's
    notifications (`notificationType`), of which there are three: delivery, bounce, complaint."""

    topic: str = Field(default="ses-events", pattern="^[A-Za-z0-9_-]{1,256}$")
    """The name of the topic; its ARN is made of it, the region and the account's number."""

    signature_version: SignatureVersion = "1"
    """How SNS signs: SHA-1 (`1`, as topics do at first) or SHA-256 (`2`)."""

    confirmed: bool = True
    """Whether the subscription is confirmed; as long as it is not, nothing is posted but the
    request to confirm it (`try_webhook`)."""

    urls: Literal["fake", "vendor"] = "fake"
    """Where SigningCertURL and SubscribeURL lead: to the fake, which serves both, or to the
    vendor's host, for a handler that insists on it and has the certificate otherwise."""

    private_key: str | None = None
    """The RSA key that SNS signs with, in PEM (PKCS 8). Default: made up, with its certificate."""

    certificate: str | None = None
    """The certificate of that key, in PEM, as it is served at SigningCertURL. Default: made up."""


class SesWebhookRules(WebhookRules[SesWebhook, SesAccount]):
    """SES's events by way of SNS."""

    webhook_type = SesWebhook
    source = _SOURCE
    names: ClassVar[Mapping[MailEvent, str]] = MappingProxyType(TYPES)

    def furnished(self, webhook: SesWebhook, token: Token) -> SesWebhook:
        """The webhook with a key and its certificate."""
        del token  # a key of RSA is not made of characters
        if (webhook.private_key is None) is not (webhook.certificate is None):
            raise FakeError("webhook: private_key and certificate are given together, or neither")
        if webhook.private_key is not None:
            return webhook
        pair = signing_pair()
        made = {"private_key": pair.private_key, "certificate": pair.certificate}
        return webhook.model_copy(update=made)

    def post(
        self, webhook: SesWebhook, account: SesAccount, happened: Sequence[Happened]
    ) -> EventPost:
        """The notification of the topic that holds what SES says."""
        (one,) = happened
        message = json.dumps(told(account, one, webhook.style), separators=(",", ":"))
        is_event = webhook.style == "event"
        arn = _arn(webhook, account, one.occasion)
        base = _base(webhook, one.occasion)
        query = {"Action": "Unsubscribe", "SubscriptionArn": f"{arn}:{_SUBSCRIPTION}"}
        document = {
            "Type": "Notification",
            "MessageId": one.occasion.uuid,
            "TopicArn": arn,
            **({"Subject": _SUBJECT} if is_event else {}),
            "Message": message + ("\n" if is_event else ""),
            "Timestamp": written(one.at),
            "SigningCertURL": f"{base}{_CERTIFICATE}",
            "UnsubscribeURL": f"{base}/?{urlencode(query)}",
        }
        post = _posted(webhook, document)
        if one.event is MailEvent.DROPPED:
            return replace(post, mark=Mark.INFERRED, source=_SOURCE_OF_LIST)
        return post

    def trial(self, webhook: SesWebhook, account: SesAccount, occasion: Occasion) -> EventPost:
        """The request to confirm the subscription."""
        arn = _arn(webhook, account, occasion)
        base = _base(webhook, occasion)
        token = occasion.identity * 2
        query = {"Action": "ConfirmSubscription", "TopicArn": arn, "Token": token}
        document = {
            "Type": "SubscriptionConfirmation",
            "MessageId": occasion.uuid,
            "Token": token,
            "TopicArn": arn,
            "Message": f"You have chosen to subscribe to the topic {arn}.\nTo confirm the "
            "subscription, visit the SubscribeURL included in this message.",
            "SubscribeURL": f"{base}/?{urlencode(query)}",
            "Timestamp": written(occasion.at),
            "SigningCertURL": f"{base}{_CERTIFICATE}",
        }
        return _posted(webhook, document)

    def waits_for(self, webhook: SesWebhook) -> str | None:
        """The confirmation of the subscription."""
        if webhook.confirmed:
            return None
        return "the subscription is not confirmed; try_webhook() posts the request to confirm it"

    def serve(
        self, webhook: SesWebhook, account: SesAccount, request: Request
    ) -> tuple[Response, SesWebhook] | None:
        """The certificate, and the confirmation of the subscription, signed or not."""
        del account
        if request.path == _CERTIFICATE and request.method in {"GET", "HEAD"}:
            headers = (("Content-Type", "application/x-pem-file"),)
            return _answer((webhook.certificate or "").encode(), headers), webhook
        asked = parse_qs(request.target.partition("?")[2] + "&" + _form(request))
        if asked.get("Action") != ["ConfirmSubscription"]:
            return None
        arn = f"{asked.get('TopicArn', [''])[0]}:{_SUBSCRIPTION}"
        body = (
            f'<ConfirmSubscriptionResponse xmlns="{_NAMESPACE}"><ConfirmSubscriptionResult>'
            f"<SubscriptionArn>{arn}</SubscriptionArn></ConfirmSubscriptionResult>"
            f"<ResponseMetadata><RequestId>{_SUBSCRIPTION}</RequestId></ResponseMetadata>"
            "</ConfirmSubscriptionResponse>"
        )
        return _answer(body.encode(), XML), webhook.model_copy(update={"confirmed": True})

    def found(self, event: MailEvent | str, webhook: SesWebhook) -> MailEvent:
        """The event, where SES has it in this style."""
        if webhook.style == "notification" and event in TYPES and event not in NOTIFIED:
            choices = ", ".join(each for each in self.names if each in NOTIFIED)
            raise FakeError(f"style: no notification tells of {event} (choose from {choices})")
        return super().found(event, webhook)

    def account_after(self, account: SesAccount, happened: Happened) -> SesAccount:
        """The recipient is on the suppression list, unless it is the simulator's."""
        for_good = happened.event is MailEvent.BOUNCED and not happened.soft
        if is_simulator(happened.recipient):
            return account
        if happened.event is MailEvent.COMPLAINED:
            return suppressing(account, happened.recipient, on="complained")
        return suppressing(account, happened.recipient) if for_good else account

    def foreseen(self, account: SesAccount, mail: AcceptedMail) -> tuple[Fate, ...]:
        """What goes to suppressed recipients, and what the mailbox simulator does."""
        del account
        found: list[Fate] = []
        for recipient in mail.recipients:
            if recipient in mail.dropped:
                found.append(Fate(event=MailEvent.DROPPED, recipient=recipient))
            elif is_simulator(recipient):
                found += [
                    Fate(event=event, recipient=recipient, words=words)
                    for event, words in _SIMULATED.get(_mailbox(recipient), ())
                ]
        return tuple(found)


def _mailbox(recipient: str) -> str:
    return recipient.lower().rpartition("@")[0].partition("+")[0]


def _arn(webhook: SesWebhook, account: SesAccount, occasion: Occasion) -> str:
    return f"arn:aws:sns:{occasion.region}:{account.number}:{webhook.topic}"


def _base(webhook: SesWebhook, occasion: Occasion) -> str:
    if webhook.urls == "vendor":
        return f"https://sns.{occasion.region}.amazonaws.com"
    return occasion.origin


def _form(request: Request) -> str:
    if request.content_type != "application/x-www-form-urlencoded":
        return ""
    return request.body.decode("latin-1")


def _posted(webhook: SesWebhook, document: Mapping[str, str]) -> EventPost:
    made = signed(
        document, private_key=webhook.private_key or "", version=webhook.signature_version
    )
    subscription = f"{document['TopicArn']}:{_SUBSCRIPTION}"
    is_notification = document["Type"] == "Notification"
    headers: Headers = (
        ("x-amz-sns-message-type", document["Type"]),
        ("x-amz-sns-message-id", document["MessageId"]),
        ("x-amz-sns-topic-arn", document["TopicArn"]),
        *((("x-amz-sns-subscription-arn", subscription),) if is_notification else ()),
        ("Content-Type", "text/plain; charset=UTF-8"),
        ("User-Agent", "Amazon Simple Notification Service Agent"),
    )
    return EventPost(
        request=Request(
            method="POST",
            target=webhook.target,
            headers=headers,
            body=json.dumps(made, indent=2).encode(),
        ),
        mark=Mark.DOCUMENTED,
        source=_SOURCE,
        # SNS gives user name and password only when it is asked (django-anymail, 2026-07).
        on_challenge=basic(webhook),
    )


def _answer(body: bytes, headers: Headers) -> Response:
    return Response(status=200, body=body, headers=headers, mark=Mark.DOCUMENTED, source=_SOURCE)


WEBHOOK = SesWebhookRules()
