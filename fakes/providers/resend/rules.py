"""Resend's rules: which key, which endpoint. What they do is in `sending` and `reads`."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from ...http.exchange import Request, Response
from ..keyed import KeyedProvider
from ..keys import find_key
from ..refusal import Refusals
from ..rules import Outcome, Token
from ..strict_json import NotJsonError, strict_json
from .account import ResendAccount, ResendKey
from .idempotency import KeyedRequest, wrong_key
from .reads import READS, Call, ResendRead
from .refusals import REFUSALS, refuse
from .sending import Sending, send, send_batch
from .suppressions import SUPPRESSIONS
from .vendor import VENDOR

_ALPHABET = string.ascii_letters + string.digits
_PREFIX = "re_"
_SENDS = ("/emails", "/emails/batch")
_CALLS: tuple[tuple[str, re.Pattern[str], Call], ...] = (*READS, *SUPPRESSIONS)
Answer = Outcome[ResendAccount]


class ResendRules(KeyedProvider[ResendAccount]):
    """Resend's API."""

    vendor = VENDOR
    unknown_calls = frozenset(["unknown-path", "wrong-method", "not-a-uuid"])
    refusals: ClassVar[Refusals] = REFUSALS
    account_type = ResendAccount

    def made_up(self, token: Token) -> dict[str, str]:
        """A key: `re_`, 8 characters, `_` and 24, as the documentation's own example."""
        return {"api_key": f"{_PREFIX}{token(8, _ALPHABET)}_{token(24, _ALPHABET)}"}

    def decide(
        self, account: ResendAccount, request: Request, *, region: str, now: datetime
    ) -> Answer:
        """Answer one request."""
        if not request.header("user-agent"):
            # What stands in front of the API knows no limits of it.
            return Outcome(account=account, response=refuse("no-user-agent"))
        outcome = _answer(account, request, region, now)
        return replace(outcome, response=_with_limits(account, outcome.response))

    def dressed(self, refusal: Response, *, now: datetime) -> Response:
        """As in an account of the usual limits; what stands in front of the API knows none."""
        del now
        is_ahead = refusal.case == "no-user-agent"
        return refusal if is_ahead else _with_limits(ResendAccount(), refusal)


def _answer(account: ResendAccount, request: Request, region: str, now: datetime) -> Answer:
    path = request.path.rstrip("/")
    methods = _methods(path)
    if account.trouble is not None:
        name = "server-error" if account.trouble == "error" else "unavailable"
        return _refused(account, refuse(name))
    if request.method not in methods:
        return _refused(account, refuse("wrong-method" if methods else "unknown-path"))
    sends = request.method == "POST" and path in _SENDS
    key = _admitted(account, request, region, sends=sends)
    if isinstance(key, Response):
        return _refused(account, key)
    if sends:
        return _sent(account, request, path, key, now)
    return _called(account, request, path, now)


def _called(account: ResendAccount, request: Request, path: str, now: datetime) -> Answer:
    """Answer at an endpoint beside sending, of which there is one for this path and method."""
    for method, pattern, call in _CALLS:
        found = pattern.match(path)
        if found and request.method == method:
            named = found.groups()
            return call(ResendRead(account=account, request=request, named=named, now=now))
    return _refused(account, refuse("unknown-path"))


def _refused(account: ResendAccount, response: Response) -> Answer:
    return Outcome(account=account, response=response)


def _methods(path: str) -> set[str]:
    """The methods of an endpoint; none where there is no such endpoint."""
    if path == "/emails/batch":
        return {"POST"}
    found = {method for method, pattern, _ in _CALLS if pattern.match(path)}
    return found | ({"POST"} if path in _SENDS else set())


def _admitted(
    account: ResendAccount, request: Request, region: str, *, sends: bool
) -> ResendKey | Response:
    """The key that a request comes with, or why it opens nothing."""
    authorization = (request.header("authorization") or "").strip()
    if not authorization:
        return refuse("no-key")
    scheme, _, given = authorization.partition(" ")
    key = find_key(account.keys, given.strip(), region=region)
    if not isinstance(key, ResendKey) or scheme.lower() != "bearer":
        is_a_key = scheme.lower() == "bearer" and given.strip().startswith(_PREFIX)
        return refuse("bad-key" if sends and is_a_key else "bad-key-elsewhere")
    if account.rate_limited:
        return refuse("rate-limited", limit=str(account.requests_a_second))
    if not key.active:
        return refuse("inactive-key")
    if key.suspended or account.suspended:
        return refuse("suspended-key")
    return key if sends or key.manages else refuse("restricted-key")


def _sent(
    account: ResendAccount, request: Request, path: str, key: ResendKey, now: datetime
) -> Answer:
    named = request.header("idempotency-key")
    refused = wrong_key(named)
    if refused is not None:
        return _refused(account, refused)
    try:
        body: Any = strict_json(request.body)
    except NotJsonError:
        return _refused(account, refuse("not-json"))
    keyed = KeyedRequest.of(named, endpoint=path, body=body, now=now)
    sending = Sending(account=account, key=key, request=keyed, now=now)
    if path == "/emails":
        return send(sending, body)
    validation = (request.header("x-batch-validation") or "").lower()
    return send_batch(sending, body, permissive=validation == "permissive")


def _with_limits(account: ResendAccount, response: Response) -> Response:
    """Every answer says how often the team may ask (draft-ietf-httpapi-ratelimit-headers-06).

    Seen in recordings (resend-node, 2025-10); the fake counts no requests, so that all but one are
    left where none was too many.
    """
    limit, limited = account.requests_a_second, response.status == 429
    is_too_fast = limited and response.case == "rate-limited"
    rates = (
        ("ratelimit-limit", str(limit)),
        ("ratelimit-policy", f"{limit};w=1"),
        ("ratelimit-remaining", "0" if is_too_fast else str(limit - 1)),
        ("ratelimit-reset", "1"),
        *((("retry-after", "1"),) if is_too_fast else ()),
    )
    return response.with_headers(response.headers + rates)


PROVIDER = ResendRules()
