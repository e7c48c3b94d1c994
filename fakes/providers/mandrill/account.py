"""An account at Mandrill, and the messages that it remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ..keyed import KeyedAccount
from ..keys import ApiKey, Domain
from ..rules import AcceptedMail

_DEMO_HOUR = 25
_DEMO_IN_ALL = 500


class MandrillKey(ApiKey):
    """A key; its permissions are calls such as `messages/send`.

    `test`: a key that answers as usual and sends nothing.
    """

    test: bool = False


class Reject(BaseModel):
    """An entry of the rejection denylist."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    email: str
    reason: Literal["hard-bounce", "soft-bounce", "spam", "unsub", "custom"] = "hard-bounce"


class MandrillAccount(KeyedAccount):
    """An account: its keys, sending domains and denylist.

    A From domain that is not verified makes `rejected` with `unsigned`. `suppressed` are rejected
    as `hard-bounce`, `rejects` with their own reason, mail from one of `invalid_senders` as
    `invalid-sender`. `demo`: sends to its own verified domains only, 25 messages an hour, 500 in
    all. `positive_balance`: may schedule. `rate_limited` and `quota_used_up`: mail stays queued,
    and a test key is at its limit. `old_key_error`: a wrong key is answered with 500 and code -1,
    as for many years, not with 401. `maintenance`: the subsystem is down. `subaccounts` and
    `templates` are the names that there are.
    """

    keys: tuple[MandrillKey, ...] = Field(default=(MandrillKey(),), strict=False)
    domains: tuple[Domain, ...] = Field(default=(), strict=False)
    rejects: tuple[Reject, ...] = Field(default=(), strict=False)
    invalid_senders: tuple[str, ...] = Field(default=(), strict=False)
    subaccounts: tuple[str, ...] = Field(default=(), strict=False)
    templates: tuple[str, ...] = Field(default=(), strict=False)
    demo: bool = False
    positive_balance: bool = True
    old_key_error: bool = False
    maintenance: bool = False

    def denylist(self) -> tuple[Reject, ...]:
        """Every entry, those of `suppressed` too."""
        return (*self.rejects, *(Reject(email=address) for address in self.suppressed))

    def over_quota(self, now: datetime) -> bool:
        """Whether the next message stays in the backlog."""
        if self.rate_limited or self.quota_used_up or not self.demo:
            return self.rate_limited or self.quota_used_up
        newest = (mail for mail in reversed(self.accepted) if not mail.test and mail.counts)
        sent = [mail.at for mail in islice(newest, _DEMO_IN_ALL)]
        lately = sum(at > now - timedelta(hours=1) for at in sent)
        return lately >= _DEMO_HOUR or len(sent) >= _DEMO_IN_ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class MandrillMail(AcceptedMail):
    """One recipient's message, as the activity has it.

    `test`: came with a test key. `indexed`: shows in searches already (what waits in the backlog
    does not).
    """

    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    reject_reason: str | None = None
    queued_reason: str | None = None
    test: bool = False
    indexed: bool = True

    @property
    def counts(self) -> bool:
        """Whether it was taken, not rejected."""
        return self.state not in {"rejected", "invalid"}
