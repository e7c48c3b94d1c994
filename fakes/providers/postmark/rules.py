"""Postmark's rules: which token, which endpoint. What they do is in `sending` and `reads`."""

from __future__ import annotations

import hmac
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar

from ...http.exchange import Request
from ..keyed import KeyedProvider
from ..keys import find_key
from ..refusal import Refusals, Refuse
from ..rules import Outcome, Token
from ..strict_json import NotJsonError, strict_json
from .account import PostmarkAccount
from .reads import ACCOUNT_CALLS, SERVER_CALLS, PostmarkRead
from .refusals import REFUSALS
from .sending import send, send_batch
from .suppressions import SUPPRESSIONS
from .vendor import VENDOR

_TEST_TOKEN = "POSTMARK_API_TEST"  # documented, and everybody's
_HEX = "0123456789abcdef"
_LARGEST = 50_000_000
_SERVER_CALLS = (*SERVER_CALLS, *SUPPRESSIONS)
# Path in lower case → (a batch?, with templates?).
_SENDS = MappingProxyType(
    {
        "/email": (False, False),
        "/email/withtemplate": (False, True),
        "/email/batch": (True, False),
        "/email/batchwithtemplates": (True, True),
    }
)


class PostmarkRules(KeyedProvider[PostmarkAccount]):
    """Postmark's API."""

    vendor = VENDOR
    unknown_calls = frozenset(["unknown-path", "wrong-method"])
    refusals: ClassVar[Refusals] = REFUSALS
    account_type = PostmarkAccount
    credential: ClassVar[str] = "server_token"

    def made_up(self, token: Token) -> dict[str, str]:
        """A server token: a UUID."""
        return {"server_token": "-".join(token(length, _HEX) for length in (8, 4, 4, 4, 12))}

    def decide(
        self, account: PostmarkAccount, request: Request, *, region: str, now: datetime
    ) -> Outcome[PostmarkAccount]:
        """What comes of one request."""
        _check_trouble(account)
        # Case does not matter here.
        path = request.path.lower().rstrip("/")
        methods = _methods(path)
        if not methods and self.vendors_call(request) is not None:
            raise Refuse("unknown-path")  # whatever the token
        if methods and request.method not in methods:
            raise Refuse("wrong-method")
        for method, pattern, call in ACCOUNT_CALLS:
            found = pattern.match(path)
            if found and request.method == method:
                _check_account_token(account, request)
                return call(PostmarkRead(account=account, request=request, parts=found.groups()))
        return _server_call(account, request, path, now)


def _methods(path: str) -> set[str]:
    """The methods of an endpoint; none where there is no such endpoint."""
    calls = (*ACCOUNT_CALLS, *_SERVER_CALLS)
    found = {method for method, pattern, _ in calls if pattern.match(path)}
    return found | ({"POST"} if path in _SENDS else set())


def _check_trouble(account: PostmarkAccount) -> None:
    if account.trouble == "maintenance":
        raise Refuse("maintenance")
    if account.trouble == "internal":
        raise Refuse("internal", id=account.next_id(32, _HEX)[0])
    if account.rate_limited:
        raise Refuse("rate-limited")


def _server_call(
    account: PostmarkAccount, request: Request, path: str, now: datetime
) -> Outcome[PostmarkAccount]:
    """What wants a server token."""
    given = _token(request, "server")
    test = given.upper() == _TEST_TOKEN
    _check_server_token(account, request, given, test=test and path in _SENDS)
    if path in _SENDS:
        return _sent(account, request, path, now, test=test)
    for method, pattern, call in _SERVER_CALLS:
        found = pattern.match(path)
        if found and request.method == method:
            return call(PostmarkRead(account=account, request=request, parts=found.groups()))
    raise Refuse("unknown-path")


def _token(request: Request, kind: str) -> str:
    return (request.header(f"X-Postmark-{kind}-Token") or "").strip()


def _check_server_token(
    account: PostmarkAccount, request: Request, given: str, *, test: bool
) -> None:
    if not given and not _token(request, "account"):
        raise Refuse("no-token")
    if given and _token(request, "account"):
        raise Refuse("both-tokens")
    lower = account.model_copy(
        update={
            "keys": tuple(
                key.model_copy(update={"key": (key.key or "").lower() or None})
                for key in account.keys
            )
        }
    )
    if not test and find_key(lower.keys, given.lower(), region="") is None:
        raise Refuse("bad-token")


def _check_account_token(account: PostmarkAccount, request: Request) -> None:
    given = _token(request, "account").lower().encode()
    known = [token.lower().encode() for token in account.account_tokens]
    if not any(hmac.compare_digest(given, token) for token in known):
        raise Refuse("bad-account-token")


def _sent(
    account: PostmarkAccount, request: Request, path: str, now: datetime, *, test: bool
) -> Outcome[PostmarkAccount]:
    batch, template = _SENDS[path]
    _check_call(account, request)
    try:
        body: Any = strict_json(request.body)
    except NotJsonError:
        raise Refuse("not-json") from None
    taking = send_batch if batch else send
    return taking(account, body, template=template, test=test, now=now)


def _check_call(account: PostmarkAccount, request: Request) -> None:
    """Refuse what is refused before the body is looked at."""
    accepts = (request.header("accept") or "").lower()
    if request.content_type != "application/json" or not (
        "application/json" in accepts or "*/*" in accepts
    ):
        raise Refuse("no-json-wanted")
    if len(request.body) > _LARGEST:
        raise Refuse("too-large")
    if not account.server_active:
        raise Refuse("invalid-server")
    if account.barred_ip:
        raise Refuse("barred-ip", ip=account.barred_ip)


PROVIDER = PostmarkRules()
