"""`reference`: the sender that comes with the harness, and its courier where a case needs state."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.errors import UsageError

from .base import Sender, Surroundings
from .standing import KeepsState, StandingSender

SCHEMES = ("reference",)

# A courier for real mail waits minutes before it tries again; here it is to be seen to.
_OPTIONS = "first_retry=0.1 factor=2 most_retries=3"


def open_spec(scheme: str, rest: str, surroundings: Surroundings) -> Sender:
    """Open `reference`."""
    if rest:
        raise UsageError(f"{scheme}:{rest}: write only `{scheme}`")
    from harness.reference.courier.program import standing  # noqa: PLC0415  # heavy, when used

    return StandingSender(
        scheme,
        standing("", ""),
        made_for=_courier,
        words=(sys.executable, "-P", "-m", "harness.reference.courier"),
        environment={**surroundings.for_program(), "HARNESS_COURIER": _OPTIONS},
    )


def _courier(folder: str) -> KeepsState:
    from harness.reference.courier.options import read_options  # noqa: PLC0415  # as above
    from harness.reference.courier.program import Courier  # noqa: PLC0415

    return Courier(Path(folder), options=read_options(_OPTIONS))
