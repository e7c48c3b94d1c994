"""What SendGrid answers when it refuses: `refusals.toml` has it."""

from __future__ import annotations

from pathlib import Path

from ..refusal import Refusals

REFUSALS = Refusals(Path(__file__).with_name("refusals.toml"))
