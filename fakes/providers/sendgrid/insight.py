"""What SendGrid tells afterwards: scopes, identities, activity. Shapes: twilio/sendgrid-oai."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ...http.exchange import Mark, Request, Response
from ..keys import ApiKey
from ..refusal import JSON
from .refusals import REFUSALS

if TYPE_CHECKING:
    from .rules import SendGridAccount

_SOURCE = "twilio/sendgrid-oai, spec/json (2026-01)"
_QUERY = re.compile(r'\s*(to_email|from_email|subject|msg_id|status)\s*=\s*"([^"]*)"\s*\Z')


def read_back(account: SendGridAccount, request: Request, key: ApiKey) -> Response:
    """Answer a GET of one of the endpoints that read back; 404 for any other path."""
    path = request.path.rstrip("/")
    found: Any = None
    if path == "/v3/scopes":
        found = {"scopes": list(key.permissions if key.permissions is not None else ["mail.send"])}
    elif path == "/v3/verified_senders":
        found = {"results": [_sender(n, a) for n, a in enumerate(account.senders, start=1)]}
    elif path == "/v3/verified_senders/steps_completed":
        verified = any(domain.verified for domain in account.domains)
        steps = {"sender_verified": bool(account.senders), "domain_verified": verified}
        found = {"results": steps}
    elif path == "/v3/whitelabel/domains":
        found = [
            {"id": number, "domain": domain.name, "valid": domain.verified}
            for number, domain in enumerate(account.domains, start=1)
        ]
    elif path == "/v3/user/credits":
        used = len(account.accepted)
        remain = 0 if account.quota_used_up else 200 - used
        found = {"remain": remain, "total": 200, "overage": 0, "used": used}
    elif path == "/v3/messages":
        return _activity(account, request)
    elif path.startswith("/v3/messages/"):
        return _one(account, unquote(path.removeprefix("/v3/messages/")))
    if found is None:
        return REFUSALS["unknown-path"].response()
    if request.method != "GET":
        return REFUSALS["wrong-method"].response()
    return _json(found)


def _activity(account: SendGridAccount, request: Request) -> Response:
    query = request.query.get("query", "")
    wanted = _QUERY.match(query)
    if query and wanted is None:
        field = query.split("=")[0].strip() or query
        return _json(
            {"errors": [{"message": f"invalid syntax: '{field}' is not a known field"}]}, status=400
        )
    rows = [row for row in _rows(account) if wanted is None or row[wanted[1]] == wanted[2]]
    return _json({"messages": rows[: _limit(request)]})


def _one(account: SendGridAccount, identifier: str) -> Response:
    for row in _rows(account):
        if row["msg_id"] == identifier:
            return _json({**row, "events": [{"event_name": row["status"]}]})
    return _json({"errors": [{"message": "not found", "field": "message_id"}]}, status=404)


def _rows(account: SendGridAccount) -> list[dict[str, Any]]:
    return [
        {
            "from_email": mail.mail_from,
            "msg_id": f"{mail.provider_id}.recvd-fake-{number}",
            "subject": mail.subject,
            "to_email": recipient,
            "status": "not_delivered" if mail.state == "dropped" else "processed",
            "opens_count": 0,
            "clicks_count": 0,
            "last_event_time": mail.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        for number, mail in enumerate(account.accepted)
        for recipient in mail.recipients
    ]


def _limit(request: Request) -> int:
    text = request.query.get("limit", "10")
    return min(int(text), 1000) if text.isdecimal() and text.isascii() and int(text) else 10


def _sender(number: int, address: str) -> dict[str, Any]:
    return {"id": number, "from_email": address, "verified": True, "locked": False}


def _json(data: Any, *, status: int = 200) -> Response:
    return Response(
        status=status,
        body=json.dumps(data, separators=(",", ":")).encode(),
        headers=JSON,
        mark=Mark.DOCUMENTED,
        source=_SOURCE,
        case="accepted" if status == 200 else "not-found",
    )
