"""The state that a provider's API is put in: the words of `given: api:`."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ..server_state import ServerState
from .region import Region

# Ten years in seconds.
_MOST_SKEW = 315_360_000


class ApiState(ServerState):
    """The state of a provider's API, beside what every server has (`ServerState`)."""

    account: dict[str, Any] = Field(default_factory=dict)
    """What a customer has set up there, in the words of that provider's account. Default: one key
    with every permission, and no domain."""

    region: Region = None
    """The region whose host answers under the fake's own address. Default: the provider's
    first."""

    secure: bool = True
    """Whether it speaks HTTPS; false: HTTP in clear."""

    skew: float = Field(default=0, strict=False, ge=-_MOST_SKEW, le=_MOST_SKEW)
    """Seconds by which the server's clock is ahead."""
