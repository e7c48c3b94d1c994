"""Postmark, the Email API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harness.protocol import ApiTransport, ErrorClass, Mailbox, Message
from harness.reference.api_calls.call import (
    Acceptance,
    ApiCall,
    ApiReply,
    RefusedByApi,
    credential,
    named_in,
    refused,
    unexpected,
)

_HOST = "api.postmarkapp.com"
_CLASSES = {
    10: ErrorClass.UNAUTHORIZED,
    405: ErrorClass.QUOTA_EXCEEDED,
    406: ErrorClass.RECIPIENT_REFUSED,
    400: ErrorClass.SENDER_REFUSED,
    401: ErrorClass.SENDER_REFUSED,
    412: ErrorClass.FORBIDDEN,
    413: ErrorClass.FORBIDDEN,
}


def call(transport: ApiTransport, message: Message, mime: bytes) -> ApiCall:
    """`POST /email`."""
    del mime
    token = credential(transport, "server_token")
    return ApiCall(
        host=_HOST,
        path="/email",
        headers={
            "X-Postmark-Server-Token": token,
            "Content-Type": "application/json",
            "Accept": "application/json",
        },
        body=json.dumps(_body(message)).encode(),
    )


def accepted(reply: ApiReply, recipients: Sequence[str]) -> Acceptance:
    """200 with ErrorCode 0 and `MessageID`. Inactive recipients among others are in its words."""
    document = reply.json()
    code = document.get("ErrorCode") if isinstance(document, dict) else None
    if reply.status == 200 and code == 0 and document.get("MessageID"):
        words = str(document.get("Message", ""))
        return Acceptance(
            provider_id=str(document["MessageID"]),
            refused=tuple(
                RefusedByApi(address=address, message=words)
                for address in named_in(words, recipients)
            ),
        )
    if reply.status < 300 and not code:
        raise unexpected(reply)
    words = str(document.get("Message", "")) if isinstance(document, dict) else reply.text
    known = _CLASSES.get(code) if isinstance(code, int) else None
    raise refused(reply, words, class_=known, code=code)


def _body(message: Message) -> dict[str, Any]:
    fields = {
        "From": _boxes((message.from_,)),
        "To": _boxes(message.to),
        "Cc": _boxes(message.cc),
        "Bcc": _boxes(message.bcc),
        "ReplyTo": _boxes(message.reply_to),
        "Subject": message.subject,
        "TextBody": message.text,
        "HtmlBody": message.html,
    }
    body: dict[str, Any] = {name: value for name, value in fields.items() if value}
    if message.headers:
        body["Headers"] = [{"Name": n, "Value": v} for n, v in message.headers.items()]
    if message.attachments:
        body["Attachments"] = [
            {"Name": a.filename, "Content": a.content, "ContentType": a.content_type}
            for a in message.attachments
        ]
    return body


def _boxes(boxes: tuple[Mailbox, ...]) -> str:
    return ", ".join(
        f'"{_quoted(box.name)}" <{box.address}>' if box.name else box.address for box in boxes
    )


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')
