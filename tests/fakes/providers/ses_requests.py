"""Requests to SES as botocore signs them, and what its answers say."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness.fakes.http.exchange import Request, Response
from harness.fakes.providers.rules import Outcome
from harness.fakes.providers.ses import PROVIDER, SesAccount

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime(2026, 11, 20, 20, 56, 50, tzinfo=UTC)
REGION = "eu-west-1"
FORM = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
HOST = f"email.{REGION}.amazonaws.com"


def signed(
    method: str = "POST",
    target: str = "/",
    *,
    body: bytes = b"",
    headers: Iterable[tuple[str, str]] = (FORM,),
    host: str = HOST,
    region: str = REGION,
    service: str = "ses",
    key: str = KEY,
    secret: str = SECRET,
    token: str | None = None,
    at: datetime = NOW,
) -> Request:
    """A request as botocore signs it."""
    made = AWSRequest(method, f"https://{host}{target}", dict(headers), body)
    with patch("botocore.auth.get_current_datetime", return_value=at.replace(tzinfo=None)):
        SigV4Auth(Credentials(key, secret, token), service, region).add_auth(made)
    parts = urlsplit(made.url)
    return Request(
        method=method,
        target=f"{parts.path}?{parts.query}" if parts.query else parts.path,
        headers=(("Host", host), *made.headers.items()),
        body=body,
    )


def with_header(request: Request, name: str, value: str | None) -> Request:
    """The request with another value of a header; None: without it."""
    kept = tuple(pair for pair in request.headers if pair[0].lower() != name.lower())
    return replace(request, headers=kept if value is None else (*kept, (name, value)))


JSON = ("Content-Type", "application/json")
CREDENTIALS = {"access_key_id": KEY, "secret_access_key": SECRET}
USER = "arn:aws:iam::123456789012:user/mail-sender"
IDENTITY = "arn:aws:ses:eu-west-1:123456789012:identity"
RAW = b"From: A <a@example.com>\r\nTo: b@example.net\r\nSubject: Hi\r\n\r\nt\r\n"


def account(**words: Any) -> SesAccount:
    """An account with the domain example.com, and with these words."""
    made = SesAccount.model_validate({"domains": [{"name": "example.com"}], **words})
    return PROVIDER.furnished(made, CREDENTIALS)


def query(action: str, /, **parameters: str) -> Request:
    """A signed call of version 1; `_` stands for a dot."""
    names = {name.replace("_", "."): value for name, value in parameters.items()}
    return form({"Action": action, "Version": "2010-12-01", **names})


def form(parameters: Mapping[str, str], *, at: datetime = NOW) -> Request:
    return signed(body=urlencode(parameters).encode(), headers=[FORM], at=at)


def rest(method: str, path: str, document: Any = None) -> Request:
    """A signed call of version 2."""
    body = json.dumps(document).encode() if document is not None else b""
    return signed(method, f"/v2/email/{path}", body=body, headers=[JSON])


def send_email(**changes: str | None) -> Request:
    given_ = {
        "Source": "a@example.com",
        "Destination_ToAddresses_member_1": "b@example.net",
        "Message_Subject_Data": "Hi",
        "Message_Body_Text_Data": "t",
        **changes,
    }
    return query(
        "SendEmail", **{name: value for name, value in given_.items() if value is not None}
    )


def send_raw(raw: bytes = RAW, **more: str) -> Request:
    return query("SendRawEmail", RawMessage_Data=b64encode(raw).decode(), **more)


SIMPLE = {"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "t"}}}}


def send_v2(**changes: Any) -> Request:
    document = {
        "FromEmailAddress": "a@example.com",
        "Destination": {"ToAddresses": ["b@example.net"]},
        "Content": SIMPLE,
        **changes,
    }
    return rest("POST", "outbound-emails", document)


def raw_v2(raw: bytes = RAW, **changes: Any) -> Request:
    content = {"Raw": {"Data": b64encode(raw).decode()}}
    return rest("POST", "outbound-emails", {"Content": content, **changes})


def answer(
    state: SesAccount, request: Request, *, region: str = REGION, now: datetime = NOW
) -> Outcome[SesAccount]:
    return PROVIDER.answer(state, request, region=region, now=now)


def error_of(response: Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal, of either version."""
    if response.header("content-type") == "application/json":
        code = response.header("x-amzn-errortype") or ""
        return response.status, code, str(json.loads(response.body)["message"])
    request_id = response.header("x-amzn-RequestId")
    found = re.fullmatch(
        '<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/">\n'
        "  <Error>\n    <Type>(?:Sender|Receiver)</Type>\n    <Code>(\\w+)</Code>\n"
        "    <Message>(.*)</Message>\n  </Error>\n"
        f"  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n",
        response.body.decode(),
        re.DOTALL,
    )
    assert found, response.body
    root = ET.fromstring(response.body)
    message = root.findtext(".//{*}Message") or ""
    assert found[2] == escape(message)
    return response.status, found[1], message


UNVERIFIED = (
    "Email address is not verified. The following identities failed the check in region EU-WEST-1: "
)
ONLY_RAW = {"Effect": "Allow", "Action": "ses:SendRawEmail", "Resource": "*"}
ONLY_FIELDS = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}


def keys(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"keys": [{"policy": {"Version": "2012-10-17", "Statement": list(statements)}}]}
