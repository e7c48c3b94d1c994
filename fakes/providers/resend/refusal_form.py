"""How a refusal of Resend's looks: its status and its name are in the body, too."""

from __future__ import annotations

import json

from ...http.exchange import Headers
from ...marks import Mark
from ..refusal import VendorRefusal

JSON_UTF8: Headers = (("Content-Type", "application/json; charset=utf-8"),)
TABLE = "resend.com/docs, api-reference/errors (read 2026-11)"
SEEN = "answers quoted in public logs and issue threads"
NO_TEXT = "resend.com/docs has the rule, its answer is not known"
NAMED_FIRST = ("statusCode", "name", "message")
NAMED_LAST = ("statusCode", "message", "name")


def resend_refusal(  # a row of a table
    case: str,
    when: str,
    status: int,
    name: str,
    message: str,
    mark: Mark,
    source: str,
    order: tuple[str, ...] = NAMED_LAST,
) -> VendorRefusal:
    """A refusal; `order` is that of the members of its body, which is not always the same."""
    parts = {"statusCode": status, "message": message, "name": name}
    return VendorRefusal(
        name=case,
        when=when,
        status=status,
        body=json.dumps({part: parts[part] for part in order}, separators=(",", ":")),
        mark=mark,
        source=source,
        headers=JSON_UTF8,
    )
