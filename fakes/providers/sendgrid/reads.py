"""What SendGrid tells afterwards: scopes, identities, activity. Shapes: twilio/sendgrid-oai."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...http.exchange import Response
from ...marks import Mark
from ..keys import Domain
from ..refusal import Refuse
from ..rules import Outcome
from ..strict_json import NotJsonError, strict_json
from .account import SendGridAccount, SendGridMail
from .call import Answering, SendGridCall, SendGridEndpoint, told

MAIL_SEND = "/v3/mail/send"
_PATH_ONLY = "twilio/sendgrid-oai (2026-01) has the path; the shape is not known in full"
_CONDITION = re.compile(r'\s*(\w+)\s*=\s*"([^"]*)"\s*\Z')
_FIELDS = frozenset(["to_email", "from_email", "subject", "msg_id", "sg_message_id", "status"])
_AND = re.compile(r"\s+AND\s+", re.IGNORECASE)
_TOTAL = 200
# Scopes: the documentation's list of permissions. Any one of them is enough.
_ACTIVITY = ("messages.read", "email_activity.read")
_IDENTITIES = ("sender_verification_eligible",)


def _scopes(asked: SendGridCall) -> Response:
    permissions = asked.key.permissions
    return told({"scopes": list(permissions if permissions is not None else ["mail.send"])})


def _senders(asked: SendGridCall) -> Response:
    rows = [_sender(number, one) for number, one in enumerate(asked.account.senders, start=1)]
    return told({"results": rows})


def _steps(asked: SendGridCall) -> Response:
    verified = any(domain.verified for domain in asked.account.domains)
    steps = {"sender_verified": bool(asked.account.senders), "domain_verified": verified}
    return told({"results": steps})


def _domains(asked: SendGridCall) -> Response:
    return told([_domain(n, one) for n, one in enumerate(asked.account.domains, start=1)])


def _validated(asked: SendGridCall) -> Response:
    """The check of a domain's records: nothing changes here by asking for it."""
    number = int(asked.named[0])
    if not 1 <= number <= len(asked.account.domains):
        raise Refuse("unknown-path")
    verified = asked.account.domains[number - 1].verified
    return _ours({"id": number, "valid": verified, "validation_results": {}})


def _user(_: SendGridCall) -> Response:
    return told({"reputation": 100, "type": "paid"})


def _credits(asked: SendGridCall) -> Response:
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
    return told(found)


def _messages(asked: SendGridCall) -> Response:
    query = asked.request.query
    limit = query.get("limit", "10")
    number = int(limit) if re.fullmatch(r"[0-9]{1,9}", limit) else 10
    return _found(asked.account, query.get("query", ""), number, _row)


def _message(asked: SendGridCall) -> Response:
    for row in _rows(asked.account, _row):
        if row["msg_id"] == asked.named[0]:
            return _ours({**row, "events": [{"event_name": row["status"]}]})
    raise Refuse("unknown-message")


def _logs(asked: SendGridCall) -> Response:
    try:
        body = strict_json(asked.request.body)
    except NotJsonError:
        raise Refuse("not-json") from None
    query, limit = (body.get("query"), body.get("limit")) if isinstance(body, dict) else ("", 10)
    words = query if isinstance(query, str) else ""
    number = limit if isinstance(limit, int) else 10
    return _found(asked.account, words, number, _log_row, made=_ours)


def _log(asked: SendGridCall) -> Response:
    for row in _rows(asked.account, _log_row):
        if row["sg_message_id"] == asked.named[0]:
            return _ours(row)
    raise Refuse("unknown-message")


_Read = Callable[[SendGridCall], Response]
RowOf = Callable[[str, SendGridMail, str], dict[str, Any]]


def _reading(call: _Read) -> Answering:
    """A call that changes nothing."""
    return lambda asked: Outcome(account=asked.account, response=call(asked))


READS: tuple[SendGridEndpoint, ...] = tuple(
    SendGridEndpoint.of(method, path, scopes, _reading(call))
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
    made: Callable[[Any], Response] = told,
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
    return made({"messages": rows[: min(limit, 1000) if limit > 0 else 10]})


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


def _ours(data: Any) -> Response:
    """An answer in a shape that is at least partly made up."""
    return replace(told(data), mark=Mark.SYNTHETIC, source=_PATH_ONLY)
