"""What SparkPost answers when it refuses.

Sources, as they were on the dates given: the API's description (SparkPost/developers.sparkpost.com,
content/api, 2026-06); the support pages (SparkPost/support-docs, 2026-08), above all the table of
extended error codes; an older support page that announced the end of the codes and shows each error
before and after (2018; called off: later answers still have codes); responses quoted in public
issue threads and SDK fixtures ("seen").
"""

from __future__ import annotations

import json

from ...http.exchange import Headers
from ...marks import Mark
from ..refusal import Refusals, VendorRefusal

_API = "developers.sparkpost.com, content/api (2026-06)"
_CODES = "SparkPost support pages, extended error codes (2026-08)"
_OLDER = "SparkPost support pages, deprecation of extended error codes (2018)"
_SEEN = "responses quoted in public issue threads and SDK fixtures"
_SUPPRESSED = "recipient address suppressed due to customer policy"
_HTML: Headers = (("Content-Type", "text/html"),)


def error(message: str, code: str | None = None, description: str | None = None) -> dict[str, str]:
    """One entry of the `errors` array, its members in the vendor's order."""
    parts = {"message": message, "description": description, "code": code}
    return {name: value for name, value in parts.items() if value is not None}


def _refusal(
    name: str,
    when: str,
    status: int,
    entry: dict[str, str],
    source: str,
    mark: Mark = Mark.DOCUMENTED,
) -> VendorRefusal:
    body = json.dumps({"errors": [entry]}, separators=(",", ":"))
    return VendorRefusal(name=name, when=when, status=status, body=body, mark=mark, source=source)


_ACCESS = (
    _refusal(
        "unauthorized",
        "the key is missing, wrong, revoked or of the other region",
        401,
        error("Unauthorized."),
        f"{_SEEN}; node-sparkpost issue 234 for the region",
        Mark.SEEN,
    ),
    VendorRefusal(
        name="forbidden",
        when="the key lacks the grant `Transmissions: Read/Write`",
        status=403,
        body='{"errors": [ {"message": "Forbidden."} ]}',  # the blanks are in the captures
        mark=Mark.SEEN,
        source="php-sparkpost issue 64",
    ),
    _refusal(
        "suspended",
        "the account is suspended",
        403,
        error("the account is suspended"),
        "the API's own answer is not known",
        Mark.SYNTHETIC,
    ),
)

_DOMAINS = (
    _refusal(
        "unverified-domain",
        "the domain of From is not configured, or not verified",
        400,
        error("Invalid domain", "7001", "Unconfigured or unverified sending domain."),
        f"{_SEEN}; {_API}",
        Mark.SEEN,
    ),
    _refusal(
        "no-sending-domain",
        "From has no domain",
        400,
        error("No sending domain specified", "7001"),
        _API,
    ),
    _refusal(
        "no-local-part",
        "From has nothing before the @",
        400,
        error("No local part specified in sender address", "2008"),
        _CODES,
    ),
    _refusal(
        "blacklisted-domain",
        "the domain of From is on SparkPost's blacklist",
        400,
        error("Sending domain blacklisted", "7000"),
        _CODES,
    ),
    _refusal(
        "sandbox-mismatch",
        "`options.sandbox` without the sandbox domain, or the sandbox domain without it",
        400,
        error("Message generation rejected", "1902", "Sending domain sandbox option mismatch"),
        _API,
    ),
    _refusal(
        "sandbox-template",
        "another content than the template that the sandbox allows",
        422,
        error("Invalid Template ID (sandbox)", "2106"),
        _CODES,
    ),
)

_LIMITS = (
    *(
        _refusal(
            f"{period}-limit",
            when,
            420,
            error(f"Exceed Sending Limit ({period})", code),
            f"{_API}; {_CODES}",
        )
        for period, code, when in [
            ("hourly", "2101", "this hour's messages are used up"),
            ("daily", "2102", "this day's messages are used up"),
            ("monthly", "2105", "this month's messages are used up"),
            ("sandbox", "2103", "the five messages from the sandbox domain are used up"),
        ]
    ),
    _refusal(
        "rate-limited",
        "too many calls of the API",
        429,
        error("Too many requests"),
        f"{_API}; the words are in the table of codes, the shape of the body is inferred",
        Mark.INFERRED,
    ),
)

