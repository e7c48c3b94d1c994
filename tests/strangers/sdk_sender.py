"""A sender as its author writes it after each vendor's quick start: the SDK, and little else.

`--sender python:sdk_sender:send`, with this folder in PYTHONPATH. It imports nothing of ours. Each
SDK is left as it comes; what it is told beside the message is where the API is, and a time-out
where it takes one.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Mapping
from email.utils import formataddr
from importlib import import_module
from typing import Any

Words = Mapping[str, Any]


def send(request: Words) -> dict[str, Any]:
    """Answer a request of the sender protocol."""
    if request["action"] == "describe":
        return {
            "protocol": 1,
            "features": [*(f"api:{provider}" for provider in _BY), "headers", "attachments"],
        }
    transport = request["transport"]
    os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = request["trust"]["ca_file"]
    try:
        found = _BY[transport["provider"]](request, transport, request["message"])
    except Exception as problem:  # noqa: BLE001  # what a caller who only reports would catch
        said = [problem, getattr(problem, "body", ""), getattr(problem, "text", "")]
        words = " ".join(str(part) for part in said if part)
        return {"status": "failed", "error": {"message": f"{type(problem).__name__}: {words}"}}
    return {"status": "sent", "provider_id": str(found)}


def _by_ses(request: Words, transport: Words, message: Words) -> str:
    boto3 = import_module("boto3")
    config = import_module("botocore.config").Config(
        connect_timeout=request["timeout"], read_timeout=request["timeout"]
    )
    client = boto3.session.Session().client(
        "ses" if transport["api"] == "v1" else "sesv2",
        region_name=transport["region"],
        endpoint_url=transport["base_url"],
        aws_access_key_id=transport["credentials"]["access_key_id"],
        aws_secret_access_key=transport["credentials"]["secret_access_key"],
        verify=request["trust"]["ca_file"],
        config=config,
    )
    content: dict[str, Any] = {
        "Subject": {"Data": message.get("subject") or "", "Charset": "UTF-8"},
        "Body": {
            name: {"Data": message[part], "Charset": "UTF-8"}
            for name, part in (("Text", "text"), ("Html", "html"))
            if message.get(part)
        },
    }
    to = {
        f"{part.title()}Addresses": list(map(_encoded, message[part]))
        for part in ("to", "cc", "bcc")
        if message.get(part)
    }
    answers = list(map(_encoded, message.get("reply_to", ())))
    author = _encoded(message["from"])
    if transport["api"] == "v1":
        answer = client.send_email(
            Source=author, Destination=to, Message=content, ReplyToAddresses=answers
        )
    else:
        content["Headers"] = [
            {"Name": name, "Value": value} for name, value in message.get("headers", {}).items()
        ]
        content["Attachments"] = [
            {"FileName": file["filename"], "RawContent": _octets(file), "ContentType": _type(file)}
            for file in message.get("attachments", ())
        ]
        answer = client.send_email(
            FromEmailAddress=author,
            Destination=to,
            Content={"Simple": content},
            ReplyToAddresses=answers,
        )
    return str(answer["MessageId"])


def _by_sendgrid(request: Words, transport: Words, message: Words) -> str:
    del request
    made = import_module("sendgrid.helpers.mail")
    mail = made.Mail(
        from_email=(message["from"]["address"], message["from"].get("name")),
        to_emails=[(box["address"], box.get("name")) for box in message["to"]],
        subject=message.get("subject"),
        plain_text_content=message.get("text"),
        html_content=message.get("html"),
    )
    for part, add, kind in (("cc", mail.add_cc, made.Cc), ("bcc", mail.add_bcc, made.Bcc)):
        for box in message.get(part, ()):
            add(kind(box["address"], box.get("name")))
    for box in message.get("reply_to", ()):
        mail.reply_to = made.ReplyTo(box["address"], box.get("name"))
    for name, value in message.get("headers", {}).items():
        mail.add_header(made.Header(name, value))
    for file in message.get("attachments", ()):
        mail.add_attachment(
            made.Attachment(
                made.FileContent(file["content"]),
                made.FileName(file["filename"]),
                made.FileType(_type(file)),
            )
        )
    client = import_module("sendgrid").SendGridAPIClient(
        api_key=transport["credentials"]["api_key"], host=transport["base_url"]
    )
    return str(client.send(mail).headers.get("X-Message-Id"))


def _by_sparkpost(request: Words, transport: Words, message: Words) -> str:
    del request
    client = import_module("sparkpost").SparkPost(
        transport["credentials"]["api_key"], transport["base_url"].removeprefix("https://")
    )
    parts = {
        "cc": _addresses(message.get("cc", ())),
        "bcc": _addresses(message.get("bcc", ())),
        "text": message.get("text"),
        "html": message.get("html"),
        "reply_to": ", ".join(map(_spelt, message.get("reply_to", ()))),
        "custom_headers": message.get("headers"),
        "attachments": [
            {"type": _type(file), "name": file["filename"], "data": file["content"]}
            for file in message.get("attachments", ())
        ],
    }
    answer = client.transmissions.send(
        recipients=_addresses(message["to"]),
        from_email=_spelt(message["from"]),
        subject=message.get("subject"),
        **{name: value for name, value in parts.items() if value},
    )
    return str(answer["id"])


def _by_mailgun(request: Words, transport: Words, message: Words) -> str:
    del request
    fields = {
        "from": _spelt(message["from"]),
        "to": list(map(_spelt, message["to"])),
        "cc": list(map(_spelt, message.get("cc", ()))),
        "bcc": list(map(_spelt, message.get("bcc", ()))),
        "subject": message.get("subject"),
        "text": message.get("text"),
        "html": message.get("html"),
        "h:Reply-To": ", ".join(map(_spelt, message.get("reply_to", ()))),
        **{f"h:{name}": value for name, value in message.get("headers", {}).items()},
    }
    fields = {name: value for name, value in fields.items() if value}
    files = [
        ("attachment", (file["filename"], _octets(file), _type(file)))
        for file in message.get("attachments", ())
    ]
    client = import_module("mailgun.client").Client(
        auth=("api", transport["credentials"]["api_key"]), api_url=transport["base_url"]
    )
    with client:
        answer = client.messages.create(
            data=fields, files=files or None, domain=transport["domain"]
        )
        answer.raise_for_status()
        return str(answer.json()["id"])


def _by_mandrill(request: Words, transport: Words, message: Words) -> str:
    del request
    client = import_module("mailchimp_transactional").Client(transport["credentials"]["api_key"])
    client.api_client.host = f"{transport['base_url']}/api/1.0"
    answers = list(map(_spelt, message.get("reply_to", ())))
    body = {
        "from_email": message["from"]["address"],
        "from_name": message["from"].get("name") or "",
        "to": [
            {"email": box["address"], "name": box.get("name") or "", "type": part}
            for part in ("to", "cc", "bcc")
            for box in message.get(part, ())
        ],
        "subject": message.get("subject"),
        "text": message.get("text"),
        "html": message.get("html"),
        "headers": {
            **({"Reply-To": ", ".join(answers)} if answers else {}),
            **message.get("headers", {}),
        },
        "attachments": [
            {"type": _type(file), "name": file["filename"], "content": file["content"]}
            for file in message.get("attachments", ())
        ],
    }
    return str(client.messages.send({"message": body})[0]["_id"])


def _by_postmark(request: Words, transport: Words, message: Words) -> str:
    client = import_module("postmarker.core").PostmarkClient(
        server_token=transport["credentials"]["server_token"],
        root_api_url=f"{transport['base_url']}/",
        timeout=request["timeout"],
    )
    answer = client.emails.send(
        From=_spelt(message["from"]),
        To=list(map(_spelt, message["to"])),
        Cc=list(map(_spelt, message.get("cc", ()))) or None,
        Bcc=list(map(_spelt, message.get("bcc", ()))) or None,
        ReplyTo=", ".join(map(_spelt, message.get("reply_to", ()))) or None,
        Subject=message.get("subject"),
        TextBody=message.get("text"),
        HtmlBody=message.get("html"),
        Headers=message.get("headers") or None,
        Attachments=[
            {"Name": file["filename"], "Content": file["content"], "ContentType": _type(file)}
            for file in message.get("attachments", ())
        ],
    )
    return str(answer["MessageID"])


def _by_resend(request: Words, transport: Words, message: Words) -> str:
    resend: Any = import_module("resend")
    resend.api_url = transport["base_url"]
    resend.api_key = transport["credentials"]["api_key"]
    resend.default_http_client = resend.RequestsClient(timeout=request["timeout"])
    fields = {
        "from": _spelt(message["from"]),
        "to": list(map(_spelt, message["to"])),
        "cc": list(map(_spelt, message.get("cc", ()))),
        "bcc": list(map(_spelt, message.get("bcc", ()))),
        "reply_to": list(map(_spelt, message.get("reply_to", ()))),
        "subject": message.get("subject"),
        "text": message.get("text"),
        "html": message.get("html"),
        "headers": message.get("headers"),
        "attachments": [
            {"filename": file["filename"], "content": file["content"], "content_type": _type(file)}
            for file in message.get("attachments", ())
        ],
    }
    return str(resend.Emails.send({name: v for name, v in fields.items() if v})["id"])


def _addresses(boxes: Iterable[Words]) -> list[str]:
    return [box["address"] for box in boxes]


def _encoded(box: Words) -> str:
    """As Amazon's pages ask: a name beyond ASCII in encoded words (RFC 2047)."""
    return formataddr((box.get("name") or "", box["address"]))


def _octets(file: Words) -> bytes:
    return base64.b64decode(file["content"])


def _type(file: Words) -> str:
    return str(file["content_type"])


def _spelt(box: Words) -> str:
    return f'"{box["name"]}" <{box["address"]}>' if box.get("name") else str(box["address"])


_BY: dict[str, Callable[[Words, Words, Words], str]] = {
    "ses": _by_ses,
    "sendgrid": _by_sendgrid,
    "sparkpost": _by_sparkpost,
    "mailgun": _by_mailgun,
    "mandrill": _by_mandrill,
    "postmark": _by_postmark,
    "resend": _by_resend,
}
