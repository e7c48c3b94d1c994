"""What Resend answers when it refuses: `refusals.toml` has it."""

from __future__ import annotations

from pathlib import Path

from ...http.exchange import Headers
from ..refusal import Refusals

JSON_UTF8: Headers = (("Content-Type", "application/json; charset=utf-8"),)

REFUSALS = Refusals(Path(__file__).with_name("refusals.toml"))

refuse = REFUSALS.refuse
