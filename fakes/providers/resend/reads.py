"""What Resend tells and changes afterwards. Shapes: resend.com/docs and openapi.json (2026-08)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from ...http.exchange import Request, Response
from ...marks import Mark
from ..rules import Outcome
from ..scheduling import rewritten
from ..strict_json import NotJsonError, strict_json
from .account import ResendAccount, ResendMail
from .refusals import JSON_UTF8, refuse
from .sending import last_event
from .validation import time_of, wrong_time

_SOURCE = "resend.com/docs, api-reference (read 2026-11); resend-openapi (2026-08)"
_MADE_UP = f"{_SOURCE}; times and ids of what an account here has, and of messages, are made up"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
_MOST = 100
_USUAL = 20
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
# `last_event` is an event's name without what stands before the full stop.
_EVENTS = {"deferred": "delivery_delayed", "dropped": "suppressed"}
Answer = Outcome[ResendAccount]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendRead:
    """A call: whose, the request, what its path names, when."""

    account: ResendAccount
    request: Request
    named: Sequence[str]
    now: datetime


Call = Callable[[ResendRead], Answer]


def stamp(at: datetime) -> str:
    """A time as Resend writes it in what it stores."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00"


def told(account: ResendAccount, found: Any, *, is_known: bool = True, status: int = 200) -> Answer:
    """An answer; `is_known` false where something in it is made up."""
    response = Response(
        status=status,
        body=json.dumps(found, separators=(",", ":")).encode(),
        headers=JSON_UTF8,
        mark=Mark.DOCUMENTED if is_known else Mark.INFERRED,
        source=_SOURCE if is_known else _MADE_UP,
    )
    return Outcome(account=account, response=response)


def refused(asked: ResendRead, name: str, **parts: str) -> Answer:
    """A refusal that leaves the account as it is."""
    return Outcome(account=asked.account, response=refuse(name, **parts))


def page(asked: ResendRead, rows: Sequence[Mapping[str, Any]]) -> Answer:
    """A page of rows, the newest first; `after` and `before` are ids of rows on other pages."""
    query = asked.request.query
    limit = query.get("limit", str(_USUAL))
    wanted = int(limit) if re.fullmatch(r"[0-9]{1,3}", limit) else _USUAL
    places = {row["id"]: place for place, row in enumerate(rows)}
    start = places.get(query.get("after", ""), -1) + 1
    end = places.get(query.get("before", ""), len(rows))
    shown = rows[start:end][: min(max(wanted, 1), _MOST)]
    more = len(rows[start:end]) > len(shown)
    found = {"object": "list", "has_more": more, "data": list(shown)}
    return told(asked.account, found, is_known=False)


def _emails(asked: ResendRead) -> Answer:
    return page(asked, [_row(asked, mail) for mail in reversed(asked.account.accepted)])


def _email(asked: ResendRead) -> Answer:
    mail = _mail(asked)
    if mail is None:
        return refused(asked, "not-found", what="Email")
    tags = [{"name": name, "value": value} for name, value in mail.metadata.items()]
    found = {
        "object": "email",
        **_row(asked, mail),
        "html": mail.html,
        "text": mail.text,
        "tags": tags,
    }
    return told(asked.account, found, is_known=False)


def _row(asked: ResendRead, mail: ResendMail) -> dict[str, Any]:
    return {
        "id": mail.provider_id,
        "message_id": mail.message_id,
        "to": list(mail.to),
        "from": mail.sender,
        "created_at": stamp(mail.at),
        "subject": mail.subject,
        "bcc": list(mail.bcc),
        "cc": list(mail.cc),
        "reply_to": list(mail.reply_to),
        "last_event": _last_event(asked, mail),
        "scheduled_at": mail.scheduled_at,
    }


def _last_event(asked: ResendRead, mail: ResendMail) -> str:
    """What a webhook was told last, or what has become of it without one."""
    happened = (
        each for each in asked.account.happened if each.mail.provider_id == mail.provider_id
    )
    posted = [each.event for each in happened]
    return _EVENTS.get(posted[-1], str(posted[-1])) if posted else last_event(mail, asked.now)


