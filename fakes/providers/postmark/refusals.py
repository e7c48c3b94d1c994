"""What Postmark answers when it refuses.

Sources: the vendor's developer pages and its table of error codes (inventory of 2026-09-30);
responses in recordings, in the vendor's own SDK tests, in django-anymail's tests and in public
issue threads ("seen"). Where only the table's short text is known, that text is served.
"""

from __future__ import annotations

import json

from ...http.exchange import Headers
from ...marks import Mark
from ..refusal import Refusals, VendorRefusal

_PAGES = "postmarkapp.com, developer pages"
_TABLE = "postmarkapp.com, table of error codes (2026-09-30)"
_SEEN = "responses in recordings, SDK tests and public issue threads"
_OLD_TABLE = "postmarkapp.com, older table of error codes: the code; its text is not known"
_NO_TEXT = "the limit or status is documented, its answer is not known"

JSON_UTF8: Headers = (("Content-Type", "application/json; charset=utf-8"),)


def _refusal(
    name: str, when: str, status: int, code: int, message: str, mark: Mark, source: str
) -> VendorRefusal:
    body = json.dumps({"ErrorCode": code, "Message": message}, separators=(",", ":"))
    headers = (*JSON_UTF8, ("X-PM-ApiErrorCode", str(code)))
    return VendorRefusal(
        name=name, when=when, status=status, body=body, mark=mark, source=source, headers=headers
    )


_INACTIVE_END = (
    "Found inactive addresses: <addresses>. Inactive recipients are ones that have generated a "
    "hard bounce, a spam complaint, or a manual suppression."
)

