"""The suppression list of an account, in the REST API.

Shapes: botocore 1.44.5, `sesv2/2019-09-27`. When somebody got on the list is not kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from ..suppression import on_list, released, suppressing
from .acceptance import CallContext, address_fault, missing
from .account import SesAccount
from .answers import Result, SesError
from .call_result import CallResult
from .calls import SesCall
from .paging import page

# The reasons of SES, each a list of the account's.
_LISTS = {"BOUNCE": "suppressed", "COMPLAINT": "complained"}
_MOST = 1000
# As AWS says it of every value that is none of an enumeration.
_NO_REASON = (
    "1 validation error detected: Value '{}' at 'reason' failed to satisfy constraint: Member must "
    "satisfy enum value set: [BOUNCE, COMPLAINT]"
)


def _entries(account: SesAccount) -> list[dict[str, Any]]:
    began = datetime.fromtimestamp(0, UTC).timestamp()
    return [
        {"EmailAddress": address, "Reason": reason, "LastUpdateTime": began}
        for reason, name in _LISTS.items()
        for address in on_list(account, name)
    ]


def listed(account: SesAccount, call: SesCall, _where: CallContext) -> Result:
    """Everybody, or those with a reason."""
    wanted = [value for name, value in parse_qsl(call.query_text) if name == "Reason"]
    rows, token = page(
        [each for each in _entries(account) if not wanted or each["Reason"] in wanted],
        size=call.query.get("PageSize"),
        token=call.query.get("NextToken"),
        most=_MOST,
    )
    more = {"NextToken": token} if token else {}
    return Result({"SuppressedDestinationSummaries": rows, **more})


def one(account: SesAccount, call: SesCall, _where: CallContext) -> Result | SesError:
    """A single recipient."""
    for entry in _entries(account):
        if entry["EmailAddress"].lower() == call.subject.lower():
            return Result({"SuppressedDestination": entry})
    return _absent(call)


def put(account: SesAccount, call: SesCall, _where: CallContext) -> CallResult:
    """A recipient is put on the list; a new reason takes the place of another."""
    document = call.document
    needed = {"emailAddress": "EmailAddress", "reason": "Reason"}
    wrong = missing(tuple(path for path, name in needed.items() if not document.get(name)))
    address, reason = document.get("EmailAddress", ""), document.get("Reason")
    if wrong is None and reason not in _LISTS:
        wrong = SesError("missing-parameter", {"reason": _NO_REASON.format(reason)})
    wrong = wrong or address_fault([address])
    if wrong is not None:
        return CallResult(account=account, answer=wrong)
    account = released(account, [address], *_LISTS.values())
    account = suppressing(account, address, on=_LISTS[str(reason)])
    return CallResult(account=account, answer=Result({}))


def deleted(account: SesAccount, call: SesCall, _where: CallContext) -> CallResult:
    """A recipient is taken off the list."""
    if not any(each["EmailAddress"].lower() == call.subject.lower() for each in _entries(account)):
        return CallResult(account=account, answer=_absent(call))
    account = released(account, [call.subject], *_LISTS.values())
    return CallResult(account=account, answer=Result({}))


def _absent(call: SesCall) -> SesError:
    return SesError("not-found", {"thing": "Suppressed address", "name": call.subject})
