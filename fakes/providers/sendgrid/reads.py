"""What SendGrid tells afterwards: scopes, identities, activity. Shapes: twilio/sendgrid-oai."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from ...http.exchange import Request, Response
from ...marks import Mark
from ..keys import ApiKey, Domain
from ..refusal import JSON, Refuse
from ..strict_json import NotJsonError, strict_json
from .account import SendGridAccount, SendGridMail

MAIL_SEND = "/v3/mail/send"
_SOURCE = "twilio/sendgrid-oai, spec/json (2026-01)"
_PATH_ONLY = "twilio/sendgrid-oai (2026-01) has the path; the shape is not known in full"
_CONDITION = re.compile(r'\s*(\w+)\s*=\s*"([^"]*)"\s*\Z')
_FIELDS = frozenset(["to_email", "from_email", "subject", "msg_id", "sg_message_id", "status"])
_AND = re.compile(r"\s+AND\s+", re.IGNORECASE)
_TOTAL = 200
# Scopes: the documentation's list of permissions. Any one of them is enough.
_ACTIVITY = ("messages.read", "email_activity.read")
_SUPPRESSIONS = ("suppression.read", "suppressions.read")
_IDENTITIES = ("sender_verification_eligible",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGridRead:
    """A call: whose, the request, with which key, what its path names, when."""

    account: SendGridAccount
    request: Request
    key: ApiKey
    named: Sequence[str]
    now: datetime


def read_back(
    account: SendGridAccount, request: Request, path: str, key: ApiKey, now: datetime
) -> Response:
    """Answer at one of the endpoints that read back; 404 for any other path."""
    for method, pattern, scopes, call in _CALLS:
        found = pattern.match(path)
        if found and request.method == method:
            if scopes and not any(key.may(scope) for scope in scopes):
                raise Refuse("no-permission")
            named = tuple(unquote(part) for part in found.groups())
            return call(
                SendGridRead(account=account, request=request, key=key, named=named, now=now)
            )
    raise Refuse("unknown-path")


def has_method(path: str, method: str) -> bool:
    """Whether an endpoint knows the method; also where there is no endpoint at that path."""
    if path == MAIL_SEND:
        return method == "POST"
    known = {one for one, pattern, _, _ in _CALLS if pattern.match(path)}
    return not known or method in known


def _scopes(asked: SendGridRead) -> Response:
    permissions = asked.key.permissions
    return _json({"scopes": list(permissions if permissions is not None else ["mail.send"])})


def _senders(asked: SendGridRead) -> Response:
    rows = [_sender(number, one) for number, one in enumerate(asked.account.senders, start=1)]
    return _json({"results": rows})


def _steps(asked: SendGridRead) -> Response:
    verified = any(domain.verified for domain in asked.account.domains)
    steps = {"sender_verified": bool(asked.account.senders), "domain_verified": verified}
    return _json({"results": steps})


def _domains(asked: SendGridRead) -> Response:
    return _json([_domain(n, one) for n, one in enumerate(asked.account.domains, start=1)])


def _validated(asked: SendGridRead) -> Response:
    """The check of a domain's records: nothing changes here by asking for it."""
    number = int(asked.named[0])
    if not 1 <= number <= len(asked.account.domains):
        raise Refuse("unknown-path")
    verified = asked.account.domains[number - 1].verified
    return _ours({"id": number, "valid": verified, "validation_results": {}})


def _user(_: SendGridRead) -> Response:
    return _json({"reputation": 100, "type": "paid"})


def _credits(asked: SendGridRead) -> Response:
    used = len(asked.account.accepted)
    remain = 0 if asked.account.quota_used_up else max(0, _TOTAL - used)
    first = asked.now.replace(day=1)
    following = (first.year + first.month // 12, first.month % 12 + 1)
    found = {
        "remain": remain,
        "total": _TOTAL,
        "overage": 0,
        "used": used,
        "last_reset": f"{first:%Y-%m-%d}",
        "next_reset": f"{following[0]}-{following[1]:02}-01",
        "reset_frequency": "monthly",
    }
    return _json(found)


def _bounces(asked: SendGridRead) -> Response:
    """Bounced addresses; the fake keeps no dates of them."""
    wanted = asked.named[0].lower() if asked.named else None
    rows = [
        {
            "created": int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()),
            "email": address,
            "reason": "550 5.1.1 The email account that you tried to reach does not exist",
            "status": "5.1.1",
        }
        for address in asked.account.suppressed
        if wanted is None or address.lower() == wanted
    ]
    return _json(rows)


def _nothing(_: SendGridRead) -> Response:
    """The other suppressions: an account here has bounces only."""
    return _json([])


def _messages(asked: SendGridRead) -> Response:
    query = asked.request.query
    limit = query.get("limit", "10")
    number = int(limit) if re.fullmatch(r"[0-9]{1,9}", limit) else 10
    return _found(asked.account, query.get("query", ""), number, _row)


def _message(asked: SendGridRead) -> Response:
    for row in _rows(asked.account, _row):
        if row["msg_id"] == asked.named[0]:
            return _ours({**row, "events": [{"event_name": row["status"]}]})
    raise Refuse("unknown-message")


