"""What SparkPost tells afterwards: events, sending domains, the account, the suppression list.

Shapes: developers.sparkpost.com, content/api (2026-06).
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from ...http.exchange import Request, Response
from ...marks import Mark
from ..keys import Domain, domain_of
from ..refusal import JSON, Refuse
from ..webhook import what_became_of
from .account import CAMPAIGN_CANCELLED, SANDBOX_LIMIT, SparkPostAccount, SparkPostMail
from .events import BOUNCED, REJECTED, SUPPRESSED, event_members

_SOURCE = "developers.sparkpost.com, content/api (2026-06)"
_BASE = "/api/v1"
_MOST = 10_000
_CALLED_OFF = "554 5.7.1 [internal] Campaign cancelled"
# A parameter of the query, and the member of an event that it is compared with.
_FILTERS = {
    "events": "type", "event_ids": "event_id", "recipients": "rcpt_to",
    "recipient_domains": "routing_domain", "from_addresses": "friendly_from",
    "sending_domains": "sending_domain", "subjects": "subject", "messages": "message_id",
    "transmissions": "transmission_id", "bounce_classes": "bounce_class",
}  # fmt: skip
_METHODS = {"verify": "POST"}


def read_back(account: SparkPostAccount, request: Request, path: str, now: datetime) -> Response:
    """Answer a request of one of the endpoints that read back; 404 for any other path."""
    parts = path.removeprefix(_BASE).strip("/").split("/")
    known = {
        ("events", "message"), ("account",), ("sending-domains",), ("sending-domains", "*"),
        ("sending-domains", "*", "verify"),
    }  # fmt: skip
    shape = tuple("*" if n == 1 and parts[0] != "events" else p for n, p in enumerate(parts))
    if not path.startswith(f"{_BASE}/") or shape not in known:
        raise Refuse("unknown-path")
    if request.method != _METHODS.get(parts[-1] if len(parts) == 3 else "", "GET"):
        raise Refuse("wrong-method", method=request.method, path=path)
    if account.trouble == "database-read-failed":
        raise Refuse("database-read-failed")
    if parts[0] == "events":
        return _events(account, request, now)
    if parts[0] == "account":
        return _account(account, request, now)
    return _domains(account, parts)


def _json(results: Any, **more: Any) -> Response:
    return Response(
        status=200,
        body=json.dumps({"results": results, **more}, separators=(",", ":")).encode(),
        headers=JSON,
        mark=Mark.DOCUMENTED,
        source=_SOURCE,
    )


def _unknown(resource: str) -> Refuse:
    return Refuse("unknown-resource", resource=resource)


def _domains(account: SparkPostAccount, parts: list[str]) -> Response:
    if len(parts) == 1:
        return _json([{"domain": domain.name, **_domain(domain)} for domain in account.domains])
    found = next((d for d in account.domains if d.name.lower() == parts[1].lower()), None)
    if found is None:
        raise _unknown(f"sending domain {parts[1]}")
    return _json(_status(found) if len(parts) == 3 else _domain(found))


def _domain(domain: Domain) -> dict[str, Any]:
    return {"status": _status(domain), "is_default_bounce_domain": False}


def _status(domain: Domain) -> dict[str, Any]:
    return {
        "ownership_verified": domain.verified,
        "dkim_status": "valid" if domain.verified else "unverified",
        "cname_status": "unverified",
        "mx_status": "unverified",
        "spf_status": "unverified",
        "abuse_at_status": "unverified",
        "postmaster_at_status": "unverified",
        "verification_mailbox_status": "unverified",
        "compliance_status": "valid",
    }


def _account(account: SparkPostAccount, request: Request, now: datetime) -> Response:
    told: dict[str, Any] = {
        "customer_id": "1",
        "company_name": "",
        "country_code": "US",
        "status": "suspended" if account.suspended else "active",
        "status_updated": _stamp(now),
        "status_reason_category": "",
        "options": {"smtp_tracking_default": False},
    }
    if "usage" in request.query.get("include", "").split(","):
        used = sum(len(mail.recipients) for mail in account.accepted)
        span = {"used": used, "start": _stamp(now), "end": _stamp(now)}
        told["usage"] = {
            "timestamp": _stamp(now),
            "day": span,
            "month": span,
            "sandbox": {"used": account.sandbox_used, "limit": SANDBOX_LIMIT},
        }
    return _json(told)


def _events(account: SparkPostAccount, request: Request, now: datetime) -> Response:
    query = request.query
    size = query.get("per_page", "1000")
    if not re.fullmatch("[0-9]{1,5}", size) or not 1 <= int(size) <= _MOST:
        raise Refuse("bad-params", param="per_page")
    start = _moment(query.get("from")) or now - timedelta(days=1)
    end = _moment(query.get("to")) or now
    events = [
        event
        for number, mail in enumerate(account.accepted)
        if start <= _out(mail) <= min(end, now)
        for event in _of(account, mail, number)
        if _wanted(event, query)
    ]
    cursor = query.get("cursor", "initial")
    first = int(cursor) if re.fullmatch("[0-9]{1,9}", cursor) else 0
    last = first + int(size)
    words = urlencode({**query, "cursor": last, "per_page": size}, errors="replace")
    links = {"next": f"{_BASE}/events/message?{words}"} if last < len(events) else {}
    return _json(events[first:last], total_count=len(events), links=links)


def _of(account: SparkPostAccount, mail: SparkPostMail, number: int) -> list[dict[str, Any]]:
    """The events of a message: a suppressed recipient who was the only one has no injection."""
    if mail.cancelled:
        return _cancelled(mail, number)
    events = []
    for place, recipient in enumerate(mail.recipients):
        identity = f"{mail.provider_id}:{number}:{place}"
        rejected = mail.state == "generation_rejection"
        if not rejected:
            events.append(_event(mail, recipient, _digest(identity)))
        became = what_became_of(account, mail, recipient)
        if recipient in mail.dropped and not became:
            failed = REJECTED if rejected else BOUNCED
            reasons = {"error_code": "554", "raw_reason": SUPPRESSED, "reason": SUPPRESSED}
            event = _event(mail, recipient, _digest(f"{identity}:failed"))
            events.append({**event, **failed, **reasons})
        for each in became:
            times = {"injection_time": _stamp(_out(mail)), "timestamp": _stamp(each.at)}
            events.append({**event_members(each), **times})
    return events


def _out(mail: SparkPostMail) -> datetime:
    """When it is made and sent; when it was called off, where it was."""
    waits = mail.send_at is not None and not mail.cancelled
    return max(mail.at, mail.send_at) if waits and mail.send_at is not None else mail.at


def _cancelled(mail: SparkPostMail, number: int) -> list[dict[str, Any]]:
    """What is told of mail that was called off: of a campaign's, that it bounced."""
    if mail.state != CAMPAIGN_CANCELLED:
        return []
    failed = {"error_code": "554", "raw_reason": _CALLED_OFF, "reason": _CALLED_OFF, **BOUNCED}
    return [
        {**_event(mail, each, _digest(f"{mail.provider_id}:{number}:{place}")), **failed}
        for place, each in enumerate(mail.recipients)
    ]


def _event(mail: SparkPostMail, recipient: str, digest: str) -> dict[str, Any]:
    sender = mail.mail_from
    return {
        "type": "injection",
        "customer_id": "1",
        "event_id": str(int(digest[:14], 16)),
        "friendly_from": sender,
        "injection_time": _stamp(_out(mail)),
        "message_id": digest[:20],
        "msg_from": sender,
        "msg_size": str(len(mail.content)),
        "rcpt_meta": {},
        "rcpt_tags": [],
        "rcpt_to": recipient.lower(),
        "raw_rcpt_to": recipient,
        "routing_domain": domain_of(recipient),
        "sending_domain": domain_of(sender),
        "subject": mail.subject,
        "timestamp": _stamp(_out(mail)),
        "transmission_id": mail.provider_id,
    }


def _wanted(event: dict[str, Any], query: Any) -> bool:
    mark = query.get("delimiter") or ","
    return all(
        str(event.get(member, "")).lower() in query[name].lower().split(mark)
        for name, member in _FILTERS.items()
        if query.get(name)
    )


def _moment(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
