"""What Mandrill answers when it refuses: errors, and the 200 whose array says `rejected`.

Sources: the docstrings and the error map of the vendor's client mandrill 1.0.60; bodies quoted in
public code, tests and issue threads ("seen"); the tests of django-anymail (2026-07).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ...http.exchange import Response
from ...marks import Mark
from ..refusal import Refusals, VendorRefusal

_CLIENT = "mandrill 1.0.60, docstrings and error map"
_SEEN = "bodies quoted in public tests and issue threads"
_ANYMAIL = "django-anymail, Mandrill tests (2026-07)"
_NOT_KNOWN = "no answer of the vendor's to this case is known"
_FORMENCODE = (
    "the wording of FormEncode's Email validator, which the seen answers share; the ending is in "
    + _ANYMAIL
)

# Reject reasons, and when they are given: the client's docstrings and the vendor's help pages.
REJECT_REASONS: Mapping[str, str] = {
    "unsigned": "the From domain is not verified for sending",
    "invalid-sender": "the From address is missing or can be none",
    "hard-bounce": "the recipient is on the denylist after a hard bounce",
    "soft-bounce": "the recipient is on the denylist after soft bounces",
    "spam": "the recipient is on the denylist after a complaint",
    "unsub": "the recipient has unsubscribed",
    "custom": "the customer put the recipient on the denylist",
    "recipient-domain-mismatch": "a demo account sends to a domain that is not its own",
    "test-mode-limit": "a test key is at its limit",
}


def error_body(code: int, name: str, message: str) -> str:
    """The envelope of an error, members in the vendor's order."""
    error = {"status": "error", "code": code, "name": name, "message": message}
    return json.dumps(error, separators=(",", ":"))


def result_item(
    email: str, status: str, identifier: str, reject: str | None, queued: str | None
) -> dict[str, str | None]:
    """One element of the array that a send answers with."""
    return {
        "email": email,
        "status": status,
        "_id": identifier,
        "reject_reason": reject,
        "queued_reason": queued,
    }


def _refusal(
    name: str, when: str, status: int, body: str, mark: Mark, source: str
) -> VendorRefusal:
    return VendorRefusal(name=name, when=when, status=status, body=body, mark=mark, source=source)


def _rejected(reason: str, when: str) -> VendorRefusal:
    body = json.dumps(
        [result_item("<email>", "rejected", "<id>", reason, None)], separators=(",", ":")
    )
    source = f"{_CLIENT}; array as in {_ANYMAIL}"
    return _refusal(reason, when, 200, body, Mark.DOCUMENTED, source)


_INVALID_KEY = "Invalid API key"

REFUSALS = Refusals(
    [
        _refusal(
            "invalid-key",
            "the key is wrong, revoked, or not meant for this call",
            401,
            error_body(401, "Invalid_Key", _INVALID_KEY),
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "invalid-key-old",
            "the same, as it was answered for years",
            500,
            error_body(-1, "Invalid_Key", _INVALID_KEY),
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "no-key",
            "there is no key, or the body cannot be read",
            500,
            error_body(-1, "ValidationError", "You must specify a key value"),
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "missing-parameter",
            "a parameter that the call requires is missing",
            500,
            error_body(-1, "ValidationError", "You must specify a <name> value"),
            Mark.SEEN,
            "probes and reports of 2020 to 2026; which parameters those are is in mandrill 1.0.60",
        ),
        _refusal(
            "from-without-at",
            "from_email has not exactly one @",
            500,
            error_body(-2, "ValidationError", "Validation error: <problems>"),
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "from-syntax",
            "from_email is no address for another reason",
            500,
            error_body(-2, "ValidationError", "Validation error: <problems>"),
            Mark.INFERRED,
            _FORMENCODE,
        ),
        _refusal(
            "invalid-field",
            "a parameter is of the wrong type, or a member of the message is missing or wrong",
            500,
            error_body(-2, "ValidationError", "Validation error: <problems>"),
            Mark.SYNTHETIC,
            f"the envelope was seen, the words for other fields were not; {_SEEN}",
        ),
        _refusal(
            "payment-required",
            "send_at without a positive balance",
            500,
            error_body(
                10,
                "PaymentRequired",
                "Email scheduling is only available for accounts with a positive balance.",
            ),
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "unknown-template",
            "there is no such template",
            500,
            error_body(5, "Unknown_Template", 'No such template "<name>"'),
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "unknown-subaccount",
            "there is no such subaccount",
            500,
            error_body(12, "Unknown_Subaccount", "No subaccount exists with the id '<name>'"),
            Mark.DOCUMENTED,
            "the vendor's sample, kept in many clients",
        ),
        _refusal(
            "unknown-message",
            "no message has this id, or it is too recent",
            500,
            error_body(11, "Unknown_Message", "No message exists with the id '<name>'"),
            Mark.SEEN,
            f"{_SEEN}; the text is in the vendor's samples too",
        ),
        _refusal(
            "invalid-tag-name",
            "a tag begins with _ or is longer than 50 characters",
            500,
            error_body(-2, "Invalid_Tag_Name", "invalid tag name"),
            Mark.SYNTHETIC,
            f"{_CLIENT}: the name; code and text are not known",
        ),
        _refusal(
            "service-unavailable",
            "the subsystem is down for maintenance",
            500,
            error_body(-2, "ServiceUnavailable", "down for maintenance"),
            Mark.SYNTHETIC,
            f"{_CLIENT}: the name; code and text are not known",
        ),
        _refusal(
            "suspended",
            "the account is suspended",
            500,
            error_body(-2, "GeneralError", "account suspended"),
            Mark.SYNTHETIC,
            _NOT_KNOWN,
        ),
        _refusal(
            "search-limit",
            "more than 20 searches a minute",
            500,
            error_body(-2, "GeneralError", "too many searches"),
            Mark.SYNTHETIC,
            f"{_CLIENT}: the limit; the answer is not known",
        ),
        _refusal(
            "unknown-call",
            "there is no such call",
            404,
            error_body(-2, "GeneralError", "no such call"),
            Mark.SYNTHETIC,
            _NOT_KNOWN,
        ),
        _refusal(
            "invalid",
            "the recipient is no address",
            200,
            json.dumps([result_item("<email>", "invalid", "<id>", None, None)]).replace(" ", ""),
            Mark.INFERRED,
            f"{_CLIENT}: the status; that no reason comes with it is a guess",
        ),
        *(_rejected(reason, when) for reason, when in REJECT_REASONS.items()),
    ],
    not_modelled={
        "output in XML, PHP and YAML": "only JSON is served",
        "502 and 503 of the edge": "nginx pages; faults of a connection can serve them",
        "Handlebars": "the message is kept with its tags, and its answer marked as made up",
        "X-MC-Template, X-MC-MergeVars and X-MC-Subaccount over SMTP": "they are passed over",
        "a body that is too large": "its answer is not known",
        "reject reasons rule, invalid, reputation-problem": "what leads to them is not known",
        "errors about webhooks, inbound, exports, IPs, pools, URLs": "those calls are not served",
    },
)


def validation_error(name: str, path: tuple[str, ...], text: str) -> Response:
    """The refusal of one parameter; the innermost of `path` comes last."""
    problems: object = text
    for part in reversed(path):
        problems = {part: problems}
    inner = json.dumps(problems, separators=(",", ":"))
    return REFUSALS.refuse(name, problems=inner)
