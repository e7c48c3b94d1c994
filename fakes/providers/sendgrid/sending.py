"""Mail that was found right, as SendGrid makes it: one message a personalization."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypedDict

from ...http.exchange import Headers, Response
from ...marks import Mark
from ..attachment import AttachedFile
from ..display_name import with_display_name
from ..fields import Fields
from ..rules import Outcome
from .account import SendGridAccount, SendGridMail
from .batches import is_stopped
from .substitution import Fill, filling

_ID = string.ascii_letters + string.digits + "-_"
_HEADER_NAME = re.compile(r"[!-9;-~]+\Z")
# A successful answer's headers: responses quoted in issue threads, 2019 to 2025.
_ACCEPTED: Headers = (
    ("Server", "nginx"),
    ("Access-Control-Allow-Origin", "https://sendgrid.api-docs.io"),
    ("Access-Control-Allow-Methods", "POST"),
    (
        "Access-Control-Allow-Headers",
        "Authorization, Content-Type, On-behalf-of, x-sg-elas-acl",
    ),
    ("Access-Control-Max-Age", "600"),
    ("X-No-CORS-Reason", "https://sendgrid.com/docs/Classroom/Basics/API/cors.html"),
    ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
)


class Evidence(TypedDict):
    """How an answer is known, as `Response` has it."""

    mark: Mark
    source: str


def take(account: SendGridAccount, body: dict[str, Any], now: datetime) -> Outcome[SendGridAccount]:
    """Take a body in which nothing is wrong. In sandbox mode it is only validated."""
    identifier, account = account.next_id(22, _ID)
    sandbox = (body.get("mail_settings") or {}).get("sandbox_mode") or {}
    is_sandbox = sandbox.get("enable") is True
    mail = (
        ()
        if is_sandbox
        else tuple(
            _unless_stopped(account, _mail(account, body, item, identifier, now))
            for item in body["personalizations"]
        )
    )
    response = Response(
        status=200 if is_sandbox else 202,
        headers=(_ACCEPTED[0], ("X-Message-Id", identifier), *_ACCEPTED[1:]),
        **_evidence(body, is_sandbox=is_sandbox),
    )
    return Outcome(account=account.keep(*mail), response=response, accepted=mail)


def _unless_stopped(account: SendGridAccount, mail: SendGridMail) -> SendGridMail:
    return replace(mail, cancelled=True) if is_stopped(account, mail) else mail


def _evidence(body: Mapping[str, Any], *, is_sandbox: bool) -> Evidence:
    """How well it is known that SendGrid answers so, and that its message would be the one here."""
    if body.get("template_id"):
        return {
            "mark": Mark.SYNTHETIC,
            "source": "what a template makes of its data is not modelled",
        }
    if is_sandbox:
        return {"mark": Mark.DOCUMENTED, "source": "sendgrid/docs, sandbox mode"}
    return {
        "mark": Mark.SEEN,
        "source": "responses quoted in public issue threads, 2019 to 2025",
    }


def _mail(
    account: SendGridAccount,
    body: dict[str, Any],
    item: dict[str, Any],
    identifier: str,
    now: datetime,
) -> SendGridMail:
    recipients = tuple(
        [box["email"] for kind in ("to", "cc", "bcc") for box in item.get(kind) or ()]
    )
    group = (body.get("asm") or {}).get("group_id")
    dropped = account.suppressed_of(recipients, group=group)
    fields = _fields(body, item)
    return SendGridMail(
        provider_id=identifier,
        mail_from=_sender(body, item)["email"],
        recipients=recipients,
        subject=fields.subject,
        at=now,
        state="dropped" if len(dropped) == len(recipients) else "processed",
        fields=fields,
        dropped=dropped,
        tags=_tags(body),
        metadata={
            name: str(value)
            for given in (body, item)
            for name, value in (given.get("custom_args") or {}).items()
        },
        send_at=_send_at(body, item),
        batch=body.get("batch_id") or None,
    )


def _fields(body: dict[str, Any], item: dict[str, Any]) -> Fields:
    """What stands in the message to those of one personalization, filled in for them."""
    fill = filling(body, item)
    return Fields(
        sender=_shown(_sender(body, item)),
        to=tuple(_shown(box) for box in item.get("to") or ()),
        cc=tuple(_shown(box) for box in item.get("cc") or ()),
        subject=_clean(fill(item.get("subject") or body.get("subject") or "")),
        text=_part(body, "text/plain", fill),
        html=_part(body, "text/html", fill),
        headers=_headers(body, item, fill),
        alternatives=_other_parts(body, fill),
        attachments=_attachments(body),
    )


def _sender(body: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    """Who it is from: a personalization may name somebody else."""
    sender: dict[str, Any] = item.get("from") or body["from"]
    return sender


def _attachments(body: Mapping[str, Any]) -> tuple[AttachedFile, ...]:
    return tuple(
        AttachedFile.of(
            each,
            name="filename",
            content_type="type",
            encoded="content",
            content_id="content_id",
            disposition="disposition",
        )
        for each in body.get("attachments") or ()
    )


def _tags(body: Mapping[str, Any]) -> tuple[str, ...]:
    """The categories: one, or a list of them."""
    given = body.get("categories") or ()
    return (given,) if isinstance(given, str) else tuple(given)


def _send_at(body: Mapping[str, Any], item: Mapping[str, Any]) -> datetime | None:
    """The time in seconds since 1970; that of the personalization stands above the body's."""
    given = item.get("send_at") or body.get("send_at")
    return datetime.fromtimestamp(given, UTC) if given else None


def _shown(box: Mapping[str, Any]) -> str:
    return with_display_name(_clean(box.get("name")), str(box["email"]))


def _part(body: dict[str, Any], kind: str, fill: Fill) -> str | None:
    values = [part["value"] for part in body.get("content") or [] if part.get("type") == kind]
    return _clean(fill(values[0])) if values else None


def _other_parts(body: dict[str, Any], fill: Fill) -> tuple[tuple[str, str], ...]:
    """What the content has beside text and HTML: AMP, an invitation."""
    return tuple(
        (part["type"], _clean(fill(part["value"])))
        for part in body.get("content") or []
        if part.get("type") not in {"text/plain", "text/html", None}
    )


def _headers(body: dict[str, Any], item: dict[str, Any], fill: Fill) -> dict[str, str]:
    """The headers of the sender whose names can be names; the reserved ones were refused."""
    given = {**(body.get("headers") or {}), **(item.get("headers") or {})}
    found = {
        name: _clean(value)
        for name, value in given.items()
        if _HEADER_NAME.match(name) and not name.lower().startswith(("content-", "mime-"))
    }
    replies = [body["reply_to"]] if body.get("reply_to") else body.get("reply_to_list") or []
    if replies:
        found["Reply-To"] = _clean(fill(", ".join(_shown(box) for box in replies)))
    return found


def _clean(value: Any) -> str:
    """Text without lone surrogates; "" for null."""
    return "" if value is None else str(value).encode("utf-8", "replace").decode("utf-8")