def _mail(asked: ResendRead) -> ResendMail | None:
    wanted = asked.named[0].lower()
    return next((mail for mail in asked.account.accepted if mail.provider_id == wanted), None)


def _cancel(asked: ResendRead) -> Answer:
    return _changed(asked, state="canceled", cancelled=True)


def _move(asked: ResendRead) -> Answer:
    try:
        body = strict_json(asked.request.body)
    except NotJsonError:
        body = None
    if not isinstance(body, dict):
        return refused(asked, "not-json")
    at = body.get("scheduled_at")
    if at is None:
        return refused(asked, "missing-field", field="scheduled_at")
    if not isinstance(at, str):
        return refused(asked, "wrong-type", field="scheduled_at")
    wrong = wrong_time(body, asked.now)
    if wrong is not None:
        return Outcome(account=asked.account, response=wrong)
    return _changed(asked, scheduled_at=at, send_at=time_of(at))


def _changed(asked: ResendRead, **changes: Any) -> Answer:
    mail = _mail(asked)
    if mail is None:
        return refused(asked, "not-found", what="Email")
    if last_event(mail, asked.now) != "scheduled":
        return refused(asked, "not-scheduled")
    account, changed = rewritten(asked.account, lambda each: each is mail, **changes)
    answer = told(account, {"object": "email", "id": mail.provider_id})
    return replace(answer, changed=changed)


def _domains(asked: ResendRead) -> Answer:
    return page(asked, _domain_rows(asked.account))


def _domain(asked: ResendRead) -> Answer:
    for row in _domain_rows(asked.account):
        if row["id"] == asked.named[0].lower():
            return told(asked.account, {"object": "domain", **row, "records": []}, is_known=False)
    return refused(asked, "not-found", what="Domain")


def _verify(asked: ResendRead) -> Answer:
    """The check of a domain's records, which takes its time: nothing changes by asking for it."""
    if any(row["id"] == asked.named[0].lower() for row in _domain_rows(asked.account)):
        return told(asked.account, {"object": "domain", "id": asked.named[0].lower()})
    return refused(asked, "not-found", what="Domain")


def _domain_rows(account: ResendAccount) -> list[dict[str, Any]]:
    return [
        {
            "id": made_up_id(account, domain.name),
            "name": domain.name,
            "status": "verified" if domain.verified else "pending",
            "created_at": stamp(EARLIER),
            "region": "us-east-1",
            "open_tracking": False,
            "click_tracking": False,
            "capabilities": {"sending": "enabled", "receiving": "disabled"},
        }
        for domain in account.domains
    ]


def _keys(asked: ResendRead) -> Answer:
    """The keys, which are never shown again; the list does not say what they may do."""
    rows = [
        {
            "id": made_up_id(asked.account, f"key {number}"),
            "name": f"Key {number}",
            "created_at": stamp(EARLIER),
            "last_used_at": None,
        }
        for number, key in enumerate(asked.account.keys, start=1)
        if not key.revoked
    ]
    return page(asked, rows)


def made_up_id(account: ResendAccount, name: str) -> str:
    """The id of something that an account has, always the same one."""
    return str(uuid5(NAMESPACE_DNS, f"{account.seed}:{name}"))


def by_id(call: Call) -> Call:
    """The call for one whose path names an id; another one's is left alone."""

    def checked(asked: ResendRead) -> Answer:
        if asked.named and not _UUID.match(asked.named[0]):
            return refused(asked, "not-a-uuid")
        return call(asked)

    return checked


# Method, path, and what answers. The first name in a path is an id.
READS: tuple[tuple[str, re.Pattern[str], Call], ...] = tuple(
    (method, re.compile(path + r"\Z"), by_id(call))
    for method, path, call in (
        ("GET", r"/emails", _emails),
        ("GET", r"/emails/([^/]+)", _email),
        ("PATCH", r"/emails/([^/]+)", _move),
        ("POST", r"/emails/([^/]+)/cancel", _cancel),
        ("GET", r"/domains", _domains),
        ("GET", r"/domains/([^/]+)", _domain),
        ("POST", r"/domains/([^/]+)/verify", _verify),
        ("GET", r"/api-keys", _keys),
    )
)
