"""Resend's suppression list: who is on it, put there and taken off.

Shapes: openapi.json (2026-08). That an address that is none is refused as it is elsewhere, and that
what is taken off and was not on it is told by batches to be not deleted, are inferred.
"""

from __future__ import annotations

import re
from typing import Any

from ..refusal import Refuse
from ..strict_json import NotJsonError, strict_json
from ..suppression import released, suppressing
from .account import ResendAccount
from .mailbox import mailbox
from .reads import EARLIER, Answer, Call, ResendRead, made_up_id, page, stamp, told

_MOST = 100


def _rows(account: ResendAccount) -> list[dict[str, Any]]:
    return [
        {
            "id": _id(account, address),
            "email": address,
            "origin": "manual",
            "source_id": None,
            "created_at": stamp(EARLIER),
        }
        for address in account.suppressed
    ]


def _id(account: ResendAccount, address: str) -> str:
    return made_up_id(account, address)


def _all(asked: ResendRead) -> Answer:
    origin = asked.request.query.get("origin")
    return page(asked, [row for row in _rows(asked.account) if origin in {None, row["origin"]}])


def _one(asked: ResendRead) -> Answer:
    row = _found(asked.account, asked.named[0])
    if row is None:
        raise Refuse("not-found", what="Suppression")
    return told(asked.account, {"object": "suppression", **row}, is_known=False)


def _found(account: ResendAccount, name: str) -> dict[str, Any] | None:
    """The entry of this id or address."""
    wanted = name.lower()
    return next((r for r in _rows(account) if wanted in {r["id"], r["email"].lower()}), None)


def _added(asked: ResendRead) -> Answer:
    email = _body(asked).get("email")
    if email is None:
        raise Refuse("missing-field", field="email")
    if not isinstance(email, str) or mailbox(email) is None:
        raise Refuse("invalid-address", field="email")
    account = suppressing(asked.account, email)
    made = {"object": "suppression", "id": _id(account, _spelt(account, email))}
    return told(account, made, status=201)


def _spelt(account: ResendAccount, email: str) -> str:
    return next(each for each in account.suppressed if each.lower() == email.lower())


def _removed(asked: ResendRead) -> Answer:
    row = _found(asked.account, asked.named[0])
    if row is None:
        raise Refuse("not-found", what="Suppression")
    account = released(asked.account, [row["email"]], "suppressed")
    return told(account, {"object": "suppression", "id": row["id"], "deleted": True})


def _batch_added(asked: ResendRead) -> Answer:
    emails = _names(_body(asked), "emails")
    if any(mailbox(each) is None for each in emails):
        raise Refuse("invalid-address", field="emails")
    account = suppressing(asked.account, *emails)
    made = [{"object": "suppression", "id": _id(account, _spelt(account, e))} for e in emails]
    return told(account, {"data": made}, status=201)


def _batch_removed(asked: ResendRead) -> Answer:
    body = _body(asked)
    field = "ids" if body.get("ids") is not None else "emails"
    names = _names(body, field)
    if field == "ids" and body.get("emails") is not None:
        raise Refuse("wrong-type", field="ids")
    account, gone = asked.account, []
    for name in names:
        row = _found(account, name)
        address = row["email"] if row is not None else name
        deleted = {"id": _id(account, address), "deleted": row is not None}
        gone.append({"object": "suppression", **deleted})
        account = released(account, [address], "suppressed")
    return told(account, {"data": gone})


def _names(body: dict[str, Any], field: str) -> list[str]:
    """The addresses or ids of a batch.

    Raises:
        Refuse: there are none, or too many.
    """
    names = body.get(field)
    if names is None:
        raise Refuse("missing-field", field=field)
    if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
        raise Refuse("wrong-type", field=field)
    if not 1 <= len(names) <= _MOST:
        raise Refuse("suppression-batch-size")
    return names


def _body(asked: ResendRead) -> dict[str, Any]:
    try:
        body = strict_json(asked.request.body)
    except NotJsonError:
        body = None
    if not isinstance(body, dict):
        raise Refuse("not-json")
    return body


SUPPRESSIONS: tuple[tuple[str, re.Pattern[str], Call], ...] = tuple(
    (method, re.compile(path + r"\Z"), call)
    for method, path, call in (
        ("GET", r"/suppressions", _all),
        ("POST", r"/suppressions", _added),
        ("POST", r"/suppressions/batch/add", _batch_added),
        ("POST", r"/suppressions/batch/remove", _batch_removed),
        ("GET", r"/suppressions/([^/]+)", _one),
        ("DELETE", r"/suppressions/([^/]+)", _removed),
    )
)
