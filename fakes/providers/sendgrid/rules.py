"""SendGrid's rules: who may send, what is a message, what is told afterwards."""

from __future__ import annotations

import json
import string
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from ...http.content_coding import ContentCodingError, plain_body
from ...http.exchange import Request, Response
from ..keyed import KeyedProvider
from ..keys import ApiKey, find_key
from ..refusal import Refusals
from ..rules import Outcome, Token
from ..strict_json import NotJsonError, NotUtf8Error, strict_json
from .account import SendGridAccount
from .complaint import Complaint
from .json_types import is_undecodable, wrong_types
from .reads import MAIL_SEND, has_method, read_back
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

    def answer(
        self, account: SendGridAccount, request: Request, *, region: str, now: datetime
    ) -> Outcome[SendGridAccount]:
        """Answer one request."""
        if account.trouble is not None:
            name = "server-error" if account.trouble == "error" else "unavailable"
            return Outcome(account=account, response=REFUSALS[name].response())
        path = request.path.rstrip("/")
        if not has_method(path, request.method):
            return Outcome(account=account, response=REFUSALS["wrong-method"].response())
        key, refused = _authenticate(account, request, region)
        if key is None:
            return Outcome(account=account, response=REFUSALS[refused].response())
        if account.suspended:
            return Outcome(account=account, response=REFUSALS["suspended"].response())
        if path != MAIL_SEND:
            return Outcome(account=account, response=read_back(account, request, path, key, now))
        return _send(account, request, key, region, now)


def _authenticate(
    account: SendGridAccount, request: Request, region: str
) -> tuple[ApiKey | None, str]:
    scheme, _, given = (request.header("authorization") or "").partition(" ")
    if not given:
        return None, "no-key"
    key = find_key(account.keys, given.strip(), region=region)
    return (key, "") if key is not None and scheme.lower() == "bearer" else (None, "bad-key")


def _send(
    account: SendGridAccount, request: Request, key: ApiKey, region: str, now: datetime
) -> Outcome[SendGridAccount]:
    refused = _refused_at_once(account, request, key, now)
    if refused is not None:
        return Outcome(account=account, response=refused)
    try:
        octets = plain_body(request, most=_LARGEST)
        if len(octets) > _LARGEST:
            return Outcome(account=account, response=REFUSALS["too-large"].response())
        body = strict_json(octets)
    except ContentCodingError:
        return Outcome(account=account, response=REFUSALS["bad-content-coding"].response())
    except NotUtf8Error:
        return Outcome(account=account, response=REFUSALS["bad-utf8"].response())
    except NotJsonError:
        return Outcome(account=account, response=REFUSALS["not-json"].response())
    refused = _refused_body(account, body, now)
    if refused is None and not all(
        account.is_identity(sender, region) for sender in _senders(body)
    ):
        refused = REFUSALS["unverified-sender"].response()
    if refused is not None:
        return Outcome(account=account, response=refused)
    return take(account, body, now)


def _senders(body: dict[str, Any]) -> list[str]:
    """Every From of a body that was found right."""
    own = [item.get("from") for item in body["personalizations"]]
    return [str(box["email"]) for box in (body["from"], *own) if box]


def _refused_at_once(
    account: SendGridAccount, request: Request, key: ApiKey, now: datetime
) -> Response | None:
    """What is refused before the body is looked at."""
    if not key.may("mail.send"):
        return REFUSALS["no-permission"].response()
    if account.quota_used_up:
        return REFUSALS["credits-used-up"].response()
    if account.rate_limited:
        limited = REFUSALS["rate-limited"].response()
        rates = (
            ("X-Ratelimit-Limit", str(_LIMIT)),
            ("X-Ratelimit-Remaining", "0"),
            ("X-Ratelimit-Reset", str(int(now.timestamp()) + 1)),
        )
        return replace(limited, headers=limited.headers + rates)
    if len(request.body) > _LARGEST:
        return REFUSALS["too-large"].response()
    if request.content_type != "application/json":
        return REFUSALS["unsupported-media-type"].response()
    return None


def _refused_body(account: SendGridAccount, body: Any, now: datetime) -> Response | None:
    """What is wrong with the body: first its types, then what it says."""
    if not isinstance(body, dict):
        return REFUSALS["not-json"].response()
    if is_undecodable(body):
        return REFUSALS["undecodable"].response()
    wrong = wrong_types(body)
    if wrong:
        return _listed("wrong-type", wrong)
    wrong = complaints(
        body, templates=account.templates, ip_pools=account.ip_pools, now=now.timestamp()
    )
    return _listed("invalid", wrong) if wrong else None


def _listed(name: str, wrong: list[Complaint]) -> Response:
    """Every complaint, without the array around them: the refusal has that."""
    entries = ",".join(json.dumps(complaint.entry(), separators=(",", ":")) for complaint in wrong)
    return REFUSALS[name].response(errors=entries)


PROVIDER = SendGridRules()
