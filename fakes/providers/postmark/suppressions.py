"""Postmark's suppressions: dumped, added, deleted.

Source: postmarkapp.com, developer/api/suppressions-api and the table of error codes (read 2026-11).
Each stream has a list of its own there; here the server has one. What the recipient has asked for
or complained of cannot be taken off (postmark-php, the comment on deleteSuppressions).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..refusal import Refuse
from ..strict_json import NotJsonError, strict_json
from ..suppression import listed, on_list, released, suppressing
from .account import PostmarkAccount
from .mailbox import check_address
from .reads import Answer, Call, PostmarkRead, told

_MOST = 50
_CREATED = "2026-01-01T00:00:00-05:00"
_MANUAL = "manually_suppressed"
# A list of the account's: the reason and the origin that are told of it.
_LISTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "suppressed": ("HardBounce", "Recipient"),
        _MANUAL: ("ManualSuppression", "Customer"),
        "complained": ("SpamComplaint", "Recipient"),
        "unsubscribed": ("ManualSuppression", "Recipient"),
    }
)
_FIXED = ("complained", "unsubscribed")
_NO_AUTHORITY = "You do not have the required authority to change this suppression."
_NO_ADDRESS = "An invalid email address was provided."


def _dumped(asked: PostmarkRead) -> Answer:
    _check_stream(asked)
    wanted = {name.lower(): value.lower() for name, value in asked.request.query.items()}
    rows = [
        row
        for name in _LISTS
        for row in _rows(asked.account, name)
        if all(
            row[member].lower() == wanted.get(member.lower(), row[member].lower())
            for member in ("EmailAddress", "SuppressionReason", "Origin")
        )
    ]
    return told(asked.account, {"Suppressions": rows})


def _rows(account: PostmarkAccount, name: str) -> list[dict[str, str]]:
    reason, origin = _LISTS[name]
    return [
        {
            "EmailAddress": address,
            "SuppressionReason": reason,
            "Origin": origin,
            "CreatedAt": _CREATED,
        }
        for address in on_list(account, name)
    ]


def _check_stream(asked: PostmarkRead) -> None:
    if asked.parts[0] not in {stream.id.lower() for stream in asked.account.streams}:
        raise Refuse("stream-not-found")


def _addresses(asked: PostmarkRead) -> list[str]:
    """The addresses that a call is about.

    Raises:
        Refuse: there is no such stream, or nothing that says so.
    """
    _check_stream(asked)
    try:
        body = strict_json(asked.request.body)
    except NotJsonError:
        body = None
    given = body.get("Suppressions") if isinstance(body, dict) else None
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise Refuse("no-suppressions")
    if len(given) > _MOST:
        raise Refuse("too-many-suppressions")
    return [str(each.get("EmailAddress") or "") for each in given]


def _added(asked: PostmarkRead) -> Answer:
    account = asked.account
    statuses = []
    for address in _addresses(asked):
        wrong = _wrong(account, address)
        if wrong is None and listed(account, address, *_LISTS) is None:
            account = suppressing(account, address, on=_MANUAL)
        statuses.append(_status(address, "Suppressed", wrong))
    return told(account, {"Suppressions": statuses})


def _deleted(asked: PostmarkRead) -> Answer:
    """Who is on no list is said to be deleted as well."""
    account = asked.account
    statuses = []
    for address in _addresses(asked):
        wrong = _wrong(account, address)
        if wrong is None:
            account = released(account, [address], "suppressed", _MANUAL)
        statuses.append(_status(address, "Deleted", wrong))
    return told(account, {"Suppressions": statuses})


def _wrong(account: PostmarkAccount, address: str) -> str | None:
    try:
        check_address(address, "EmailAddress")
    except Refuse:
        return _NO_ADDRESS
    return _NO_AUTHORITY if listed(account, address, *_FIXED) else None


def _status(address: str, done: str, wrong: str | None) -> dict[str, Any]:
    return {"EmailAddress": address, "Status": "Failed" if wrong else done, "Message": wrong}


_PATH = "/message-streams/([^/]+)/suppressions"
SUPPRESSIONS: tuple[tuple[str, re.Pattern[str], Call], ...] = (
    ("GET", re.compile(_PATH + r"/dump\Z"), _dumped),
    ("POST", re.compile(_PATH + r"\Z"), _added),
    ("POST", re.compile(_PATH + r"/delete\Z"), _deleted),
)
