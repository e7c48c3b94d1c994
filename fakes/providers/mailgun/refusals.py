"""What Mailgun answers when it refuses: `refusals.toml` has it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...http.exchange import Headers, Response
from ..refusal import Refusals

JSON_UTF8: Headers = (("Content-Type", "application/json; charset=utf-8"),)
REFUSALS = Refusals(Path(__file__).with_name("refusals.toml"))


def refuse(case: str, /, *, status: int | None = None, **variables: str) -> Response:
    """A refusal; `status` where the account has another one than is known of it."""
    made = REFUSALS.refuse(case, **variables)
    return made if status is None else replace(made, status=status)