def _logs(asked: SendGridRead) -> Response:
    try:
        body = strict_json(asked.request.body)
    except NotJsonError:
        raise Refuse("not-json") from None
    query, limit = (body.get("query"), body.get("limit")) if isinstance(body, dict) else ("", 10)
    words = query if isinstance(query, str) else ""
    number = limit if isinstance(limit, int) else 10
    return _found(asked.account, words, number, _log_row, told=_ours)


def _log(asked: SendGridRead) -> Response:
    for row in _rows(asked.account, _log_row):
        if row["sg_message_id"] == asked.named[0]:
            return _ours(row)
    raise Refuse("unknown-message")


Call = Callable[[SendGridRead], Response]
RowOf = Callable[[str, SendGridMail, str], dict[str, Any]]
_CALLS: tuple[tuple[str, re.Pattern[str], Sequence[str], Call], ...] = tuple(
    (method, re.compile(path + r"\Z"), scopes, call)
    for method, path, scopes, call in (
        ("GET", r"/v3/scopes", (), _scopes),
        ("GET", r"/v3/verified_senders", _IDENTITIES, _senders),
        ("GET", r"/v3/verified_senders/steps_completed", _IDENTITIES, _steps),
        ("GET", r"/v3/whitelabel/domains", ("whitelabel.read",), _domains),
        (
            "POST",
            r"/v3/whitelabel/domains/([0-9]{1,9})/validate",
            ("whitelabel.update",),
            _validated,
        ),
        ("GET", r"/v3/user/account", ("user.account.read",), _user),
        ("GET", r"/v3/user/credits", ("user.credits.read",), _credits),
        ("GET", r"/v3/suppression/bounces", _SUPPRESSIONS, _bounces),
        ("GET", r"/v3/suppression/bounces/([^/]+)", _SUPPRESSIONS, _bounces),
        (
            "GET",
            r"/v3/suppression/(?:blocks|invalid_emails|spam_reports|unsubscribes)(?:/[^/]+)?",
            _SUPPRESSIONS,
            _nothing,
        ),
        ("GET", r"/v3/messages", _ACTIVITY, _messages),
        ("GET", r"/v3/messages/([^/]+)", _ACTIVITY, _message),
        ("POST", r"/v3/logs", _ACTIVITY, _logs),
        ("GET", r"/v3/logs/([^/]+)", _ACTIVITY, _log),
    )
)


def _found(
    account: SendGridAccount,
    query: str,
    limit: int,
    row_of: RowOf,
    *,
    told: Callable[[Any], Response] | None = None,
) -> Response:
    conditions = []
    for part in _AND.split(query.strip()) if query.strip() else ():
        found = _CONDITION.match(part)
        if found is None or found[1] not in _FIELDS:
            raise Refuse("unknown-query-field", field=part.split("=")[0].strip())
        conditions.append((found[1], found[2]))
    rows = [
        row
        for row in _rows(account, row_of)
        if all(row.get(name) == value for name, value in conditions)
    ]
    return (told or _json)({"messages": rows[: min(limit, 1000) if limit > 0 else 10]})


def _rows(account: SendGridAccount, row_of: RowOf) -> list[dict[str, Any]]:
    """A row for each recipient of each message; the id begins with X-Message-Id."""
    rows = []
    for number, mail in enumerate(account.accepted):
        for place, recipient in enumerate(mail.recipients):
            identifier = f"{mail.provider_id}.recvd-fake-{number}.{place}"
            rows.append(row_of(identifier, mail, recipient))
    return rows


def _row(identifier: str, mail: SendGridMail, recipient: str) -> dict[str, Any]:
    return {
        "from_email": mail.mail_from,
        "msg_id": identifier,
        "subject": mail.subject,
        "to_email": recipient,
        # This endpoint has no word of its own for dropped mail.
        "status": "not_delivered" if mail.drops(recipient) else "processed",
        "opens_count": 0,
        "clicks_count": 0,
        "last_event_time": f"{mail.at:%Y-%m-%dT%H:%M:%SZ}",
    }


def _log_row(identifier: str, mail: SendGridMail, recipient: str) -> dict[str, Any]:
    return {
        "from_email": mail.mail_from,
        "sg_message_id": identifier,
        "subject": mail.subject,
        "to_email": recipient,
        "status": "dropped" if mail.drops(recipient) else "processed",
    }


def _sender(number: int, address: str) -> dict[str, Any]:
    return {
        "id": number,
        "nickname": address,
        "from_email": address,
        "from_name": "",
        "reply_to": address,
        "reply_to_name": "",
        "address": "",
        "city": "",
        "country": "",
        "verified": True,
        "locked": False,
    }


def _domain(number: int, domain: Domain) -> dict[str, Any]:
    return {
        "id": number,
        "user_id": 1,
        "subdomain": "em1",
        "domain": domain.name,
        "username": "customer",
        "ips": [],
        "custom_spf": False,
        "default": number == 1,
        "legacy": False,
        "automatic_security": True,
        "valid": domain.verified,
        "dns": {},
    }


def _json(data: Any) -> Response:
    return Response(
        status=200,
        body=json.dumps(data, separators=(",", ":")).encode(),
        headers=JSON,
        mark=Mark.DOCUMENTED,
        source=_SOURCE,
    )


def _ours(data: Any) -> Response:
    """An answer in a shape that is at least partly made up."""
    return replace(_json(data), mark=Mark.SYNTHETIC, source=_PATH_ONLY)
