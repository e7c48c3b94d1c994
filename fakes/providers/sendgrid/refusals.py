"""What SendGrid answers when it refuses.

Sources, as they were on the dates given: the OpenAPI files of twilio/sendgrid-oai (2026-01); the
sendgrid/docs repository, above all its page of v3 mail send errors (commits 8ef95fea6 and
93478d0b2); responses
quoted in public issue threads ("seen").
"""

from __future__ import annotations

import json

from ...marks import Mark
from ..refusal import Refusals, VendorRefusal

_OPENAPI = "twilio/sendgrid-oai, spec/json (2026-01)"
_ERRORS_PAGE = "sendgrid/docs, v3 mail send errors (8ef95fea6)"
_THREADS = "responses quoted in public issue threads"
_IDENTITY_HELP = "https://sendgrid.com/docs/for-developers/sending-email/sender-identity/"


def error_body(message: str, field: str | None = None, help_text: str | None = None) -> str:
    """The envelope of one error, with the members in the vendor's order."""
    error = {"message": message, "field": field, "help": help_text}
    return json.dumps({"errors": [error]}, separators=(",", ":"))


def _refusal(
    name: str, when: str, status: int, body: str, mark: Mark, source: str
) -> VendorRefusal:
    return VendorRefusal(name=name, when=when, status=status, body=body, mark=mark, source=source)


REFUSALS = Refusals(
    [
        _refusal(
            "bad-key",
            "the key is wrong, revoked or deleted",
            401,
            error_body("The provided authorization grant is invalid, expired, or revoked"),
            Mark.SEEN,
            _THREADS,
        ),
        _refusal(
            "no-key",
            "there is no Authorization header",
            401,
            error_body("Permission denied, wrong credentials"),
            Mark.SEEN,
            "sendgrid-php issue 831 (2019), sendgrid/docs issues 6059 (2020) and 6587 (2021)",
        ),
        _refusal(
            "no-permission",
            "the key lacks the scope that the call wants, such as mail.send",
            403,
            '{"errors":[{"field":null,"message":"access forbidden"}]}',
            Mark.DOCUMENTED,
            _OPENAPI,
        ),
        _refusal(
            "unverified-sender",
            "the From address is no verified Sender Identity",
            403,
            error_body(
                "The from address does not match a verified Sender Identity. Mail cannot be sent "
                f"until this error is resolved. Visit {_IDENTITY_HELP} to see the Sender Identity "
                "requirements",
                "from",
            ),
            Mark.SEEN,
            _THREADS,
        ),
        _refusal(
            "credits-used-up",
            "the plan is used up or the trial is over",
            401,
            error_body("Maximum credits exceeded"),
            Mark.SEEN,
            _THREADS,
        ),
        _refusal(
            "not-json",
            "the body is no JSON",
            400,
            error_body("Bad Request"),
            Mark.SEEN,
            _THREADS,
        ),
        _refusal(
            "undecodable",
            "an address, a name, a custom argument or a substitution is no text",
            400,
            error_body("Bad Request"),
            Mark.SEEN,
            "sendgrid-nodejs issue 288 (2016), sendgrid-php issue 350 and sendgrid-ruby issue 142 "
            "(2017); for names it is inferred",
        ),
        _refusal(
            "bad-content-coding",
            "the body is not in the coding that Content-Encoding names, or that is not gzip",
            400,
            error_body("Bad Request"),
            Mark.SYNTHETIC,
            "gzip is documented for mail send; no answer to anything else is known",
        ),
        _refusal(
            "bad-utf8",
            "the body is not UTF-8",
            415,
            error_body("Invalid UTF8 in request"),
            Mark.DOCUMENTED,
            _ERRORS_PAGE,
        ),
        _refusal(
            "unknown-path",
            "there is no such endpoint",
            404,
            '{"errors":[{"message":"not found","field":"null"}]}',
            Mark.DOCUMENTED,
            _OPENAPI,
        ),
        _refusal(
            "wrong-method",
            "the endpoint does not know the method",
            405,
            '{"errors":[{"message":"method not allowed","field":"null"}]}',
            Mark.DOCUMENTED,
            _OPENAPI,
        ),
        _refusal(
            "too-large",
            "the message is larger than 20 MB",
            413,
            '{"errors":[{"message":"content too large","field":"null"}]}',
            Mark.DOCUMENTED,
            _OPENAPI,
        ),
        _refusal(
            "unsupported-media-type",
            "the body is said to be something else than JSON",
            415,
            error_body("unsupported media type"),
            Mark.SYNTHETIC,
            "the errors page has the status, no body is known",
        ),
        _refusal(
            "rate-limited",
            "too many requests",
            429,
            '{"errors":[{"field":null,"message":"too many requests"}]}',
            Mark.DOCUMENTED,
            "sendgrid/docs, rate limits",
        ),
        _refusal(
            "suspended",
            "the account is suspended or under review",
            403,
            error_body("account suspended"),
            Mark.SYNTHETIC,
            "the API's own answer is not known",
        ),
        _refusal(
            "server-error",
            "SendGrid is in trouble",
            500,
            '{"errors":[{"message":"internal server error"}]}',
            Mark.DOCUMENTED,
            _OPENAPI,
        ),
        _refusal(
            "unavailable",
            "SendGrid is down",
            503,
            error_body("service unavailable"),
            Mark.SYNTHETIC,
            "the errors page has the status, no body is known",
        ),
        _refusal(
            "wrong-type",
            "a field of the message is of the wrong JSON type",
            400,
            '{"errors":[<errors>]}',
            Mark.SEEN,
            _THREADS,
        ),
        _refusal(
            "invalid",
            "a field of the message is missing or wrong",
            400,
            '{"errors":[<errors>]}',
            Mark.DOCUMENTED,
            f"{_ERRORS_PAGE}; {_THREADS}",
        ),
        _refusal(
            "unknown-query-field",
            "the activity is asked about a field that it has not",
            400,
            """{"errors":[{"message":"invalid syntax: '<field>' is not a known field"}]}""",
            Mark.DOCUMENTED,
            _OPENAPI,
        ),
        _refusal(
            "unknown-message",
            "the activity has no such message",
            404,
            '{"errors":[{"message":"not found","field":"message_id"}]}',
            Mark.DOCUMENTED,
            _OPENAPI,
        ),
    ],
    not_modelled={
        "legacy v2 wording of a missing permission": "v2 is not served",
        "the generic 400 of the OpenAPI files": "which mistakes lead to it is not known",
        "rows of the page of errors that are not served": (
            "an empty custom_args, a header twice, commas in file names and types, what the "
            "settings bcc and spam_check must have, whether a group of asm exists"
        ),
        "limits without a known text": "reply_to beside reply_to_list",
        "templates": "their text is not known here: dynamic_template_data leaves no trace",
        "X-SMTPAPI": "over SMTP the header is neither read nor carried out",
        "activity without its paid add-on": "its answer is not known; a key without scope gets 403",
    },
)
