"""What the REST API (version 2) answers when it refuses: JSON, the exception in a header.

Sources: botocore 1.44.5, service model `sesv2/2019-09-27`; django-anymail tests (2026-07);
responses quoted in public issue threads, named by repository and number ("seen"). Where only
version 1 is known, its words are taken ("inferred").
"""

from __future__ import annotations

import json

from ...http.exchange import Mark
from ..refusal import JSON, Refusal
from .cases import WHEN
from .query_refusals import (
    EARLY,
    EXPIRED,
    JAVAMAIL,
    MAY_NOT_SEND,
    SUSPENDED,
    UNVERIFIED,
    WRONG_SECRET,
)

PREFIX = "v2-"
_MODEL = "botocore 1.44.5, sesv2/2019-09-27: the exception"
_AS_V1 = "the text is that of version 1"
_SIBLINGS = "exception and text are those of other JSON services"


def _refusal(
    name: str, status: int, exception: str, message: str, mark: Mark, source: str
) -> Refusal:
    return Refusal(
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
        "Missing Authentication Token",
        Mark.INFERRED,
        _SIBLINGS,
    ),
    _refusal(
        "malformed-signature",
        403,
        "IncompleteSignatureException",
        "<reason>",
        Mark.INFERRED,
        _SIBLINGS,
    ),
    _refusal(
        "unknown-key",
        403,
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
        Mark.SEEN,
        "django-ses/django-ses#283 (2023-05-15); the status is inferred",
    ),
    _refusal(
        "wrong-secret",
        403,
        "InvalidSignatureException",
        WRONG_SECRET,
        Mark.SEEN,
        "aws/aws-sdk-java#2812 (2022-07-24)",
    ),
    _refusal(
        "wrong-region",
        403,
        "InvalidSignatureException",
        "Credential should be scoped to a valid region, not '<scope>'. ",
        Mark.INFERRED,
        _AS_V1,
    ),
    _refusal(
        "expired-clock",
        403,
        "InvalidSignatureException",
        EXPIRED,
        Mark.INFERRED,
        _SIBLINGS,
    ),
    _refusal(
        "early-clock",
        403,
        "InvalidSignatureException",
        EARLY,
        Mark.INFERRED,
        _SIBLINGS,
    ),
    _refusal(
        "expired-token",
        403,
        "ExpiredTokenException",
        "The security token included in the request is expired",
        Mark.INFERRED,
        _SIBLINGS,
    ),
    _refusal(
        "not-subscribed",
        403,
        "OptInRequired",
        "The AWS Access Key Id needs a subscription for the service",
        Mark.INFERRED,
        _AS_V1,
    ),
    _refusal(
        "may-not-send",
        403,
        "AccessDeniedException",
        MAY_NOT_SEND,
        Mark.SEEN,
        "symfony/symfony#51461 (2023-08-23), aws/aws-actionmailer-ses-ruby#10 (2025-12-04)",
    ),
    _refusal(
        "may-not",
        403,
        "AccessDeniedException",
        "User: <user> is not authorized to perform: <action> on resource: * because no "
        "identity-based policy allows the <action> action",
        Mark.SEEN,
        "HHS/simpler-grants-gov#6013 (2025-08-26)",
    ),
]

ACCOUNT = [
    _refusal(
        "suspended",
        400,
        "AccountSuspendedException",
        SUSPENDED,
        Mark.INFERRED,
        f"{_MODEL}; {_AS_V1}",
    ),
    _refusal(
        "sending-paused",
        400,
        "SendingPausedException",
        "Email sending is paused for this account.",
        Mark.SYNTHETIC,
        f"{_MODEL}; no text is known",
    ),
    _refusal(
        "configuration-set-paused",
        400,
        "SendingPausedException",
        "Email sending is paused for the configuration set <<name>>.",
        Mark.SYNTHETIC,
        f"{_MODEL}; no text is known",
    ),
    _refusal(
        "unknown-configuration-set",
        404,
        "NotFoundException",
        "Configuration set <<name>> does not exist.",
        Mark.INFERRED,
        f"{_MODEL}; {_AS_V1}",
    ),
    _refusal(
        "mail-from-domain",
        400,
        "MailFromDomainNotVerifiedException",
        "The MAIL FROM domain is not verified.",
        Mark.SYNTHETIC,
        f"{_MODEL}; no text is known",
    ),
    _refusal(
        "unknown-template",
        404,
        "NotFoundException",
        "Template <name> does not exist.",
        Mark.INFERRED,
        f"{_MODEL}; {_AS_V1}",
    ),
    _refusal(
        "unverified",
        400,
        "MessageRejected",
        UNVERIFIED,
        Mark.SEEN,
        f"{_MODEL} and status; django-anymail tests (2026-07) replay it with 403",
    ),
    _refusal(
        "rate-limited",
        429,
        "TooManyRequestsException",
        "Maximum sending rate exceeded.",
        Mark.SEEN,
        "pm-pmaas/etailors_amazon_ses#117 (2025-12-30)",
    ),
    _refusal(
        "quota-used-up",
        429,
        "TooManyRequestsException",
        "Daily message quota exceeded.",
        Mark.INFERRED,
        f"{_MODEL}; {_AS_V1}",
    ),
    _refusal(
        "calls-limited",
        429,
        "TooManyRequestsException",
        "Rate exceeded",
        Mark.INFERRED,
        f"{_MODEL}; the text is that of other services",
    ),
    _refusal(
        "server-error",
        500,
        "InternalServiceErrorException",
        "An internal failure occurred.",
        Mark.SYNTHETIC,
        f"{_MODEL}; no text is known",
    ),
    _refusal(
        "unavailable",
        503,
        "ServiceUnavailable",
        "The service is unavailable.",
        Mark.SYNTHETIC,
        "SES API reference, common errors; no text is known",
    ),
]

