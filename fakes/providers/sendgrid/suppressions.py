"""SendGrid's suppressions: who is on which list, put there and taken off.

Shapes: twilio/sendgrid-oai, tsg_suppressions_v3 (2026-01). Blocks and invalid addresses are lists
that nothing here gets on; that `emails` and `delete_all` do not go together is documented, what is
said of both is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from ..refusal import Refuse
from ..rules import Outcome
from ..suppression import listed, on_list, released, suppressing
from .account import SendGridAccount
from .call import Answering, SendGridCall, SendGridEndpoint, told
from .validation import is_address

# The fake keeps no dates of them.
_CREATED = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
_GLOBAL = "unsubscribed"
# A list's name in a path, and the account's.
_LISTS: Mapping[str, str | None] = MappingProxyType(
    {
        "bounces": "suppressed",
        "spam_reports": "complained",
        "unsubscribes": _GLOBAL,
        "blocks": None,
        "invalid_emails": None,
    }
)
Answer = Outcome[SendGridAccount]


def _row(kind: str, address: str) -> dict[str, Any]:
    if kind == "bounces":
        reason = "550 5.1.1 The email account that you tried to reach does not exist"
        return {"created": _CREATED, "email": address, "reason": reason, "status": "5.1.1"}
    more = {"ip": "192.0.2.1"} if kind == "spam_reports" else {}
    return {"created": _CREATED, "email": address, **more}


def _addresses(account: SendGridAccount, kind: str) -> tuple[str, ...]:
    name = _LISTS[kind]
    return on_list(account, name) if name is not None else ()


def _read(call: SendGridCall, *, kind: str) -> Answer:
    wanted = call.named[0].lower() if call.named else None
    rows = [
        _row(kind, address)
        for address in _addresses(call.account, kind)
        if wanted is None or address.lower() == wanted
    ]
    return Outcome(account=call.account, response=told(rows))


def _removed(call: SendGridCall, *, kind: str) -> Answer:
    return _without(call, kind, call.named)


def _cleared(call: SendGridCall, *, kind: str) -> Answer:
    """DELETE of a list: all of it, or those that the body names."""
    body = call.body()
    named = body.get("emails") or []
    if not isinstance(named, list) or bool(named) is (body.get("delete_all") is True):
        raise Refuse("bad-suppression-delete")
    return _without(call, kind, map(str, named) if named else _addresses(call.account, kind))


def _without(call: SendGridCall, kind: str, addresses: Iterable[str]) -> Answer:
    name = _LISTS[kind]
    account = released(call.account, addresses, name) if name is not None else call.account
    return Outcome(account=account, response=told(None, status=204))


def _unsubscribed(call: SendGridCall) -> Answer:
    given = call.body().get("recipient_emails")
    if not isinstance(given, list) or not given or not all(map(is_address, given)):
        raise Refuse("bad-recipient-emails")
    account = suppressing(call.account, *given, on=_GLOBAL)
    return Outcome(account=account, response=told({"recipient_emails": given}, status=201))


def _global(call: SendGridCall) -> Answer:
    on = listed(call.account, call.named[0], _GLOBAL)
    found = {"recipient_email": call.named[0]} if on else {}
    return Outcome(account=call.account, response=told(found))


def _resubscribed(call: SendGridCall) -> Answer:
    return _without(call, "unsubscribes", call.named)


def _on_lists(
    method: str, suffix: str, answer: Callable[..., Answer], action: str
) -> Iterable[SendGridEndpoint]:
    for kind in _LISTS:
        if method == "GET" or kind != "unsubscribes":
            scopes = [f"{start}.{action}" for start in _permissions(kind)]
            path = f"/v3/suppression/{kind}{suffix}"
            bound: Answering = partial(answer, kind=kind)
            yield SendGridEndpoint.of(method, path, scopes, bound)


def _permissions(kind: str) -> tuple[str, ...]:
    return ("suppression", "suppressions", f"suppression.{kind}")


_UNSUBSCRIBES = "/v3/asm/suppressions/global"
_CREATE = ("asm.suppressions.global.create",)
SUPPRESSIONS: tuple[SendGridEndpoint, ...] = (
    *_on_lists("GET", "", _read, "read"),
    *_on_lists("GET", "/([^/]+)", _read, "read"),
    *_on_lists("DELETE", "", _cleared, "delete"),
    *_on_lists("DELETE", "/([^/]+)", _removed, "delete"),
    SendGridEndpoint.of("POST", _UNSUBSCRIBES, _CREATE, _unsubscribed),
    SendGridEndpoint.of(
        "GET", f"{_UNSUBSCRIBES}/([^/]+)", ("asm.suppressions.global.read",), _global
    ),
    SendGridEndpoint.of(
        "DELETE", f"{_UNSUBSCRIBES}/([^/]+)", ("asm.suppressions.global.delete",), _resubscribed
    ),
)