REFUSALS = Refusals(
    [
        _refusal(
            "no-token",
            "there is no token in the headers",
            401,
            10,
            "No Account or Server API tokens were supplied in the HTTP headers. Please add a "
            "header for either X-Postmark-Server-Token or X-Postmark-Account-Token.",
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "bad-token",
            "the server token is unknown or revoked, or is an account token",
            401,
            10,
            "Request does not contain a valid Server token.",
            Mark.SEEN,
            f"{_SEEN} (2024)",
        ),
        _refusal(
            "both-tokens",
            "an account token comes with a call that wants a server token",
            401,
            10,
            "Please do not include Account API Token for Server API Token calls.",
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "bad-account-token",
            "the call wants an account token, and this is none",
            401,
            10,
            "no valid account token",
            Mark.SYNTHETIC,
            "the code is documented, the text is known for server tokens only",
        ),
        _refusal(
            "no-signature",
            "From has no Sender Signature and no verified domain",
            422,
            400,
            "The 'From' address you supplied (<sender>) is not a Sender Signature on your account. "
            "Please add and confirm this address in order to be able to use it in the 'From' field "
            "of your messages.",
            Mark.SEEN,
            f"{_SEEN} (2026-09-16)",
        ),
        _refusal(
            "unconfirmed-signature",
            "the Sender Signature was not confirmed",
            422,
            401,
            "sender signature not confirmed",
            Mark.SYNTHETIC,
            _OLD_TABLE,
        ),
        _refusal(
            "invalid-from",
            "From is missing or is more than one address",
            422,
            300,
            "Invalid 'From' value.",
            Mark.SEEN,
            f"{_SEEN}, older",
        ),
        _refusal(
            "invalid-address",
            "an address that can be none",
            422,
            300,
            "Invalid '<field>' address: '<address>'.",
            Mark.SEEN,
            f"{_SEEN} for From and To",
        ),
        _refusal(
            "address-without-at",
            "an address without @",
            422,
            300,
            "Error parsing '<field>': Illegal email address '<address>'. It must contain the '@' "
            "symbol.",
            Mark.SEEN,
            f"{_SEEN} for To",
        ),
        _refusal(
            "address-domain",
            "an address whose domain can be none",
            422,
            300,
            "Error parsing '<field>': Illegal email domain '<domain>' in address '<address>'.",
            Mark.SEEN,
            f"{_SEEN} for Cc and Reply-To",
        ),
        _refusal(
            "no-recipient",
            "there is neither To nor Cc nor Bcc",
            422,
            300,
            "Zero recipients specified",
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "no-body",
            "there is neither TextBody nor HtmlBody",
            422,
            300,
            "Provide either email TextBody or HtmlBody or both.",
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "metadata",
            "more than 10 keys, a key beyond 20 or a value beyond 80 characters",
            422,
            300,
            "Invalid metadata content. Field names are limited to 20 characters",
            Mark.SEEN,
            f"{_SEEN}; the text goes on, its end is not known",
        ),
        _refusal(
            "too-many-recipients",
            "more than 50 recipients",
            422,
            300,
            "too many recipients",
            Mark.SYNTHETIC,
            _NO_TEXT,
        ),
        _refusal(
            "too-long",
            "a field is longer than it may be",
            422,
            300,
            "<field> is too long",
            Mark.SYNTHETIC,
            _NO_TEXT,
        ),
        _refusal(
            "not-base64",
            "an attachment is not base64",
            422,
            300,
            "attachment content is not base64",
            Mark.SYNTHETIC,
            _NO_TEXT,
        ),
        _refusal(
            "not-json", "the body is no JSON", 422, 402, "Invalid JSON.", Mark.DOCUMENTED, _TABLE
        ),
        _refusal(
            "invalid-fields",
            "a field is unknown or of the wrong type",
            422,
            403,
            "Invalid request field(s): <fields>.",
            Mark.DOCUMENTED,
            _TABLE,
        ),
        _refusal(
            "out-of-credits",
            "the account's plan is used up",
            422,
            405,
            "not allowed to send: out of credits",
            Mark.SYNTHETIC,
            _OLD_TABLE,
        ),
        _refusal(
            "inactive",
            "every recipient is inactive",
            422,
            406,
            f"You tried to send to recipient(s) that have been marked as inactive. {_INACTIVE_END}",
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "inactive-in-batch",
            "the same, for one message of a batch",
            422,
            406,
            f"You tried to send to a recipient that has been marked as inactive. {_INACTIVE_END} ",
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "no-json-wanted",
            "the headers do not say that JSON comes and is wanted",
            415,
            409,
            "JSON required",
            Mark.SYNTHETIC,
            f"{_TABLE}: the status; the code is that of older tables",
        ),
        _refusal(
            "batch-too-large",
            "more than 500 messages in a batch",
            422,
            410,
            "You may only send up to 500 messages in a single batched request.",
            Mark.DOCUMENTED,
            _TABLE,
        ),
        _refusal(
            "attachment-type",
            "an attachment's extension is not allowed",
            422,
            411,
            "Attachment file type not allowed.",
            Mark.DOCUMENTED,
            _TABLE,
        ),
        _refusal(
            "pending",
            "the account is not approved yet, and a recipient is outside the From domain",
            422,
            412,
            "While your account is pending approval, all recipient addresses must share the same "
            "domain as the 'From' address. The domain of the 'From' address is '<own>', but you "
            "are attempting to send email to the following domain(s): <others>",
            Mark.SEEN,
            f"{_SEEN} (2023)",
        ),
        _refusal(
            "not-approved",
            "the account may not send",
            422,
            413,
            "This account is not approved to send email.",
            Mark.DOCUMENTED,
            _TABLE,
        ),
        _refusal(
            "invalid-server",
            "the server or account is no valid one",
            422,
            422,
            "Invalid Server or Account.",
            Mark.DOCUMENTED,
            _TABLE,
        ),
        _refusal(
            "unknown-template-id",
            "there is no template with this id",
            422,
            1101,
            "The 'TemplateId' associated with this request is not valid or was not found.",
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "unknown-template-alias",
            "there is no template with this alias",
            422,
            1101,
            "The Template's 'Alias' associated with this request is not valid or was not found.",
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "unknown-stream",
            "the server has no such stream",
            422,
            1235,
            "The stream provided: '<stream>' does not exist on this server.",
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "inbound-stream",
            "the stream does not send",
            422,
            1236,
            "Sending is not supported for this stream type.",
            Mark.DOCUMENTED,
            _TABLE,
        ),
        _refusal(
            "barred-ip",
            "the caller's address is not on the IP allowlist",
            422,
            1480,
            "You are not authorized to send emails from your current IP address: '<ip>'.",
            Mark.DOCUMENTED,
            _TABLE,
        ),
        _refusal(
            "unknown-message",
            "there is no such message",
            422,
            701,
            "This message was not found.",
            Mark.SEEN,
            _SEEN,
        ),
        _refusal(
            "too-large",
            "a message beyond 10 MB, a batch beyond 50 MB",
            413,
            300,
            "request too large",
            Mark.SYNTHETIC,
            _NO_TEXT,
        ),
        _refusal(
            "rate-limited",
            "too many requests",
            429,
            429,
            "too many requests",
            Mark.SYNTHETIC,
            _NO_TEXT,
        ),
        _refusal(
            "internal",
            "Postmark is in trouble",
            500,
            101,
            "internal server error. Error ID: <id>",
            Mark.SYNTHETIC,
            f"{_TABLE}: that the message has an Error ID",
        ),
        _refusal(
            "maintenance",
            "the API is down for maintenance",
            503,
            100,
            "The Postmark API is offline for maintenance.",
            Mark.DOCUMENTED,
            _TABLE,
        ),
        _refusal(
            "unknown-path",
            "there is no such endpoint, or it does not know the method",
            404,
            404,
            "not found",
            Mark.SYNTHETIC,
            f"{_PAGES}: the status; no body is known",
        ),
    ],
    not_modelled={
        "email/bulk": "it wants an approval of its own",
        "400 with older wordings": "the newest wording that was seen is served",
        "inbound mail, webhooks, triggers, templates as such": "those endpoints are not served",
        "status.postmarkapp.com": "another host, which says nothing of an account",
    },
)

refuse = REFUSALS.refuse
