"""Mailgun (Sinch): API v3 and SMTP.

Sources: mailgun/documentation (2024-07) and its OpenAPI description (read 2026-11).
"""

from __future__ import annotations

from ..vendor import Credential, SenderVariables, SmtpService, Vendor

VENDOR = Vendor(
    name="mailgun",
    title="Mailgun",
    class_name="Mailgun",
    api="API v3, in fields or in MIME",
    hosts={"us": "api.mailgun.net", "eu": "api.eu.mailgun.net"},
    credentials=(Credential(name="api_key", meaning="a private API key"),),
    smtp=SmtpService(
        hosts={"us": "smtp.mailgun.org", "eu": "smtp.eu.mailgun.org"},
        starttls=(587, 25, 2525),
        tls=(465,),
        username="a user of the sending domain, such as `postmaster@<domain>`",
        password="that user's own password",
    ),
    variables=SenderVariables(
        # No SDK reads them by itself; the README of mailgun.js (read 2026-11) has the first.
        prefixes=("MAILGUN_",),
        told={"api_key": ("MAILGUN_API_KEY",), "domain": ("MAILGUN_DOMAIN",)},
    ),
    has_sender_domain=True,
)
