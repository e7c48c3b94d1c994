"""What the REST API (version 2) answers when it refuses: JSON, the exception in a header.

Sources: botocore 1.44.5, service model `sesv2/2019-09-27`; django-anymail tests (2026-07);
responses quoted in public issue threads, named by repository and number ("seen"). Where only
version 1 is known, its words are taken ("inferred").
"""

from __future__ import annotations

import json

from ...marks import Mark
from ..refusal import JSON, VendorRefusal
from .cases import TEXT, WHEN
from .query_refusals import FILENAMES, JAVAMAIL

PREFIX = "v2-"
_MODEL = "botocore 1.44.5, sesv2/2019-09-27: the exception"
_AS_V1 = "the text is that of version 1"
_WORDS_OF_V1 = f"{_MODEL}; {_AS_V1}"
_NO_TEXT = f"{_MODEL}; no text is known"
_SIBLINGS = "exception and text are those of other JSON services"


def _refusal(
    name: str, status: int, exception: str, mark: Mark, source: str, *, text: str | None = None
) -> VendorRefusal:
    message = TEXT[name] if text is None else text
    return VendorRefusal(
        name=PREFIX + name,
        when=WHEN[name],
        status=status,
        body=json.dumps({"message": message}, separators=(",", ":")),
        mark=mark,
        source=source,
        headers=(*JSON, ("x-amzn-errortype", exception)),
    )


CREDENTIALS = [
    _refusal(
        "no-signature",
        403,
        "MissingAuthenticationTokenException",
        Mark.INFERRED,
        _SIBLINGS,
        text="Missing Authentication Token",
    ),
    _refusal("malformed-signature", 403, "IncompleteSignatureException", Mark.INFERRED, _SIBLINGS),
    _refusal(
        "unknown-key",
        403,
        "UnrecognizedClientException",
        Mark.SEEN,
        "django-ses/django-ses#283 (2023-05-15); the status is inferred",
    ),
    _refusal(
        "wrong-secret",
        403,
        "InvalidSignatureException",
        Mark.SEEN,
        "aws/aws-sdk-java#2812 (2022-07-24)",
    ),
    _refusal("wrong-region", 403, "InvalidSignatureException", Mark.INFERRED, _AS_V1),
    _refusal("expired-clock", 403, "InvalidSignatureException", Mark.INFERRED, _SIBLINGS),
    _refusal("early-clock", 403, "InvalidSignatureException", Mark.INFERRED, _SIBLINGS),
    _refusal("expired-token", 403, "ExpiredTokenException", Mark.INFERRED, _SIBLINGS),
    _refusal("not-subscribed", 403, "OptInRequired", Mark.INFERRED, _AS_V1),
    _refusal(
        "may-not-send",
        403,
        "AccessDeniedException",
        Mark.SEEN,
        "symfony/symfony#51461 (2023-08-23), aws/aws-actionmailer-ses-ruby#10 (2025-12-04)",
    ),
    _refusal(
        "may-not",
        403,
        "AccessDeniedException",
        Mark.SEEN,
        "HHS/simpler-grants-gov#6013 (2025-08-26)",
        text="User: <user> is not authorized to perform: <action> on resource: * because no "
        "identity-based policy allows the <action> action",
    ),
]

