"""How well it is known that a vendor answers so."""

from __future__ import annotations

from enum import StrEnum


class Mark(StrEnum):
    """The evidence that there is for an answer of a vendor's, the strongest first."""

    DOCUMENTED = "documented"
    SEEN = "seen"
    MEASURED = "measured"
    INFERRED = "inferred"
    SYNTHETIC = "synthetic"
    NOT_MODELLED = "not modelled"
    """The vendor has the call, and the fake has not: the answer is the fake's own."""
