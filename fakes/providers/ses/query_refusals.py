"""What the Query API (version 1) answers when it refuses: XML.

Sources, as they were on the dates given: botocore 1.44.5, service model `ses/2010-12-01`; the SES
developer guide (last public tree, 2022-11-02); the SES API reference's page of common errors;
responses quoted in public issue threads, named by repository and number ("seen").
"""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from ...http.exchange import Headers
from ...marks import Mark
from ..refusal import VendorRefusal
from .cases import TEXT, WHEN

XML: Headers = (("Content-Type", "text/xml"),)
_MODEL = "botocore 1.44.5, ses/2010-12-01: the code"
_GUIDE = "SES developer guide (2022-11-02)"
_COMMON = "SES API reference, common errors: the code"
_OTHERS = f"{_COMMON}; the text is that of other services"
_NO_TEXT = f"{_MODEL}; no text is known"
FILENAMES = (
    "SES developer guide, mime-types (2025), alphagov/forms-runner#1594 (2025-08-18): refused; the "
    "text is after drewblas/aws-ses#15 (2011)"
)
_VARIABLE = re.compile(r"&lt;([a-z_]+)&gt;")

# The rare texts of an address, and what is known of them: see `addresses`.
JAVAMAIL = "a text of JavaMail, whose parser the known ones show to be at work"


def error_xml(code: str, message: str, *, type_: str = "Sender") -> str:
    """The envelope of an error; `<name>` in the message stays a variable."""
    text = _VARIABLE.sub(r"<\1>", escape(message))
    return (
        '<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/">\n'
        "  <Error>\n"
        f"    <Type>{type_}</Type>\n"
        f"    <Code>{code}</Code>\n"
        f"    <Message>{text}</Message>\n"
        "  </Error>\n"
        "  <RequestId><request_id></RequestId>\n"
        "</ErrorResponse>\n"
    )


def _refusal(
    name: str, status: int, code: str, mark: Mark, source: str, *, text: str | None = None
) -> VendorRefusal:
    type_ = "Sender" if status < 500 else "Receiver"
    body = error_xml(code, TEXT[name] if text is None else text, type_=type_)
    return VendorRefusal(
        name=name, when=WHEN[name], status=status, body=body, mark=mark, source=source, headers=XML
    )


CREDENTIALS = [
    _refusal(
        "no-signature",
        403,
        "MissingAuthenticationToken",
        Mark.INFERRED,
        _OTHERS,
        text="Request is missing Authentication Token",
    ),
    _refusal("malformed-signature", 400, "IncompleteSignature", Mark.INFERRED, _OTHERS),
    _refusal(
        "unknown-key",
        403,
        "InvalidClientTokenId",
        Mark.SEEN,
        "django-anymail integration tests (2026-07); django-ses/django-ses#283 (2023-05-15)",
    ),
    _refusal(
        "wrong-secret", 403, "SignatureDoesNotMatch", Mark.SEEN, "aws/aws-sdk-php#3227 (2025)"
    ),
    _refusal("wrong-region", 403, "SignatureDoesNotMatch", Mark.SEEN, "aws/aws-sdk-java#1097"),
    _refusal(
        "expired-clock",
        403,
        "SignatureDoesNotMatch",
        Mark.INFERRED,
        f"{_GUIDE}: 15 minutes; the text is that of STS and SNS (aws/aws-cli#6676, 2022)",
    ),
    _refusal(
        "early-clock",
        403,
        "SignatureDoesNotMatch",
        Mark.INFERRED,
        "the text is that of other services",
    ),
    _refusal("expired-token", 403, "ExpiredTokenException", Mark.INFERRED, _OTHERS),
    _refusal("not-subscribed", 403, "OptInRequired", Mark.INFERRED, _OTHERS),
    _refusal(
        "may-not-send",
        403,
        "AccessDenied",
        Mark.SEEN,
        "emfoundation/ce100-app#572 (2017-01-13); AWS knowledge center (2022-10-07)",
    ),
    _refusal(
        "may-not",
        403,
        "AccessDenied",
        Mark.SEEN,
        "aws/aws-sdk-php#941 (2016-04-01)",
        text="User: <user> is not authorized to perform: <action>",
    ),
]

