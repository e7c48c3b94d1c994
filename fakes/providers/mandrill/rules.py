"""Mandrill's rules: which key, which call. What each call does is in `sending` and `reads`."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from ...http.exchange import Request
from ..keyed import KeyedProvider
from ..keys import find_key
from ..refusal import Refusals, Refuse
from ..rules import Outcome, Token
from ..strict_json import NotJsonError, strict_json
from .account import MandrillAccount, MandrillKey
from .reads import READS, Call, MandrillRead
from .refusals import REFUSALS
from .rejects import REJECTS
from .scheduled import SCHEDULED
from .sending import send
from .templates import TEMPLATES
from .validation import check_required, text_of
from .vendor import VENDOR

_URL_SAFE = string.ascii_letters + string.digits + "-_"
# 1.0 is documented; the vendor's present clients call 1.3 (mailchimp_transactional 1.4.1).
_PATH = re.compile(r"/api/1\.[03]/([a-z]+/[a-z0-9-]+)(?:\.json)?/?\Z")
_CALLS: Mapping[str, Call] = {**READS, **REJECTS, **SCHEDULED, **TEMPLATES}
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
            raise Refuse("unknown-call")
        body = _body(request)
        given = text_of(body.get("key"))
        if not given:
            raise Refuse("no-key")
        key = _key(account, given)
        if key is None or not key.may(call):
            raise Refuse("invalid-key-old" if account.old_key_error else "invalid-key")
        if account.maintenance:
            raise Refuse("service-unavailable")
        if call in _CALLS:
            check_required(call, body)
            return _CALLS[call](MandrillRead(account=account, body=body, key=key, now=now))
        if account.suspended:
            raise Refuse("suspended")
        return send(account, call, body, key, now)


def _call(request: Request) -> str | None:
    """The call that a path names, where there is such a call."""
    found = _PATH.match(request.path)
    return found[1] if found and (found[1] in _CALLS or found[1] in _SENDS) else None


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
