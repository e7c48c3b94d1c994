"""SparkPost's rules: who may call, which endpoint it is, what is refused before a message is."""

from __future__ import annotations

import re
import string
from datetime import datetime
from typing import ClassVar

from ...http.exchange import Request
from ..keyed import KeyedProvider
from ..keys import ApiKey, find_key
from ..refusal import Refusals, Refuse
from ..rules import Outcome, Token
from .account import SEND, SparkPostAccount
from .call import BASE, SparkPostCall, decoded
from .endpoints import answer
from .refusals import REFUSALS
from .sending import take, told_at_once
from .validation import check
from .vendor import VENDOR

_LARGEST = 300_000_000
_HEX = string.digits + "abcdef"
_JSON_RANGES = frozenset(["application/json", "application/*", "*/*"])
_FULL = ("hourly", "daily", "monthly")


class SparkPostRules(KeyedProvider[SparkPostAccount]):
    """SparkPost's API v1."""

    vendor = VENDOR
    unknown_calls = frozenset(["unknown-path", "wrong-method"])
    refusals: ClassVar[Refusals] = REFUSALS
    account_type = SparkPostAccount

    def made_up(self, token: Token) -> dict[str, str]:
        """A key: 40 hexadecimal digits."""
        return {"api_key": token(40, _HEX)}

    def decide(
        self, account: SparkPostAccount, request: Request, *, region: str, now: datetime
    ) -> Outcome[SparkPostAccount]:
        """What comes of one request."""
        path = request.path.rstrip("/")
        if account.trouble in {"bad-gateway", "no-authorization-service"}:
            raise Refuse(account.trouble)
        key = _key(account, request, region)
        if key is None:
            raise Refuse("unauthorized")
        if account.rate_limited:
            raise Refuse("rate-limited")
        if not _accepts_json(request):
            raise Refuse("not-acceptable")
        if path == f"{BASE}/transmissions" and request.method not in {"GET", "HEAD", "DELETE"}:
            return _send(account, request, key, region, now)
        call = SparkPostCall(account=account, request=request, key=key, named=(), now=now)
        return answer(call, path)


def _key(account: SparkPostAccount, request: Request, region: str) -> ApiKey | None:
    """The key, bare or as the user name of Basic."""
    given = (request.header("authorization") or "").strip()
    basic = request.basic_credentials()
    return find_key(account.keys, basic[0] if basic else given, region=region)


def _accepts_json(request: Request) -> bool:
    ranges = (request.header("accept") or "*/*").split(",")
    return bool(_JSON_RANGES & {each.split(";")[0].strip().lower() for each in ranges})


def _send(
    account: SparkPostAccount, request: Request, key: ApiKey, region: str, now: datetime
) -> Outcome[SparkPostAccount]:
    _check_call(account, request, key)
    body = decoded(request.body)
    check(body, now=now)
    outcome = take(account, body, region=region, errors=_most_errors(request), now=now)
    return told_at_once(outcome, body, now=now)


def _check_call(account: SparkPostAccount, request: Request, key: ApiKey) -> None:
    """Refuse what is refused before the body is looked at."""
    if not key.may(SEND):
        raise Refuse("forbidden")
    if request.method != "POST":
        raise Refuse("wrong-method", method=request.method, path=request.path.rstrip("/"))
    if account.suspended:
        raise Refuse("suspended")
    if account.trouble is not None:
        raise Refuse(account.trouble)
    if request.content_type != "application/json":
        raise Refuse("unsupported-media-type")
    if len(request.body) > _LARGEST:
        raise Refuse("payload-too-large")
    if not re.fullmatch("[0-9]{1,9}", request.query.get("num_rcpt_errors", "0")):
        raise Refuse("bad-params", param="num_rcpt_errors")
    if account.quota_used_up:
        raise Refuse(f"{account.limit}-limit")


def _most_errors(request: Request) -> int | None:
    """How many errors of recipients are asked for; None means each."""
    text = request.query.get("num_rcpt_errors")
    return int(text) if text is not None else None


PROVIDER = SparkPostRules()