ACCOUNT = [
    _refusal("suspended", 400, "AccountSuspendedException", Mark.INFERRED, _WORDS_OF_V1),
    _refusal("sending-paused", 400, "SendingPausedException", Mark.SYNTHETIC, _NO_TEXT),
    _refusal("configuration-set-paused", 400, "SendingPausedException", Mark.SYNTHETIC, _NO_TEXT),
    _refusal("unknown-configuration-set", 404, "NotFoundException", Mark.INFERRED, _WORDS_OF_V1),
    _refusal(
        "mail-from-domain", 400, "MailFromDomainNotVerifiedException", Mark.SYNTHETIC, _NO_TEXT
    ),
    _refusal("unknown-template", 404, "NotFoundException", Mark.INFERRED, _WORDS_OF_V1),
    _refusal(
        "unverified",
        400,
        "MessageRejected",
        Mark.SEEN,
        f"{_MODEL} and status; django-anymail tests (2026-07) replay it with 403",
    ),
    _refusal(
        "rate-limited",
        429,
        "TooManyRequestsException",
        Mark.SEEN,
        "pm-pmaas/etailors_amazon_ses#117 (2025-12-30)",
    ),
    _refusal("quota-used-up", 429, "TooManyRequestsException", Mark.INFERRED, _WORDS_OF_V1),
    _refusal(
        "calls-limited",
        429,
        "TooManyRequestsException",
        Mark.INFERRED,
        f"{_MODEL}; the text is that of other services",
    ),
    _refusal("server-error", 500, "InternalServiceErrorException", Mark.SYNTHETIC, _NO_TEXT),
    _refusal(
        "unavailable",
        503,
        "ServiceUnavailable",
        Mark.SYNTHETIC,
        "SES API reference, common errors; no text is known",
    ),
]

REQUEST = [
    _refusal(
        "unknown-operation",
        404,
        "UnknownOperationException",
        Mark.SYNTHETIC,
        "the exception is that of other JSON services",
        text="There is no such operation.",
    ),
    _refusal(
        "not-json",
        400,
        "SerializationException",
        Mark.SYNTHETIC,
        "the exception is that of other JSON services",
        text="The body is not valid JSON.",
    ),
    _refusal(
        "wrong-type", 400, "SerializationException", Mark.INFERRED, _SIBLINGS, text="<reason>"
    ),
    _refusal("missing-parameter", 400, "BadRequestException", Mark.INFERRED, _WORDS_OF_V1),
    _refusal(
        "not-one-content",
        400,
        "BadRequestException",
        Mark.SYNTHETIC,
        _NO_TEXT,
        text="Exactly one of Simple, Raw and Template has to be given as Content.",
    ),
    _refusal(
        "not-base64",
        400,
        "SerializationException",
        Mark.SYNTHETIC,
        "the exception is that of other JSON services",
        text="The content is not valid base64.",
    ),
    _refusal("bad-filename", 400, "BadRequestException", Mark.SYNTHETIC, FILENAMES),
    _refusal(
        "bad-address",
        400,
        "BadRequestException",
        Mark.SEEN,
        "domdomegg/aws-ses-v2-local#44 (2025-06-12), for an empty address",
        text="Invalid email address <address>.",
    ),
    _refusal(
        "odd-address",
        400,
        "BadRequestException",
        Mark.INFERRED,
        JAVAMAIL,
        text="Invalid email address <address>.",
    ),
    _refusal("missing-header", 400, "BadRequestException", Mark.INFERRED, _WORDS_OF_V1),
    _refusal("empty-header", 400, "BadRequestException", Mark.INFERRED, _WORDS_OF_V1),
    _refusal(
        "bad-header",
        400,
        "BadRequestException",
        Mark.INFERRED,
        f"{_MODEL} and limits; the text is that of other services",
        text="<reason>",
    ),
    _refusal("duplicate-header", 400, "BadRequestException", Mark.INFERRED, _WORDS_OF_V1),
    _refusal("too-large", 400, "BadRequestException", Mark.INFERRED, _WORDS_OF_V1),
    _refusal("too-many-recipients", 400, "BadRequestException", Mark.INFERRED, _WORDS_OF_V1),
    _refusal("no-recipients", 400, "BadRequestException", Mark.SYNTHETIC, _NO_TEXT),
    _refusal("too-many-entries", 400, "BadRequestException", Mark.SYNTHETIC, _NO_TEXT),
    _refusal("bad-tag", 400, "BadRequestException", Mark.INFERRED, _WORDS_OF_V1),
    _refusal("bad-template-data", 400, "BadRequestException", Mark.SYNTHETIC, _NO_TEXT),
    _refusal(
        "not-found",
        404,
        "NotFoundException",
        Mark.SYNTHETIC,
        _NO_TEXT,
        text="<thing> <name> does not exist.",
    ),
]
