"""How many requests an account may make in which time: a window that opens again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from ..duration import Duration, seconds


class RateLimit(BaseModel):
    """So many requests in any stretch of that length."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    requests: int = Field(ge=0)
    """How many it takes."""

    per: Duration
    """In which time, as `2x` of the sender's time-out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentRequests:
    """When the requests came that were taken lately. `unit`: seconds of the sender's time-out."""

    unit: float = 1.0
    taken: tuple[datetime, ...] = ()

    def within(self, limit: RateLimit, now: datetime) -> Self:
        """Those that count at this time."""
        since = now - timedelta(seconds=seconds(limit.per, timeout=self.unit))
        return replace(self, taken=tuple(at for at in self.taken if at > since))

    def fill(self, limit: RateLimit) -> bool:
        """Whether the next one comes too fast."""
        return len(self.taken) >= limit.requests

    def with_one(self, now: datetime) -> Self:
        """With one more that was taken."""
        return replace(self, taken=(*self.taken, now))
