"""Resend: its API and SMTP.

Sources: resend.com/docs, introduction of the API reference and send-with-smtp (read 2026-11); the
variables are those of its Node and Python SDKs (6.22.0 and 2.39.0). The regions that it has are
those of a domain, not of a host.
"""

from __future__ import annotations

from ..vendor import Credential, SenderVariables, SmtpService, Vendor

VENDOR = Vendor(
    name="resend",
    title="Resend",
    class_name="Resend",
    api="Email API",
    hosts={"": "api.resend.com"},
    credentials=(Credential(name="api_key", meaning="an API key, `re_…`"),),
    smtp=SmtpService(
        hosts={"": "smtp.resend.com"},
        starttls=(587, 25, 2587),
        tls=(465, 2465),
        username="the word `resend`",
        password="an API key",
    ),
    variables=SenderVariables(
        # resend-python 2.x reads RESEND_API_URL, resend-node 6.38.0 RESEND_BASE_URL (read 2026-11).
        prefixes=("RESEND_",),
        told={
            "api_key": ("RESEND_API_KEY",),
            "base_url": ("RESEND_API_URL", "RESEND_BASE_URL"),
        },
    ),
    telling_headers=("idempotency-key",),
)
