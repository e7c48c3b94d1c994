"""Idempotency keys: the same request is answered as before, and sends nothing.

Sources: resend.com/docs, dashboard/emails/idempotency-keys (read 2026-11); that a second request is
answered with the same id was seen as well (2026-09-08).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ...http.exchange import Response
from .account import Remembered, ResendAccount
from .refusals import refuse

_KEPT = timedelta(hours=24)
_LONGEST = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedRequest:
    """A request that sends, by its key: "" where it has none, which then names nothing."""

    key: str
    endpoint: str
    digest: str
    now: datetime

    @classmethod
    def of(cls, key: str | None, *, endpoint: str, body: Any, now: datetime) -> KeyedRequest:
        """That bodies are the same where their values are, whatever their octets, is inferred."""
        digest = _digest(body) if key else ""
        return cls(key=key or "", endpoint=endpoint, digest=digest, now=now)

    def before(self, account: ResendAccount) -> Remembered | None:
        """The request with this key of the last 24 hours."""
        if not self.key:
            return None
        for found in reversed(account.remembered):
            if (found.key, found.endpoint) == (self.key, self.endpoint):
                return found if self.now - found.at < _KEPT else None
        return None

    def kept(self, account: ResendAccount, answer: Any) -> ResendAccount:
        """The account that remembers what it answered."""
        if not self.key:
            return account
        made = Remembered(
            key=self.key,
            endpoint=self.endpoint,
            digest=self.digest,
            answer=answer,
            at=self.now,
        )
        return account.model_copy(update={"remembered": account.remembered.followed_by([made])})


def _digest(body: Any) -> str:
    try:
        canonical = json.dumps(body, sort_keys=True)
    except RecursionError:  # as deep as it could just be read
        canonical = ""
    return hashlib.sha256(canonical.encode()).hexdigest()


def wrong_key(key: str | None) -> Response | None:
    """The refusal of a key that is too short or too long."""
    wrong = key is not None and not 1 <= len(key) <= _LONGEST
    return refuse("bad-idempotency-key") if wrong else None
