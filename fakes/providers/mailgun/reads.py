"""What Mailgun tells afterwards: events, domains, suppressions, keys, stored messages.

Shapes: Mailgun's OpenAPI 3.1 document (2026) and mailgun/documentation, source (2024-07).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesParser
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from ...http.exchange import Headers, Request, Response
from ...marks import Mark
from ..keys import domain_of
from ..refusal import JSON
from ..rules import AcceptedMail
from .account import MailgunAccount, MailgunDomain
from .refusals import refuse
from .sending import TEST_MODE

_SOURCE = "Mailgun's OpenAPI 3.1 document (2026); mailgun/documentation (2024-07)"
_TEXT: Headers = (("Content-Type", "text/plain; charset=utf-8"),)
_HOSTS = {"us": "api.mailgun.net", "eu": "api.eu.mailgun.net"}
_MOST = 300
_METHODS = {"verify": "PUT", "logs": "POST"}
# A list of suppressions: the account's field, the reason, the code and the words of the event.
_LISTS = {
    "bounces": (
        "suppressed", "suppress-bounce", 605, "Not delivering to previously bounced address",
    ),
    "unsubscribes": (
        "unsubscribed", "suppress-unsubscribe", 606, "Not delivering to unsubscribed address",
    ),
    "complaints": (
        "complained", "suppress-complaint", 607,
        "Not delivering to a user who marked your messages as spam",
    ),
}  # fmt: skip
_TABLES = {"bounces": "bounces", "unsubscribes": "unsubscribers", "complaints": "complaints"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A question to an account."""

    account: MailgunAccount
    request: Request
    region: str
    now: datetime


def read_back(
    account: MailgunAccount, request: Request, path: str, *, region: str, now: datetime
) -> Response:
    """Answer a request of one of the endpoints that read back; 404 for any other path."""
    if account.rate_limited:
        return refuse("rate-limited")
    asked = _Asked(account=account, request=request, region=region, now=now)
    parts = path.strip("/").split("/")
    if parts[0] in {"", "v1", "v2", "v3", "v4"} and len(parts) == 1:
        return _respond(b"Mailgun Magnificent API", headers=_TEXT, mark=Mark.SEEN)
    response = _routed(asked, parts)
    is_wrong = request.method != _METHODS.get(parts[-1], "GET")
    return refuse("wrong-method") if is_wrong and response.case != "unknown-path" else response


def _routed(asked: _Asked, parts: list[str]) -> Response:
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
    return _respond(json.dumps(data, separators=(",", ":")).encode(), headers=JSON)


