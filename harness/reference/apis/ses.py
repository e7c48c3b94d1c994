"""Amazon SES, Query API v1 and REST v2, signed by botocore's own signer."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

from harness.protocol import ApiTransport, ErrorClass, Message
from harness.reference.api_calls.call import (
    Acceptance,
    ApiCall,
    ApiReply,
    credential,
    refused,
    unexpected,
)
from harness.reference.failure import ConfigError, DeliveryError, MissingLibraryError

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d\Z")
_V1 = "2010-12-01"
_CLASSES = {
    "InvalidClientTokenId": ErrorClass.UNAUTHORIZED,
    "SignatureDoesNotMatch": ErrorClass.UNAUTHORIZED,
    "UnrecognizedClientException": ErrorClass.UNAUTHORIZED,
    "InvalidSignatureException": ErrorClass.UNAUTHORIZED,
    "RequestExpired": ErrorClass.UNAUTHORIZED,
    "AccessDenied": ErrorClass.FORBIDDEN,
    "AccessDeniedException": ErrorClass.FORBIDDEN,
    "MessageRejected": ErrorClass.MESSAGE_REFUSED,
    "MailFromDomainNotVerified": ErrorClass.SENDER_REFUSED,
    "MailFromDomainNotVerifiedException": ErrorClass.SENDER_REFUSED,
    "AccountSendingPausedException": ErrorClass.FORBIDDEN,
    "AccountSuspendedException": ErrorClass.FORBIDDEN,
    "SendingPausedException": ErrorClass.FORBIDDEN,
    "Throttling": ErrorClass.RATE_LIMITED,
    "TooManyRequestsException": ErrorClass.RATE_LIMITED,
    "LimitExceededException": ErrorClass.QUOTA_EXCEEDED,
}
_TEMPORARY = {ErrorClass.RATE_LIMITED, ErrorClass.SERVER_ERROR, ErrorClass.QUOTA_EXCEEDED}


def call(transport: ApiTransport, message: Message, mime: bytes) -> ApiCall:
    """The finished message as raw content, by v2 unless v1 is configured."""
    host = f"email.{_region(transport)}.amazonaws.com"
    if transport.api == "v1":
        fields = {
            "Action": "SendRawEmail",
            "Version": _V1,
            "RawMessage.Data": b64encode(mime).decode(),
            "Source": message.from_.address,
        }
        for number, address in enumerate(message.recipients, start=1):
            fields[f"Destinations.member.{number}"] = address
        body, path = urlencode(fields).encode(), "/"
        kind = "application/x-www-form-urlencoded; charset=utf-8"
    else:
        document = {
            "FromEmailAddress": message.from_.address,
            "Destination": {
                name: [box.address for box in boxes]
                for name, boxes in (
                    ("ToAddresses", message.to),
                    ("CcAddresses", message.cc),
                    ("BccAddresses", message.bcc),
                )
                if boxes
            },
            "Content": {"Raw": {"Data": b64encode(mime).decode()}},
        }
        body, path = json.dumps(document).encode(), "/v2/email/outbound-emails"
        kind = "application/json"
    return ApiCall(host=host, path=path, headers={"Content-Type": kind}, body=body)


def signed(call_: ApiCall, transport: ApiTransport, host: str, now: datetime) -> ApiCall:
    """The call with its signature (Signature Version 4) for the host that it really goes to.

    Raises:
        MissingLibraryError: the library that signs is not there; it is as large as all the others.
    """
    try:
        from botocore.auth import SigV4Auth  # noqa: PLC0415  # heavy, only for SES
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415
        from botocore.credentials import Credentials  # noqa: PLC0415
    except ImportError:
        raise MissingLibraryError(
            "SES needs botocore, which is not installed: pip install 'mail-harness[ses]'"
        ) from None

    request = AWSRequest(
        method=call_.method,
        url=f"https://{host}{call_.path}",
        data=call_.body,
        headers={**call_.headers, "Host": host},
    )
    request.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
    given = Credentials(
        credential(transport, "access_key_id"),
        credential(transport, "secret_access_key"),
        transport.credentials.get("session_token"),
    )
    SigV4Auth(given, "ses", _region(transport)).add_auth(request)
    headers = {name: str(value) for name, value in request.headers.items() if name != "Host"}
    return ApiCall(host=call_.host, path=call_.path, headers=headers, body=call_.body)


def accepted(reply: ApiReply, recipients: Sequence[str]) -> Acceptance:
    """The MessageId, in XML or JSON. It is taken for everybody or for nobody."""
    del recipients
    document, tree = reply.json(), _tree(reply)
    if reply.status == 200:
        if isinstance(document, dict) and document.get("MessageId"):
            return Acceptance(provider_id=str(document["MessageId"]))
        found = _text(tree, "MessageId")
        if found:
            return Acceptance(provider_id=found)
    if reply.status < 300:
        raise unexpected(reply)
    raise _refusal(reply, document, tree)


def _refusal(reply: ApiReply, document: Any, tree: ET.Element | None) -> DeliveryError:
    if isinstance(document, dict):
        code = reply.headers.get("x-amzn-errortype", str(document.get("__type", "")))
        words = str(document.get("message") or document.get("Message") or "")
    else:
        code, words = _text(tree, "Code"), _text(tree, "Message")
    code = code.split(":")[0].rpartition("#")[2]
    class_ = _CLASSES.get(code)
    if "quota exceeded" in words.lower():
        class_ = ErrorClass.QUOTA_EXCEEDED
    return refused(
        reply,
        f"{code}: {words}" if code else words,
        class_=class_,
        temporary=None if class_ is None else class_ in _TEMPORARY,
        code=code or None,
    )


def _region(transport: ApiTransport) -> str:
    region = transport.region or ""
    if not _REGION.match(region):
        what = f"{region!r} is no AWS region" if region else "no region is configured"
        raise ConfigError(f"ses: {what}; they look like eu-central-1")
    return region


def _tree(reply: ApiReply) -> ET.Element | None:
    if b"<!DOCTYPE" in reply.body or b"<!ENTITY" in reply.body:
        return None  # no entities from strangers
    try:
        return ET.fromstring(reply.body)  # noqa: S314  # bounded, and without entities
    except ET.ParseError:
        return None


def _text(tree: ET.Element | None, name: str) -> str:
    """The text of the first element of that name, in whichever namespace."""
    for element in tree.iter() if tree is not None else ():
        if element.tag.rpartition("}")[2] == name:
            return element.text or ""
    return ""
