"""A right sender that says nothing but whether it sent: what it does has to be enough.

`--sender python:tests.teeth.terse:handle`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .careful import Careful


def handle(request: Mapping[str, Any]) -> dict[str, Any]:
    """The careful sender's answer without everything that it need not say."""
    answer = Careful(request, {}).answer()
    if "features" in answer:
        return answer
    return {"status": answer["status"]}
