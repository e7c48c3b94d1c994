"""What Resend answers when it refuses.

Sources: resend.com/docs (read 2026-11), above all its table of errors; recordings in the Node SDK
(2025-10 and 2025-11); answers quoted in public issue threads, guides and logs ("seen"), each with
the date that it has. The order of the members in a body is that of the answers that were seen.
"""

from __future__ import annotations

from ...marks import Mark
from ..refusal import Refusals, VendorRefusal
from .message_refusals import BATCHES, FIELDS, SENDERS_AND_RECIPIENTS
from .refusal_form import NAMED_FIRST, NO_TEXT, SEEN, TABLE, resend_refusal

_KEYS = (
    resend_refusal(
        "no-key",
        "there is no Authorization header",
        401,
        "missing_api_key",
        "Missing API Key",
        Mark.DOCUMENTED,
        TABLE,
    ),
    resend_refusal(
        "bad-key",
        "the key is unknown or was deleted, and asks to send",
        401,
        "validation_error",
        "API key is invalid",
        Mark.SEEN,
        f"{TABLE}; {SEEN}",
        NAMED_FIRST,
    ),
    resend_refusal(
        "bad-key-elsewhere",
        "the key is unknown or was deleted, and asks for something else; or, wherever it asks, it "
        "is none that Resend gives out",
        400,
        "validation_error",
        "API key is invalid",
        Mark.SEEN,
        f"{TABLE}; {SEEN} (2026-09-07)",
    ),
    resend_refusal(
        "inactive-key",
        "the key is not active",
        403,
        "restricted_api_key",
        "API key is not active",
        Mark.DOCUMENTED,
        TABLE,
    ),
    resend_refusal(
        "suspended-key",
        "the key, or the team, is suspended",
        403,
        "suspended_api_key",
        "This API key is suspended",
        Mark.DOCUMENTED,
        f"{TABLE}; that it is the answer for a whole team is inferred",
    ),
    resend_refusal(
        "restricted-key",
        "a key with sending access asks for something else",
        401,
        "restricted_api_key",
        "This API key is restricted to only send emails",
        Mark.SEEN,
        f"{TABLE}; {SEEN} (2026-09-08)",
    ),
    resend_refusal(
        "other-domain",
        "the key is bound to another domain than that of From",
        403,
        "validation_error",
        "This API key is not authorized to send emails from <domain>",
        Mark.SEEN,
        f"{SEEN} (2026-08 to 2026-09); the name is inferred",
    ),
    resend_refusal(
        "keys-domain-not-verified",
        "the domain that the key is bound to is not verified",
        400,
        "validation_error",
        "The associated domain with your API key is not verified. Please, create a new API key "
        "with full access or with a verified domain.",
        Mark.SEEN,
        f"{SEEN} (2026); the name is inferred",
    ),
)

_IDEMPOTENCY = (
    resend_refusal(
        "bad-idempotency-key",
        "the idempotency key is empty or has more than 256 characters",
        400,
        "invalid_idempotency_key",
        "Idempotency keys, if present, must have between 1 and 256 characters.",
        Mark.DOCUMENTED,
        TABLE,
    ),
    resend_refusal(
        "other-payload",
        "the idempotency key was used within 24 hours with another body",
        409,
        "invalid_idempotent_request",
        "This idempotency key has been used with this HTTP method and endpoint within the last 24 "
        "hours, but the request body was modified and doesn't match the original request.",
        Mark.DOCUMENTED,
        TABLE,
    ),
    resend_refusal(
        "same-key-in-progress",
        "another request with the same idempotency key has not come to its end",
        409,
        "concurrent_idempotent_requests",
        "There is another request in progress with the same idempotency key.",
        Mark.DOCUMENTED,
        TABLE,
    ),
)

