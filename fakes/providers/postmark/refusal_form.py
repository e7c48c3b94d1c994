"""How a refusal of Postmark's looks: its code is in the body and in a header."""

from __future__ import annotations

import json

from ...http.exchange import Headers
from ...marks import Mark
from ..refusal import VendorRefusal

PAGES = "postmarkapp.com, developer pages"
TABLE = "postmarkapp.com, table of error codes (2026-09-30)"
SEEN = "responses in recordings, SDK tests and public issue threads"
NO_TEXT = "the limit or status is documented, its answer is not known"
JSON_UTF8: Headers = (("Content-Type", "application/json; charset=utf-8"),)


def postmark_refusal(
    name: str, when: str, status: int, code: int, message: str, mark: Mark, source: str
) -> VendorRefusal:
    """A refusal, as the same code and text make it everywhere."""
    body = json.dumps({"ErrorCode": code, "Message": message}, separators=(",", ":"))
    headers = (*JSON_UTF8, ("X-PM-ApiErrorCode", str(code)))
    return VendorRefusal(
        name=name, when=when, status=status, body=body, mark=mark, source=source, headers=headers
    )
