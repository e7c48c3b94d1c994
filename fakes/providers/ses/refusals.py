"""Everything that SES refuses, under names that say why; those of version 2 begin with `v2-`."""

from __future__ import annotations

from ..refusal import Refusals
from . import query_refusals, rest_refusals

REFUSALS = Refusals(
    [
        *query_refusals.CREDENTIALS,
        *query_refusals.ACCOUNT,
        *query_refusals.REQUEST,
        *rest_refusals.CREDENTIALS,
        *rest_refusals.ACCOUNT,
        *rest_refusals.REQUEST,
    ],
    not_modelled={
        "signatures in the query": "presigned requests get `no-signature`",
        "certificates of FIPS hosts": "email-fips.<region>.amazonaws.com is known, not certified",
        "IAM conditions, NotAction, NotResource, boundaries": "a policy with them is not taken",
        "IAM on recipients": "in the sandbox SES also asks for a permission on their identities",
        "sending authorization": "SourceArn, FromArn and ReturnPathArn are not looked at",
        "one call a second": "calls other than sending are limited by `rate_limited` only",
        "an ellipsis after the failed identities": "where SES cuts is not known; all are named",
        "other header problems of raw messages": "`Header section too long.`: no limit is known",
        "414 for a very long GET": "the limit is not known",
        "more than 16 KiB of headers": "SES resets the connection; a fault can do so",
        "the canonical string in `wrong-secret`": "older responses have it",
    },
)