_LIMITS = (
    resend_refusal(
        "rate-limited",
        "too many requests a second; Retry-After says how many seconds to wait",
        429,
        "rate_limit_exceeded",
        "Too many requests. You can only make <limit> requests per second.",
        Mark.SEEN,
        f"resend.com/docs, api-reference/rate-limit (read 2026-11); {SEEN} (2026-09-08)",
    ),
    resend_refusal(
        "daily-quota",
        "the day's quota of the free plan is used up",
        429,
        "daily_quota_exceeded",
        "You have reached your daily email sending quota.",
        Mark.SEEN,
        f"{TABLE}; {SEEN} (2025-10 to 2026-07)",
    ),
    resend_refusal(
        "monthly-quota",
        "the month's quota is used up",
        429,
        "monthly_quota_exceeded",
        "You have reached your monthly email sending quota.",
        Mark.INFERRED,
        f"{TABLE}: status and name; the words are those of the daily quota",
    ),
    resend_refusal(
        "server-error",
        "Resend has an error of its own",
        500,
        "application_error",
        "An unexpected error occurred.",
        Mark.DOCUMENTED,
        TABLE,
    ),
    resend_refusal(
        "unavailable",
        "Resend is unavailable",
        503,
        "service_unavailable",
        "API is temporarily unavailable",
        Mark.DOCUMENTED,
        TABLE,
    ),
)

_CALLS = (
    VendorRefusal(
        name="no-user-agent",
        when="the request has no User-Agent; it is refused ahead of the API",
        status=403,
        body="error code: 1010",
        mark=Mark.INFERRED,
        source="resend.com/docs, knowledge-base/403-error-1010 (read 2026-11): status and code; "
        "the body is what Cloudflare answers to programs",
        headers=(("Content-Type", "text/plain; charset=UTF-8"),),
    ),
    resend_refusal(
        "not-json",
        "the body is no JSON, or no object where one is due",
        400,
        "validation_error",
        "the body is not valid JSON",
        Mark.SYNTHETIC,
        f"{TABLE}: status and name",
    ),
    resend_refusal(
        "unknown-path",
        "there is no such endpoint",
        404,
        "not_found",
        "The requested endpoint does not exist.",
        Mark.DOCUMENTED,
        TABLE,
    ),
    resend_refusal(
        "wrong-method",
        "the endpoint does not know the method",
        405,
        "method_not_allowed",
        "Method is not allowed for the requested path.",
        Mark.DOCUMENTED,
        TABLE,
    ),
    resend_refusal(
        "not-a-uuid",
        "an id in the path is no UUID",
        422,
        "invalid_parameter",
        "The `id` must be a valid UUID.",
        Mark.DOCUMENTED,
        f"{TABLE}; the parameter's name is inferred",
    ),
    resend_refusal(
        "not-found",
        "there is nothing of this id",
        404,
        "not_found",
        "<what> not found",
        Mark.SEEN,
        "recordings of resend-node for keys, contacts and segments (2025-10, 2025-11)",
    ),
    resend_refusal(
        "not-scheduled",
        "a message that is not scheduled any more is to be cancelled or moved",
        422,
        "validation_error",
        "the email is not scheduled",
        Mark.SYNTHETIC,
        NO_TEXT,
    ),
)

REFUSALS = Refusals(
    [
        *_KEYS,
        *SENDERS_AND_RECIPIENTS,
        *FIELDS,
        *BATCHES,
        *_IDEMPOTENCY,
        *_LIMITS,
        *_CALLS,
    ],
    not_modelled={
        "email_above_quota, invalid_permission, resource_locked, missing_required_parameter, "
        "security_error, invalid_region, invalid_access": "they belong to endpoints or to OAuth, "
        "which the fake does not have",
        "invalid_api_key (403)": "the older table has it; a maintainer says that it never came "
        "(resend-node pull request 617, 2025-09)",
        "invalid_from_address": "the older table has it, answers that were seen have "
        "validation_error",
        "topics, contacts, segments, broadcasts, automations, webhooks, received mail, sharing, "
        "metrics, logs": "those endpoints are not served; a topic_id is kept with nothing asked",
        "attachments by `path`": "nothing is fetched: the file is empty, and described by its URL",
        "text made of the HTML": "a message without `text` stays one",
        "natural language in `scheduled_at`": "what is no date in ISO 8601 is taken as it is",
        "attachments that are no base64": "the documentation itself has some; what can be "
        "read of it is taken",
        "x-resend-daily-quota, x-resend-monthly-quota": "the headers that count what was sent",
        "delivery of scheduled mail": "it is taken at once, and stays `scheduled`",
    },
)

refuse = REFUSALS.refuse
