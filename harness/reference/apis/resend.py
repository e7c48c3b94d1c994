"""Resend, the Email API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harness.protocol import ApiTransport, ErrorClass, Mailbox, Message
from harness.reference.api_calls.call import (
    Acceptance,
    ApiCall,
    ApiReply,
    credential,
    refused,
    unexpected,
)
from harness.reference.failure import DeliveryError

_HOST = "api.resend.com"
_CLASSES = {
    "missing_api_key": ErrorClass.UNAUTHORIZED,
    "invalid_api_key": ErrorClass.UNAUTHORIZED,
    "restricted_api_key": ErrorClass.FORBIDDEN,
    "suspended_api_key": ErrorClass.FORBIDDEN,
    "daily_quota_exceeded": ErrorClass.QUOTA_EXCEEDED,
    "monthly_quota_exceeded": ErrorClass.QUOTA_EXCEEDED,
    "rate_limit_exceeded": ErrorClass.RATE_LIMITED,
}
# Most refusals are called validation_error, and only their words tell one from another.
_WORDS = {
    "api key is invalid": ErrorClass.UNAUTHORIZED,
    "domain is not verified": ErrorClass.SENDER_REFUSED,
    "domain with your api key is not verified": ErrorClass.FORBIDDEN,
    "not authorized to send emails from": ErrorClass.SENDER_REFUSED,
}
# A conflict that is over when the other request is.
_IN_PROGRESS = "concurrent_idempotent_requests"


def call(transport: ApiTransport, message: Message, mime: bytes) -> ApiCall:
    """`POST /emails`. Without a User-Agent, which the client sends, it would be refused."""
    del mime
    key = credential(transport, "api_key")
    return ApiCall(
        host=_HOST,
        path="/emails",
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        body=json.dumps(_body(message)).encode(),
    )


def accepted(reply: ApiReply, recipients: Sequence[str]) -> Acceptance:
    """200 with `id`. It is taken for everybody or for nobody."""
    del recipients
    document = reply.json()
    if reply.status == 200 and isinstance(document, dict) and document.get("id"):
        return Acceptance(provider_id=str(document["id"]))
    if reply.status < 300:
        raise unexpected(reply)
    raise _refusal(reply, document)


def _refusal(reply: ApiReply, document: Any) -> DeliveryError:
    if not isinstance(document, dict):
        return refused(reply, reply.text)
    name, words = str(document.get("name", "")), str(document.get("message", ""))
    told = (class_ for part, class_ in _WORDS.items() if part in words.lower())
    return refused(
        reply,
        f"{name}: {words}",
        class_=_CLASSES.get(name) or next(told, None),
        temporary=True if name == _IN_PROGRESS else None,
        code=name,
    )


def _body(message: Message) -> dict[str, Any]:
    fields = {
        "from": _shown(message.from_),
        "to": [_shown(box) for box in message.to],
        "cc": [_shown(box) for box in message.cc],
        "bcc": [_shown(box) for box in message.bcc],
        "reply_to": [_shown(box) for box in message.reply_to],
        "subject": message.subject,
        "html": message.html,
        "headers": dict(message.headers),
        "attachments": [
            {"filename": a.filename, "content": a.content, "content_type": a.content_type}
            for a in message.attachments
        ],
    }
    body: dict[str, Any] = {name: value for name, value in fields.items() if value}
    # Left out, a text would be made of the HTML: what was not asked for is not sent.
    return {**body, "text": message.text or ""}


def _shown(box: Mailbox) -> str:
    name = box.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{name}" <{box.address}>' if name else box.address
