"""What Mailgun tells afterwards: events, domains, suppressions, keys, stored messages.

Shapes: Mailgun's OpenAPI 3.1 document (2026) and mailgun/documentation, source (2024-07).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.utils import format_datetime
from typing import Any

from ...http.exchange import Headers, Request, Response
from ...marks import Mark
from ..accepted_mail import AcceptedMail
from .account import MailgunAccount, MailgunDomain
from .event_data import LISTS
from .events import (
    MailgunQuestion,
    digest,
    events_of,
    events_page,
    mail_of,
    storage_key,
)
from .refusals import JSON_UTF8, refuse

_SOURCE = "Mailgun's OpenAPI 3.1 document (2026); mailgun/documentation (2024-07)"
_TEXT: Headers = (("Content-Type", "text/plain; charset=utf-8"),)
_METHODS = {"verify": "PUT", "logs": "POST"}
_TABLES = {"bounces": "bounces", "unsubscribes": "unsubscribers"}


def read_back(
    account: MailgunAccount, request: Request, path: str, *, region: str, now: datetime
) -> Response:
    """Answer a request of one of the endpoints that read back; 404 for any other path."""
    if account.rate_limited:
        return refuse("rate-limited")
    asked = MailgunQuestion(account=account, request=request, region=region, now=now)
    parts = path.strip("/").split("/")
    if parts[0] in {"", "v1", "v2", "v3", "v4"} and len(parts) == 1:
        return _respond(b"Mailgun Magnificent API", headers=_TEXT, mark=Mark.SEEN)
    response = _routed(asked, parts)
    is_wrong = request.method != _METHODS.get(parts[-1], "GET")
    return refuse("wrong-method") if is_wrong and response.case != "unknown-path" else response


def _routed(asked: MailgunQuestion, parts: list[str]) -> Response:
    if parts == ["v1", "analytics", "logs"]:
        return _logs(asked)
    if parts == ["v1", "keys"]:
        return _keys(asked.account)
    if parts[0] in {"v3", "v4"} and parts[1] == "domains":
        return _under_domains(asked, parts[2:])
    return _under_domain(asked, parts[1:]) if parts[0] == "v3" else refuse("unknown-path")


def _respond(body: bytes, *, headers: Headers, mark: Mark = Mark.DOCUMENTED) -> Response:
    return Response(status=200, body=body, headers=headers, mark=mark, source=_SOURCE)


def _json(data: Any) -> Response:
    return _respond(json.dumps(data, separators=(",", ":")).encode(), headers=JSON_UTF8)


def _keys(account: MailgunAccount) -> Response:
    items = [
        {
            "id": digest(f"{account.seed}:{number}")[:16],
            "description": "",
            "kind": "domain" if key.kind == "domain" else "user",
            "role": "sending" if key.kind == "domain" else key.role,
            "domain_name": key.domain,
            "is_disabled": key.revoked,
        }
        for number, key in enumerate(account.keys)
        if key.kind != "public"
    ]
    return _json({"total_count": len(items), "items": items})


def _under_domains(asked: MailgunQuestion, parts: list[str]) -> Response:
    if not parts:
        here = [d for d in asked.account.domains if d.region in {None, asked.region}]
        items = [_told(domain, asked.account) for domain in here]
        return _json({"total_count": len(items), "items": items})
    domain = asked.account.domain(parts[0], region=asked.region)
    if domain is None:
        return refuse("no-such-domain")
    if parts[1:] == ["sending_queues"]:
        idle = {"is_disabled": False}
        return _json({"regular": idle, "scheduled": idle})
    if len(parts) == 3 and parts[1] == "messages":
        return _stored(asked, domain, parts[2])
    if parts[1:] not in ([], ["verify"]):
        return refuse("unknown-path")
    told = {"domain": _told(domain, asked.account), **_records(domain)}
    more = {"message": "Domain DNS records have been updated"} if parts[1:] else {}
    return _json({**told, **more})


def _told(domain: MailgunDomain, account: MailgunAccount) -> dict[str, Any]:
    stopped = domain.disabled or account.suspended
    return {
        "id": digest(domain.name)[:24],
        "is_disabled": stopped,
        "name": domain.name,
        "require_tls": False,
        "skip_verification": False,
        "smtp_login": f"postmaster@{domain.name}",
        "spam_action": "disabled",
        "state": "disabled" if stopped else "active" if domain.verified else "unverified",
        "type": "sandbox" if domain.sandbox else "custom",
        "web_prefix": "email",
        "web_scheme": "https",
        "wildcard": False,
    }


def _records(domain: MailgunDomain) -> dict[str, Any]:
    spf: dict[str, Any] = {
        "record_type": "TXT",
        "valid": "valid" if domain.verified else "unknown",
        "name": domain.name,
        "value": "v=spf1 include:mailgun.org ~all",
        "cached": [],
        "is_active": True,
    }
    return {"receiving_dns_records": [], "sending_dns_records": [spf]}


def _under_domain(asked: MailgunQuestion, parts: list[str]) -> Response:
    is_events = parts[1:2] == ["events"] and len(parts) in {2, 3}
    is_list = parts[1:2] != [] and parts[1] in LISTS and len(parts) in {2, 3}
    if not is_events and not is_list:
        return refuse("unknown-path")
    domain = asked.account.domain(parts[0], region=asked.region)
    if domain is None:
        return refuse("no-such-domain")
    if is_events:
        page = events_page(asked, domain, parts[2] if len(parts) == 3 else None)
        return refuse("bad-page") if page is None else _json(page)
    return _suppressions(asked, parts[1], parts[2] if len(parts) == 3 else None)


def _suppressions(asked: MailgunQuestion, kind: str, address: str | None) -> Response:
    listed = getattr(asked.account, LISTS[kind][0])
    since = format_datetime(asked.now).replace("+0000", "UTC")
    items: list[dict[str, Any]] = [{"address": each, "created_at": since} for each in listed]
    if kind == "bounces":
        items = [{**item, "code": "550", "error": "No such mailbox"} for item in items]
    if address is None:
        return _json({"items": items, "paging": {}})
    found = [item for item in items if item["address"].lower() == address.lower()]
    if found:
        return _json(found[0])
    if kind == "complaints":
        return refuse("no-complaint")
    return refuse("not-stored", what="Address", where=f" in {_TABLES[kind]} table")


def _stored(asked: MailgunQuestion, domain: MailgunDomain, key: str) -> Response:
    for mail in mail_of(asked.account, domain):
        if storage_key(mail) == key:
            return _json(_retrieved(mail, asked.request))
    return refuse("not-stored", what="Message", where="")


def _retrieved(mail: AcceptedMail, request: Request) -> dict[str, Any]:
    message: Message = BytesParser().parsebytes(mail.content)
    told: dict[str, Any] = {
        "From": str(message.get("From", "")),
        "Message-Id": mail.provider_id,
        "Subject": mail.subject,
        "To": str(message.get("To", "")),
        "sender": mail.mail_from,
        "recipients": ", ".join(mail.recipients),
        "message-headers": [[name, str(value)] for name, value in message.items()],
    }
    if "message/rfc2822" in (request.header("accept") or ""):
        return {**told, "body-mime": mail.content.decode("utf-8", "replace")}
    if mail.fields is not None:
        told |= {"body-plain": mail.fields.text or "", "body-html": mail.fields.html or ""}
    return told


def _logs(asked: MailgunQuestion) -> Response:
    """The newer form of the events, of each domain."""
    items = [
        {
            "id": event["id"],
            "event": event["event"],
            "@timestamp": datetime.fromtimestamp(event["timestamp"], UTC).isoformat(),
            "domain": {"name": domain.name},
            "recipient": event["recipient"],
            "recipient-domain": event["recipient-domain"],
            "envelope": event.get("envelope", {}),
            "message": event["message"],
            "tags": event["tags"],
            "user-variables": event["user-variables"],
            **{name: event[name] for name in ("delivery-status", "reason") if name in event},
        }
        for domain in asked.account.domains
        for mail in mail_of(asked.account, domain)
        for event in events_of(asked, mail, domain)
    ]
    return _json({"items": items, "pagination": {"total": len(items)}, "aggregates": {}})
