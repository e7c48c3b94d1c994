"""What Resend finds wrong with one message or with a batch of them, word for word."""

from __future__ import annotations

from ...marks import Mark
from .refusal_form import NAMED_FIRST, NO_TEXT, SEEN, TABLE, resend_refusal

_FORMAT = "The email address needs to follow the `email@example.com` or `Name <email@example.com>`"

SENDERS_AND_RECIPIENTS = (
    resend_refusal(
        "domain-not-verified",
        "the domain of From is none of the team's verified ones",
        403,
        "validation_error",
        "The <domain> domain is not verified. Please, add and verify your domain on "
        "https://resend.com/domains",
        Mark.SEEN,
        f"{TABLE}; {SEEN} (2024-12 to 2026-09)",
    ),
    resend_refusal(
        "only-to-the-owner",
        "From is of resend.dev, and a recipient is neither the owner nor a test address",
        403,
        "validation_error",
        "You can only send testing emails to your own email address (<owner>). To send emails to "
        "other recipients, please verify a domain at resend.com/domains, and change the `from` "
        "address to an email using this domain.",
        Mark.DOCUMENTED,
        f"{TABLE}; {SEEN} (2026-09)",
    ),
    resend_refusal(
        "reserved-recipient",
        "a recipient is at example.com or example.invalid; other reserved names are not known to "
        "be refused",
        422,
        "validation_error",
        "Invalid `<field>` field. Please use our testing email address instead of domains like "
        "`example.com`.",
        Mark.SEEN,
        f"{SEEN} (2026-09), for `to`; inferred for the other fields",
        NAMED_FIRST,
    ),
    resend_refusal(
        "invalid-address",
        "an address, or one in a list, that can be none",
        422,
        "validation_error",
        f"Invalid `<field>` field. {_FORMAT} format.",
        Mark.SEEN,
        f"{SEEN} (2024-01 to 2026-08), for `from` and `to`; inferred for the other fields",
        NAMED_FIRST,
    ),
    resend_refusal(
        "too-many-recipients",
        "more than 50 addresses in `to`",
        422,
        "validation_error",
        "too many recipients in <field>",
        Mark.SYNTHETIC,
        NO_TEXT,
    ),
)

FIELDS = (
    resend_refusal(
        "missing-field",
        "`to`, `subject` or `from` is missing, and no template has it",
        422,
        "missing_required_field",
        "Missing `<field>` field.",
        Mark.SEEN,
        "recordings of resend-node for other endpoints (2025-10, 2025-11)",
    ),
    resend_refusal(
        "no-body",
        "there is neither `html` nor `text`, and no template",
        422,
        "validation_error",
        "Missing `html` or `text` field.",
        Mark.SEEN,
        f"{SEEN} (2026-04 to 2026-08): the message; the name is inferred",
        NAMED_FIRST,
    ),
    resend_refusal(
        "wrong-type",
        "a field, or a part of one, is of another type than the reference has",
        422,
        "validation_error",
        "the `<field>` field has the wrong type",
        Mark.SYNTHETIC,
        "resend.com/openapi.json has the types, the answer is not known",
    ),
    resend_refusal(
        "bad-header",
        "the name or the value of a header can be none",
        422,
        "validation_error",
        "a header has a line break, or a name that is none",
        Mark.SYNTHETIC,
        "Resend's own answer is not known",
    ),
    resend_refusal(
        "attachment-without-content",
        "an attachment has neither `content` nor `path`",
        422,
        "invalid_attachment",
        "Attachment must have either a `content` or `path`.",
        Mark.DOCUMENTED,
        TABLE,
    ),
    resend_refusal(
        "too-large",
        "the attachments have more than 40 MB in base64",
        422,
        "validation_error",
        "the attachments are too large",
        Mark.SYNTHETIC,
        NO_TEXT,
    ),
    resend_refusal(
        "bad-tag",
        "a tag's name or value has another character than letters, digits, _ and -, or more than "
        "256; or there are more than 75 tags",
        422,
        "validation_error",
        "a tag is not valid",
        Mark.SYNTHETIC,
        NO_TEXT,
    ),
    resend_refusal(
        "bad-schedule",
        "`scheduled_at` is more than 30 days away",
        422,
        "validation_error",
        "the `scheduled_at` field is not valid",
        Mark.SYNTHETIC,
        NO_TEXT,
    ),
    resend_refusal(
        "schedule-and-attachments",
        "a message with attachments is scheduled",
        422,
        "validation_error",
        "a message with attachments cannot be scheduled",
        Mark.SYNTHETIC,
        "django-anymail, live tests of its Resend backend (2026-07): that not both are supported",
    ),
    resend_refusal(
        "template-and-body",
        "a message by a template comes with `html` or `text`",
        422,
        "validation_error",
        "a template comes without html and text",
        Mark.SYNTHETIC,
        NO_TEXT,
    ),
    resend_refusal(
        "unknown-template",
        "there is no published template of this id or alias",
        404,
        "not_found",
        "Template not found",
        Mark.SEEN,
        f"{SEEN} (2026)",
        NAMED_FIRST,
    ),
    resend_refusal(
        "missing-variable",
        "a variable of the template is not given",
        422,
        "validation_error",
        "the variable <variable> is missing",
        Mark.SYNTHETIC,
        NO_TEXT,
    ),
)

BATCHES = (
    resend_refusal(
        "batch-size",
        "a batch of no message, or of more than 100",
        422,
        "validation_error",
        "a batch has between 1 and 100 messages",
        Mark.SYNTHETIC,
        NO_TEXT,
    ),
    resend_refusal(
        "attachments-in-batch",
        "a message of a batch has attachments",
        422,
        "validation_error",
        "attachments are not supported in batches",
        Mark.SYNTHETIC,
        NO_TEXT,
    ),
)
