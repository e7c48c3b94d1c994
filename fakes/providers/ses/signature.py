"""What the Authorization header of a signed request says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from ...http.exchange import Request

ALGORITHM = "AWS4-HMAC-SHA256"
STAMP = "%Y%m%dT%H%M%SZ"
_PARTS = ("Credential", "SignedHeaders", "Signature")
# These texts are those of AWS's other services (boto and AWS SDK issue threads).
_NO_DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature, and what it is said to be made with.

    `date`, `region`, `service` and `terminator` are the credential scope; `headers` the names of
    the signed headers, in the order given; `at` is when it was signed (aware, UTC).
    """

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    headers: tuple[str, ...]
    value: str
    at: datetime

    @property
    def stamp(self) -> str:
        """When it was signed, as AWS writes it."""
        return _stamp(self.at)


def read_signature(request: Request) -> Signature | str | None:
    """The signature of a request; None where there is none; a text where it makes no sense."""
    algorithm, _, rest = (request.header("authorization") or "").partition(" ")
    if algorithm != ALGORITHM:
        return None
    parts = [part.strip(" ").partition("=") for part in rest.split(",")]
    given = {name: value for name, _, value in parts if value}
    wrong = [f"Authorization header requires '{n}' parameter." for n in _PARTS if n not in given]
    at = _signed_at(request)
    if at is None or wrong or len(parts) != len(_PARTS):
        return " ".join([*wrong, *([_NO_DATE] if at is None else []), f"Authorization={ALGORITHM}"])
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


# Requests of the same second have the same stamp.
@lru_cache(maxsize=16)
def _stamp(at: datetime) -> str:
    return at.strftime(STAMP)


@lru_cache(maxsize=16)
def _moment(stamp: str) -> datetime:
    return datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)


def _signed_at(request: Request) -> datetime | None:
    try:
        if (stamp := request.header("x-amz-date")) is not None:
            return _moment(stamp)
        return parsedate_to_datetime(request.header("date") or "").astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None
