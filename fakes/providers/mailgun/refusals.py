"""What Mailgun answers when it refuses.

Sources, as they were on the dates given: mailgun/documentation, source (2024-07); Mailgun's
OpenAPI 3.1 document (2026, a public copy of it); responses quoted in public issue threads and files
("seen"). The documents and what was seen do not agree on the status of "is not allowed to send": an
account can say which it is (`statuses`).
"""

from __future__ import annotations

import json
from dataclasses import replace

from ...http.exchange import Headers, Response
from ...marks import Mark
from ..refusal import Refusals, VendorRefusal

_DOCS = "mailgun/documentation, source (2024-07)"
_OPENAPI = "Mailgun's OpenAPI 3.1 document (2026)"
_SEEN = "responses quoted in public issue threads and files"
JSON_UTF8: Headers = (("Content-Type", "application/json; charset=utf-8"),)
_TEXT: Headers = (
    ("Content-Type", "text/plain; charset=utf-8"),
    ("WWW-Authenticate", 'Basic realm="MG API"'),
)


def _refusal(
    name: str,
    when: str,
    status: int,
    message: str,
    source: str,
    mark: Mark = Mark.DOCUMENTED,
) -> VendorRefusal:
    body = json.dumps({"message": message}, separators=(",", ":"))
    return VendorRefusal(
        name=name,
        when=when,
        status=status,
        body=body,
        mark=mark,
        source=source,
        headers=JSON_UTF8,
    )


def _not_allowed(
    name: str, when: str, status: int, reason: str, source: str, mark: Mark = Mark.DOCUMENTED
) -> VendorRefusal:
    message = f"Domain <domain> is not allowed to send: {reason}"
    return _refusal(name, when, status, message, source, mark)


def _forbidden(name: str, when: str, mark: Mark, source: str) -> VendorRefusal:
    return VendorRefusal(
        name=name,
        when=when,
        status=401,
        body="Forbidden",
        mark=mark,
        source=source,
        headers=_TEXT,
    )


_ACCESS = (
    _forbidden(
        "forbidden",
        "the key is missing, wrong, of another domain or region, or the user is not `api`",
        Mark.DOCUMENTED,
        f"{_OPENAPI}; {_SEEN}; a recording has the realm and the media type",
    ),
    _forbidden(
        "role-may-not-send",
        "the key's role may only read",
        Mark.SYNTHETIC,
        "Mailgun's own answer is not known",
    ),
    _refusal(
        "invalid-private-key",
        "the key does not open an endpoint that reads back",
        401,
        "Invalid private key",
        f"{_OPENAPI}; {_SEEN}",
    ),
    VendorRefusal(
        name="unauthorized",
        when="there is no key in a question for events",
        status=401,
        body='{"Error":"unauthorized"}',
        mark=Mark.SEEN,
        source="a probe of /v3/<domain>/events without a key (2026-09)",
        headers=JSON_UTF8,
    ),
    _refusal(
        "domain-not-found",
        "the domain of the URL is not the account's, or in the other region",
        404,
        "Domain not found: <domain>",
        f"{_DOCS}; {_SEEN}",
    ),
    _refusal(
        "no-such-domain",
        "the same at an endpoint that reads back",
        404,
        "Domain not found",
        _SEEN,
        Mark.SEEN,
    ),
    _refusal("unknown-path", "there is no such endpoint", 404, "Not Found", _OPENAPI),
    _refusal(
        "not-stored",
        "there is no such message or address",
        404,
        "<what> not found<where>",
        _OPENAPI,
    ),
    _refusal(
        "bad-page",
        "the token of a page of events is none that a page has given",
        400,
        "invalid page token",
        "that it is refused is known; Mailgun's own answer is not",
        Mark.SYNTHETIC,
    ),
    _refusal(
        "wrong-method",
        "the endpoint does not know the method",
        405,
        "Method Not Allowed",
        "Mailgun's own answer is not known",
        Mark.SYNTHETIC,
    ),
)

_ADD = "add the address to authorized recipients in Account Settings."
_STANDING = (
    _not_allowed(
        "sandbox-recipient",
        "a sandbox domain, and a recipient who is not authorized",
        403,
        f"Sandbox subdomains are for test purposes only. Please add your own domain or {_ADD}",
        f"{_DOCS} (with 400); {_SEEN} (403)",
        Mark.SEEN,
    ),
    _not_allowed(
        "free-recipient",
        "a free account, and a recipient who is not authorized",
        403,
        f"Free accounts are for test purposes only. Please upgrade or {_ADD}",
        f"{_DOCS} (with 400); a recording (2023-05) has 403",
        Mark.SEEN,
    ),
    _not_allowed(
        "unverified",
        "the domain is not verified",
        400,
        "The domain is unverified and requires DNS configuration. Log in to your control panel to "
        "view required DNS records.",
        f"{_DOCS}; 403 was seen, too",
    ),
    _not_allowed(
        "not-activated",
        "the account was never activated",
        400,
        "Please activate your Mailgun account. Check your inbox or log in to your control panel "
        "to resend the activation email.",
        f"{_DOCS}; 403 was seen, too",
    ),
    _not_allowed("disabled", "the account is disabled", 403, "Account disabled", _SEEN, Mark.SEEN),
    _not_allowed(
        "inactive",
        "the account was closed because nobody used it",
        403,
        "Account Inactivity",
        _SEEN,
        Mark.SEEN,
    ),
    _not_allowed(
        "domain-disabled",
        "the domain is disabled",
        403,
        "domain disabled",
        f"{_SEEN} (2026-10)",
        Mark.SEEN,
    ),
    _not_allowed(
        "probation",
        "the account is on probation and sends too fast",
        400,
        "You are sending too fast. Your account is on probation and the account has been "
        "temporarily disabled.",
        f"{_SEEN} (2026-10)",
        Mark.SEEN,
    ),
    _refusal(
        "large-batch",
        "a batch, and the domain may send none yet",
        403,
        "Domain <domain> is not allowed to send large batches yet",
        _DOCS,
    ),
    _refusal(
        "sending-ip",
        "the IP address is not the account's",
        403,
        "Rejected: IP <ip> can't be used to send the message",
        _DOCS,
    ),
)

