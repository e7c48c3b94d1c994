"""django-anymail's backends as a sender: one JSON document a line in, one a line out.

`--sender "command+lines:PYTHON anymail_sender.py"`, by a Python that has django-anymail. It imports
nothing of ours, and uses each backend as anymail's documentation shows. What it was told stands in
`client`, beside the answer of the sender protocol: the status that anymail read for each recipient,
or the type of its error and the status of the answer.
"""

from __future__ import annotations

import base64
import json
import sys
import warnings
from collections.abc import Mapping
from email.utils import formataddr
from importlib import import_module
from typing import Any

Words = Mapping[str, Any]

_REFUSED = frozenset(["rejected", "invalid", "failed"])
_BACKENDS = {
    "ses": "amazon_ses",
    "mailgun": "mailgun",
    "mandrill": "mandrill",
    "postmark": "postmark",
    "sendgrid": "sendgrid",
    "sparkpost": "sparkpost",
}
# What anymail has beside Django's message, by the names that it has there.
_OF_ANYMAIL = (
    "tags", "metadata", "merge_data", "merge_global_data", "merge_metadata", "merge_headers",
    "template_id", "esp_extra",
)  # fmt: skip


def send(request: Words) -> dict[str, Any]:
    """Answer a request of the sender protocol."""
    transport = request["transport"]
    message = _message(request["message"])
    try:
        message.connection = _connection(request)
        message.send()
    except Exception as problem:  # noqa: BLE001  # what a caller who only reports would catch
        words = {"message": f"{type(problem).__name__}: {problem}"}
        return {
            "status": "failed",
            "error": words,
            "client": {**_of_error(problem), **_statuses(message)},
        }
    told = _statuses(message)
    refused = [
        {"address": address}
        for address, (status, _) in told["recipients"].items()
        if status in _REFUSED
    ]
    ids = sorted({identifier for _, identifier in told["recipients"].values() if identifier})
    answer = {"status": "sent", "refused": refused, "client": told}
    # Of SendGrid's ids it tells none, but one of its own.
    has_theirs = len(ids) == 1 and transport["provider"] != "sendgrid"
    return {**answer, "provider_id": ids[0]} if has_theirs else answer


def _of_error(problem: Exception) -> dict[str, Any]:
    """What a caller can tell by: of SES there is boto3's answer, of the others the HTTP status."""
    told = {"type": type(problem).__name__, "status": getattr(problem, "status_code", None) or 0}
    answer = getattr(problem, "response", None)
    if isinstance(answer, dict):
        told["status"] = answer["ResponseMetadata"]["HTTPStatusCode"]
        told["code"] = answer["Error"]["Code"]
    return told


def _connection(request: Words) -> Any:
    transport = request["transport"]
    keys, origin = transport["credentials"], transport["base_url"]
    settings: dict[str, dict[str, Any]] = {
        "mailgun": {"api_url": f"{origin}/v3", "sender_domain": transport.get("domain")},
        "mandrill": {"api_url": f"{origin}/api/1.0"},
        "postmark": {"api_url": f"{origin}/"},
        "sendgrid": {"api_url": f"{origin}/v3/"},
        "sparkpost": {"api_url": f"{origin}/api/v1/"},
        "ses": {
            "client_params": _of_boto3(transport, request),
            "configuration_set_name": request["message"].get("configuration_set"),
        },
    }
    words = settings[transport["provider"]]
    if transport["provider"] != "ses":
        words |= keys
    module = _BACKENDS[transport["provider"]]
    path = f"anymail.backends.{module}.EmailBackend"
    return import_module("django.core.mail").get_connection(path, **words)


def _of_boto3(transport: Words, request: Words) -> dict[str, Any]:
    keys = transport["credentials"]
    params: dict[str, Any] = {
        "aws_access_key_id": keys.get("access_key_id"),
        "aws_secret_access_key": keys.get("secret_access_key"),
        "region_name": transport.get("region"),
        "endpoint_url": transport["base_url"],
    }
    if request.get("attempts"):
        params["config"] = {"retries": {"total_max_attempts": request["attempts"]}}
    return params


def _message(given: Words) -> Any:
    anymail = import_module("anymail.message")
    message = anymail.AnymailMessage(
        subject=given.get("subject") or "",
        body=given.get("text") or "",
        **{part: list(map(_spelt, given.get(part) or ())) for part in ("to", "cc", "bcc")},
        reply_to=list(map(_spelt, given.get("reply_to") or ())),
        headers=dict(given.get("headers") or {}),
        **{name: given[name] for name in _OF_ANYMAIL if name in given},
    )
    # Whoever leaves it to a stored template says so afterwards: Django has a default of its own.
    message.from_email = _spelt(given["from"]) if given["from"] else None
    html = given.get("html")
    for file in given.get("inline") or ():
        found = message.attach_inline_image(
            base64.b64decode(file["content"]), filename=file["filename"], domain="sender.test"
        )
        html = html.replace(f"cid:{file['content_id']}", f"cid:{found}") if html else html
    if html:
        message.attach_alternative(html, "text/html")
    for file in given.get("attachments") or ():
        message.attach(
            file["filename"], base64.b64decode(file["content"]), file.get("content_type")
        )
    return message


def _statuses(message: Any) -> dict[str, Any]:
    """What anymail has read of each recipient: the status, and the id."""
    found = message.anymail_status.recipients
    return {"recipients": {each: (of.status, of.message_id) for each, of in found.items()}}


def _spelt(box: Words) -> str:
    return formataddr((box.get("name") or "", box["address"]), "utf-8")


def main() -> None:
    """Answer every line."""
    warnings.simplefilter("ignore")
    import_module("django.conf").settings.configure(USE_TZ=True)
    import_module("django").setup()
    for line in sys.stdin:
        request = json.loads(line)
        if request["action"] == "describe":
            features = [*(f"api:{name}" for name in _BACKENDS), "headers", "attachments"]
            answer: dict[str, Any] = {"protocol": 1, "features": features}
        elif request["transport"]["kind"] != "api":
            answer = {"status": "unsupported"}
        else:
            answer = send(request)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
