"""Forms in which octets are no UTF-8.

What a vendor makes of them is not known. The fakes take them, with U+FFFD for what is no
character, and mark the answer as theirs.
"""

from __future__ import annotations

from dataclasses import replace

from ..http.exchange import Response
from ..marks import Mark

_SOURCE = "what the vendor makes of a form that is not UTF-8 is not known"


def is_utf8(octets: bytes) -> bool:
    """Whether these octets are a text in UTF-8."""
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def of_unreadable_form(response: Response) -> Response:
    """The answer to such a form."""
    return replace(response, mark=Mark.SYNTHETIC, source=_SOURCE)
