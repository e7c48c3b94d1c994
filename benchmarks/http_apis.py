"""The fakes of the APIs against moto (SES) and prism: one POST that sends, kept connections."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from kept import ask_once, requests_a_second
from rates import server

HERE = Path(__file__).parent
PEERS = HERE.parent / ".bench" / "bin" / "python"
PRISM = HERE.parent / ".bench" / "node" / "node_modules" / ".bin" / "prism"
PEER_NAMES = ("moto", "prism")
KEY = "k" * 40
SES_HOST = "email.us-east-1.amazonaws.com"
SES_KEYS = {
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
DOMAINS = {"domains": [{"name": "sender.test"}]}
# Limits that are counted, and that nobody meets.
ACCOUNTS = {"ses": {**DOMAINS, "max_24_hour_send": 1e9, "max_send_rate": 1e9}}
SENDGRID = {
    "personalizations": [{"to": [{"email": "to@recipient.test"}]}],
    "from": {"email": "from@sender.test"},
    "subject": "A letter",
    "content": [{"type": "text/plain", "value": "words"}],
}
SPARKPOST = {
    "recipients": [{"address": "to@recipient.test"}],
    "content": {"from": "from@sender.test", "subject": "A letter", "text": "words"},
}
MANDRILL = {
    "key": KEY,
    "message": {
        "from_email": "from@sender.test",
        "to": [{"email": "to@recipient.test"}],
        "subject": "A letter",
        "text": "words",
    },
}
POSTMARK = {
    "From": "from@sender.test",
    "To": "to@recipient.test",
    "Subject": "A letter",
    "TextBody": "words",
}
MAILGUN = {
    "from": "from@sender.test",
    "to": "to@recipient.test",
    "subject": "A letter",
    "text": "words",
}
RESEND = {
    "from": "from@sender.test",
    "to": ["to@recipient.test"],
    "subject": "A letter",
    "text": "words",
}
SES = {
    "Action": "SendEmail",
    "Version": "2010-12-01",
    "Source": "from@sender.test",
    "Destination.ToAddresses.member.1": "to@recipient.test",
    "Message.Subject.Data": "A letter",
    "Message.Body.Text.Data": "words",
}


def _post(target: str, body: bytes, headers: dict[str, str]) -> bytes:
    given = {"Host": "localhost", **headers, "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"POST {target} HTTP/1.1\r\n{lines}\r\n".encode() + body


def _json(target: str, document: Any, **headers: str) -> bytes:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps(document).encode()
    return _post(target, body, {"Content-Type": "application/json", **named})


def _ses(fields: dict[str, str]) -> bytes:
    """Signed now: a signature is good for a quarter of an hour."""
    body = urlencode(fields).encode()
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    made = AWSRequest("POST", f"https://{SES_HOST}/", form, body)
    SigV4Auth(Credentials(*SES_KEYS.values()), "ses", "us-east-1").add_auth(made)
    return _post("/", body, {"Host": SES_HOST, **dict(made.headers.items())})


def _mailgun() -> bytes:
    user = b64encode(f"api:{KEY}".encode()).decode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(MAILGUN).encode()
    return _post("/v3/sender.test/messages", body, {"Authorization": f"Basic {user}", **form})


REQUESTS: dict[str, Callable[[], bytes]] = {
    "ses": lambda: _ses(SES),
    "sendgrid": lambda: _json("/v3/mail/send", SENDGRID, Authorization=f"Bearer {KEY}"),
    "sparkpost": lambda: _json("/api/v1/transmissions", SPARKPOST, Authorization=KEY),
    "mailgun": _mailgun,
    "mandrill": lambda: _json("/api/1.0/messages/send.json", MANDRILL),
    "postmark": lambda: _json(
        "/email", POSTMARK, X_Postmark_Server_Token=KEY, Accept="application/json"
    ),
    "resend": lambda: _json("/emails", RESEND, Authorization=f"Bearer {KEY}", User_Agent="bench"),
    "moto": lambda: _ses(SES),
    "prism": lambda: _json("/v3/mail/send", SENDGRID, Authorization=f"Bearer {KEY}"),
}
VERIFY = {"Action": "VerifyEmailIdentity", "Version": "2010-12-01"}


def _credentials(name: str) -> dict[str, str]:
    if name == "ses":
        return SES_KEYS
    return {"server_token" if name == "postmark" else "api_key": KEY}


def servers() -> dict[str, list[str]]:
    """The commands of ours and of those peers that are there."""
    ours = str(HERE / "servers" / "ours_api.py")
    found = {
        name: [
            *(sys.executable, ours, name),
            *map(json.dumps, (_credentials(name), ACCOUNTS.get(name, DOMAINS))),
        ]
        for name in REQUESTS
        if name not in PEER_NAMES
    }
    found["moto"] = [str(PEERS), str(HERE / "servers" / "peer_moto.py")]
    if PRISM.exists():
        prism = str(HERE / "servers" / "peer_prism.py")
        found["prism"] = [sys.executable, prism, str(PRISM), str(HERE / "openapi.yaml")]
    return found


def rate(name: str, command: list[str], *, seconds: float) -> float:
    """Requests a second, each one a message that was taken."""
    with server(command) as started:
        if name == "moto":
            verify = _ses({**VERIFY, "EmailAddress": "from@sender.test"})
            ask_once(started.port, verify)
        return requests_a_second(started.port, REQUESTS[name](), seconds=seconds, connections=4)