_MESSAGE = (
    _refusal(
        "missing-field",
        "a required field is missing",
        422,
        error("<field> is a required field", "1400"),
        f"{_SEEN} for content.from; other fields by the same pattern",
        Mark.SEEN,
    ),
    _refusal(
        "missing-part",
        "something that is required otherwise is missing",
        422,
        error("required field is missing", "1400", "<description>"),
        f"{_API}; {_OLDER}",
    ),
    _refusal(
        "no-valid-recipients",
        "no recipient has an address",
        400,
        error("No valid recipients in list", "5002"),
        _CODES,
    ),
    _refusal(
        "wrong-type",
        "a field has a wrong type, form or length",
        422,
        error("invalid data format/type/length", "1300", "<description>"),
        f"{_CODES}; descriptions: {_OLDER}",
    ),
    _refusal(
        "exclusive-fields",
        "two fields exclude each other",
        422,
        error("Invalid combination of fields", "1301", "<description>"),
        f"{_CODES}; description: {_OLDER}",
    ),
    _refusal(
        "scheduled-too-late",
        "`options.start_time` is more than three days ahead",
        422,
        error("invalid data format/type/length", "1300", "start_time is too far in the future"),
        f"{_API} has the limit; no answer is known",
        Mark.SYNTHETIC,
    ),
    VendorRefusal(
        name="suppressed",
        when="the only recipient is on the suppression list",
        status=400,
        body=json.dumps(
            {
                "errors": [error("Message generation rejected", "1902", _SUPPRESSED)],
                "results": {
                    "total_rejected_recipients": 0,
                    "total_accepted_recipients": 1,
                    "id": "<id>",
                },
            },
            separators=(",", ":"),
        ),
        mark=Mark.SEEN,
        source="karrot-backend issue 294 (2017); SparkPost/support-docs pull request 683 (2022); "
        "fixtures of sparkpost_rails for the description",
    ),
    _refusal(
        "bad-params",
        "a parameter of the query makes no sense",
        400,
        error("invalid params", "1200", "param '<param>' must be an integer"),
        f"{_CODES}; description: {_OLDER}",
    ),
    _refusal(
        "not-json",
        "the body is no JSON",
        422,
        error("invalid data format/type/length", "1300", "Problems parsing request as json"),
        f"{_CODES}; description: {_OLDER}; that both hold together is inferred",
        Mark.INFERRED,
    ),
    _refusal(
        "bad-utf8",
        "the body is not UTF-8",
        400,
        error("Input Data not UTF8 encoded", "1305"),
        _CODES,
    ),
    _refusal(
        "subresource-missing",
        "the template or the list of recipients does not exist",
        422,
        error("Subresource not found", "1603", "<description>"),
        f"{_API}; {_OLDER}",
    ),
    _refusal(
        "substitution-data-too-large",
        "the substitution data of the transmission are 100,000 bytes or more",
        422,
        error(
            "Substitution data too large",
            "2002",
            "Transmission-level substitution data must be less than 100000 bytes",
        ),
        _OLDER,
    ),
    _refusal(
        "payload-too-large",
        "the request is larger than 300 MB",
        413,
        error("the request is too large"),
        "the table of codes has the status, no body is known",
        Mark.SYNTHETIC,
    ),
)

_PROTOCOL = (
    _refusal(
        "unknown-resource",
        "what the path names does not exist",
        404,
        error("resource not found", "1600", "Resource not found:<resource>"),
        _API,
    ),
    _refusal(
        "unknown-recipient",
        "the suppression list does not have the recipient",
        404,
        error("Recipient could not be found"),
        "developers.sparkpost.com, content/api/suppression-list.apib (2026-06)",
    ),
    _refusal(
        "unknown-path", "there is no such endpoint", 404, error("invalid URI", "1101"), _CODES
    ),
    _refusal(
        "wrong-method",
        "the endpoint does not know the method",
        405,
        error("invalid HTTP method", "1102", "<method> is not supported on <path>"),
        f"{_CODES}; description: {_OLDER}",
    ),
    _refusal(
        "not-acceptable",
        "Accept does not allow for JSON",
        406,
        error("HTTP header value not acceptable", "1800"),
        _CODES,
    ),
    _refusal(
        "unsupported-media-type",
        "the body is said to be something else than JSON",
        415,
        error("Unsupported Content-Type header", "1700"),
        _CODES,
    ),
)

_TROUBLE = (
    _refusal(
        "database-write-failed",
        "SparkPost cannot write to its database",
        500,
        error("Failed to update database", "1500"),
        _CODES,
    ),
    _refusal(
        "database-read-failed",
        "SparkPost cannot read from its database",
        500,
        error("Failed to read from database", "1501"),
        _CODES,
    ),
    _refusal(
        "no-authorization-service",
        "SparkPost cannot ask who the caller is",
        503,
        error("Unable to contact authorization service."),
        _SEEN,
        Mark.SEEN,
    ),
    _refusal(
        "no-generation",
        "SparkPost cannot make messages",
        503,
        error("Message generation module not available", "1900"),
        _CODES,
    ),
    VendorRefusal(
        name="bad-gateway",
        when="SparkPost's edge does not reach what is behind it",
        status=502,
        body=(
            "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
            "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>openresty</center>\r\n"
            "</body>\r\n</html>\r\n"
        ),
        mark=Mark.INFERRED,
        source=f"{_SEEN}: an HTML page of openresty; the page is that server's own",
        headers=_HTML,
    ),
)

REFUSALS = Refusals(
    [*_ACCESS, *_DOMAINS, *_LIMITS, *_MESSAGE, *_PROTOCOL, *_TROUBLE],
    not_modelled={
        "grants of the reading endpoints": "every key that is valid may read",
        "tags": "those beyond the tenth are passed over, and events tell of none",
        "options.skip_suppression": "it is for some plans only, and is not looked at",
        "sub-accounts": "X-MSYS-SUBACCOUNT is not looked at",
        "stored templates, lists of recipients and A/B tests": "an account here has none",
        "substitutions": "braces in the content stay as they are",
        "scheduled transmissions": "start_time is checked, the message is taken at once",
        "e-mail that is no MIME": "what counts as unparsable to SparkPost is not known",
        "edge errors 400 and 504": "their pages differ from that of 502 in nothing but the number",
    },
)

refuse = REFUSALS.refuse
