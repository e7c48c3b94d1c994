"""SparkPost, Transmissions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from harness.protocol import ApiTransport, ErrorClass, Message
from harness.reference.api_calls.call import (
    Acceptance,
    ApiCall,
    ApiReply,
    RefusedByApi,
    credential,
    host_of,
    named_in,
    refused,
    unexpected,
)
from harness.reference.failure import DeliveryError

# Without a domain of one's own, a few messages may go out from here (Transmissions, sandbox).
_SANDBOX = "sparkpostbox.com"
_HOSTS = {"us": "api.sparkpost.com", "eu": "api.eu.sparkpost.com"}


def call(transport: ApiTransport, message: Message, mime: bytes) -> ApiCall:
    """`POST /api/v1/transmissions` with the finished message as `email_rfc822`."""
    key = credential(transport, "api_key")
    header_to = ", ".join(box.address for box in message.to)
    body: dict[str, Any] = {
        "recipients": [
            {"address": {"email": address, "header_to": header_to}}
            for address in message.recipients
        ],
        "content": {"email_rfc822": mime.decode("utf-8")},
    }
    if message.from_.address.lower().endswith(f"@{_SANDBOX}"):
        body["options"] = {"sandbox": True}
    return ApiCall(
        host=host_of(transport, _HOSTS),
        path="/api/v1/transmissions",
        headers={"Authorization": key, "Content-Type": "application/json"},
        body=json.dumps(body).encode(),
    )


def accepted(reply: ApiReply, recipients: Sequence[str]) -> Acceptance:
    """200 with `results.id`; recipients that were all rejected are a failure."""
    document = reply.json()
    results = document.get("results") if isinstance(document, dict) else None
    if reply.status == 200 and isinstance(results, dict) and results.get("id"):
        if results.get("total_accepted_recipients") == 0:
            words = "every recipient was rejected"
            raise refused(reply, words, class_=ErrorClass.RECIPIENT_REFUSED)
        return Acceptance(
            provider_id=str(results["id"]), refused=tuple(_rejected(results, recipients))
        )
    if reply.status < 300:
        raise unexpected(reply)
    raise _refusal(reply, document)


def _rejected(results: dict[str, Any], recipients: Sequence[str]) -> Iterator[RefusedByApi]:
    """Those that an entry of `rcpt_to_errors` names, with what it says."""
    errors = results.get("rcpt_to_errors")
    for error in errors if isinstance(errors, list) else ():
        words = str(error.get("description") or "") if isinstance(error, dict) else ""
        yield from (RefusedByApi(address=a, message=words) for a in named_in(words, recipients))


def _refusal(reply: ApiReply, document: Any) -> DeliveryError:
    errors = document.get("errors") if isinstance(document, dict) else None
    said = [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
    words = "; ".join(
        ": ".join(str(error[part]) for part in ("message", "description") if error.get(part))
        for error in said
    )
    code = next((str(error["code"]) for error in said if error.get("code")), None)
    return refused(reply, words or reply.text, code=code)
