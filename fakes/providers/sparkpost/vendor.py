"""SparkPost (Bird): API v1 and SMTP.

Sources: SparkPost/sparkpost-api-documentation and SparkPost/support-docs (read 2026-11).
"""

from __future__ import annotations

from ..vendor import Credential, SenderVariables, SmtpService, Vendor

VENDOR = Vendor(
    name="sparkpost",
    title="SparkPost",
    class_name="SparkPost",
    api="API v1 (Transmissions)",
    hosts={"us": "api.sparkpost.com", "eu": "api.eu.sparkpost.com"},
    credentials=(Credential(name="api_key", meaning="an API key, 40 hexadecimal digits"),),
    smtp=SmtpService(
        hosts={"us": "smtp.sparkpostmail.com", "eu": "smtp.eu.sparkpostmail.com"},
        starttls=(587, 2525),
        username="the word `SMTP_Injection`",
        password="an API key with the permission to send via SMTP",
    ),
    variables=SenderVariables(
        # python-sparkpost 1.3.10 and node-sparkpost 2.1.4 read it.
        prefixes=("SPARKPOST_",),
        told={"api_key": ("SPARKPOST_API_KEY",)},
    ),
)
