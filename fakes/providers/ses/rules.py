"""Amazon SES's rules: two APIs on one host for each region."""

from __future__ import annotations

import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import unquote_to_bytes

from ...http.exchange import Request, Response
from ..calls import calls_of
from ..form_octets import is_utf8, of_unreadable_form
from ..refusal import Refusals
from ..rules import Outcome, Provider, Token
from .acceptance import CallContext, user_arn
from .account import AccessKey, SesAccount
from .answers import SesError, query_response, rest_response, stamped
from .authentication import authenticated
from .bulk import send_bulk
from .call_result import CallResult
from .calls import SesApi, SesCall, api_of, read_call
from .parameters import query_parameters
from .query_reads import answer_query
from .refusals import PREFIX, REFUSALS
from .rest_reads import answer_rest
from .sending import DIGITS, HEX, send, uuid
from .vendor import VENDOR

_KEY_ID = string.ascii_uppercase + "234567"
_SECRET = string.ascii_letters + string.digits + "+/"
# Of a refusal that a fault tells; the rules count theirs.
_REQUEST_ID = "01234567-89ab-cdef-0123-456789abcdef"


class SesRules(Provider[SesAccount]):
    """Amazon SES: the Query API (version 1) at `/`, the REST API (version 2) at `/v2/email/`."""

    vendor = VENDOR
    unknown_calls = frozenset(["unknown-action", "v2-unknown-operation"])
    refusals: ClassVar[Refusals] = REFUSALS
    account_type = SesAccount

    def made_up(self, token: Token) -> dict[str, str]:
        """An access key of an IAM user: `AKIA` and 16 characters; a secret of 40 characters."""
        return {
            "access_key_id": f"AKIA{token(16, _KEY_ID)}",
            "secret_access_key": token(40, _SECRET),
        }

    def furnished(self, account: SesAccount, credentials: Mapping[str, str]) -> SesAccount:
        """The account with these credentials wherever a key leaves its own open."""
        keys = tuple(_furnished(key, credentials) for key in account.keys)
        return account.model_copy(update={"keys": keys})

    def vendors_call(self, request: Request) -> str | None:
        """An Action of the Query API is a call, too."""
        if api_of(request) is SesApi.QUERY:
            action = query_parameters(request).get("Action") or ""
            return action if action in calls_of(self.name).actions else None
        return super().vendors_call(request)

    def region_of(self, host: str) -> str | None:
        """The region whose host this is, also by its FIPS name."""
        return super().region_of(host.replace("email-fips.", "email.", 1))

    def refusal(
        self, case: str, fill: Mapping[str, str], *, request: Request, now: datetime
    ) -> Response:
        """As listed, in the form of the API that is asked, with the id that every answer has."""
        now = now.astimezone(UTC)
        rest = PREFIX + case
        if api_of(request) is SesApi.REST and rest in REFUSALS:
            case = rest
        known = {"request_id": _REQUEST_ID, **fill}
        response = super().refusal(case, known, request=request, now=now)
        return stamped(response, request_id=known["request_id"], now=now)

    def decide(
        self, account: SesAccount, request: Request, *, region: str, now: datetime
    ) -> Outcome[SesAccount]:
        """What comes of one request."""
        now = now.astimezone(UTC)
        # One draw for both: most requests send one message.
        digits, account = account.next_id(2 * DIGITS, HEX)
        request_id = uuid(digits[:DIGITS])
        call = read_call(request)
        result = _result_of(account, request, call, region=region, now=now, digits=digits[DIGITS:])
        if api_of(request) is SesApi.QUERY:
            action = call.operation if isinstance(call, SesCall) else ""
            response = query_response(result.answer, action=action, request_id=request_id)
            if not is_utf8(unquote_to_bytes(request.body)):
                response = of_unreadable_form(response)
        else:
            response = rest_response(result.answer)
        return Outcome(
            account=result.account,
            response=stamped(response, request_id=request_id, now=now),
            accepted=result.accepted,
        )


def _furnished(key: AccessKey, credentials: Mapping[str, str]) -> AccessKey:
    names = ["access_key_id", "secret_access_key"]
    if key.access_key_id is None:
        names.append("session_token")  # that of another key would be none of this one's
    gaps = {name: credentials.get(name) for name in names if getattr(key, name) is None}
    return key.model_copy(update=gaps)


def _result_of(
    account: SesAccount,
    request: Request,
    call: SesCall | SesError,
    *,
    region: str,
    now: datetime,
    digits: str,
) -> CallResult:
    key = authenticated(account, request, region=region, now=now)
    if isinstance(key, SesError):
        return CallResult(account=account, answer=key)
    if account.trouble is not None:
        case = "server-error" if account.trouble == "error" else "unavailable"
        return CallResult(account=account, answer=SesError(case))
    if not account.subscribed:
        return CallResult(account=account, answer=SesError("not-subscribed"))
    if isinstance(call, SesError):
        return CallResult(account=account, answer=call)
    where = CallContext(
        api=call.api, action=call.action, key=key, region=region, now=now, digits=digits
    )
    if call.operation in {"SendBulkEmail", "SendBulkTemplatedEmail"}:
        return send_bulk(account, call, where)
    if call.sends:
        return send(account, call, where)
    refused = _may_call(account, where)
    if refused is not None:
        return CallResult(account=account, answer=refused)
    return (answer_query if call.api is SesApi.QUERY else answer_rest)(account, call, where)


def _may_call(account: SesAccount, where: CallContext) -> SesError | None:
    policy = where.key.policy
    if policy is not None and not policy.allows(where.action):
        user = user_arn(account, where)
        return SesError("may-not", {"user": user, "action": where.action})
    return SesError("calls-limited") if account.rate_limited else None


PROVIDER = SesRules()
