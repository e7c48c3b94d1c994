"""The shares of all fuzzing tests are the whole."""

from __future__ import annotations

import re
from pathlib import Path

from .budget import WHOLE


def test_the_shares_add_up() -> None:
    here = Path(__file__).parent
    parts = [
        int(part)
        for file in here.glob("test_*.py")
        for part in re.findall(r"(?m)^@share\((\d+)", file.read_text(encoding="utf-8"))
    ]
    assert sum(parts) == WHOLE
