"""What Postmark answers when it refuses.

Sources: the vendor's developer pages and its table of error codes (inventory of 2026-09-30);
responses in recordings, in the vendor's own SDK tests, in django-anymail's tests and in public
issue threads ("seen"). Where only the table's short text is known, that text is served.
"""

from __future__ import annotations

from ...marks import Mark
from ..refusal import Refusals, VendorRefusal
from .message_refusals import FIELDS, TEMPLATES_AND_STREAMS
from .refusal_form import NO_TEXT, PAGES, SEEN, TABLE, postmark_refusal

_OLD_TABLE = "postmarkapp.com, older table of error codes: the code; its text is not known"
_PROBES = "probes of the API without a valid token (2026-09)"


_INACTIVE_END = (
    "Found inactive addresses: <addresses>. Inactive recipients are ones that have generated a "
    "hard bounce, a spam complaint, or a manual suppression."
)

REFUSALS = Refusals(
    [
        postmark_refusal(
            "no-token",
            "there is no token in the headers of a call that wants a server token",
            401,
            10,
            "Request does not contain a valid Server token.",
            Mark.SEEN,
            _PROBES,
        ),
        postmark_refusal(
            "bad-token",
            "the server token is unknown or revoked, or is an account token",
            401,
            10,
            "Request does not contain a valid Server token.",
            Mark.SEEN,
            f"{SEEN} (2024); {_PROBES}",
        ),
        postmark_refusal(
            "both-tokens",
            "an account token comes with a call that wants a server token",
            401,
            10,
            "Please do not include Account API Token for Server API Token calls.",
            Mark.SEEN,
            SEEN,
        ),
        postmark_refusal(
            "bad-account-token",
            "the call wants an account token, and there is none or a wrong one",
            401,
            10,
            "no valid account token",
            Mark.SYNTHETIC,
            "the code is documented, the text is known for server tokens only",
        ),
        postmark_refusal(
            "no-signature",
            "From has no Sender Signature and no verified domain",
            422,
            400,
            "The 'From' address you supplied (<sender>) is not a Sender Signature on your account. "
            "Please add and confirm this address in order to be able to use it in the 'From' field "
            "of your messages.",
            Mark.SEEN,
            f"{SEEN} (2026-09-16)",
        ),
        postmark_refusal(
            "unconfirmed-signature",
            "the Sender Signature was not confirmed",
            422,
            401,
            "sender signature not confirmed",
            Mark.SYNTHETIC,
            _OLD_TABLE,
        ),
        *FIELDS,
        postmark_refusal(
            "not-json", "the body is no JSON", 422, 402, "Invalid JSON.", Mark.DOCUMENTED, TABLE
        ),
        postmark_refusal(
            "invalid-fields",
            "a field is of the wrong type",
            422,
            403,
            "Invalid request field(s): <fields>",
            Mark.SEEN,
            "ActiveCampaign/postmark-wordpress#113 (2024-03; so since 2023-11), for one field; "
            "the table's text has quotes and a full stop",
        ),
        postmark_refusal(
            "out-of-credits",
            "the account's plan is used up",
            422,
            405,
            "not allowed to send: out of credits",
            Mark.SYNTHETIC,
            _OLD_TABLE,
        ),
        postmark_refusal(
            "inactive",
            "every recipient is inactive",
            422,
            406,
            f"You tried to send to recipient(s) that have been marked as inactive. {_INACTIVE_END}",
            Mark.SEEN,
            SEEN,
        ),
        postmark_refusal(
            "inactive-in-batch",
            "the same, for one message of a batch",
            422,
            406,
            f"You tried to send to a recipient that has been marked as inactive. {_INACTIVE_END} ",
            Mark.SEEN,
            SEEN,
        ),
        postmark_refusal(
            "no-json-wanted",
            "the headers do not say that JSON comes and is wanted",
            415,
            409,
            "JSON required",
            Mark.SYNTHETIC,
            f"{TABLE}: the status; the code is that of older tables",
        ),
        postmark_refusal(
            "batch-too-large",
            "more than 500 messages in a batch",
            422,
            410,
            "You may only send up to 500 messages in a single batched request.",
            Mark.DOCUMENTED,
            TABLE,
        ),
        postmark_refusal(
            "attachment-type",
            "an attachment's extension is not allowed",
            422,
            411,
            "Attachment file type not allowed.",
            Mark.DOCUMENTED,
            TABLE,
        ),
        postmark_refusal(
            "pending",
            "the account is not approved yet, and a recipient is outside the From domain",
            422,
            412,
            "While your account is pending approval, all recipient addresses must share the same "
            "domain as the 'From' address. The domain of the 'From' address is '<own>', but you "
            "are attempting to send email to the following domain(s): <others>",
            Mark.SEEN,
            f"{SEEN} (2023)",
        ),
        postmark_refusal(
            "not-approved",
            "the account may not send",
            422,
            413,
            "This account is not approved to send email.",
            Mark.DOCUMENTED,
            TABLE,
        ),
        postmark_refusal(
            "invalid-server",
            "the server or account is no valid one",
            422,
            422,
            "Invalid Server or Account.",
            Mark.DOCUMENTED,
            TABLE,
        ),
        *TEMPLATES_AND_STREAMS,
        postmark_refusal(
            "barred-ip",
            "the caller's address is not on the IP allowlist",
            422,
            1480,
            "You are not authorized to send emails from your current IP address: '<ip>'.",
            Mark.DOCUMENTED,
            TABLE,
        ),
        postmark_refusal(
            "unknown-message",
            "there is no such message",
            422,
            701,
            "This message was not found.",
            Mark.SEEN,
            SEEN,
        ),
        postmark_refusal(
            "too-large",
            "a message beyond 10 MB, a batch beyond 50 MB",
            413,
            300,
            "request too large",
            Mark.SYNTHETIC,
            NO_TEXT,
        ),
        postmark_refusal(
            "rate-limited",
            "too many requests",
            429,
            429,
            "too many requests",
            Mark.SYNTHETIC,
            NO_TEXT,
        ),
        postmark_refusal(
            "internal",
            "Postmark is in trouble",
            500,
            101,
            "internal server error. Error ID: <id>",
            Mark.SYNTHETIC,
            f"{TABLE}: that the message has an Error ID",
        ),
        postmark_refusal(
            "maintenance",
            "the API is down for maintenance",
            503,
            100,
            "The Postmark API is offline for maintenance.",
            Mark.DOCUMENTED,
            TABLE,
        ),
        postmark_refusal(
            "unknown-path",
            "there is no such endpoint",
            404,
            404,
            "not found",
            Mark.SYNTHETIC,
            f"{PAGES}: the status; no body is known",
        ),
        VendorRefusal(
            name="wrong-method",
            when="the endpoint does not know the method, whatever the token is",
            status=405,
            body="",
            mark=Mark.SEEN,
            source=f"{_PROBES}, for the endpoints that send; inferred for the others",
            headers=(),
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
