"""Mandrill's rules: which key, which call. What each call does is in `sending` and `reads`."""

from __future__ import annotations

import re
import string
from datetime import datetime
from typing import Any, ClassVar

from ...http.exchange import Request
from ..keyed import KeyedProvider
from ..keys import find_key
from ..refusal import Refusals
from ..rules import Outcome, Token
from ..strict_json import NotJsonError, strict_json
from .account import MandrillAccount, MandrillKey
from .reads import READS, MandrillRead
from .refusals import REFUSALS
from .sending import send
from .validation import missing_parameter, text_of
from .vendor import VENDOR

_URL_SAFE = string.ascii_letters + string.digits + "-_"
# 1.0 is documented; the vendor's present clients call 1.3 (mailchimp_transactional 1.4.1).
_PATH = re.compile(r"/api/1\.[03]/([a-z]+/[a-z0-9-]+)(?:\.json)?/?\Z")
_SENDS = frozenset(["messages/send", "messages/send-template", "messages/send-raw"])


class MandrillRules(KeyedProvider[MandrillAccount]):
    """Mandrill's API: every call is a POST with the key in its JSON body."""

    vendor = VENDOR
    unknown_calls = frozenset(["unknown-call"])
    refusals: ClassVar[Refusals] = REFUSALS
    account_type = MandrillAccount

    def made_up(self, token: Token) -> dict[str, str]:
        """A key: 22 url-safe characters, as seen in public samples."""
        return {"api_key": token(22, _URL_SAFE)}

    def decide(
        self, account: MandrillAccount, request: Request, *, region: str, now: datetime
    ) -> Outcome[MandrillAccount]:
        """What comes of one request."""
        call = _call(request)
        if call is None:
            return _refused(account, "unknown-call")
        body = _body(request)
        given = text_of(body.get("key"))
        if not given:
            return _refused(account, "no-key")
        key = _key(account, given)
        if key is None or not key.may(call):
            return _refused(account, "invalid-key-old" if account.old_key_error else "invalid-key")
        if account.maintenance:
            return _refused(account, "service-unavailable")
        if call in READS:
            missing = missing_parameter(call, body)
            if missing is not None:
                return Outcome(account=account, response=missing)
            return READS[call](MandrillRead(account=account, body=body, key=key, now=now))
        if account.suspended:
            return _refused(account, "suspended")
        return send(account, call, body, key, now)


def _refused(account: MandrillAccount, name: str) -> Outcome[MandrillAccount]:
    return Outcome(account=account, response=REFUSALS[name].response())


def _call(request: Request) -> str | None:
    """The call that a path names, where there is such a call."""
    found = _PATH.match(request.path)
    return found[1] if found and (found[1] in READS or found[1] in _SENDS) else None


def _body(request: Request) -> dict[str, Any]:
    """The parameters; none where they cannot be read. The content type does not matter."""
    if request.method != "POST":
        return {}
    try:
        body = strict_json(request.body)
    except NotJsonError:
        return {}
    return body if isinstance(body, dict) else {}


def _key(account: MandrillAccount, given: str) -> MandrillKey | None:
    found = find_key(account.keys, given, region="")
    return found if isinstance(found, MandrillKey) else None


PROVIDER = MandrillRules()
