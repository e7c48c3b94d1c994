"""SMTP passwords of Amazon SES, derived from an IAM user's secret access key.

The algorithm is public (Amazon SES developer guide, "Obtaining Amazon SES SMTP credentials"): the
password holds for one region only, and whoever has the secret can compute it.
"""

from __future__ import annotations

import hmac
from base64 import b64encode

from .sigv4 import signing_key

_MESSAGE = b"SendRawEmail"
# A date that never was stands in for the day, so that the password does not run out.
_NO_DATE = "11111111"


def smtp_password(secret_access_key: str, region: str) -> str:
    """The SMTP password of a region: 44 characters, the first of them a `B` (version 4)."""
    key = signing_key(secret_access_key, date=_NO_DATE, region=region, service="ses")
    return b64encode(b"\x04" + hmac.digest(key, _MESSAGE, "sha256")).decode("ascii")


def legacy_smtp_password(secret_access_key: str) -> str:
    """The password of the Signature Version 2 era, the same in each region; it begins with `A`."""
    key = secret_access_key.encode()
    return b64encode(b"\x02" + hmac.digest(key, _MESSAGE, "sha256")).decode("ascii")
