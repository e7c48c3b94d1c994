"""Mandrill (Mailchimp Transactional): API 1.0 and SMTP.

Sources: mailchimp.com/developer/transactional (read 2026-11); the variables are also those of the
vendor's newer name.
"""

from __future__ import annotations

from ..vendor import Credential, SenderVariables, SmtpService, Vendor

VENDOR = Vendor(
    name="mandrill",
    title="Mandrill",
    class_name="Mandrill",
    api="API 1.0 (Mailchimp Transactional)",
    hosts={"": "mandrillapp.com"},
    credentials=(Credential(name="api_key", meaning="an API key, which stands in the body"),),
    smtp=SmtpService(
        hosts={"": "smtp.mandrillapp.com"},
        starttls=(587, 25, 2525),
        tls=(465,),
        username="any name",
        password="an API key",
    ),
    variables=SenderVariables(
        # No SDK reads it by itself; django-anymail's setting of that name is the usual one.
        prefixes=("MANDRILL_", "MAILCHIMP_"),
        told={"api_key": ("MANDRILL_API_KEY",)},
    ),
)
