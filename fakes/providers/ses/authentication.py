"""Who a signed request comes from: the key, its signature, its clock, its session token.

The order is inferred: what can be seen in the header, then the key, then the signature.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ...http.exchange import Request
from .account import AccessKey, SesAccount
from .answers import SesError
from .signature import STAMP, Signature, read_signature
from .sigv4 import verifies

SERVICE = "ses"
# SES developer guide (2022-11-02): 15 minutes.
_SKEW = timedelta(minutes=15)


def authenticated(
    account: SesAccount, request: Request, *, region: str, now: datetime
) -> AccessKey | SesError:
    """The access key that signed a request to a host of this region."""
    signature = read_signature(request)
    if signature is None:
        return SesError("no-signature")
    if isinstance(signature, str):
        return SesError("malformed-signature", {"reason": signature})
    if signature.region != region:
        return SesError("wrong-region", {"scope": signature.region})
    token = request.header("x-amz-security-token")
    key = next((k for k in account.keys if k.is_meant(signature.access_key_id, token)), None)
    if key is None:
        return SesError("unknown-key")
    skewed = _skewed(signature, now)
    if skewed is not None:
        return skewed
    if not verifies(request, signature, key.secret_access_key or "", service=SERVICE):
        return SesError("wrong-secret")
    return SesError("expired-token") if key.token_expired else key


def _skewed(signature: Signature, now: datetime) -> SesError | None:
    earliest, latest = now - _SKEW, now + _SKEW
    if earliest <= signature.at <= latest:
        return None
    is_old = signature.at < earliest
    variables = {
        "stamp": signature.stamp,
        "limit": _stamp(earliest if is_old else latest),
        "now": _stamp(now),
    }
    return SesError("expired-clock" if is_old else "early-clock", variables)


def _stamp(moment: datetime) -> str:
    return moment.strftime(STAMP)
