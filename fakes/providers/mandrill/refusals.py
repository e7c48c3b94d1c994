"""What Mandrill answers when it refuses: errors, and the 200 whose array says `rejected`.

`refusals.toml` has them.
"""

from __future__ import annotations

import json
from pathlib import Path

from ...http.exchange import Response
from ..refusal import Refusals

REFUSALS = Refusals(Path(__file__).with_name("refusals.toml"))


def result_item(
    email: str, status: str, identifier: str, reject: str | None, queued: str | None
) -> dict[str, str | None]:
    """One element of the array that a send answers with."""
    return {
        "email": email,
        "status": status,
        "_id": identifier,
        "reject_reason": reject,
        "queued_reason": queued,
    }


def validation_error(name: str, path: tuple[str, ...], text: str) -> Response:
    """The refusal of one parameter; the innermost of `path` comes last."""
    problems: object = text
    for part in reversed(path):
        problems = {part: problems}
    inner = json.dumps(problems, separators=(",", ":"))
    return REFUSALS.refuse(name, problems=inner)