REQUEST = [
    _refusal(
        "unknown-operation",
        404,
        "UnknownOperationException",
        "There is no such operation.",
        Mark.SYNTHETIC,
        "the exception is that of other JSON services",
    ),
    _refusal(
        "not-json",
        400,
        "SerializationException",
        "The body is not valid JSON.",
        Mark.SYNTHETIC,
        "the exception is that of other JSON services",
    ),
    _refusal(
        "wrong-type",
        400,
        "SerializationException",
        "<reason>",
        Mark.INFERRED,
        _SIBLINGS,
    ),
    _refusal(
        "missing-parameter",
        400,
        "BadRequestException",
        "<reason>",
        Mark.INFERRED,
        f"{_MODEL}; {_AS_V1}",
    ),
    _refusal(
        "not-one-content",
        400,
        "BadRequestException",
        "Exactly one of Simple, Raw and Template has to be given as Content.",
        Mark.SYNTHETIC,
        f"{_MODEL}; no text is known",
    ),
    _refusal(
        "not-base64",
        400,
        "SerializationException",
        "The content is not valid base64.",
        Mark.SYNTHETIC,
        "the exception is that of other JSON services",
    ),
    _refusal(
        "bad-address",
        400,
        "BadRequestException",
        "Invalid email address <address>.",
        Mark.SEEN,
        "domdomegg/aws-ses-v2-local#44 (2025-06-12), for an empty address",
    ),
    _refusal(
        "odd-address",
        400,
        "BadRequestException",
        "Invalid email address <address>.",
        Mark.INFERRED,
        JAVAMAIL,
    ),
    _refusal(
        "missing-header",
        400,
        "BadRequestException",
        "Missing required header '<name>'.",
        Mark.INFERRED,
        f"{_MODEL}; {_AS_V1}",
    ),
    _refusal(
        "empty-header",
        400,
        "BadRequestException",
        "Empty required header '<name>'.",
        Mark.INFERRED,
        f"{_MODEL}; {_AS_V1}",
    ),
    _refusal(
        "bad-header",
        400,
        "BadRequestException",
        "<reason>",
        Mark.INFERRED,
        f"{_MODEL} and limits; the text is that of other services",
    ),
    _refusal(
        "duplicate-header",
        400,
        "BadRequestException",
        "Duplicate header '<name>'.",
        Mark.INFERRED,
        f"{_MODEL}; {_AS_V1}",
    ),
    _refusal(
        "too-large",
        400,
        "BadRequestException",
        "Message length is more than <most> bytes long: '<length>'.",
        Mark.INFERRED,
        f"{_MODEL}; {_AS_V1}",
    ),
    _refusal(
        "too-many-recipients",
        400,
        "BadRequestException",
        "Recipient count exceeds 50.",
        Mark.INFERRED,
        f"{_MODEL}; {_AS_V1}",
    ),
    _refusal(
        "no-recipients",
        400,
        "BadRequestException",
        "The message has no recipients.",
        Mark.SYNTHETIC,
        f"{_MODEL}; no text is known",
    ),
    _refusal(
        "too-many-entries",
        400,
        "BadRequestException",
        "The request has more than 50 destinations.",
        Mark.SYNTHETIC,
        f"{_MODEL}; no text is known",
    ),
    _refusal(
        "bad-tag",
        400,
        "BadRequestException",
        "Invalid tag <part> <<value>>: only alphanumeric ASCII characters, '_', and '-' are "
        "allowed.",
        Mark.INFERRED,
        f"{_MODEL}; {_AS_V1}",
    ),
    _refusal(
        "bad-template-data",
        400,
        "BadRequestException",
        "The template data is not a JSON object.",
        Mark.SYNTHETIC,
        f"{_MODEL}; no text is known",
    ),
    _refusal(
        "not-found",
        404,
        "NotFoundException",
        "<thing> <name> does not exist.",
        Mark.SYNTHETIC,
        f"{_MODEL}; no text is known",
    ),
]