def _keys(account: MailgunAccount) -> Response:
    items = [
        {
            "id": _digest(f"{account.seed}:{number}")[:16],
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


def _under_domains(asked: _Asked, parts: list[str]) -> Response:
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
        "id": _digest(domain.name)[:24],
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


def _under_domain(asked: _Asked, parts: list[str]) -> Response:
    is_events = parts[1:2] == ["events"] and len(parts) in {2, 3}
    is_list = parts[1:2] != [] and parts[1] in _LISTS and len(parts) in {2, 3}
    if not is_events and not is_list:
        return refuse("unknown-path")
    domain = asked.account.domain(parts[0], region=asked.region)
    if domain is None:
        return refuse("no-such-domain")
    if is_events:
        return _events(asked, domain, parts[2] if len(parts) == 3 else None)
    return _suppressions(asked, parts[1], parts[2] if len(parts) == 3 else None)


def _suppressions(asked: _Asked, kind: str, address: str | None) -> Response:
    listed = getattr(asked.account, _LISTS[kind][0])
    since = format_datetime(asked.now).replace("+0000", "UTC")
    items: list[dict[str, Any]] = [{"address": each, "created_at": since} for each in listed]
    if kind == "bounces":
        items = [{**item, "code": "550", "error": "No such mailbox"} for item in items]
    if address is None:
        return _json({"items": items, "paging": {}})
    found = [item for item in items if item["address"].lower() == address.lower()]
    if found:
        return _json(found[0])
    return refuse("not-stored", what="Address", where=f" in {_TABLES[kind]} table")


def _stored(asked: _Asked, domain: MailgunDomain, key: str) -> Response:
    for mail in _mail_of(asked.account, domain):
        if _storage_key(mail) == key:
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


def _mail_of(account: MailgunAccount, domain: MailgunDomain) -> list[AcceptedMail]:
    name = f"@{domain.name}>".lower()
    return [mail for mail in account.accepted if mail.provider_id.lower().endswith(name)]


def _events(asked: _Asked, domain: MailgunDomain, token: str | None) -> Response:
    query = dict(parse_qsl(unquote(token))) if token else dict(asked.request.query)
    found = [
        event
        for mail in _mail_of(asked.account, domain)
        for event in _of(asked, mail, domain)
        if _wanted(event, query) and _within(event, query)
    ]
    found.sort(key=lambda event: event["timestamp"], reverse=query.get("ascending") != "yes")
    size = min(_number(query.get("limit"), 100) or 100, _MOST)
    first = _number(query.get("offset"), 0)
    base = f"https://{_HOSTS[asked.region]}/v3/{domain.name}/events"
    paging = {
        name: f"{base}/{_token(query, offset=offset)}"
        for name, offset in (("next", first + size), ("previous", max(0, first - size)))
    }
    return _json({"items": found[first : first + size], "paging": paging})


def _token(query: Mapping[str, str], *, offset: int) -> str:
    """The rest of a question, as one segment of a path (decoded once on its way here)."""
    return quote(quote(urlencode({**query, "offset": offset}, errors="replace"), safe=""), safe="")


def _of(asked: _Asked, mail: AcceptedMail, domain: MailgunDomain) -> list[dict[str, Any]]:
    events = []
    for recipient in mail.recipients:
        event = _event(asked, mail, domain, recipient)
        events.append(event)
        suppressed = _suppression(asked.account, recipient)
        if suppressed is not None and mail.state != TEST_MODE:
            _, reason, code, words = suppressed
            told = {"attempt-no": 1, "message": "", "code": code, "description": words}
            events.append(
                {
                    **event,
                    "event": "failed",
                    "id": _digest(f"failed:{event['id']}")[:22],
                    "log-level": "error",
                    "severity": "permanent",
                    "reason": reason,
                    "delivery-status": {**told, "session-seconds": 0.0},
                }
            )
    return events


def _suppression(account: MailgunAccount, recipient: str) -> tuple[str, str, int, str] | None:
    for entry in _LISTS.values():
        if recipient.lower() in {address.lower() for address in getattr(account, entry[0])}:
            return entry
    return None


def _event(
    asked: _Asked, mail: AcceptedMail, domain: MailgunDomain, recipient: str
) -> dict[str, Any]:
    key = _storage_key(mail)
    url = f"https://{_HOSTS[asked.region]}/v3/domains/{domain.name}/messages/{key}"
    headers = {
        "to": ", ".join(mail.fields.to) if mail.fields is not None else recipient,
        "message-id": mail.provider_id.strip("<>"),
        "from": mail.fields.sender if mail.fields is not None else mail.mail_from,
        "subject": mail.subject,
    }
    return {
        "event": "accepted",
        "id": _digest(f"{mail.provider_id}:{recipient}")[:22],
        "timestamp": mail.at.timestamp(),
        "log-level": "info",
        "method": "http",
        "envelope": {"sender": mail.mail_from, "transport": "smtp", "targets": recipient},
        "flags": {
            "is-routed": False,
            "is-authenticated": True,
            "is-system-test": False,
            "is-test-mode": mail.state == TEST_MODE,
        },
        "message": {"headers": headers, "attachments": [], "size": len(mail.content)},
        "storage": {"url": url, "key": key},
        "recipient": recipient,
        "recipient-domain": domain_of(recipient),
        "campaigns": [],
        "tags": [],
        "user-variables": {},
    }


def _wanted(event: dict[str, Any], query: Mapping[str, str]) -> bool:
    headers = event["message"]["headers"]
    told: dict[str, str] = {
        "event": event["event"],
        "severity": event.get("severity", ""),
        "recipient": event["recipient"],
        "recipients": event["recipient"],
        "message-id": headers["message-id"],
        "subject": headers["subject"],
        "from": headers["from"],
        "to": headers["to"],
    }
    return all(
        _matches(text, query[name].strip("<>")) for name, text in told.items() if query.get(name)
    )


def _matches(text: str, wanted: str) -> bool:
    """Whether one of several words (parted by OR) is the text, or within it."""
    return any(word.strip().lower() in text.lower() for word in wanted.split(" OR "))


def _within(event: dict[str, Any], query: Mapping[str, str]) -> bool:
    """`begin` and `end` in either order: which is the earlier depends on `ascending`."""
    limits = [moment for name in ("begin", "end") if (moment := _moment(query.get(name)))]
    if len(limits) == 2:
        return bool(min(limits) <= event["timestamp"] <= max(limits))
    is_from = query.get("ascending") == "yes" or not query.get("begin")
    return all(
        event["timestamp"] >= moment if is_from else event["timestamp"] <= moment
        for moment in limits
    )


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text):
        return float(text)
    try:
        found = parsedate_to_datetime(text)
        aware = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
        return aware.timestamp()
    except (IndexError, OverflowError, TypeError, ValueError):
        return None


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and re.fullmatch("[0-9]{1,9}", text) else default


def _logs(asked: _Asked) -> Response:
    """The newer form of the events, of each domain."""
    items = [
        {
            "id": event["id"],
            "event": event["event"],
            "@timestamp": datetime.fromtimestamp(event["timestamp"], UTC).isoformat(),
            "domain": {"name": domain.name},
            "recipient": event["recipient"],
            "recipient-domain": event["recipient-domain"],
            "envelope": event["envelope"],
            "message": event["message"],
            **{name: event[name] for name in ("delivery-status", "reason") if name in event},
        }
        for domain in asked.account.domains
        for mail in _mail_of(asked.account, domain)
        for event in _of(asked, mail, domain)
    ]
    return _json({"items": items, "pagination": {"total": len(items)}, "aggregates": {}})


def _storage_key(mail: AcceptedMail) -> str:
    return _digest(f"{mail.provider_id}:{mail.recipients}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
