"""What a sender by SMTP says of its message in the header X-SMTPAPI.

Source: docs, building-an-x-smtpapi-header and scheduling-parameters (read 2026-11); the vendor's
smtpapi-go and smtpapi-nodejs for the forms of values. Of several such headers the first one counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..strict_json import NotJsonError, strict_json
from ..submission import Submitted


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpHeader:
    """As much of it as the fake carries out; `group` is that of unsubscribes."""

    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    send_at: datetime | None = None
    group: int | None = None

    @classmethod
    def of(cls, message: Submitted) -> SmtpHeader:
        """Read the header; what is no JSON object says nothing. Never raises."""
        try:
            given = strict_json(message.header("X-SMTPAPI"))
        except NotJsonError:
            return cls()
        if not isinstance(given, dict):
            return cls()
        arguments = given.get("unique_args")
        pairs = arguments.items() if isinstance(arguments, dict) else ()
        return cls(
            tags=_tags(given.get("category")),
            metadata={name: str(value) for name, value in pairs},
            send_at=_moment(given.get("send_at")),
            group=_whole(given.get("asm_group_id")),
        )


def _tags(category: Any) -> tuple[str, ...]:
    """One, or a list of them."""
    listed = category if isinstance(category, list) else [category]
    return tuple(each for each in listed if isinstance(each, str) and each)


def _moment(seconds: Any) -> datetime | None:
    whole = _whole(seconds)
    try:
        return datetime.fromtimestamp(whole, UTC) if whole is not None else None
    except (OverflowError, OSError, ValueError):
        return None


def _whole(number: Any) -> int | None:
    return number if isinstance(number, int) and not isinstance(number, bool) else None
