"""Calls of the Query API that read back, and the two that change the account.

Shapes: botocore 1.44.5, `ses/2010-12-01`, and recorded responses (ex_aws_ses parser tests).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import identities
from .acceptance import CallContext, address_fault, missing
from .account import EmailIdentity, SesAccount, SesDomain
from .activity import points
from .answers import Entries, Result, SesError
from .call_result import CallResult
from .calls import SesCall
from .limits import limits, sent
from .paging import page

Attributes = Callable[[SesDomain | EmailIdentity], dict[str, Any]]
_ATTRIBUTES: dict[str, tuple[str, Attributes]] = {
    "GetIdentityVerificationAttributes": ("VerificationAttributes", identities.verification),
    "GetIdentityDkimAttributes": ("DkimAttributes", identities.dkim),
    "GetIdentityMailFromDomainAttributes": ("MailFromDomainAttributes", identities.mail_from),
    "GetIdentityNotificationAttributes": ("NotificationAttributes", identities.notification),
}
_MOST_ITEMS = 1000


def answer_query(account: SesAccount, call: SesCall, where: CallContext) -> CallResult:
    """Answer a call that sends nothing."""
    given = call.parameters
    if call.operation in _ATTRIBUTES:
        return CallResult(account=account, answer=_attributes(account, call, where))
    if call.operation == "VerifyEmailIdentity":
        return _verify(account, given.get("EmailAddress"), where)
    if call.operation == "UpdateAccountSendingEnabled":
        is_enabled = given.get("Enabled") == "true"
        account = account.model_copy(update={"sending_enabled": is_enabled})
        return CallResult(account=account, answer=Result({}))
    return CallResult(account=account, answer=_read(account, call, where))


def _read(account: SesAccount, call: SesCall, where: CallContext) -> Result:
    if call.operation == "GetSendQuota":
        daily, rate = limits(account)
        return Result(
            {
                "SentLast24Hours": float(sent(account, where.now)),
                "Max24HourSend": daily,
                "MaxSendRate": rate,
            }
        )
    if call.operation == "GetSendStatistics":
        return Result({"SendDataPoints": points(account, where.now)})
    if call.operation == "GetAccountSendingEnabled":
        return Result({"Enabled": account.sending_enabled and not account.suspended})
    kind = call.parameters.get("IdentityType")
    rows, token = page(
        identities.names(account.identities(where.region), kind),
        size=call.parameters.get("MaxItems"),
        token=call.parameters.get("NextToken"),
        most=_MOST_ITEMS,
    )
    return Result({"Identities": rows, **({"NextToken": token} if token else {})})


def _attributes(account: SesAccount, call: SesCall, where: CallContext) -> Result | SesError:
    names = call.parameters.members("Identities")
    if not names:
        return missing(("identities",)) or SesError("missing-action")
    element, describe = _ATTRIBUTES[call.operation]
    known = {name: identities.found(account, name, where.region) for name in names}
    entries = {name: describe(each) for name, each in known.items() if each is not None}
    return Result({element: Entries(entries)})


def _verify(account: SesAccount, name: str | None, where: CallContext) -> CallResult:
    wrong = missing(("emailAddress",)) if name is None else address_fault([name])
    if name is None or wrong is not None:
        return CallResult(account=account, answer=wrong or Result({}))
    if identities.found(account, name, where.region) is None:
        pending = EmailIdentity(name=name, verified=False, region=where.region)
        account = account.model_copy(update={"addresses": (*account.addresses, pending)})
    return CallResult(account=account, answer=Result({}))
