"""SendGrid, Web API v3."""

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
    host_of,
    refused,
    unexpected,
)
from harness.reference.failure import DeliveryError

_HOSTS = {"us": "api.sendgrid.com", "eu": "api.eu.sendgrid.com"}


def call(transport: ApiTransport, message: Message, mime: bytes) -> ApiCall:
    """`POST /v3/mail/send`."""
    del mime
    key = credential(transport, "api_key")
    return ApiCall(
        host=host_of(transport, _HOSTS),
        path="/v3/mail/send",
        headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        body=json.dumps(_body(message)).encode(),
    )


def accepted(reply: ApiReply, recipients: Sequence[str]) -> Acceptance:
    """202 means taken, for everybody; the id is a header."""
    del recipients
    if reply.status == 202:
        return Acceptance(provider_id=reply.headers.get("x-message-id", ""))
    if reply.status < 300:
        raise unexpected(reply)
    raise _refusal(reply)


def _refusal(reply: ApiReply) -> DeliveryError:
    document = reply.json()
    errors = document.get("errors") if isinstance(document, dict) else None
    if not isinstance(errors, list):
        return refused(reply, reply.text)
    said = [e for e in errors if isinstance(e, dict)]
    words = "; ".join(str(error.get("message", "")) for error in said)
    if "credits exceeded" in words.lower():
        return refused(reply, words, class_=ErrorClass.QUOTA_EXCEEDED)
    return refused(reply, words)


def _body(message: Message) -> dict[str, Any]:
    person: dict[str, Any] = {"to": _boxes(message.to)}
    if message.cc:
        person["cc"] = _boxes(message.cc)
    if message.bcc:
        person["bcc"] = _boxes(message.bcc)
    contents = (("text/plain", message.text), ("text/html", message.html))
    body: dict[str, Any] = {
        "personalizations": [person],
        "from": _boxes((message.from_,))[0],
        "subject": message.subject,
        "content": [{"type": kind, "value": value} for kind, value in contents if value],
    }
    if message.reply_to:
        body["reply_to_list"] = _boxes(message.reply_to)
    if message.headers:
        body["headers"] = dict(message.headers)
    if message.attachments:
        body["attachments"] = [
            {"content": each.content, "type": each.content_type, "filename": each.filename}
            for each in message.attachments
        ]
    return body


def _boxes(boxes: tuple[Mailbox, ...]) -> list[dict[str, str]]:
    return [
        {"email": box.address, "name": box.name} if box.name else {"email": box.address}
        for box in boxes
    ]
