"""What SparkPost answers when it refuses: `refusals.toml` has it."""

from __future__ import annotations

from pathlib import Path

from ..refusal import Refusals

REFUSALS = Refusals(Path(__file__).with_name("refusals.toml"))

refuse = REFUSALS.refuse


def error(message: str, code: str | None = None, description: str | None = None) -> dict[str, str]:
    """One entry of the `errors` array, its members in the vendor's order."""
    parts = {"message": message, "description": description, "code": code}
    return {name: value for name, value in parts.items() if value is not None}
