"""What every document of the sender protocol is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class ProtocolDocument(BaseModel):
    """What the harness asks: strict, because it is ours."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ForeignDocument(BaseModel):
    """What a sender answers: fields that nobody knows are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)
