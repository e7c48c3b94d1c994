"""Mandrill (Mailchimp Transactional): 200 may mean that nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness.protocol import ApiTransport, ErrorClass, Message
from harness.reference.api_calls.call import (
    Acceptance,
    ApiCall,
    ApiReply,
    RefusedByApi,
    credential,
    refused,
    unexpected,
)
from harness.reference.failure import DeliveryError

_HOST = "mandrillapp.com"
_TAKEN = {"sent", "queued", "scheduled"}
_CLASSES = {
    "Invalid_Key": ErrorClass.UNAUTHORIZED,
    "PaymentRequired": ErrorClass.FORBIDDEN,
    "ValidationError": ErrorClass.INVALID_REQUEST,
    "GeneralError": ErrorClass.SERVER_ERROR,
}


def call(transport: ApiTransport, message: Message, mime: bytes) -> ApiCall:
    """`POST /api/1.0/messages/send-raw` with the key in the body, where Mandrill wants it."""
    body = {
        "key": credential(transport, "api_key"),
        "raw_message": mime.decode("utf-8"),
        "from_email": message.from_.address,
        "from_name": message.from_.name,
        "to": list(message.recipients),
    }
    return ApiCall(
        host=_HOST,
        path="/api/1.0/messages/send-raw",
        headers={"Content-Type": "application/json"},
        body=json.dumps(body).encode(),
    )


def accepted(reply: ApiReply, recipients: Sequence[str]) -> Acceptance:
    """An item a recipient; one that was rejected for all of them is a failure."""
    del recipients
    document = reply.json()
    if reply.status != 200:
        raise _refusal(reply, document)
    items = [i for i in document if isinstance(i, dict)] if isinstance(document, list) else []
    if not items:
        raise unexpected(reply)
    taken = [item for item in items if item.get("status") in _TAKEN]
    if taken:
        return Acceptance(
            provider_id=str(taken[0].get("_id", "")),
            refused=tuple(
                RefusedByApi(address=str(item.get("email", "")), message=_said(item))
                for item in items
                if item not in taken
            ),
        )
    code = str(items[0].get("reject_reason") or "")
    words = "; ".join(dict.fromkeys(map(_said, items)))
    raise refused(reply, words, class_=ErrorClass.MESSAGE_REFUSED, code=code)


def _said(item: Mapping[str, Any]) -> str:
    return " ".join(str(item.get(part) or "") for part in ("status", "reject_reason")).strip()


def _refusal(reply: ApiReply, document: Any) -> DeliveryError:
    if not isinstance(document, dict):
        return refused(reply, reply.text)
    name = str(document.get("name", ""))
    class_ = _CLASSES.get(name)
    return refused(
        reply,
        f"{name}: {document.get('message', '')}",
        class_=class_,
        temporary=None if class_ is None else class_ is ErrorClass.SERVER_ERROR,
        code=name,
    )
