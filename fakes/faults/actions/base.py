"""What every action is."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from ..moments import Stage
from ..steps import Step


class FaultAction(BaseModel):
    """What a fault does: a frozen value that turns the honest reply into steps.

    A subclass has the word for it as the one value of `do`, and its own words as fields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    do: str
    in_place_of_the_honest: ClassVar[bool] = False
    only_at: ClassVar[frozenset[Stage]] = frozenset(Stage)

    def honest_first(self, stage: Stage) -> bool:
        """Whether the fake first does what an honest server would (its reply is then shaped)."""
        return not self.in_place_of_the_honest

    @property
    def challenges(self) -> bool:
        """Whether it is a 334: one more challenge, where it stands for no other."""
        return False

    def steps(self, honest: bytes, *, timeout: float) -> list[Step]:
        """What to do instead of sending `honest`. `timeout` is what `x` means, in seconds."""
        raise NotImplementedError