ACCOUNT = [
    _refusal(
        "suspended", 400, "MessageRejected", Mark.SEEN, "GoodDollar/GoodServer#419 (2023-04-12)"
    ),
    _refusal("sending-paused", 400, "AccountSendingPausedException", Mark.SYNTHETIC, _NO_TEXT),
    _refusal(
        "configuration-set-paused",
        400,
        "ConfigurationSetSendingPausedException",
        Mark.SYNTHETIC,
        _NO_TEXT,
    ),
    _refusal(
        "unknown-configuration-set",
        400,
        "ConfigurationSetDoesNotExist",
        Mark.SEEN,
        "Notifuse/notifuse#162 (2025-12)",
    ),
    _refusal(
        "mail-from-domain", 400, "MailFromDomainNotVerifiedException", Mark.SYNTHETIC, _NO_TEXT
    ),
    _refusal(
        "unknown-template", 400, "TemplateDoesNotExist", Mark.SEEN, "getmoto/moto#3783 (2021-03-18)"
    ),
    _refusal(
        "unverified",
        400,
        "MessageRejected",
        Mark.SEEN,
        f"{_GUIDE}; mettle/sendportal#94 (2020-11-25)",
    ),
    _refusal(
        "rate-limited",
        400,
        "Throttling",
        Mark.SEEN,
        f"{_GUIDE}; awsdocs/amazon-ses-developer-guide#60 (2022-05-17)",
    ),
    _refusal("quota-used-up", 400, "Throttling", Mark.SEEN, f"{_GUIDE}; issue threads"),
    _refusal(
        "calls-limited",
        400,
        "Throttling",
        Mark.INFERRED,
        f"{_GUIDE}, quotas: one a second; the text is that of other services",
    ),
    _refusal(
        "server-error", 500, "InternalFailure", Mark.SYNTHETIC, f"{_COMMON}; no text is known"
    ),
    _refusal(
        "unavailable", 503, "ServiceUnavailable", Mark.SYNTHETIC, f"{_COMMON}; no text is known"
    ),
]

REQUEST = [
    _refusal(
        "missing-action",
        400,
        "MissingAction",
        Mark.SYNTHETIC,
        f"{_COMMON}; no text is known",
        text="The request is missing an action.",
    ),
    _refusal(
        "unknown-action",
        400,
        "InvalidAction",
        Mark.INFERRED,
        _OTHERS,
        text="Could not find operation <action> for version <version>",
    ),
    _refusal(
        "missing-parameter", 400, "ValidationError", Mark.SEEN, "aws/aws-sdk-net#1212 (2019-02-12)"
    ),
    _refusal(
        "malformed-list",
        400,
        "MalformedInput",
        Mark.SEEN,
        "ex_aws_ses parser tests (2016-12); when SES says so is inferred",
        text="Top level element may not be treated as a list",
    ),
    _refusal(
        "not-base64",
        400,
        "MalformedInput",
        Mark.SYNTHETIC,
        "no answer is known",
        text="The raw message is not valid base64.",
    ),
    _refusal("bad-filename", 400, "InvalidParameterValue", Mark.SYNTHETIC, FILENAMES),
    _refusal(
        "bad-address",
        400,
        "InvalidParameterValue",
        Mark.SEEN,
        "openstax/accounts#253 (2016-02-09), boto/boto3#4587 (2025-08-06)",
        text="<reason>",
    ),
    _refusal("odd-address", 400, "InvalidParameterValue", Mark.INFERRED, JAVAMAIL, text="<reason>"),
    _refusal(
        "missing-header",
        400,
        "InvalidParameterValue",
        Mark.SEEN,
        "aristidb/aws#73 (2013), TastyIgniter#895 (2021), loopingz/aws-smtp-relay#6 (2018)",
    ),
    _refusal(
        "empty-header",
        400,
        "InvalidParameterValue",
        Mark.SEEN,
        "daniel-zahariev/php-aws-ses#41 (2017-04-13)",
    ),
    _refusal(
        "duplicate-header",
        400,
        "InvalidParameterValue",
        Mark.SEEN,
        "arithmetric/aws-lambda-ses-forwarder#11 (2016-03-25), fluent-smtp#64 (2021-10-03)",
    ),
    _refusal("too-large", 400, "InvalidParameterValue", Mark.SEEN, "aws/aws-sdk-go-v2#1774"),
    _refusal(
        "too-many-recipients",
        400,
        "InvalidParameterValue",
        Mark.SEEN,
        f"{_GUIDE}, quotas; issue threads",
    ),
    _refusal("no-recipients", 400, "InvalidParameterValue", Mark.SYNTHETIC, "no answer is known"),
    _refusal(
        "too-many-entries",
        400,
        "InvalidParameterValue",
        Mark.SYNTHETIC,
        "botocore 1.44.5 has the limit; no answer is known",
    ),
    _refusal(
        "bad-tag",
        400,
        "InvalidParameterValue",
        Mark.SEEN,
        "localstack/localstack#8588 (2023-06-28)",
    ),
    _refusal("bad-template-data", 400, "InvalidTemplateData", Mark.SYNTHETIC, "no answer is known"),
]
