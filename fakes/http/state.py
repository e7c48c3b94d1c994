"""The state that a provider's API is put in: the words of `given: api:`."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ..server_state import ServerState

# Ten years in seconds.
_MOST_SKEW = 315_360_000


class ApiState(ServerState):
    """The state of a provider's API.

    `account`: what a customer has set up there, in the words of that provider's account.
    `region`: which of the hosts answers under the fake's own address; default: the first.
    `secure`: HTTPS. `skew`: seconds by which the server's clock is ahead.
    """

    account: dict[str, Any] = Field(default_factory=dict)
    region: str | None = None
    secure: bool = True
    skew: float = Field(default=0, strict=False, ge=-_MOST_SKEW, le=_MOST_SKEW)
