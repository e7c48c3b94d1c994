"""AWS Signature Version 4 from the side of who checks it.

Whatever headers a client chose to sign are what is verified, with their values exactly as they
came in. Source: AWS General Reference, "Signing AWS requests", for services other than S3.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, unquote

from ...http.exchange import Request
from .signature import ALGORITHM, Signature

TERMINATOR = "aws4_request"
_TOKEN = "x-amz-security-token"
_WHITE = " \t\r\n\f\v"
_BLANKS = re.compile(f"[{_WHITE}]+")


def verifies(request: Request, signature: Signature, secret: str, *, service: str) -> bool:
    """Whether the request was signed with this secret, for this service, as it is now."""
    scope = (signature.date, signature.region, signature.service, signature.terminator)
    stamp = signature.stamp
    if (stamp[:8], service, TERMINATOR) != (scope[0], scope[2], scope[3]):
        return False
    # Without the host a request could be replayed elsewhere; a token has to be signed (botocore).
    needed = ["host"] if request.header(_TOKEN) is None else ["host", _TOKEN]
    if any(name not in signature.headers for name in needed):
        return False
    digest = hashlib.sha256(canonical_request(request, signature.headers)).hexdigest()
    text = "\n".join([ALGORITHM, stamp, "/".join(scope), digest])
    key = signing_key(secret, date=signature.date, region=signature.region, service=service)
    expected = hmac.digest(key, text.encode(), "sha256").hex()
    return hmac.compare_digest(expected.encode(), signature.value.encode())


# It changes once a day.
@lru_cache(maxsize=64)
def signing_key(secret: str, *, date: str, region: str, service: str) -> bytes:
    """The key that signs on one day (`yyyymmdd`), in one region, for one service."""
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def canonical_request(request: Request, signed_headers: Iterable[str]) -> bytes:
    """The request in the form over which the signature is made."""
    names = list(signed_headers)
    values: dict[str, list[str]] = {name: [] for name in names}
    for name, value in request.headers:
        if (lower := name.lower()) in values:
            values[lower].append(_canonical_value(value))
    lines = [
        request.method,
        *_canonical_target(request.target),
        *[f"{name}:{','.join(values[name])}" for name in names],
        "",
        ";".join(names),
        hashlib.sha256(request.body).hexdigest(),
    ]
    # Octets of a header were read as Latin-1, so this gives them back as they were.
    return "\n".join(lines).encode("latin-1", "replace")


# Those who send ask for few targets.
@lru_cache(maxsize=64)
def _canonical_target(target: str) -> tuple[str, str]:
    """Path and query. Once more encoded than on the wire: only S3 does without."""
    path, _, query = target.partition("?")
    return quote(_normalised(path), safe="/~"), _canonical_query(query)


def _normalised(path: str) -> str:
    """The path without `.`, `..` and empty segments; a slash at the end stays."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in {"", "."}:
            kept.append(segment)
    end = "/" if kept and path.endswith("/") else ""
    return f"/{'/'.join(kept)}{end}"


def _canonical_query(query: str) -> str:
    pairs = [field.partition("=") for field in query.split("&") if field]
    encoded = [(_encoded(name), _encoded(value)) for name, _, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _encoded(text: str) -> str:
    return quote(unquote(text, errors="surrogateescape"), safe="~", errors="surrogateescape")


def _canonical_value(value: str) -> str:
    # Not `value.split()`: an octet of UTF-8 read as Latin-1 can be a white space of Unicode's.
    return _BLANKS.sub(" ", value.strip(_WHITE))
