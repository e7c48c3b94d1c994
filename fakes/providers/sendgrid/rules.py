"""SendGrid's rules: who may send, what is a message, what is told afterwards."""

from __future__ import annotations

import json
import string
from datetime import datetime
from typing import Any, ClassVar

from ...http.content_coding import ContentCodingError, plain_body
from ...http.exchange import Request, Response
from ..keyed import KeyedProvider
from ..keys import ApiKey, find_key
from ..refusal import Refusals, Refuse
from ..rules import Outcome, Token
from ..strict_json import NotJsonError, NotUtf8Error, strict_json
from .account import SendGridAccount
from .batches import check_batch
from .call import SendGridCall
from .complaint import Complaint
from .endpoints import answer, has_method
from .json_types import is_undecodable, wrong_types
from .reads import MAIL_SEND
from .refusals import REFUSALS
from .sending import take
from .validation import complaints
from .vendor import VENDOR

_ID = string.ascii_letters + string.digits + "-_"
_LARGEST = 20_000_000
# The documented ceiling of mail send, in requests a second.
_LIMIT = 10_000


class SendGridRules(KeyedProvider[SendGridAccount]):
    """SendGrid's Web API v3."""

    vendor = VENDOR
    unknown_calls = frozenset(["unknown-path", "wrong-method"])
    refusals: ClassVar[Refusals] = REFUSALS
    account_type = SendGridAccount

    def made_up(self, token: Token) -> dict[str, str]:
        """A key: `SG.`, 22 characters, a dot, 43 characters (public secret-scanner patterns)."""
        return {"api_key": f"SG.{token(22, _ID)}.{token(43, _ID)}"}

    def dressed(self, refusal: Response, *, now: datetime) -> Response:
        """Too many requests are told with the limit and when it ends."""
        if refusal.case != "rate-limited":
            return refusal
        rates = (
            ("X-Ratelimit-Limit", str(_LIMIT)),
            ("X-Ratelimit-Remaining", "0"),
            ("X-Ratelimit-Reset", str(int(now.timestamp()) + 1)),
        )
        return refusal.with_headers(refusal.headers + rates)

    def decide(
        self, account: SendGridAccount, request: Request, *, region: str, now: datetime
    ) -> Outcome[SendGridAccount]:
        """What comes of one request."""
        if account.trouble is not None:
            raise Refuse("server-error" if account.trouble == "error" else "unavailable")
        path = request.path.rstrip("/")
        if not has_method(path, request.method):
            raise Refuse("wrong-method")
        key = _authenticated(account, request, region)
        if account.suspended:
            raise Refuse("suspended")
        if path != MAIL_SEND:
            call = SendGridCall(account=account, request=request, key=key, named=(), now=now)
            return answer(call, path)
        return _send(account, request, key, region, now)


def _authenticated(account: SendGridAccount, request: Request, region: str) -> ApiKey:
    scheme, _, given = (request.header("authorization") or "").partition(" ")
    if not given:
        raise Refuse("no-key")
    key = find_key(account.keys, given.strip(), region=region)
    if key is None or scheme.lower() != "bearer":
        raise Refuse("bad-key")
    return key


def _send(
    account: SendGridAccount, request: Request, key: ApiKey, region: str, now: datetime
) -> Outcome[SendGridAccount]:
    _check_call(account, request, key)
    body = _decoded(request)
    _check_body(account, body, now)
    if not all(account.is_identity(sender, region) for sender in _senders(body)):
        raise Refuse("unverified-sender")
    check_batch(account, body.get("batch_id"))
    return take(account, body, now)


def _decoded(request: Request) -> Any:
    try:
        octets = plain_body(request, most=_LARGEST)
        if len(octets) > _LARGEST:
            raise Refuse("too-large")
        return strict_json(octets)
    except ContentCodingError:
        raise Refuse("bad-content-coding") from None
    except NotUtf8Error:
        raise Refuse("bad-utf8") from None
    except NotJsonError:
        raise Refuse("not-json") from None


def _senders(body: dict[str, Any]) -> list[str]:
    """Every From of a body that was found right."""
    own = [item.get("from") for item in body["personalizations"]]
    return [str(box["email"]) for box in (body["from"], *own) if box]


def _check_call(account: SendGridAccount, request: Request, key: ApiKey) -> None:
    """Refuse what is refused before the body is looked at."""
    if not key.may("mail.send"):
        raise Refuse("no-permission")
    if account.quota_used_up:
        raise Refuse("credits-used-up")
    if account.rate_limited:
        raise Refuse("rate-limited")
    if len(request.body) > _LARGEST:
        raise Refuse("too-large")
    if request.content_type != "application/json":
        raise Refuse("unsupported-media-type")


def _check_body(account: SendGridAccount, body: Any, now: datetime) -> None:
    """Refuse what is wrong with the body: first its types, then what it says."""
    if not isinstance(body, dict):
        raise Refuse("not-json")
    if is_undecodable(body):
        raise Refuse("undecodable")
    wrong = wrong_types(body)
    if wrong:
        raise Refuse("wrong-type", errors=_listed(wrong))
    wrong = complaints(
        body, templates=account.templates, ip_pools=account.ip_pools, now=now.timestamp()
    )
    if wrong:
        raise Refuse("invalid", errors=_listed(wrong))


def _listed(wrong: list[Complaint]) -> str:
    """Every complaint, without the array around them: the refusal has that."""
    return ",".join(json.dumps(complaint.entry(), separators=(",", ":")) for complaint in wrong)


PROVIDER = SendGridRules()
