"""Mailgun, messages in MIME form."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from urllib.parse import quote

from harness.protocol import ApiTransport, Message
from harness.reference.api_calls.call import (
    Acceptance,
    ApiCall,
    ApiReply,
    credential,
    host_of,
    refused,
    unexpected,
)
from harness.reference.failure import ConfigError

_HOSTS = {"us": "api.mailgun.net", "eu": "api.eu.mailgun.net"}


def call(transport: ApiTransport, message: Message, mime: bytes) -> ApiCall:
    """`POST /v3/<domain>/messages.mime` as multipart."""
    key = credential(transport, "api_key")
    if not transport.domain:
        raise ConfigError("the domain is missing: Mailgun sends for a domain of the account")
    boundary = hashlib.sha256(mime).hexdigest()
    user = b64encode(f"api:{key}".encode()).decode()
    return ApiCall(
        host=host_of(transport, _HOSTS),
        path=f"/v3/{quote(transport.domain, safe='')}/messages.mime",
        headers={
            "Authorization": f"Basic {user}",
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        },
        body=_multipart(message.recipients, mime, boundary),
    )


def accepted(reply: ApiReply, recipients: Sequence[str]) -> Acceptance:
    """200 with `id`, which is a Message-ID. It is taken for everybody or for nobody."""
    del recipients
    document = reply.json()
    words = str(document.get("message", "")) if isinstance(document, dict) else reply.text
    if reply.status == 200 and isinstance(document, dict) and document.get("id"):
        return Acceptance(provider_id=str(document["id"]))
    if reply.status < 300:
        raise unexpected(reply)
    raise refused(reply, words)


def _multipart(recipients: tuple[str, ...], mime: bytes, boundary: str) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="to"\r\n\r\n{address}\r\n'.encode()
        for address in recipients
    ]
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="message"; filename="message.mime"\r\n'
        "Content-Type: message/rfc822\r\n\r\n"
    )
    return b"".join([*parts, head.encode(), mime, f"\r\n--{boundary}--\r\n".encode()])
