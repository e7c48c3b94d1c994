"""A sender as its author writes it after each vendor's quick start: the SDK, and little else.

`--sender python:sdk_sender:send`, with this folder in PYTHONPATH. It imports nothing of ours. Each
SDK is left as it comes; what it is told beside the message is where the API is, and a time-out
where it takes one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

Words = Mapping[str, Any]


def send(request: Words) -> dict[str, Any]:
    """Answer a request of the sender protocol."""
    if request["action"] == "describe":
        return {"protocol": 1, "features": [f"api:{provider}" for provider in _BY]}
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
    content = {
        "Subject": {"Data": message.get("subject") or "", "Charset": "UTF-8"},
        "Body": {"Text": {"Data": message.get("text") or "", "Charset": "UTF-8"}},
    }
    to = {"ToAddresses": _addresses(message["to"])}
    author = _spelt(message["from"])
    if transport["api"] == "v1":
        answer = client.send_email(Source=author, Destination=to, Message=content)
    else:
        answer = client.send_email(
            FromEmailAddress=author, Destination=to, Content={"Simple": content}
        )
    return str(answer["MessageId"])


def _by_sendgrid(request: Words, transport: Words, message: Words) -> str:
    del request
    mail = import_module("sendgrid.helpers.mail").Mail(
        from_email=(message["from"]["address"], message["from"].get("name")),
        to_emails=_addresses(message["to"]),
        subject=message.get("subject"),
        plain_text_content=message.get("text"),
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
    answer = client.transmissions.send(
        recipients=_addresses(message["to"]),
        text=message.get("text"),
        from_email=_spelt(message["from"]),
        subject=message.get("subject"),
    )
    return str(answer["id"])


def _by_mailgun(request: Words, transport: Words, message: Words) -> str:
    del request
    fields = {
        "from": _spelt(message["from"]),
        "to": _addresses(message["to"]),
        "subject": message.get("subject"),
        "text": message.get("text"),
    }
    client = import_module("mailgun.client").Client(
        auth=("api", transport["credentials"]["api_key"]), api_url=transport["base_url"]
    )
    with client:
        answer = client.messages.create(data=fields, domain=transport["domain"])
        answer.raise_for_status()
        return str(answer.json()["id"])


def _by_mandrill(request: Words, transport: Words, message: Words) -> str:
    del request
    client = import_module("mailchimp_transactional").Client(transport["credentials"]["api_key"])
    client.api_client.host = f"{transport['base_url']}/api/1.0"
    body = {
        "from_email": message["from"]["address"],
        "from_name": message["from"].get("name") or "",
        "to": [{"email": address} for address in _addresses(message["to"])],
        "subject": message.get("subject"),
        "text": message.get("text"),
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
        To=_addresses(message["to"]),
        Subject=message.get("subject"),
        TextBody=message.get("text"),
    )
    return str(answer["MessageID"])


def _addresses(boxes: Iterable[Words]) -> list[str]:
    return [box["address"] for box in boxes]


def _spelt(box: Words) -> str:
    return f'"{box["name"]}" <{box["address"]}>' if box.get("name") else str(box["address"])


_BY: dict[str, Callable[[Words, Words, Words], str]] = {
    "ses": _by_ses,
    "sendgrid": _by_sendgrid,
    "sparkpost": _by_sparkpost,
    "mailgun": _by_mailgun,
    "mandrill": _by_mandrill,
    "postmark": _by_postmark,
}
