"""AWS Signature Version 4 from the side of who checks it.

Whatever headers a client chose to sign are what is verified, with their values exactly as they
came in. Source: AWS General Reference, "Signing AWS requests", for services other than S3.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote

from ...http.exchange import Request

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
STAMP = "%Y%m%dT%H%M%SZ"
_PARTS = ("Credential", "SignedHeaders", "Signature")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What the Authorization header of a request says, and when it was signed (aware, UTC).

    `date`, `region`, `service` and `terminator` are the credential scope, `headers` the names of
    the signed headers, in the order given.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    headers: tuple[str, ...]
    value: str
    at: datetime


def read_signature(request: Request) -> Signature | str | None:
    """The signature of a request; None where there is none; a text where it makes no sense."""
    algorithm, _, rest = (request.header("authorization") or "").partition(" ")
    if algorithm != ALGORITHM:
        return None
    pairs = [part.strip(" ").partition("=") for part in rest.split(",")]
    given = {name: value for name, _, value in pairs if name in _PARTS and value}
    missing = [f"Authorization header requires '{name}' parameter." for name in _PARTS]
    missing = [text for name, text in zip(_PARTS, missing, strict=True) if name not in given]
    at = _signed_at(request)
    if at is None:
        missing.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    if missing or at is None or len(pairs) != len(_PARTS):
        return " ".join([*missing, f"Authorization={ALGORITHM}"])
    scope = given["Credential"].split("/")
    if len(scope) != 5:
        return (
            "Credential must have exactly 5 slash-delimited elements, "
            f"e.g. keyid/date/region/service/term, got '{given['Credential']}'"
        )
    return Signature(
        access_key_id=scope[0],
        date=scope[1],
        region=scope[2],
        service=scope[3],
        terminator=scope[4],
        headers=tuple(given["SignedHeaders"].split(";")),
        value=given["Signature"],
        at=at,
    )


def verifies(request: Request, signature: Signature, secret: str, *, service: str) -> bool:
    """Whether the request was signed with this secret, for this service, as it is now."""
    stamp = f"{signature.at:{STAMP}}"
    scope = (signature.date, signature.region, signature.service, signature.terminator)
    if (*scope[2:], scope[0]) != (service, TERMINATOR, stamp[:8]):
        return False
    # Without the host a request could be replayed elsewhere; a token has to be signed (botocore).
    needed = {"host"} | ({"x-amz-security-token"} & {n.lower() for n, _ in request.headers})
    if not needed <= set(signature.headers):
        return False
    digest = hashlib.sha256(canonical_request(request, signature.headers).encode()).hexdigest()
    text = "\n".join([ALGORITHM, stamp, "/".join(scope), digest])
    key = signing_key(secret, date=signature.date, region=signature.region, service=service)
    expected = hmac.digest(key, text.encode(), "sha256").hex()
    return hmac.compare_digest(expected.encode(), signature.value.encode())


def signing_key(secret: str, *, date: str, region: str, service: str) -> bytes:
    """The key that signs on one day (`yyyymmdd`), in one region, for one service."""
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, TERMINATOR):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def canonical_request(request: Request, signed_headers: Iterable[str]) -> str:
    """The request in the form over which the signature is made."""
    path, _, query = request.target.partition("?")
    names = list(signed_headers)
    return "\n".join(
        [
            request.method,
            # Once more encoded than on the wire: only S3 does without.
            quote(_normalised(path), safe="/~"),
            _canonical_query(query),
            *(f"{name}:{_canonical_value(request, name)}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )


def _signed_at(request: Request) -> datetime | None:
    try:
        if (stamp := request.header("x-amz-date")) is not None:
            return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
        return parsedate_to_datetime(request.header("date") or "").astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None


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


def _canonical_value(request: Request, name: str) -> str:
    values = [value for key, value in request.headers if key.lower() == name]
    return ",".join(" ".join(value.split()) for value in values)
