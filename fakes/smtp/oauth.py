"""Logging in with an OAuth token: what a response says, and what is told of one that is refused.

XOAUTH2 is Google's (developers.google.com/workspace/gmail/imap/xoauth2-protocol, read 2026-11),
OAUTHBEARER is RFC 7628. Both tell why a token is refused in a JSON document behind 334, and refuse
only when that is answered: the former by an empty line, the latter by a single Control-A.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_XOAUTH2 = re.compile(
    rb"user=(?P<user>[^\x01]+)\x01auth=(?P<scheme>[^ \x01]+) (?P<token>[^\x01]*)\x01\x01"
)
# RFC 7628 section 3.1: the GS2 header without channel binding, then pairs in any order.
_BEARER = re.compile(
    rb"[ny],(?:a=(?P<user>[^,\x01]*))?,\x01(?P<pairs>(?:[A-Za-z]+=[^\x01]*\x01)*)\x01"
)
_AUTH = re.compile(rb"(?:^|\x01)auth=(?P<scheme>[^ \x01]+) (?P<token>[^\x01]*)\x01")

EXPLANATIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        # The example of Google's page.
        "XOAUTH2": {
            "status": "401",
            "schemes": "bearer mac",
            "scope": "https://mail.google.com/",
        },
        # RFC 7628 section 3.2.2; `invalid_token` is from RFC 6750 section 3.1.
        "OAUTHBEARER": {"status": "invalid_token", "scope": "https://mail.google.com/"},
    }
)
"""What a mechanism tells of a refused token, where nothing else is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """A user and a token as they were presented; the user is b"" where none is named."""

    user: bytes
    token: bytes


def read_xoauth2(response: bytes) -> Bearer:
    """What a response of XOAUTH2 says.

    Raises:
        ValueError: it is none.
    """
    found = _XOAUTH2.fullmatch(response)
    if found is None or found["scheme"].lower() != b"bearer":
        raise ValueError("no response of XOAUTH2")
    return Bearer(user=found["user"], token=found["token"])


def read_oauthbearer(response: bytes) -> Bearer:
    """What a response of OAUTHBEARER says.

    Raises:
        ValueError: it is none.
    """
    found = _BEARER.fullmatch(response)
    auth = _AUTH.search(found["pairs"]) if found is not None else None
    if found is None or auth is None or auth["scheme"].lower() != b"bearer":
        raise ValueError("no response of OAUTHBEARER")
    # RFC 5801 section 4: in a name `,` and `=` are encoded.
    user = (found["user"] or b"").replace(b"=2C", b",").replace(b"=3D", b"=")
    return Bearer(user=user, token=auth["token"])


def explanation(mechanism: str, said: Mapping[str, str] | None) -> str:
    """The document about a refused token, as JSON; `said` stands in place of the usual one."""
    return json.dumps(
        dict(EXPLANATIONS[mechanism] if said is None else said), separators=(",", ":")
    )
