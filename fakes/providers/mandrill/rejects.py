"""The rejection denylist: listed, added to, taken from.

Shapes: docstrings of the vendor's client mandrill 1.0.60. The denylist of a subaccount is the
account's here.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..refusal import Refuse
from ..rules import Outcome
from ..suppression import released
from .account import MandrillAccount, Reject
from .reads import CREATED, Call, MandrillRead, told
from .refusals import validation_error
from .validation import address_problem, text_of


def _listed(asked: MandrillRead) -> Outcome[MandrillAccount]:
    wanted = text_of(asked.body.get("email")).lower()
    found = [
        {
            "email": entry.email,
            "reason": entry.reason,
            "detail": entry.detail,
            "created_at": CREATED,
            "last_event_at": CREATED,
            "expires_at": None,
            "expired": False,
            "sender": None,
            "subaccount": None,
        }
        for entry in asked.account.denylist()
        if not wanted or entry.email.lower() == wanted
    ]
    return told(asked.account, found)


def _added(asked: MandrillRead) -> Outcome[MandrillAccount]:
    """An entry of the customer's own, which takes the place of none that is there."""
    account, email = asked.account, _email(asked)
    if not any(entry.email.lower() == email.lower() for entry in account.denylist()):
        detail = text_of(asked.body.get("comment"))
        made = Reject(email=email, reason="custom", detail=detail)
        account = account.model_copy(update={"rejects": (*account.rejects, made)})
    return told(account, {"email": email, "added": True})


def _deleted(asked: MandrillRead) -> Outcome[MandrillAccount]:
    email = _email(asked)
    if not any(entry.email.lower() == email.lower() for entry in asked.account.denylist()):
        raise Refuse("invalid-reject", email=email)
    account = released(asked.account, [email], "suppressed")
    kept = tuple(each for each in account.rejects if each.email.lower() != email.lower())
    account = account.model_copy(update={"rejects": kept})
    subaccount = text_of(asked.body.get("subaccount")) or None
    return told(account, {"email": email, "deleted": True, "subaccount": subaccount})


def _email(asked: MandrillRead) -> str:
    """The address that a call is about.

    Raises:
        Refuse: it is none, or there is no such subaccount.
    """
    email = text_of(asked.body.get("email")).strip()
    problem = address_problem(email)
    if problem is not None:
        raise validation_error("invalid-field", ("email",), problem[1])
    subaccount = text_of(asked.body.get("subaccount"))
    if subaccount and subaccount not in asked.account.subaccounts:
        raise Refuse("unknown-subaccount", name=subaccount)
    return email


REJECTS: Mapping[str, Call] = {
    "rejects/list": _listed,
    "rejects/add": _added,
    "rejects/delete": _deleted,
}