_LIMITS = (
    _not_allowed(
        "requests-per-second-limit",
        "too many requests a second",
        429,
        "account-requests-per-sec limit exceeded, try again after 120 seconds",
        _OPENAPI,
    ),
    *(
        _not_allowed(
            f"{kind}-limit",
            f"too many within a while, in the older wording: {kind}",
            429,
            f"{kind} limit exceeded, try again after <time>",
            _DOCS,
        )
        for kind in ("request", "bytes", "recipient")
    ),
    _not_allowed(
        "quota",
        "the plan's recipients are used up",
        420,
        "recipient limit exceeded",
        "mailgun-java issue 50 (2025-08); 400 was seen, too (2026-10)",
        Mark.SEEN,
    ),
    VendorRefusal(
        name="rate-limited",
        when="too many requests at an endpoint that reads back",
        status=429,
        body='{"retry-seconds":60}',
        mark=Mark.SEEN,
        source=_SEEN,
        headers=JSON_UTF8,
    ),
    _refusal(
        "too-large",
        "the request is larger than 52.4 MiB",
        413,
        "request size exceeds 52.4MiB limit",
        _DOCS,
    ),
)

_MESSAGE = (
    _refusal("missing", "a parameter is missing", 400, "<name> parameter is missing", _DOCS),
    _refusal(
        "no-file",
        "the MIME message is a field and not a file",
        400,
        "'message' parameter is not a file",
        _DOCS,
    ),
    _refusal(
        "no-body",
        "the message has neither text nor HTML",
        400,
        "Need at least one of 'text' or 'html' parameters specified",
        f"{_DOCS}; the OpenAPI document names amp-html and template, too, in an example",
    ),
    _refusal(
        "html-and-template",
        "there is HTML and a template",
        400,
        "Only one parameters 'html' or 'template' is allowed",
        f"{_DOCS}; {_OPENAPI}",
    ),
    _refusal(
        "bad-address",
        "an address is none",
        400,
        "'<name>' parameter is not a valid address. please check documentation",
        f"{_SEEN}; {_DOCS} has no apostrophes",
        Mark.SEEN,
    ),
    _refusal(
        "options-too-large",
        "the options, headers and variables are larger than 16 kB",
        400,
        "Send options (parameters starting with o:, h:, or v:) are limited to 16 kB total",
        _DOCS,
    ),
    _refusal(
        "too-many-recipients",
        "there are more than 1000 recipients",
        400,
        "Too many recipients, max is 1000",
        _DOCS,
    ),
    _refusal(
        "header-name",
        "the name of a header is not ASCII",
        400,
        "Header name must be pure ASCII: <header>",
        _DOCS,
    ),
    _refusal(
        "header-name-line-break",
        "the name of a header has a line break in it",
        400,
        "Header name must be one line",
        "Mailgun's own answer is not known",
        Mark.SYNTHETIC,
    ),
    _refusal(
        "bad-date",
        "the time of delivery is no date of RFC 2822",
        400,
        "<date> is not an RFC-2822 compliant date",
        _DOCS,
    ),
    _refusal(
        "bad-variables",
        "the recipient variables are no JSON object",
        400,
        "'recipient-variables' parameter is not a valid JSON",
        _DOCS,
    ),
)

_FORM = (
    _refusal(
        "content-type",
        "the body is no form, or a MIME message comes in a form without files",
        400,
        "Invalid request content type. Expecting 'multipart/form-data' but got '<type>'",
        f"{_DOCS} for messages.mime",
    ),
    _refusal(
        "malformed",
        "the parts of the form cannot be told apart",
        400,
        "malformed multipart/form-data request",
        _DOCS,
    ),
    _refusal(
        "cut-off",
        "the form has no end",
        400,
        "unable to parse request: unexpected EOF",
        _DOCS,
    ),
    _refusal(
        "url-escape",
        "a per cent sign without two hexadecimal digits",
        400,
        "unable to parse request: invalid URL escape",
        _DOCS,
    ),
    _refusal(
        "server-error", "Mailgun has a fault of its own", 500, "Internal Server Error", _OPENAPI
    ),
)

REFUSALS = Refusals(
    [*_ACCESS, *_STANDING, *_LIMITS, *_MESSAGE, *_FORM],
    not_modelled={
        "subject missing": "the OpenAPI document requires it, no error for it is documented",
        "invalid delivery time format": "what it is about is not known",
        "a delivery time too far ahead": "what is said is not known",
        "message over 25 MB within a request that is small enough": "what is said is not known",
        "recipient variables in a finished message": "it is kept as it came, with the placeholders",
        "templates": "every name is one of a template, which is empty",
        "a Message-ID of the sender's own": "the id is always made here",
        "webhooks, routes, lists, tags, stats": "only what concerns sending is served",
        "faults with 502 to 504": "their bodies are not known",
    },
)


def refuse(case: str, /, *, status: int | None = None, **variables: str) -> Response:
    """A refusal; `status` where the account has another one than is known of it."""
    made = REFUSALS.refuse(case, **variables)
    return made if status is None else replace(made, status=status)
