"""Calls of the REST API that read back, and those that change the account.

Shapes: botocore 1.44.5, `sesv2/2019-09-27`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from . import identities, suppressions
from .acceptance import CallContext, missing
from .account import SesAccount
from .activity import SentMail, activity
from .answers import Result, SesError
from .call_result import CallResult
from .calls import SesCall
from .limits import limits, sent
from .paging import page

_MOST = 1000
_DAY = 24 * 60 * 60
# What a bounce to a suppressed recipient is called (botocore's model: Bounce).
_BOUNCE = {"Bounce": {"BounceType": "PERMANENT", "BounceSubType": "Suppressed"}}
_EVENTS_OF_METRICS = {
    "SEND": "SEND",
    "DELIVERY": "DELIVERY",
    "COMPLAINT": "COMPLAINT",
    "PERMANENT_BOUNCE": "BOUNCE",
}


def answer_rest(account: SesAccount, call: SesCall, where: CallContext) -> CallResult:
    """Answer a call that sends nothing."""
    if call.operation == "PutAccountSendingAttributes":
        is_enabled = call.document.get("SendingEnabled", False)
        account = account.model_copy(update={"sending_enabled": is_enabled})
        return CallResult(account=account, answer=Result({}))
    if call.operation == "PutSuppressedDestination":
        return suppressions.put(account, call, where)
    if call.operation == "DeleteSuppressedDestination":
        return suppressions.deleted(account, call, where)
    readers = {
        "GetAccount": _account,
        "ListEmailIdentities": _identities,
        "GetEmailIdentity": _identity,
        "GetMessageInsights": _insights,
        "BatchGetMetricData": _metrics,
        "ListSuppressedDestinations": suppressions.listed,
        "GetSuppressedDestination": suppressions.one,
    }
    return CallResult(account=account, answer=readers[call.operation](account, call, where))


def _account(account: SesAccount, _call: SesCall, where: CallContext) -> Result:
    daily, rate = limits(account)
    quota = {
        "Max24HourSend": daily,
        "MaxSendRate": rate,
        "SentLast24Hours": float(sent(account, where.now)),
    }
    return Result(
        {
            "DedicatedIpAutoWarmupEnabled": True,
            "EnforcementStatus": "SHUTDOWN" if account.suspended else "HEALTHY",
            "ProductionAccessEnabled": not account.sandbox,
            "SendQuota": quota,
            "SendingEnabled": account.sending_enabled and not account.suspended,
            "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
        }
    )


def _identities(account: SesAccount, call: SesCall, where: CallContext) -> Result:
    rows, token = page(
        [identities.listed(each) for each in account.identities(where.region)],
        size=call.document.get("PageSize") or call.query.get("PageSize"),
        token=call.document.get("NextToken") or call.query.get("NextToken"),
        most=_MOST,
    )
    return Result({"EmailIdentities": rows, **({"NextToken": token} if token else {})})


def _identity(account: SesAccount, call: SesCall, where: CallContext) -> Result | SesError:
    found = identities.found(account, call.subject, where.region)
    if found is None:
        return SesError("not-found", {"thing": "Email identity", "name": call.subject})
    return Result(identities.described(found))


def _insights(account: SesAccount, call: SesCall, _where: CallContext) -> Result | SesError:
    mails = [mail for mail in account.accepted if mail.provider_id == call.subject]
    if not mails:
        return SesError("not-found", {"thing": "Message", "name": call.subject})
    rows = [sent for sent in activity(account) if sent.message_id == call.subject]
    return Result(
        {
            "MessageId": call.subject,
            "FromEmailAddress": mails[0].mail_from,
            "Subject": mails[0].subject,
            "EmailTags": [],
            "Insights": [{"Destination": row.recipient, "Events": _events(row)} for row in rows],
        }
    )


def _events(row: SentMail) -> list[dict[str, Any]]:
    return [
        {
            "Timestamp": row.at.timestamp(),
            "Type": event,
            **({"Details": _BOUNCE} if event == "BOUNCE" else {}),
        }
        for event in row.events
    ]


def _metrics(account: SesAccount, call: SesCall, _where: CallContext) -> Result | SesError:
    queries = call.document.get("Queries")
    if not queries:
        return missing(("queries",)) or Result({})
    needed = {"id": "Id", "namespace": "Namespace", "metric": "Metric"}
    needed |= {"startDate": "StartDate", "endDate": "EndDate"}
    absent = tuple(
        f"queries.{number}.member.{path}"
        for number, query in enumerate(queries, start=1)
        for path, name in needed.items()
        if name not in query
    )
    results = [_series(account, query) for query in queries] if not absent else []
    return missing(absent) or Result({"Results": results, "Errors": []})


def _series(account: SesAccount, query: Mapping[str, Any]) -> dict[str, Any]:
    """One number a day."""
    event = _EVENTS_OF_METRICS.get(query["Metric"])
    counted = Counter(
        int(row.at.timestamp()) // _DAY * _DAY
        for row in activity(account)
        if query["StartDate"] <= row.at.timestamp() < query["EndDate"] and event in row.events
    )
    days = sorted(counted)
    return {"Id": query["Id"], "Timestamps": days, "Values": [counted[day] for day in days]}
